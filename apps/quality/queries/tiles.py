"""Where a label's crop stands on a sprite sheet, if one has been made of its present geometry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from apps.datasets.queries import media_url
from apps.quality.logic.digests import digest_of
from apps.quality.models import Tile

SIZES = (96, 192)
CHUNK = 500
Subject = tuple[UUID, UUID]
"""Task and label (or prediction)."""


def geometry_digest(geometry: Any) -> str:
    """What names one state of a crop."""
    return digest_of(geometry)


def tiles_for(subjects: Iterable[Subject], size: int = SIZES[0]) -> dict[Subject, dict[str, Any]]:
    """``atlas_url x y size`` of those that have a tile; the latest one where a label has been moved."""
    wanted = set(subjects)
    rows = Tile.objects.filter(task_id__in={task for task, _ in wanted}, size=size).select_related("atlas")
    found: dict[Subject, dict[str, Any]] = {}
    for tile in rows.filter(subject__in={subject for _, subject in wanted}).defer("look").order_by("id"):
        key = (tile.task_id, tile.subject)
        if key in wanted:
            found[key] = {"atlas_url": media_url(tile.atlas.key), "x": tile.x, "y": tile.y, "size": tile.size}
    return found


def present_tiles(digests: Mapping[Subject, str], size: int) -> dict[Subject, Tile]:
    """The tiles, with their sheets, that show just this geometry."""
    found: dict[Subject, Tile] = {}
    wanted = list(digests)
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        rows = Tile.objects.filter(task_id__in={task for task, _ in part}, size=size).select_related("atlas")
        for tile in rows.filter(subject__in={subject for _, subject in part}):
            key = (tile.task_id, tile.subject)
            if digests.get(key) == tile.digest:
                found[key] = tile
    return found
