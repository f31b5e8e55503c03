"""The review grid over REST: sheets of tiles, batches that the server draws, what was said of them, and how fast."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from apps.accounts.models import User
from apps.accounts.requests import Request
from apps.common.clock import database_now
from apps.common.errors import Invalid, NotFound
from apps.common.http import ApiView, read_body
from apps.common.pages import Ordering, check_query, page
from apps.common.serializers import Nothing, page_of
from apps.jobs.api.answers import JobAnswer, accepted
from apps.jobs.models import Job
from apps.ontologies.queries import index_for
from apps.projects.policies import ProjectAccess
from apps.quality.api import grid_bodies as bodies
from apps.quality.api.grid_shown import outcome_of, shown_batch, shown_row
from apps.quality.models import GridBatch
from apps.quality.operations.gridding import drop_batch, open_batch
from apps.quality.operations.gridding_atlases import ATLAS, OPEN, start_atlases
from apps.quality.operations.gridding_commit import commit_batch
from apps.quality.operations.gridding_sheets import prepare
from apps.quality.operations.gridding_undo import undo_batch
from apps.quality.policies import get_grid_for, get_quality_for
from apps.quality.queries.batches import class_of, filters_from
from apps.quality.queries.grid_figures import figures
from apps.quality.queries.tiles import SIZES
from apps.tasks.policies import get_person_for

ORDERINGS = {"-id": Ordering(("-id",)), "id": Ordering(("id",))}


class AtlasView(ApiView):
    """Makes tiles of the project's labels ahead of the grid."""

    scopes = {"POST": "manage"}

    @extend_schema(operation_id="quality_atlas", request=bodies.AtlasBody, responses={202: JobAnswer})
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_quality_for(request.auth, project_id)
        sent = read_body(request, bodies.AtlasBody)
        index = index_for(access.project.ontology_id)
        class_id = class_of(index, sent["class"], "/class") if sent.get("class") else ""
        return accepted(
            start_atlases(
                project=access.project,
                class_id=class_id,
                metric=sent["metric"],
                order=sent["order"],
                actor=request.user,
            )
        )


class BatchesView(ApiView):
    """One's own batches, and the next one."""

    scopes = {"GET": "review", "POST": "review"}

    @extend_schema(operation_id="grid_batches", responses=page_of(bodies.BatchRowAnswer))
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, ("ordering",))
        access = get_grid_for(request.auth, project_id)
        index = index_for(access.project.ontology_id)
        rows = GridBatch.objects.filter(project_id=project_id, reviewer=request.user)
        answer = page(request, rows, render=lambda row: shown_row(row, index), orderings=ORDERINGS, default="-id")
        return Response(answer)

    @extend_schema(operation_id="grid_batch_open", request=bodies.BatchBody, responses={201: bodies.BatchAnswer})
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_grid_for(request.auth, project_id)
        sent = read_body(request, bodies.BatchBody)
        index = index_for(access.project.ontology_id)
        person = person_of(access, sent["annotator"]) if sent.get("annotator") else None
        now = database_now()
        batch = open_batch(
            project=access.project,
            user=request.user,
            filters=filters_from(sent, index, person),
            order=sent["order"],
            size=sent["size"],
            now=now,
        )
        job = prepare(batch, request.user)
        shown = shown_batch(batch, access, request.user, index, tile=sent["tile"], job=job.pk if job else None, now=now)
        return Response(shown, status=201)


def person_of(access: ProjectAccess, named: str) -> User:
    """The annotator of a filter. Raises Invalid."""
    try:
        return get_person_for(access, named)
    except Invalid as error:
        raise Invalid.at("/annotator", error.detail, code="unknown_user") from None


class BatchView(ApiView):
    """One of one's own batches; deleting an open one gives its labels back."""

    scopes = {"GET": "review", "DELETE": "review"}

    @extend_schema(operation_id="grid_batch", responses=bodies.BatchAnswer, parameters=[OpenApiParameter("tile", int)])
    def get(self, request: Request, project_id: UUID, batch_id: UUID) -> Response:
        check_query(request, ("tile",))
        access = get_grid_for(request.auth, project_id)
        asked = request.query_params.get("tile", str(SIZES[0]))
        if asked not in map(str, SIZES):
            raise Invalid.at("/tile", "tile is 96 or 192.", code="bad_tile")
        batch = own_batch(request, project_id, batch_id)
        index = index_for(access.project.ontology_id)
        return Response(
            shown_batch(batch, access, request.user, index, tile=int(asked), job=making(batch), now=database_now())
        )

    @extend_schema(operation_id="grid_batch_drop", responses={204: None})
    def delete(self, request: Request, project_id: UUID, batch_id: UUID) -> Response:
        get_grid_for(request.auth, project_id)
        own_batch(request, project_id, batch_id)
        drop_batch(batch_id=batch_id, user=request.user)
        return Response(status=204)


def own_batch(request: Request, project_id: UUID, batch_id: UUID) -> GridBatch:
    """Raises NotFound for other people's too."""
    batch = GridBatch.objects.filter(project_id=project_id, id=batch_id, reviewer=request.user).first()
    if batch is None:
        raise NotFound
    return batch


def making(batch: GridBatch) -> UUID | None:
    """The job that makes the batch's sheets."""
    if batch.sheets:
        return None
    rows = Job.objects.filter(project_id=batch.project_id, kind=ATLAS, state__in=OPEN, params__batch=str(batch.id))
    return rows.order_by("-id").values_list("pk", flat=True).first()


class CommitView(ApiView):
    """What was seen in a batch."""

    scopes = {"POST": "review"}

    @extend_schema(operation_id="grid_batch_commit", request=bodies.CommitBody, responses=bodies.CommittedAnswer)
    def post(self, request: Request, project_id: UUID, batch_id: UUID) -> Response:
        access = get_grid_for(request.auth, project_id)
        sent = read_body(request, bodies.CommitBody)
        own_batch(request, project_id, batch_id)
        batch = commit_batch(
            batch_id=batch_id,
            user=request.user,
            marks=sent["marks"],
            active_ms=sent["active_ms"],
            stage=sent["stage"],
            index=index_for(access.project.ontology_id),
            now=database_now(),
        )
        return Response({"id": str(batch.id), "state": batch.state, **outcome_of(batch)})


class UndoView(ApiView):
    """Takes a commit back."""

    scopes = {"POST": "review"}

    @extend_schema(operation_id="grid_batch_undo", request=None, responses=bodies.UndoneAnswer)
    def post(self, request: Request, project_id: UUID, batch_id: UUID) -> Response:
        get_grid_for(request.auth, project_id)
        read_body(request, Nothing)
        own_batch(request, project_id, batch_id)
        batch, results = undo_batch(batch_id=batch_id, user=request.user, now=database_now())
        return Response({"id": str(batch.id), "state": batch.state, "results": results})


class FiguresView(ApiView):
    """Grid and full-image review, measured side by side."""

    scopes = {"GET": "read"}

    @extend_schema(operation_id="grid_figures", responses=bodies.GridFiguresAnswer)
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, ())
        access = get_quality_for(request.auth, project_id)
        return Response(figures(project_id, index_for(access.project.ontology_id), database_now()))
