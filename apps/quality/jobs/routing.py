"""Celery entry points of routing."""
