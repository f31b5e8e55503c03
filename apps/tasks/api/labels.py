"""Labels of a task: read, past, differences, save; and the drafts of lost claims."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.errors import Invalid
from apps.common.http import ApiView, read_body, with_etag
from apps.common.pages import Ordering, check_query, page
from apps.common.problems import problem_response
from apps.common.serializers import page_of
from apps.labels.queries import diff, etag_for, labels_at, labels_of, render_change, render_labels, revision_from
from apps.ontologies.queries import index_for
from apps.tasks.api import bodies
from apps.tasks.api.actions import WORK
from apps.tasks.api.answers import DiffAnswer, DraftAnswer, LabelsAnswer, SavedAnswer
from apps.tasks.models import Draft
from apps.tasks.operations.drafts import drop_draft
from apps.tasks.operations.labeling import Fenced, save_task_labels
from apps.tasks.policies import get_draft_for, get_task_for

BRANCH = "main"


class LabelsView(ApiView):
    """The task's labels now or at a past revision."""

    scopes = {"GET": "read", "PATCH": WORK}
    problems = {"PATCH": (412, 428)}

    @extend_schema(operation_id="task_labels", responses=LabelsAnswer, parameters=[OpenApiParameter("revision", int)])
    def get(self, request: Request, task_id: UUID) -> Response:
        check_query(request, ["revision"])
        task = get_task_for(request.auth, task_id).task
        index = index_for(task.project.ontology_id)
        if "revision" in request.query_params:
            number = revision_param(request, "revision")
            shown = render_labels(labels_at(task.label_set, number), index)
            return Response({"revision": number, "labels": shown})
        number = task.label_set.revision if task.label_set else 0
        shown = render_labels(labels_of(task.label_set), index)
        return with_etag(Response({"revision": number, "labels": shown}), etag_for(BRANCH, number))

    @extend_schema(operation_id="task_labels_save", request=bodies.SaveBody, responses=SavedAnswer)
    def patch(self, request: Request, task_id: UUID) -> Response:
        found = get_task_for(request.auth, task_id)
        sent = read_body(request, bodies.SaveBody)
        # Who does not hold the task learns that first, and not how a save is made.
        holds = found.visit is not None and found.visit.holder_id == found.user.id
        base = revision_from(request.headers.get("If-Match"), BRANCH) if holds else None
        saved = save_task_labels(
            task_id=task_id,
            user=found.user,
            changes=bodies.changes_from(sent, base),
            claim_token=sent.get("claim_token"),
        )
        if isinstance(saved, Fenced):
            return problem_response(saved.error)
        locked, result = saved
        index = locked.ontology
        rows = {change.id: change.after for change in result.changed if change.after is not None}
        body: dict[str, Any] = {"revision": result.revision, "labels": render_labels(rows, index)}
        body["deleted"] = [change.id for change in result.changed if change.after is None]
        body["outdated_ontology"] = result.outdated
        return with_etag(Response(body), etag_for(BRANCH, result.revision))


class DiffView(ApiView):
    """What changed between two revisions."""

    scopes = {"GET": "read"}

    @extend_schema(
        operation_id="task_labels_diff",
        responses=DiffAnswer,
        parameters=[OpenApiParameter("from", int, required=True), OpenApiParameter("to", int, required=True)],
    )
    def get(self, request: Request, task_id: UUID) -> Response:
        check_query(request, ["from", "to"])
        task = get_task_for(request.auth, task_id).task
        first, last = revision_param(request, "from"), revision_param(request, "to")
        index = index_for(task.project.ontology_id)
        changes = [render_change(change, index) for change in diff(task.label_set, first, last)]
        return Response({"from": first, "to": last, "changes": changes})


def revision_param(request: Request, name: str) -> int:
    """A revision number from the query. Raises Invalid."""
    raw = request.query_params.get(name, "")
    if not raw.isascii() or not raw.isdigit() or len(raw) > 9:
        raise Invalid.at(f"/{name}", "This is a revision's number.", code="bad_revision")
    return int(raw)


class DraftsView(ApiView):
    """One's own labels that came after the claim was lost."""

    scopes = {"GET": "read"}

    @extend_schema(operation_id="task_drafts", responses=page_of(DraftAnswer))
    def get(self, request: Request, task_id: UUID) -> Response:
        check_query(request, [])
        found = get_task_for(request.auth, task_id)
        rows = Draft.objects.filter(task=found.task, author=found.user)
        return Response(page(request, rows, render=shown_draft, orderings={"-id": Ordering(("-id",))}, default="-id"))


class DraftView(ApiView):
    """Drops a draft that was applied or is not wanted."""

    scopes = {"DELETE": WORK}

    @extend_schema(operation_id="task_draft_drop", responses={204: None})
    def delete(self, request: Request, task_id: UUID, draft_id: UUID) -> Response:
        _, draft = get_draft_for(request.auth, task_id, draft_id)
        drop_draft(draft=draft)
        return Response(status=204)


def shown_draft(draft: Draft) -> dict[str, object]:
    return {
        "id": str(draft.id),
        "claim_token": draft.claim_token,
        "base_revision": draft.base_revision,
        "labels": draft.labels,
        "created_at": draft.created_at,
    }
