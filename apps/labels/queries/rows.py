"""Label rows as the JSON state that deltas, snapshots and renderers share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from apps.labels.logic.changes import Row
from apps.labels.models import Label

FIELDS = (
    "label_id",
    "class_id",
    "shape",
    "geometry",
    "attributes",
    "origin",
    "created_by_id",
    "created_at",
    "updated_by_id",
    "updated_at",
)


def rows_by_id(label_set_id: UUID, ids: Sequence[str] | None = None) -> dict[str, Row]:
    """The rows of a label set by label id, in the order of their making; ``ids`` narrows to those."""
    found = Label.objects.filter(label_set_id=label_set_id)
    if ids is not None:
        found = found.filter(label_id__in=[UUID(label_id) for label_id in ids])
    return dict(as_row(values) for values in found.order_by("id").values_list(*FIELDS))


def as_row(values: Sequence[Any]) -> tuple[str, Row]:
    """The label's id and its row, from the columns FIELDS."""
    label_id, class_id, shape, geometry, attributes, origin, created_by, created_at, updated_by, updated_at = values
    return str(label_id), {
        "class": class_id,
        "shape": shape,
        "geometry": geometry,
        "attributes": attributes,
        "origin": origin,
        "created_by": str(created_by) if created_by else None,
        "created_at": time_text(created_at),
        "updated_by": str(updated_by) if updated_by else None,
        "updated_at": time_text(updated_at),
    }


def time_text(time: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds, so that equal times are equal texts."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
