"""Keeping a project's index of neighbours: what is new goes in, what is gone goes out, the file gets a new name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from uuid import UUID

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from apps.common.ids import new_id
from apps.quality.descriptors.index import GraphIndex
from apps.quality.descriptors.layout import METHOD, WIDTH
from apps.quality.models import SweepMark
from apps.quality.queries.vectors import Page, What, crop_pages, mark_name, opened, unit_pages

REBUILD = 0.25
"""The share of an index that may be gone before it is built anew: taking out leaves holes in its graph."""

Step = Callable[[int], None]


def pages_of(project_id: UUID, what: What, method: str) -> Iterator[Page]:
    return unit_pages(project_id, method=method) if what == "unit" else crop_pages(project_id, method=method)


def build_index(project_id: UUID, what: What, step: Step | None = None, *, method: str = METHOD) -> int:
    """Brings the index up to date, or makes it; answers how many rows it has. ``step`` hears how many were read."""
    mark = SweepMark.objects.filter(name=mark_name(what, project_id, method)).first()
    position = mark.position if mark is not None else {}
    index = kept(position, method)
    fresh = index is None
    index = index if index is not None else GraphIndex(width_of(project_id, what, method))
    there, seen, added = np.sort(index.keys()), [np.zeros(0, np.int64)], 0
    rows = 0
    for page in pages_of(project_id, what, method):
        new = ~np.isin(page.keys, there)
        index.add(page.keys[new], page.vectors[new])
        added += int(new.sum())
        seen.append(page.keys)
        rows += len(page.keys)
        if step is not None:
            step(rows)
    gone = np.setdiff1d(there, np.concatenate(seen))
    if not fresh and len(gone) > REBUILD * max(len(there), 1):
        index = GraphIndex(width_of(project_id, what, method))
        for page in pages_of(project_id, what, method):
            index.add(page.keys, page.vectors)
    else:
        index.remove(gone)
    if fresh or added or len(gone):
        publish(project_id, what, index, position, method)
    return len(index)


def width_of(project_id: UUID, what: What, method: str) -> int:
    """How many numbers a vector of the method has; no matter which where there is none yet."""
    first = next(iter(pages_of(project_id, what, method)), None)
    return WIDTH if first is None else first.vectors.shape[1]


def kept(position: dict[str, str], method: str) -> GraphIndex | None:
    """A copy of the present index, to be changed; None where there is none of this method, or it cannot be read. An
    empty one is made anew: it may have been made before the vectors' width was known."""
    if position.get("method") != method:
        return None
    try:
        found = GraphIndex.of(opened(position["key"]).content())
    except (OSError, ValueError):
        return None
    return found if len(found) or method == METHOD else None


def publish(project_id: UUID, what: What, index: GraphIndex, before: dict[str, str], method: str) -> None:
    """Who still reads the file before this one may go on; the one before that is deleted."""
    key = default_storage.save(f"quality/{project_id}/{what}-{new_id()}.index", ContentFile(index.content()))
    with transaction.atomic():
        SweepMark.objects.update_or_create(
            name=mark_name(what, project_id, method),
            defaults={"position": {"key": key, "before": before.get("key", ""), "method": method, "rows": len(index)}},
        )
        if old := before.get("before"):
            transaction.on_commit(lambda: default_storage.delete(old))


@transaction.atomic
def drop_index(project_id: UUID, what: What, method: str) -> None:
    """Nobody asks it any more; whoever has just opened it may go on."""
    mark = SweepMark.objects.select_for_update().filter(name=mark_name(what, project_id, method)).first()
    if mark is None:
        return
    files = [mark.position[name] for name in ("key", "before") if mark.position.get(name)]
    mark.delete()
    for file in files:
        transaction.on_commit(partial(default_storage.delete, file))
