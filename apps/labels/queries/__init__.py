"""Reads of labels: now, at a past revision, and what differs between two."""

from __future__ import annotations

from apps.labels.queries.read import (
    diff,
    etag_for,
    label_set_for,
    labels_at,
    labels_of,
    render_change,
    render_label,
    render_labels,
    revision_from,
    revisions_of,
)

__all__ = [
    "diff",
    "etag_for",
    "label_set_for",
    "labels_at",
    "labels_of",
    "render_change",
    "render_label",
    "render_labels",
    "revision_from",
    "revisions_of",
]
