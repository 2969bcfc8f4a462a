"""The store: what must not be forgotten, in SQLite or PostgreSQL from one definition."""
