"""The Centre's own website: articles on WordPress, spoken to through its REST API."""
