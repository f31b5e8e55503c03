"""Every model of every app, read-only; actions call operations."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.models import Group

from apps.console.admin import accounts, ledger, models, quality, sources, work

__all__ = ["accounts", "ledger", "models", "quality", "sources", "work"]

admin.site.unregister(Group)
admin.site.disable_action("delete_selected")
