"""YouTube: films only, uploaded in private by a resumable session and revealed by one change of privacy."""
