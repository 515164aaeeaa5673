"""Facebook Pages: texts, pictures, reels and longer videos, through facebook-sdk and the Graph API."""
