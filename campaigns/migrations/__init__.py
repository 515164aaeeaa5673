"""Alembic's migrations, found as a package resource and run by the program at start."""
