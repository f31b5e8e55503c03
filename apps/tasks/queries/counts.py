"""Exact stage counts in two small sums: what was rolled up, and the deltas since."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Sum

from apps.flows.queries import compiled_graph
from apps.projects.models import Collaborator, Project
from apps.tasks.logic import CLAIM_ROLES
from apps.tasks.models import StageCount, StageDelta, Visit, VisitStatus
from workflows.graph import Stage

FEW = 5
LOOKED_AT = 1_000


def status_counts(project: Project) -> dict[tuple[str, str], int]:
    """Tasks by (stage, status). One statement, so the sum is of one moment."""
    kept = StageCount.objects.filter(project=project).values_list("stage", "status", "n")
    fresh = (StageDelta.objects.filter(project=project).values("stage", "status").annotate(total=Sum("n"))).values_list(
        "stage", "status", "total"
    )
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for stage, status, n in kept.union(fresh, all=True):
        counts[stage, status] += n
    return counts


def stage_table(project: Project) -> dict[str, Any]:
    """``{"stages": […], "complete": n, "archived": n}`` as API.md has it."""
    graph = compiled_graph(project.workflow_version_id)
    counts = status_counts(project)
    oldest = oldest_waiting(project)
    stages = []
    for stage in graph.stages.values():
        rests = "routing" if stage.type == "router" else "waiting"
        row: dict[str, Any] = {
            "id": stage.id,
            "type": stage.type,
            "title": stage.title,
            "waiting": counts.get((stage.id, rests), 0),
            "claimed": counts.get((stage.id, "claimed"), 0),
            "oldest_waiting_at": oldest.get(stage.id),
        }
        if row["waiting"] and stage.type in CLAIM_ROLES and (n := nobody_eligible(project, stage, row["waiting"])):
            row["nobody_eligible"] = n
        stages.append(row)
    done: dict[str, int] = defaultdict(int)
    for (_, status), n in counts.items():
        done[status] += n
    return {"stages": stages, "complete": done["complete"], "archived": done["archived"]}


def oldest_waiting(project: Project) -> dict[str, Any]:
    """When the longest-waiting visit of each stage was opened."""
    rows = Visit.objects.filter(project=project, status=VisitStatus.WAITING).order_by()
    stages = compiled_graph(project.workflow_version_id).stages
    found = {}
    for stage in stages:
        first = rows.filter(stage=stage).order_by("opened_at").values_list("opened_at", flat=True).first()
        if first is not None:
            found[stage] = first
    return found


def nobody_eligible(project: Project, stage: Stage, waiting: int) -> int:
    """How many waiting tasks nobody may take, because all with the role are barred by own work or lack the skill.

    Looks at the first ``LOOKED_AT`` of the queue at most, and only where few people work at the stage.
    """
    people = {
        str(user_id): frozenset(skills)
        for user_id, email, roles, skills in Collaborator.objects.filter(
            project=project, user__is_active=True
        ).values_list("user_id", "user__email", "roles", "skills")[:LOOKED_AT]
        if CLAIM_ROLES[stage.type] & set(roles)
        and set(stage.skills) <= set(skills)
        and (not stage.collaborators or str(user_id) in stage.collaborators or email in stage.collaborators)
    }
    if not people:
        return waiting
    if len(people) > FEW:
        return 0
    queue = Visit.objects.filter(project=project, stage=stage.id, status=VisitStatus.WAITING, reserved_for=None)
    rows = queue.order_by("-priority", "id").values_list("barred", "needs_skill")[:LOOKED_AT]
    return sum(
        all(f"|{person}|" in barred or (skill and skill not in skills) for person, skills in people.items())
        for barred, skill in rows
    )
