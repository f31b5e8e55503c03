"""``quality/preview/``: what a router that is still being written would do, and in which projects one can look."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.errors import Invalid
from apps.common.http import ApiView, read_body
from apps.common.pages import check_query, read_limit
from apps.common.serializers import StrictSerializer, Text, page_of
from apps.projects.policies import access_of, get_project_for, require_manager, visible_projects
from apps.quality.queries.preview import Asked, Preview, preview
from apps.quality.queries.preview_projects import latest_first
from workflows.conditions import Condition, ConditionError, parse
from workflows.configs import MAX_BRANCHES, MAX_ID


class BranchBody(StrictSerializer):
    """As in a router's ``config``."""

    outcome = Text(max_length=MAX_ID)
    when = serializers.JSONField()


class PreviewBody(StrictSerializer):
    """A router's ``branches`` in their order, and where it sends everything else."""

    branches = BranchBody(many=True, allow_empty=False)
    otherwise = Text(max_length=MAX_ID, required=False, default="", allow_blank=True)

    def validate_branches(self, value: list[Any]) -> list[Any]:
        if len(value) > MAX_BRANCHES:
            raise serializers.ValidationError("These are too many.", code="too_many")
        return value


class OutcomeAnswer(serializers.Serializer[Any]):
    """``outcome`` is empty for what takes no branch where ``otherwise`` was not given."""

    outcome = serializers.CharField(allow_blank=True)
    tasks = serializers.IntegerField()


class UnknownAnswer(serializers.Serializer[Any]):
    fact = serializers.CharField()
    tasks = serializers.IntegerField()


class PreviewAnswer(serializers.Serializer[Any]):
    """Of the last ``of`` scored tasks how many would have taken each outcome; ``unknown`` ones, by the ``waiting`` fact
    that is not known of them, would have waited."""

    of = serializers.IntegerField()
    outcomes = OutcomeAnswer(many=True)
    unknown = serializers.IntegerField()
    waiting = UnknownAnswer(many=True)


class PreviewProjectAnswer(serializers.Serializer[Any]):
    """A project under the same workflow that the caller manages. ``active_at``: the last time a task changed."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    active_at = serializers.DateTimeField(allow_null=True)
    scored = serializers.BooleanField()


class PreviewView(ApiView):
    """The projects of the same workflow, the most recently active first; a router tried on one's last scored tasks."""

    scopes: ClassVar = {"GET": "read", "POST": "read"}
    idempotent = False

    @extend_schema(operation_id="quality_preview_projects", responses=page_of(PreviewProjectAnswer))
    def get(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        check_query(request, ())
        rows = visible_projects(request.auth).filter(workflow=access.project.workflow_id, archived_at=None)
        found = latest_first(rows, lambda row: (own := access_of(row)) is not None and own.is_manager)
        return Response({"results": found[: read_limit(request)], "next": None})

    @extend_schema(operation_id="quality_preview", request=PreviewBody, responses=PreviewAnswer)
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        asked = asked_from(read_body(request, PreviewBody))
        return Response(shown(preview(access.project, asked)))


def asked_from(sent: dict[str, Any]) -> Asked:
    """Raises Invalid for what is no condition."""
    branches = [(branch["outcome"], condition_from(number, branch)) for number, branch in enumerate(sent["branches"])]
    return Asked(branches, sent["otherwise"])


def condition_from(number: int, branch: dict[str, Any]) -> Condition:
    try:
        return parse(branch["when"])
    except ConditionError as error:
        raise Invalid.at(f"/branches/{number}/when", error.detail, code=error.code) from None


def shown(found: Preview) -> dict[str, Any]:
    return {
        "of": found.of,
        "outcomes": [{"outcome": outcome, "tasks": n} for outcome, n in found.outcomes.items()],
        "unknown": sum(found.unknown.values()),
        "waiting": [{"fact": fact, "tasks": n} for fact, n in sorted(found.unknown.items())],
    }
