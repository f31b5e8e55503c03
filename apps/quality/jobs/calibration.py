"""Celery entry points of calibration."""
