"""How a project's images are compared at present, and how many of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from apps.jobs.models import Job, JobState
from apps.quality.models import SweepMark
from apps.quality.queries.audits import settings_of
from apps.quality.queries.embedding import in_use, read_setting
from apps.quality.queries.vectors import mark_name

CURATE = "quality.curate"
OPEN = (JobState.QUEUED, JobState.RUNNING)


def curation_of(project_id: UUID) -> dict[str, Any]:
    """``embedding method name current trouble images crops under_way``."""
    setting, used = settings_of(project_id).embedding, in_use(project_id)
    asked, method = read_setting(project_id, setting), str(used["method"])
    job = Job.objects.filter(project_id=project_id, kind=CURATE, state__in=OPEN).values_list("id", flat=True).first()
    return {
        "embedding": setting,
        "method": method,
        "name": used["name"],
        "current": asked is not None and asked.method == method,
        "trouble": used["trouble"],
        "images": rows_of(project_id, "unit", method),
        "crops": rows_of(project_id, "crop", method),
        "under_way": job,
    }


def rows_of(project_id: UUID, what: Any, method: str) -> int:
    marks = SweepMark.objects.filter(name=mark_name(what, project_id, method))
    position = marks.values_list("position", flat=True).first() or {}
    return int(position.get("rows", 0)) if position.get("method") == method else 0
