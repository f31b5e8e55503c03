"""HTTP of the jobs app; ``accepted`` is for every view that answers with a job."""

from __future__ import annotations

from apps.jobs.api.answers import JobAnswer, accepted, job_json

__all__ = ["JobAnswer", "accepted", "job_json"]
