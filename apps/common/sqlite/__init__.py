"""Django's SQLite backend with one queue of writers per process."""
