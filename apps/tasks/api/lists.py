"""Lists of tasks: a project's, one's own, the inbox; a task's history; a project's selections."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.errors import NotFound
from apps.common.http import ApiView, as_uuid, read_body
from apps.common.pages import Ordering, check_query, page
from apps.common.serializers import StrictSerializer, Whole, page_of
from apps.flows.queries import compiled_graph
from apps.projects.policies import ProjectAccess, get_project_for, require_overview
from apps.tasks.api.answers import HistoryRow, NotificationAnswer, SelectionAnswer, TaskAnswer
from apps.tasks.api.shown import shown_task
from apps.tasks.hooks import metrics_for
from apps.tasks.models import Notification, Participation, Selection, Task, TaskEvent
from apps.tasks.operations.inbox import mark_read
from apps.tasks.policies import TaskAccess, get_task_for, is_blind
from apps.tasks.queries.lists import (
    FILTERS,
    ORDERINGS,
    inbox_of,
    my_open_visits,
    my_participations,
    open_visits,
    tasks_of_project,
    verdict_rows,
)

QUERY = [OpenApiParameter(name, str) for name in FILTERS]


class TasksView(ApiView):
    """The project's tasks that the caller may see."""

    scopes = {"GET": "read"}

    @extend_schema(operation_id="project_tasks", responses=page_of(TaskAnswer), parameters=QUERY)
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, FILTERS)
        access = get_project_for(request.auth, project_id)
        rows = tasks_of_project(access, request.user, request.query_params)
        return Response(task_page(request, rows, access))


def task_page(request: Request, rows: Any, access: ProjectAccess) -> dict[str, Any]:
    """A page of tasks with their open visits: three statements at any depth."""
    found = page(request, rows, render=lambda task: {"task": task}, orderings=ORDERINGS, default="id")
    tasks: list[Task] = [item["task"] for item in found["results"]]
    visits = open_visits(tasks)
    evidence = access.sees_all
    metrics = metrics_for(tasks) if evidence else {}
    found["results"] = [
        shown_task(
            task,
            visits.get(task.id),
            graph=compiled_graph(task.workflow_version_id),
            access=access,
            user=request.user,
            sees_evidence=evidence,
            metrics=metrics,
        )
        for task in tasks
    ]
    return found


class MyTasksView(ApiView):
    """One's own work across projects: what is open, then what was done, with its verdicts."""

    scopes = {"GET": "read"}

    @extend_schema(
        operation_id="my_tasks",
        responses=page_of(TaskAnswer),
        parameters=[OpenApiParameter("status", str, enum=["open", "done"])],
    )
    def get(self, request: Request) -> Response:
        check_query(request, ["status", "ordering"])
        if request.query_params.get("status") == "open":
            return Response(my_open(request))
        return Response(my_done(request))


def my_open(request: Request) -> dict[str, Any]:
    rows = my_open_visits(request.user)
    found = page(
        request, rows, render=lambda visit: {"visit": visit}, orderings={"-id": Ordering(("-id",))}, default="-id"
    )
    visits = [item["visit"] for item in found["results"]]
    found["results"] = own_rows(request, [(visit.task, visit, None) for visit in visits])
    return found


def my_done(request: Request) -> dict[str, Any]:
    order = {"-acted_at": Ordering(("-acted_at", "-id"))}
    found = page(
        request,
        my_participations(request.user),
        render=lambda part: {"part": part},
        orderings=order,
        default="-acted_at",
    )
    parts: list[Participation] = [item["part"] for item in found["results"]]
    visits = open_visits([part.task for part in parts])
    found["results"] = own_rows(request, [(part.task, visits.get(part.task_id), part) for part in parts])
    return found


def own_rows(request: Request, rows: list[tuple[Any, Any, Participation | None]]) -> list[dict[str, Any]]:
    """Tasks as their own worker sees them, with the verdicts that people gave."""
    verdicts = verdict_rows([task.id for task, _, _ in rows])
    accesses = {key: visible_project(request, key) for key in {task.project_id for task, _, _ in rows}}
    shown = []
    for task, visit, part in rows:
        access = accesses[task.project_id]
        if access is None:
            continue
        graph = compiled_graph(task.workflow_version_id)
        row = shown_task(task, visit, graph=graph, access=access, user=request.user, sees_evidence=False)
        blind = is_blind(access, graph.stages.get(task.stage))
        row |= {"project_name": access.project.name, "verdicts": [] if blind else verdicts.get(task.id, [])}
        if part is not None:
            row |= {"my_stage": part.stage, "my_outcome": part.outcome, "acted_at": part.acted_at}
        shown.append(row)
    return shown


def visible_project(request: Request, project_id: UUID) -> ProjectAccess | None:
    """The project, or None for one that the person has left."""
    try:
        return get_project_for(request.auth, project_id)
    except NotFound:
        return None


class HistoryView(ApiView):
    """Every event of the task, oldest first."""

    scopes = {"GET": "read"}

    @extend_schema(operation_id="task_history", responses=page_of(HistoryRow))
    def get(self, request: Request, task_id: UUID) -> Response:
        check_query(request, [])
        found = get_task_for(request.auth, task_id)
        rows = TaskEvent.objects.filter(task=found.task).select_related("actor")
        if not found.sees_evidence:
            rows = rows.exclude(action__in=EVIDENCE)
        order = {"sequence": Ordering(("sequence",))}

        def render(event: TaskEvent) -> dict[str, Any]:
            return shown_event(event, hidden=hides_reason(found, event))

        return Response(page(request, rows, render=render, orderings=order, default="sequence"))


EVIDENCE = ("routed", "selection", "waiting", "fact", "timed_out")
"""Events that tell how the task was chosen and why it went where it is."""


def hides_reason(found: TaskAccess, event: TaskEvent) -> bool:
    """Why somebody else escalated is a route's reason; and a judge who is to judge blindly reads no earlier word."""
    if event.actor_id == found.user.id or found.sees_all:
        return False
    return found.is_blind or (event.action == "escalated" and not found.sees_evidence)


def shown_event(event: TaskEvent, *, hidden: bool) -> dict[str, Any]:
    """A row of the history."""
    return {
        "sequence": event.sequence,
        "action": event.action,
        "actor": str(event.actor_id) if event.actor_id else None,
        "actor_name": (event.actor.name or event.actor.email) if event.actor else None,
        "stage": event.stage or None,
        "from_stage": event.from_stage or None,
        "to_stage": event.to_stage or None,
        "outcome": event.outcome or None,
        "reason": None if hidden else (event.reason or None),
        "label_revision": event.label_revision,
        "workflow_version": str(event.workflow_version_id),
        "at": event.at,
    }


class SelectionsView(ApiView):
    """Every random or routed choice made in the project."""

    scopes = {"GET": "read"}

    @extend_schema(operation_id="project_selections", responses=page_of(SelectionAnswer))
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, ["stage", "task"])
        access = get_project_for(request.auth, project_id)
        require_overview(access)
        rows = Selection.objects.filter(project=access.project)
        if "stage" in request.query_params:
            rows = rows.filter(stage=request.query_params["stage"][:100])
        if "task" in request.query_params:
            rows = rows.filter(task_id=as_task_id(request))
        return Response(page(request, rows, render=shown_selection, orderings={"id": Ordering(("id",))}, default="id"))


def as_task_id(request: Request) -> UUID:
    return as_uuid(request.query_params["task"], "/task")


def shown_selection(row: Selection) -> dict[str, Any]:
    return {
        "unit": str(row.label or row.task_id),
        "task": str(row.task_id),
        "label": str(row.label) if row.label else None,
        "stage": row.stage,
        "frame": row.frame,
        "design": row.design,
        "wave": row.wave,
        "probability": row.probability,
        "chosen": row.chosen,
        "outcome": row.outcome,
        "score": row.score,
        "scorer_version": row.scorer_version or None,
        "label_revision": row.label_revision,
        "visit": row.visit_id,
        "at": row.at,
    }


class ReadBody(StrictSerializer):
    ids = serializers.ListField(child=Whole(min_value=1), max_length=1_000)


class InboxView(ApiView):
    """What the person should know: returned, assigned, mentioned, answered."""

    scopes = {"GET": "read"}

    @extend_schema(operation_id="my_inbox", responses=page_of(NotificationAnswer))
    def get(self, request: Request) -> Response:
        check_query(request, ["unread"])
        rows = inbox_of(request.auth).select_related("actor", "task__data_unit")
        if request.query_params.get("unread") == "true":
            rows = rows.filter(read_at=None)
        order = {"-id": Ordering(("-id",))}
        return Response(page(request, rows, render=shown_notification, orderings=order, default="-id"))


class InboxReadView(ApiView):
    """Marks entries as read."""

    scopes = {"POST": "read"}

    @extend_schema(operation_id="my_inbox_read", request=ReadBody, responses={204: None})
    def post(self, request: Request) -> Response:
        mark_read(user=request.user, ids=read_body(request, ReadBody)["ids"])
        return Response(status=204)


def shown_notification(row: Notification) -> dict[str, Any]:
    task = row.task
    return {
        "id": row.id,
        "kind": row.kind,
        "text": row.text,
        "actor": str(row.actor_id) if row.actor_id else None,
        "actor_name": (row.actor.name or row.actor.email) if row.actor else None,
        "task": str(task.id) if task else None,
        "task_name": task.data_unit.name if task else None,
        "project": str(task.project_id) if task else None,
        "created_at": row.created_at,
        "read_at": row.read_at,
    }
