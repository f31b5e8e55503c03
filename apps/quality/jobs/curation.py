"""Celery entry points of curation."""
