"""How tunings are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from django.db.models import OuterRef, QuerySet, Subquery

from apps.datasets.models import DataUnit
from apps.datasets.queries import media_urls
from apps.inference import wire
from apps.inference.models import FinetuneRun
from apps.inference.queries import units_of_project
from apps.jobs.models import Job, JobState
from apps.projects.models import Project

LONG = ("curve", "examples")
INTERNAL = ("decoder_key", "decoder_sha256")
ENDS = {JobState.FAILED: "failed", JobState.CANCELLED: "cancelled"}


def with_jobs(rows: QuerySet[FinetuneRun]) -> QuerySet[FinetuneRun]:
    """The rows with their base's name and what their jobs say."""
    jobs = Job.objects.filter(pk=OuterRef("pk"))
    said = {f"job_{name}": Subquery(jobs.values(name)[:1]) for name in ("state", "error", "detail")}
    return rows.select_related("base").annotate(**said)


def finetunes_of(project: Project) -> QuerySet[FinetuneRun]:
    return with_jobs(FinetuneRun.objects.filter(project=project))


def shown_row(run: FinetuneRun) -> dict[str, Any]:
    """Without what is long."""
    state = state_of(run)
    return _shown(run, {name: value for name, value in state.items() if name not in LONG})


def shown_run(run: FinetuneRun) -> dict[str, Any]:
    """With the curve, and examples that can be looked at."""
    state = state_of(run)
    return _shown(run, state | {"examples": _examples(run, state["examples"])})


def state_of(run: Any) -> dict[str, Any]:
    """What the process said last; that the job has ended otherwise is said here too."""
    empty = msgspec.to_builtins(wire.FinetuneState(state="preparing"))
    state: dict[str, Any] = {**empty, **run.state}
    end = ENDS.get(run.job_state)
    if end and state["state"] not in ("done", "failed", "cancelled"):
        state["state"] = end
    if state["state"] == "failed" and not state["reason"]:
        state["reason"] = (run.job_error or {}).get("detail", "")
    if not run.state and run.job_detail:
        state["detail"] = run.job_detail
    return {name: value for name, value in state.items() if name not in INTERNAL}


def _shown(run: FinetuneRun, state: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(run.pk),
        "project": str(run.project_id),
        "base": str(run.base_id),
        "base_name": run.base.name,
        "model": str(run.accepted_id) if run.accepted_id else None,
        "state": state,
        "created_by": str(run.created_by_id) if run.created_by_id else None,
        "created_at": run.created_at,
        "finished_at": run.finished_at,
    }


def _examples(run: FinetuneRun, examples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    digests = {one["image"]["sha256"] for one in examples}
    units = {unit.sha256: unit for unit in units_of_project(run.project_id).filter(sha256__in=digests)}
    return [one | {"image": _image(one["image"], units.get(one["image"]["sha256"]))} for one in examples]


def _image(image: Mapping[str, Any], unit: DataUnit | None) -> dict[str, Any]:
    url, thumbnail_url = media_urls(unit) if unit else (None, None)
    return {
        "url": url,
        "thumbnail_url": thumbnail_url,
        "width": image["width"],
        "height": image["height"],
        "data_unit": str(unit.pk) if unit else None,
        "name": unit.name if unit else None,
    }
