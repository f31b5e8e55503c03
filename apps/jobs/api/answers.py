"""A job as the outside sees it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from apps.jobs.models import Job, JobState


class JobAnswer(serializers.Serializer[Any]):
    """A job."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    project = serializers.UUIDField(allow_null=True)
    state = serializers.ChoiceField(choices=JobState.choices)
    progress = serializers.FloatField(min_value=0, max_value=1)
    detail = serializers.CharField()
    result = serializers.DictField(allow_null=True)
    error = serializers.DictField(allow_null=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


def job_json(job: Job) -> dict[str, Any]:
    """``error`` is shown once the job has failed; an attempt that will be repeated is nobody's news."""
    return {
        "id": job.pk,
        "kind": job.kind,
        "project": job.project_id,
        "state": job.state,
        "progress": job.progress,
        "detail": job.detail,
        "result": job.result,
        "error": job.error if job.state == JobState.FAILED else None,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }


def accepted(job: Job, body: dict[str, Any] | None = None) -> Response:
    """202 with ``Location``: the job itself, or ``body`` where the contract says something else."""
    response = Response(job_json(job) if body is None else body, status=202)
    response["Location"] = f"/api/v1/jobs/{job.pk}/"
    return response
