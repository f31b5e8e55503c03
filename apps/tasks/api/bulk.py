"""One verb for many tasks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.models import User
from apps.accounts.requests import Request
from apps.common.errors import Invalid
from apps.common.http import ApiView, read_body
from apps.common.serializers import Flag, StrictSerializer, Text, Whole
from apps.jobs.api.answers import JobAnswer, accepted
from apps.jobs.operations import enqueue
from apps.projects.policies import ProjectAccess, get_project_for, require_manager
from apps.tasks.operations.bulk import ACTIONS, BulkOrder, bulk_act
from apps.tasks.policies import get_person_for
from apps.tasks.queries.counts import status_counts
from workflows.state import STATUSES

AT_ONCE = 500


class BulkFilter(StrictSerializer):
    """Which tasks; all that match."""

    stage = Text(max_length=100, required=False)
    status = serializers.ChoiceField(choices=STATUSES, required=False)
    assignee = serializers.UUIDField(required=False, allow_null=True)


class BulkBody(StrictSerializer):
    action = serializers.ChoiceField(choices=ACTIONS)
    tasks = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=AT_ONCE)
    filter = BulkFilter(required=False)
    dry_run = Flag(required=False, default=False)
    user = Text(max_length=254, required=False)
    priority = Whole(min_value=0, max_value=100, required=False)
    stage = Text(max_length=100, required=False)
    reason = Text(max_length=10_000, required=False, allow_blank=True)


class BulkItem(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.CharField()
    error = serializers.DictField(required=False)


class BulkAnswer(serializers.Serializer[Any]):
    results = BulkItem(many=True)


class BulkView(ApiView):
    """Carries out one action on named tasks at once, or on everything that a filter matches as a job."""

    scopes = {"POST": "manage"}

    @extend_schema(operation_id="tasks_bulk", request=BulkBody, responses={200: BulkAnswer, 202: JobAnswer})
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        sent = read_body(request, BulkBody)
        if ("tasks" in sent) == ("filter" in sent):
            raise Invalid.at("/tasks", "Name either tasks or a filter.", code="tasks_or_filter")
        order = order_from(access, sent)
        if "filter" in sent:
            return accepted(_enqueue(access, request.user, sent, order))
        results = bulk_act(
            project_id=access.project.id,
            actor=request.user,
            task_ids=sent["tasks"],
            order=order,
            dry_run=sent["dry_run"],
        )
        place = {str(task): number for number, task in enumerate(sent["tasks"])}
        return Response({"results": sorted(results, key=lambda row: place[str(row["id"])])})


def order_from(access: ProjectAccess, sent: dict[str, Any]) -> BulkOrder:
    """What is to be done, with what it needs. Raises Invalid for a missing member."""
    needed = {"assign": "user", "priority": "priority", "move": "stage", "reopen": "stage"}.get(sent["action"])
    if needed is not None and sent.get(needed) is None:
        raise Invalid.at(f"/{needed}", f"The action {sent['action']} needs it.", code="required")
    return BulkOrder(
        action=sent["action"],
        person=get_person_for(access, sent["user"]) if sent.get("user") else None,
        priority=sent.get("priority", 0),
        stage=sent.get("stage", ""),
        reason=sent.get("reason", ""),
    )


def _enqueue(access: ProjectAccess, actor: User, sent: dict[str, Any], order: BulkOrder) -> Any:
    wanted = dict(sent["filter"])
    narrowed: dict[str, Any] = {name: wanted[name] for name in ("stage", "status") if name in wanted}
    if "assignee" in wanted:
        narrowed["assignee_id"] = str(wanted["assignee"]) if wanted["assignee"] else None
    params = {
        "project": str(access.project.id),
        "actor": str(actor.id),
        "action": order.action,
        "person": str(order.person.id) if order.person else None,
        "priority": order.priority,
        "stage": order.stage,
        "reason": order.reason,
        "filter": narrowed,
        "dry_run": sent["dry_run"],
        "tasks": _at_most(access, narrowed),
    }
    return enqueue(
        kind="tasks.bulk",
        organization_id=access.project.organization_id,
        project_id=access.project.id,
        params=params,
        created_by=actor,
    )


def _at_most(access: ProjectAccess, narrowed: dict[str, Any]) -> int:
    """How many tasks the filter can match, by the maintained counters: nothing is counted in a request."""
    counts = status_counts(access.project).items()
    wanted = (narrowed.get("stage"), narrowed.get("status"))
    return sum(n for place, n in counts if all(w in (None, is_) for w, is_ in zip(wanted, place, strict=True)))
