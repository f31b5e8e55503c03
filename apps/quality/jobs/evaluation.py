"""Celery entry points of evaluation."""
