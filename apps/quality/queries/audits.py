"""How a project's quality is looked after, and how far its audit is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count

from apps.flows.queries import compiled_graph
from apps.projects.models import Project
from apps.quality.models import AuditDraw, AuditWave, QualitySettings, Repeat
from apps.tasks.models import Visit, VisitStatus
from workflows.graph import EXPERT_REVIEW, REVIEW

SHOWN_WAVES = 100


def settings_of(project_id: UUID) -> QualitySettings:
    """The project's own, or unsaved defaults."""
    return QualitySettings.objects.filter(project_id=project_id).first() or QualitySettings(project_id=project_id)


def audit_stage(project: Project, settings: QualitySettings) -> str:
    """Where audits are looked at: the chosen stage, else the first expert stage, else the first review; "" for none."""
    stages = compiled_graph(project.workflow_version_id).stages
    chosen = stages.get(settings.stage)
    if chosen is not None and chosen.type in (EXPERT_REVIEW, REVIEW):
        return chosen.id
    for kind in (EXPERT_REVIEW, REVIEW):
        found = next((stage.id for stage in stages.values() if stage.type == kind), None)
        if found is not None:
            return found
    return ""


def waves_of(project_id: UUID) -> list[dict[str, Any]]:
    """The latest waves, newest first."""
    rows = AuditWave.objects.filter(project_id=project_id).order_by("-number")[:SHOWN_WAVES]
    return [
        {
            "number": wave.number,
            "frame": wave.frame,
            "drawn": wave.drawn,
            "state": wave.state,
            "why": wave.plan.get("why", ""),
            "at": wave.at,
        }
        for wave in rows
    ]


def draw_counts(project_id: UUID) -> dict[str, int]:
    """Tasks drawn by the waves, by state; "moot" ones could not be looked at any more."""
    rows = AuditDraw.objects.filter(project_id=project_id).values_list("state").annotate(n=Count("id")).order_by()
    counts = dict.fromkeys(("chosen", "sent", "done", "moot"), 0) | dict(rows)
    looked_at = Visit.objects.filter(status=VisitStatus.DONE, outcome__in=["approved", "rejected"]).values("id")
    ended = AuditDraw.objects.filter(project_id=project_id, state="sent", visit__in=looked_at).count()
    return counts | {"sent": counts["sent"] - ended, "done": counts["done"] + ended}


def repeat_counts(project_id: UUID) -> tuple[int, int]:
    """Labels that two experts judged blind, and those judged alike."""
    rows = Repeat.objects.filter(project_id=project_id, state="done").values_list("labels", "agreed")
    found = list(rows)
    return sum(labels for labels, _ in found), sum(agreed for _, agreed in found)
