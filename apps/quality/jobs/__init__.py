"""Celery entry points of quality: the chore of every few seconds, and the long jobs by area."""

from __future__ import annotations

from apps.quality.jobs import calibration, certificates, chores, curation, evaluation, grid, routing, scores

__all__ = ["calibration", "certificates", "chores", "curation", "evaluation", "grid", "routing", "scores"]
