"""Drafts of lost claims."""

from __future__ import annotations

from apps.tasks.models import Draft


def drop_draft(*, draft: Draft) -> None:
    """Forgets a draft. Safe to repeat."""
    Draft.objects.filter(id=draft.id).delete()
