"""Instagram: pictures, albums and reels, through facebook-sdk and the Graph API."""
