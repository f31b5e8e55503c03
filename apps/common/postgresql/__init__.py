"""Django's PostgreSQL backend, which looks after a kept connection without a round trip."""
