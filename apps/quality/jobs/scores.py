"""Celery entry points of scores."""
