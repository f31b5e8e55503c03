"""People, organizations, keys; sign-ins that failed; the log of the console itself."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.accounts import operations
from apps.accounts.models import ApiKey, FailedLogin, Invitation, Membership, Organization, User
from apps.common.clock import database_now
from apps.common.models import IdempotencyRecord, WorkerBeat
from apps.console.admin.base import Reading, each


@admin.register(Organization)
class OrganizationPage(Reading):
    list_display = ("name", "created_at")
    search_fields = ("name",)


@admin.register(User)
class UserPage(Reading):
    list_display = ("email", "name", "is_active", "is_superuser", "is_demo", "created_at")
    list_filter = ("is_active", "is_superuser", "is_demo")
    search_fields = ("email", "name")
    secret = ("password", "groups", "user_permissions")
    actions = ("deactivate", "reactivate")

    @admin.action(description="Deactivate: end keys, sessions and claims")
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        now, by = database_now(), _person(request)
        others = queryset.exclude(pk=by.pk)
        each(request, others, lambda user: operations.deactivate_person(user=user, by=by, now=now), "deactivated")

    @admin.action(description="Reactivate: let them sign in again")
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        each(request, queryset, lambda user: operations.reactivate_person(user=user), "reactivated")


@admin.register(Membership)
class MembershipPage(Reading):
    list_display = ("user", "organization", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "organization")
    search_fields = ("user__email", "organization__name")
    actions = ("remove",)

    @admin.action(description="Remove from the organization")
    def remove(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        now, by = database_now(), _person(request)
        each(request, queryset, lambda row: operations.remove_member(membership=row, by=by, now=now), "removed")


@admin.register(Invitation)
class InvitationPage(Reading):
    list_display = ("email", "organization", "role", "created_at", "expires_at", "accepted_at")
    list_select_related = ("organization",)
    search_fields = ("email",)
    secret = ("token_digest",)
    actions = ("revoke",)

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        each(request, queryset, lambda row: operations.revoke_invitation(invitation=row), "revoked")


@admin.register(ApiKey)
class ApiKeyPage(Reading):
    list_display = ("prefix", "name", "user", "created_at", "last_used_at", "expires_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("prefix", "name", "user__email")
    secret = ("digest",)
    actions = ("revoke",)

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        now = database_now()
        each(request, queryset, lambda key: operations.revoke_key(key=key, now=now), "revoked")


@admin.register(FailedLogin)
class FailedLoginPage(Reading):
    list_display = ("at", "address")
    search_fields = ("address",)


@admin.register(IdempotencyRecord)
class IdempotencyRecordPage(Reading):
    list_display = ("created_at", "route", "person", "status")
    secret = ("body", "headers")


@admin.register(WorkerBeat)
class WorkerBeatPage(Reading):
    list_display = ("name", "seen_at")


@admin.register(LogEntry)
class LogEntryPage(Reading):
    list_display = ("action_time", "user", "content_type", "object_repr", "action_flag")
    list_select_related = ("user", "content_type")


def _person(request: HttpRequest) -> User:
    person: Any = request.user
    assert isinstance(person, User)  # noqa: S101 - the console lets nobody else in
    return person
