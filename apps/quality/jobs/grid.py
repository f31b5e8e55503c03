"""Celery entry points of grid."""
