"""X: text, up to four pictures or one video, spoken through tweepy and version 2 of the API."""
