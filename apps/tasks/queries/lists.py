"""Which tasks a list holds: closed filters, keyset orderings, only what the reader may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.accounts.principal import Principal
from apps.common.errors import Invalid
from apps.common.pages import Ordering
from apps.flows.queries import compiled_graph
from apps.projects.policies import ProjectAccess, visible_projects
from apps.tasks.models import Notification, Participation, Task, Verdict, Visit, VisitStatus
from workflows.graph import AGENT, EXPERT_REVIEW, REVIEW, Stage
from workflows.state import STATUSES

ORDERINGS: Mapping[str, Ordering] = {
    "id": Ordering(("id",)),
    "-id": Ordering(("-id",)),
    "-priority": Ordering(("-priority", "id")),
    "priority": Ordering(("priority", "-id")),
    "updated_at": Ordering(("updated_at", "id")),
    "-updated_at": Ordering(("-updated_at", "-id")),
    "created_at": Ordering(("id",)),
    "-created_at": Ordering(("-id",)),
}
SHOWN = ("task_id", "status", "holder_id", "token", "lease_expires_at", "reserve_kind", "route_reason")
READ_ROLES = {
    REVIEW: frozenset({"reviewer", "expert"}),
    EXPERT_REVIEW: frozenset({"expert"}),
    AGENT: frozenset({"agent"}),
}
"""Who may read a task while it stands at a stage of this type. An annotator reads held and own past tasks alone."""
FILTERS = ("stage", "status", "assignee", "ordering", "data_unit")


def units_in_hand(user_id: UUID, project_id: UUID | None = None) -> QuerySet[Any, Any]:
    """The ids of the data units that the person holds the tasks of, in one project if told."""
    rows = Visit.objects.filter(holder_id=user_id, status=VisitStatus.CLAIMED)
    rows = rows if project_id is None else rows.filter(project_id=project_id)
    return rows.values("task__data_unit_id")


def tasks_of_project(access: ProjectAccess, user: User, filters: Mapping[str, str]) -> list[QuerySet[Task]]:
    """The project's tasks that the reader may see, narrowed by ``stage status assignee data_unit``, in parts that an
    index serves each. Raises Invalid."""
    rows = _narrowed(Task.objects.filter(project=access.project), user, filters)
    return [part.select_related("data_unit", "label_set") for part in _readable(rows, access, user)]


def _narrowed(rows: QuerySet[Task], user: User, filters: Mapping[str, str]) -> QuerySet[Task]:
    if "stage" in filters:
        rows = rows.filter(stage=filters["stage"][:100])
    if "status" in filters:
        if filters["status"] not in STATUSES:
            raise Invalid.at("/status", f"status is one of {', '.join(STATUSES)}.", code="unknown_status")
        rows = rows.filter(status=filters["status"])
    if "assignee" in filters:
        rows = rows.filter(_assignee(filters["assignee"], user))
    if "data_unit" in filters:
        rows = rows.filter(data_unit_id=_uuid(filters["data_unit"], "/data_unit"))
    return rows


def _readable(rows: QuerySet[Task], access: ProjectAccess, user: User) -> list[QuerySet[Task]]:
    """API.md, "read a task": held, reserved or own past ones; and for judges those of their stages."""
    if access.sees_all:
        return [rows]
    assigned = Task.objects.filter(project=access.project, assignee=user).values("id")
    taken_part = Participation.objects.filter(project=access.project, user=user).values("task_id")
    own = rows.filter(id__in=assigned.union(taken_part))
    stages = compiled_graph(access.project.workflow_version_id).stages.values()
    judged = [stage.id for stage in stages if reads_stage(access, user, stage)]
    return [own, rows.filter(stage__in=judged)] if judged else [own]


def reads_stage(access: ProjectAccess, user: User, stage: Stage) -> bool:
    """Whether the person may read every task that stands at the stage, by role and by name."""
    listed = not stage.collaborators or str(user.id) in stage.collaborators or user.email in stage.collaborators
    return listed and bool(READ_ROLES.get(stage.type, frozenset()) & access.roles)


def _assignee(text: str, user: User) -> Q:
    match text:
        case "me":
            return Q(assignee=user)
        case "none":
            return Q(assignee=None)
    if "@" in text:
        return Q(assignee__email=text.lower())
    return Q(assignee_id=_uuid(text, "/assignee"))


def _uuid(text: str, pointer: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid.at(pointer, "This is no id.", code="bad_id") from None


def open_visits(tasks: list[Task]) -> dict[UUID, Visit]:
    """The open visits of a page's tasks, with one statement."""
    found = Visit.objects.filter(task__in=[task.id for task in tasks], status__lt=VisitStatus.DONE).only(*SHOWN)
    return {visit.task_id: visit for visit in found}


def my_participations(user: User) -> QuerySet[Participation]:
    """One's own steps across projects, the latest first."""
    return Participation.objects.filter(user=user).select_related("task__data_unit", "task__label_set", "task__project")


def my_open_visits(user: User) -> QuerySet[Visit]:
    """What the person holds, and what is reserved for or assigned to them."""
    mine = Q(holder=user, status=VisitStatus.CLAIMED) | Q(reserved_for=user, status=VisitStatus.WAITING)
    return Visit.objects.filter(mine).select_related("task__data_unit", "task__label_set", "task__project")


def inbox_of(principal: Principal) -> QuerySet[Notification]:
    """One's own entries, less those of projects that one has left or that the key does not reach."""
    projects = visible_projects(principal).values("pk")
    return Notification.objects.filter(Q(task=None) | Q(task__project__in=projects), user=principal.user)


def verdict_rows(task_ids: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Explicit, standing verdicts by task, oldest first."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    rows = Verdict.objects.filter(task__in=task_ids, superseded=False, implicit=False).order_by("id")
    for verdict in rows[:5_000]:
        found.setdefault(verdict.task_id, []).append(
            {
                "id": str(verdict.id),
                "label": str(verdict.label) if verdict.label else None,
                "verdict": verdict.verdict,
                "kind": verdict.kind or None,
                "reason": verdict.reason,
                "comment": verdict.comment,
                "round": verdict.round,
                "created_at": verdict.created_at,
            }
        )
    return found
