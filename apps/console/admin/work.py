"""Work under way: tasks and their stays at stages, labels and their revisions, verdicts, issues."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.accounts.models import User
from apps.console.admin.base import Reading, each
from apps.labels.models import Label, LabelSet, Revision
from apps.tasks.models import Comment, Draft, Issue, Participation, Task, TaskEvent, Verdict, Visit
from apps.tasks.operations.manage import force_release


@admin.register(Task)
class TaskPage(Reading):
    list_display = ("id", "project", "stage", "status", "priority", "round", "assignee", "updated_at")
    list_filter = ("status", "stage_type")
    list_select_related = ("project", "assignee")
    search_fields = ("=id", "=project__id")
    actions = ("release",)

    @admin.action(description="Release whoever holds it")
    def release(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        actor: Any = request.user
        assert isinstance(actor, User)  # noqa: S101 - the console lets nobody else in
        each(request, queryset, lambda task: _release(task, actor), "released")


def _release(task: Task, actor: User) -> None:
    force_release(task_id=task.pk, actor=actor, reason="Released by the instance's admin.")


@admin.register(Visit)
class VisitPage(Reading):
    list_display = ("task", "stage", "status", "holder", "reserved_for", "opened_at", "closed_at", "outcome")
    list_filter = ("status", "stage_type")
    list_select_related = ("task", "holder", "reserved_for")
    search_fields = ("=task__id",)


@admin.register(TaskEvent)
class TaskEventPage(Reading):
    list_display = ("task", "sequence", "action", "actor", "from_stage", "to_stage", "outcome", "at")
    list_select_related = ("task", "actor")
    search_fields = ("=task__id",)


@admin.register(Participation)
class ParticipationPage(Reading):
    list_display = ("task", "user", "stage", "outcome", "acted_at")
    list_select_related = ("task", "user")
    search_fields = ("=task__id",)


@admin.register(Verdict)
class VerdictPage(Reading):
    list_display = ("task", "label", "verdict", "kind", "reviewer", "source", "implicit", "created_at")
    list_filter = ("verdict", "kind")
    list_select_related = ("task", "reviewer")
    search_fields = ("=task__id",)


@admin.register(Issue)
class IssuePage(Reading):
    list_display = ("task", "author", "text", "created_at", "resolved_at")
    list_select_related = ("task", "author")
    search_fields = ("=task__id",)


@admin.register(Comment)
class CommentPage(Reading):
    list_display = ("issue", "author", "text", "created_at")
    list_select_related = ("issue", "author")


@admin.register(Draft)
class DraftPage(Reading):
    list_display = ("task", "author", "base_revision", "created_at")
    list_select_related = ("task", "author")


@admin.register(LabelSet)
class LabelSetPage(Reading):
    list_display = ("id", "project", "data_unit", "branch", "revision", "label_count")
    list_select_related = ("project", "data_unit")
    search_fields = ("=id", "=data_unit__id")


@admin.register(Label)
class LabelPage(Reading):
    list_display = ("label_id", "label_set", "class_id", "shape", "updated_by", "updated_at")
    list_select_related = ("label_set", "updated_by")
    search_fields = ("=label_id", "=label_set__id")


@admin.register(Revision)
class RevisionPage(Reading):
    list_display = ("label_set", "number", "operation", "author", "stage", "created_at")
    list_select_related = ("label_set", "author")
    search_fields = ("=label_set__id",)
