"""What the engine keeps: counters, choices, times, messages, letters."""

from __future__ import annotations

from django.contrib import admin

from apps.console.admin.base import Reading
from apps.tasks.models import (
    ActiveTime,
    Notification,
    Outbox,
    RouterCounter,
    Selection,
    StageCount,
    StageDelta,
    VersionChange,
)


@admin.register(StageCount)
class StageCountPage(Reading):
    list_display = ("project", "stage", "status", "n")
    list_select_related = ("project",)


@admin.register(StageDelta)
class StageDeltaPage(Reading):
    list_display = ("project", "stage", "status", "n")
    list_select_related = ("project",)


@admin.register(RouterCounter)
class RouterCounterPage(Reading):
    list_display = ("project", "key", "counts")
    list_select_related = ("project",)


@admin.register(VersionChange)
class VersionChangePage(Reading):
    list_display = ("project", "old_version", "new_version", "actor", "created_at")
    list_select_related = ("project", "old_version", "new_version", "actor")


@admin.register(Selection)
class SelectionPage(Reading):
    list_display = ("task", "stage", "design", "probability", "chosen", "outcome", "at")
    list_select_related = ("task",)
    search_fields = ("=task__id",)


@admin.register(ActiveTime)
class ActiveTimePage(Reading):
    list_display = ("task", "user", "stage", "round", "active_ms", "idle_ms", "last_at")
    list_select_related = ("task", "user")


@admin.register(Notification)
class NotificationPage(Reading):
    list_display = ("user", "kind", "task", "created_at", "read_at")
    list_select_related = ("user", "task")


@admin.register(Outbox)
class OutboxPage(Reading):
    list_display = ("topic", "project", "created_at", "run_at", "done_at", "attempts", "error")
    list_filter = ("topic",)
    list_select_related = ("project",)
