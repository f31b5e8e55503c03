"""Snapshots over REST."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.clock import database_now
from apps.common.errors import NotFound
from apps.common.http import ApiView, read_body
from apps.common.pages import Ordering, check_query, page
from apps.common.serializers import StrictSerializer, Text, page_of
from apps.jobs.api.answers import JobAnswer, accepted
from apps.jobs.models import Job
from apps.labels.models import Snapshot
from apps.projects.policies import get_project_for, require_manager
from apps.tasks.transfer.freezing import snapshots_of, take_snapshot
from apps.tasks.transfer.views import ExportFilter

ORDERINGS = {"-id": Ordering(("-id",)), "id": Ordering(("id",))}


class SnapshotBody(StrictSerializer):
    """``filter`` says of which tasks; without it of all."""

    name = Text()
    filter = ExportFilter(required=False)
    tags = serializers.ListField(child=Text(max_length=100), required=False, max_length=50)


class SnapshotAnswer(serializers.Serializer[Any]):
    """``tasks`` and ``labels`` are how many it holds."""

    id = serializers.UUIDField()
    project = serializers.UUIDField()
    name = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    filter = serializers.DictField()
    tasks = serializers.IntegerField()
    labels = serializers.IntegerField()
    created_by = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()


def shown(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "id": str(snapshot.id),
        "project": str(snapshot.project_id),
        "name": snapshot.name,
        "tags": snapshot.tags,
        "filter": snapshot.filter,
        "tasks": snapshot.entries_count,
        "labels": snapshot.labels_count,
        "created_by": str(snapshot.created_by_id) if snapshot.created_by_id else None,
        "created_at": snapshot.created_at,
    }


class SnapshotsView(ApiView):
    """Named states of a project's labels."""

    scopes: ClassVar = {"GET": "read", "POST": "manage"}

    @extend_schema(operation_id="snapshots", responses=page_of(SnapshotAnswer))
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, ["ordering"])
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        return Response(page(request, snapshots_of(project_id), render=shown, orderings=ORDERINGS, default="-id"))

    @extend_schema(operation_id="snapshot_take", request=SnapshotBody, responses={201: SnapshotAnswer, 202: JobAnswer})
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        sent = read_body(request, SnapshotBody)
        made = take_snapshot(
            project=access.project,
            actor=request.user,
            name=sent["name"],
            filters=sent.get("filter", {}),
            tags=sent.get("tags", []),
            now=database_now(),
        )
        return accepted(made) if isinstance(made, Job) else Response(shown(made), status=201)


class SnapshotView(ApiView):
    """One of them."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(operation_id="snapshot", responses=SnapshotAnswer)
    def get(self, request: Request, project_id: UUID, snapshot_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        found = snapshots_of(project_id).filter(id=snapshot_id).first()
        if found is None:
            raise NotFound
        return Response(shown(found))
