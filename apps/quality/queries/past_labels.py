"""Labels as they were when somebody judged them, though they may be changed or gone by now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from apps.common.errors import Invalid
from apps.labels.logic import SHAPES, Extent, Row, check_geometry
from apps.labels.models import Label, Revision
from apps.labels.queries.rows import FIELDS, as_row
from apps.quality.logic import digests

At = tuple[UUID, UUID, int]
"""A label set, a label in it, and a revision."""


def rows_at(wanted: Collection[At]) -> dict[At, Row | None]:
    """The label's row as of each revision, None where there was none.

    The present row serves where it has not changed since; else the first later change says what was before it.
    """
    labels = Label.objects.filter(
        label_set_id__in={at[0] for at in wanted}, label_id__in={at[1] for at in wanted}
    ).values_list("label_set_id", "changed_in", *FIELDS)
    present = {
        (label_set, UUID(str(values[0]))): (changed, as_row(values)[1]) for label_set, changed, *values in labels
    }
    found: dict[At, Row | None] = {}
    late: dict[UUID, list[At]] = defaultdict(list)
    for at in wanted:
        changed, row = present.get((at[0], at[1]), (None, None))
        if changed is not None and changed <= at[2]:
            found[at] = row
        else:
            late[at[0]].append(at)
    for label_set, ats in late.items():
        found |= before_changes(label_set, ats)
    return found


def before_changes(label_set: UUID, ats: list[At]) -> dict[At, Row | None]:
    """What the first change after each revision replaced."""
    found: dict[At, Row | None] = {}
    revisions = Revision.objects.filter(label_set_id=label_set, number__gt=min(at[2] for at in ats))
    for number, delta in revisions.order_by("number").values_list("number", "delta").iterator(chunk_size=50):
        changed = {str(change["id"]): change["before"] for change in delta["changes"]}
        for at in ats:
            if at not in found and number > at[2] and str(at[1]) in changed:
                found[at] = changed[str(at[1])]
        if len(found) == len(ats):
            break
    return {at: found.get(at) for at in ats}


def digest_of(row: Row) -> str:
    """Equal for labels that say the same: class, geometry and answers."""
    return digests.digest_of([row["class"], row["geometry"], row["attributes"]])[:32]


def extent_of(geometry: object, size: tuple[int, int]) -> Extent | None:
    """The box around a stored geometry, whatever its shape; None for none and for skeletons."""
    for shape in SHAPES if geometry else ():
        if shape == "skeleton":
            continue
        try:
            return check_geometry(shape, geometry, size=size)
        except Invalid:
            continue
    return None


def overlap(a: Extent, b: Extent) -> float:
    """Intersection over union of two boxes."""
    wide = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    high = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    both = max(wide, 0.0) * max(high, 0.0)
    either = a.width * a.height + b.width * b.height - both
    return both / either if either > 0 else 0.0
