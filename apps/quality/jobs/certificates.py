"""Celery entry points of certificates."""
