"""Verdicts and issues over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.http import ApiView, read_body
from apps.common.pages import Ordering, check_query, page
from apps.common.serializers import Number, StrictSerializer, Text, Whole, page_of
from apps.ontologies.queries import index_for
from apps.tasks.api import bodies
from apps.tasks.api.actions import WORK
from apps.tasks.models import Comment, Issue, Verdict
from apps.tasks.operations.issues import comment_issue, open_issue, reopen_issue, resolve_issue
from apps.tasks.operations.verdicts import Word, give_verdict, take_back_verdict
from apps.tasks.policies import get_issue_for, get_task_for, require_role, require_writer

BY_ID = {"id": Ordering(("id",))}


class VerdictBody(StrictSerializer):
    label = serializers.UUIDField(allow_null=True)  # type: ignore[assignment]
    verdict = serializers.ChoiceField(choices=["approved", "rejected"])
    kind = serializers.ChoiceField(choices=bodies.VERDICT_KINDS, required=False, allow_null=True)
    geometry = serializers.DictField(required=False, allow_null=True)
    reason = Text(max_length=1_000, required=False, allow_blank=True)
    comment = Text(max_length=10_000, required=False, allow_blank=True)
    mode = serializers.ChoiceField(choices=["exhaustive"], required=False, allow_null=True)
    elapsed_ms = Whole(min_value=0, max_value=86_400_000, required=False, allow_null=True)
    claim_token = Number(required=False, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        # ``class`` is a word of Python, so the field cannot be an attribute.
        return super().get_fields() | {"class": Text(required=False, allow_null=True)}


class VerdictAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    label = serializers.UUIDField(allow_null=True)  # type: ignore[assignment]
    verdict = serializers.CharField()
    kind = serializers.CharField(allow_null=True)
    geometry = serializers.DictField(allow_null=True)
    reason = serializers.CharField()
    comment = serializers.CharField()
    mode = serializers.CharField(allow_null=True)
    implicit = serializers.BooleanField()
    source = serializers.CharField()  # type: ignore[assignment]
    round = serializers.IntegerField()
    stage = serializers.CharField()
    label_revision = serializers.IntegerField()
    reviewer = serializers.UUIDField(allow_null=True)
    reviewer_name = serializers.CharField(allow_null=True)
    elapsed_ms = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()

    def get_fields(self) -> dict[str, Any]:
        return super().get_fields() | {"class": serializers.CharField(allow_null=True)}


class ReviewsView(ApiView):
    """The task's standing verdicts, and a new one."""

    scopes = {"GET": "read", "POST": "review"}

    @extend_schema(operation_id="task_reviews", responses=page_of(VerdictAnswer))
    def get(self, request: Request, task_id: UUID) -> Response:
        check_query(request, [])
        found = get_task_for(request.auth, task_id)
        rows = Verdict.objects.filter(task=found.task, superseded=False).select_related("reviewer", "visit")
        if found.is_blind:
            rows = rows.filter(reviewer=found.user)
        index = index_for(found.task.project.ontology_id)
        return Response(
            page(request, rows, render=lambda row: shown_verdict(row, index), orderings=BY_ID, default="id")
        )

    @extend_schema(operation_id="task_review", request=VerdictBody, responses={201: VerdictAnswer})
    def post(self, request: Request, task_id: UUID) -> Response:
        found = get_task_for(request.auth, task_id)
        require_role(found, "approve")
        sent = read_body(request, VerdictBody)
        word = Word(
            label=sent["label"],
            verdict=sent["verdict"],
            kind=sent.get("kind") or "",
            class_ref=sent.get("class") or "",
            geometry=sent.get("geometry"),
            reason=sent.get("reason", ""),
            comment=sent.get("comment", ""),
            mode=sent.get("mode") or "",
            elapsed_ms=sent.get("elapsed_ms"),
        )
        verdict = give_verdict(task_id=task_id, user=found.user, word=word, claim_token=sent.get("claim_token"))
        return Response(shown_verdict(verdict, index_for(found.task.project.ontology_id)), status=201)


class ReviewView(ApiView):
    """Takes back one's own verdict of the visit one holds."""

    scopes = {"DELETE": "review"}

    @extend_schema(operation_id="task_review_undo", responses={204: None})
    def delete(self, request: Request, task_id: UUID, verdict_id: UUID) -> Response:
        found = get_task_for(request.auth, task_id)
        take_back_verdict(task_id=task_id, user=found.user, verdict_id=verdict_id)
        return Response(status=204)


def shown_verdict(row: Verdict, index: Any) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "label": str(row.label) if row.label else None,
        "verdict": row.verdict,
        "kind": row.kind or None,
        "class": index.class_name(row.class_id) if row.class_id else None,
        "geometry": row.geometry,
        "reason": row.reason,
        "comment": row.comment,
        "mode": row.mode or None,
        "implicit": row.implicit,
        "source": row.source,
        "round": row.round,
        "stage": row.visit.stage,
        "label_revision": row.label_revision,
        "reviewer": str(row.reviewer_id) if row.reviewer_id else None,
        "reviewer_name": (row.reviewer.name or row.reviewer.email) if row.reviewer else None,
        "elapsed_ms": row.elapsed_ms,
        "created_at": row.created_at,
    }


class IssueBody(StrictSerializer):
    text = Text(max_length=10_000)
    x = serializers.FloatField(required=False, allow_null=True)
    y = serializers.FloatField(required=False, allow_null=True)
    label = serializers.UUIDField(required=False, allow_null=True)  # type: ignore[assignment]


class CommentBody(StrictSerializer):
    text = Text(max_length=10_000)


class IssueAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    x = serializers.FloatField(allow_null=True)
    y = serializers.FloatField(allow_null=True)
    text = serializers.CharField()
    author = serializers.UUIDField(allow_null=True)
    author_name = serializers.CharField(allow_null=True)
    resolved = serializers.BooleanField()
    resolved_by = serializers.UUIDField(allow_null=True)
    comment_count = serializers.IntegerField(required=False)
    created_at = serializers.DateTimeField()

    def get_fields(self) -> dict[str, Any]:
        # ``label`` is an attribute of every serializer's fields, so it is added by name.
        return super().get_fields() | {"label": serializers.UUIDField(allow_null=True)}


class CommentAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    text = serializers.CharField()
    author = serializers.UUIDField(allow_null=True)
    author_name = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()


class IssuesView(ApiView):
    """The task's pinned threads, and a new one."""

    scopes = {"GET": "read", "POST": WORK}

    @extend_schema(operation_id="task_issues", responses=page_of(IssueAnswer))
    def get(self, request: Request, task_id: UUID) -> Response:
        check_query(request, [])
        found = get_task_for(request.auth, task_id)
        rows = Issue.objects.filter(task=found.task).select_related("author").annotate(said=Count("comments"))
        return Response(page(request, rows, render=shown_issue, orderings=BY_ID, default="id"))

    @extend_schema(operation_id="task_issue_open", request=IssueBody, responses={201: IssueAnswer})
    def post(self, request: Request, task_id: UUID) -> Response:
        found = get_task_for(request.auth, task_id)
        require_writer(found)
        sent = {"x": None, "y": None, "label": None} | read_body(request, IssueBody)
        issue = open_issue(task=found.task, author=found.user, **sent)
        return Response(shown_issue(issue), status=201)


class CommentsView(ApiView):
    """The thread of an issue."""

    scopes = {"GET": "read", "POST": WORK}

    @extend_schema(operation_id="issue_comments", responses=page_of(CommentAnswer))
    def get(self, request: Request, task_id: UUID, issue_id: UUID) -> Response:
        check_query(request, [])
        _, issue = get_issue_for(request.auth, task_id, issue_id)
        rows = Comment.objects.filter(issue=issue).select_related("author")
        return Response(page(request, rows, render=shown_comment, orderings=BY_ID, default="id"))

    @extend_schema(operation_id="issue_comment", request=CommentBody, responses={201: CommentAnswer})
    def post(self, request: Request, task_id: UUID, issue_id: UUID) -> Response:
        found, issue = get_issue_for(request.auth, task_id, issue_id)
        require_writer(found)
        text = read_body(request, CommentBody)["text"]
        return Response(shown_comment(comment_issue(issue=issue, author=found.user, text=text)), status=201)


class ResolveView(ApiView):
    """Closes a thread."""

    scopes = {"POST": WORK}

    @extend_schema(operation_id="issue_resolve", request=None, responses=IssueAnswer)
    def post(self, request: Request, task_id: UUID, issue_id: UUID) -> Response:
        found, issue = get_issue_for(request.auth, task_id, issue_id)
        require_writer(found)
        return Response(shown_issue(resolve_issue(issue=issue, actor=found.user)))


class ReopenIssueView(ApiView):
    """Opens a thread again."""

    scopes = {"POST": WORK}

    @extend_schema(operation_id="issue_reopen", request=None, responses=IssueAnswer)
    def post(self, request: Request, task_id: UUID, issue_id: UUID) -> Response:
        found, issue = get_issue_for(request.auth, task_id, issue_id)
        require_writer(found)
        return Response(shown_issue(reopen_issue(issue=issue)))


def shown_issue(issue: Issue) -> dict[str, Any]:
    return {
        "id": str(issue.id),
        "x": issue.x,
        "y": issue.y,
        "label": str(issue.label) if issue.label else None,
        "text": issue.text,
        "author": str(issue.author_id) if issue.author_id else None,
        "author_name": (issue.author.name or issue.author.email) if issue.author else None,
        "resolved": issue.resolved_at is not None,
        "resolved_by": str(issue.resolved_by_id) if issue.resolved_by_id else None,
        "comment_count": issue.said if hasattr(issue, "said") else issue.comments.count(),
        "created_at": issue.created_at,
    }


def shown_comment(comment: Comment) -> dict[str, Any]:
    return {
        "id": str(comment.id),
        "text": comment.text,
        "author": str(comment.author_id) if comment.author_id else None,
        "author_name": (comment.author.name or comment.author.email) if comment.author else None,
        "created_at": comment.created_at,
    }
