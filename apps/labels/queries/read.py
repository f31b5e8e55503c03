"""States of a label set and how the API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.common.errors import NotFound, PreconditionRequired, StaleVersion
from apps.common.http import etag_of
from apps.labels.logic import Change, Row, differences, redo
from apps.labels.models import LabelSet, Revision
from apps.labels.queries.rows import rows_by_id
from apps.ontologies.logic import OntologyIndex, show_attributes


def label_set_for(project_id: UUID, data_unit_id: UUID, branch: str = "main") -> LabelSet | None:
    """The label set of a data unit in a project, or None before the first save."""
    return LabelSet.objects.filter(project_id=project_id, data_unit_id=data_unit_id, branch=branch).first()


def labels_of(label_set: LabelSet | None) -> dict[str, Row]:
    """The present rows by label id, in the order of their making. No label set: no rows."""
    return {} if label_set is None else rows_by_id(label_set.id)


def labels_at(label_set: LabelSet | None, revision: int) -> dict[str, Row]:
    """The rows as they were at ``revision``: the nearest snapshot before it and the deltas since.

    Raises NotFound for a revision that there never was.
    """
    current = label_set.revision if label_set else 0
    if not 0 <= revision <= current:
        raise NotFound
    if label_set is None or revision == 0:
        return {}
    if revision == current:
        return rows_by_id(label_set.id)
    start = _snapshot_before(label_set, revision)
    state = {item["id"]: {k: v for k, v in item.items() if k != "id"} for item in start.snapshot or []} if start else {}
    deltas = label_set.revisions.filter(number__gt=start.number if start else 0, number__lte=revision)
    for delta in deltas.order_by("number").values_list("delta", flat=True):
        state = redo(state, delta["changes"])
    return state


def _snapshot_before(label_set: LabelSet, revision: int) -> Revision | None:
    kept = label_set.revisions.filter(number__lte=revision, snapshot__isnull=False)
    return kept.only("number", "snapshot").order_by("-number").first()


def diff(label_set: LabelSet | None, first: int, last: int) -> list[Change]:
    """What was added, removed or changed in content from revision ``first`` to ``last``. Raises NotFound."""
    return differences(labels_at(label_set, first), labels_at(label_set, last))


def revisions_of(label_set: LabelSet) -> QuerySet[Revision]:
    """The revisions of a label set, oldest first, without their contents."""
    return label_set.revisions.defer("delta", "snapshot").order_by("number")


def render_label(label_id: str, row: Row, index: OntologyIndex) -> dict[str, Any]:
    """A label as the API shows it: class and attributes by their present names."""
    return {
        "id": label_id,
        "class": index.class_name(row["class"]),
        "shape": row["shape"],
        "geometry": row["geometry"],
        "attributes": show_attributes(index.find(row["class"]), row["attributes"]),
        "created_by": row["created_by"],
        "created_at": row["created_at"],
        "updated_by": row["updated_by"],
        "updated_at": row["updated_at"],
        "origin": row["origin"],
    }


def render_labels(rows: Mapping[str, Row], index: OntologyIndex) -> list[dict[str, Any]]:
    """All labels of a state."""
    return [render_label(label_id, row, index) for label_id, row in rows.items()]


def render_change(change: Change, index: OntologyIndex) -> dict[str, Any]:
    """``{"id", "before", "after"}`` with labels as the API shows them, null where there was none."""
    return {
        "id": change.id,
        "before": render_label(change.id, change.before, index) if change.before else None,
        "after": render_label(change.id, change.after, index) if change.after else None,
    }


def etag_for(branch: str, revision: int) -> str:
    """The ETag of a label set's revision on its branch."""
    return etag_of(branch, revision)


def revision_from(if_match: str | None, branch: str) -> int:
    """The revision that an If-Match header names on ``branch``.

    Raises PreconditionRequired without a header, StaleVersion when it names no revision of this branch.
    """
    if if_match is None:
        raise PreconditionRequired("Send If-Match with the ETag of the labels that you read.")
    for tag in if_match.split(","):
        text = tag.strip().removeprefix("W/").strip('"')
        head, _, number = text.rpartition("-")
        if head == branch and number.isascii() and number.isdigit() and len(number) < 10:
            return int(number)
    raise StaleVersion("If-Match names no revision of these labels; read them again.")
