"""Finding pairs of images that show the same picture: near by descriptor, as they are or mirrored, then laid over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from apps.datasets.models import DataUnit
from apps.datasets.store import open_key
from apps.quality.descriptors.alignment import Alignment, Plate, align
from apps.quality.descriptors.index import NeighbourIndex
from apps.quality.descriptors.layout import METHOD, turning
from apps.quality.descriptors.pictures import Unreadable, read_pixels
from apps.quality.models import UnitVector
from apps.quality.operations.describing import open_pixels
from apps.quality.queries.vectors import Page
from apps.tasks.models import Task

NEAREST, FAR = 6, 0.3
"""So many candidates by each way of mirroring, no farther than this: nine tenths of a picture, cut from any corner, lie
within 0.25 of the whole."""

MIRRORED = ((False, False), (True, False), (False, True), (True, True))
THUMBNAIL = 320
PLATES = 2_000


@dataclass(frozen=True, slots=True)
class Pair:
    """Two tasks whose images are the same picture: where the first lies on the second."""

    one: UUID
    other: UUID
    score: float
    scale: tuple[float, float]
    shift: tuple[float, float]

    @property
    def alignment(self) -> Alignment:
        return Alignment(self.score, self.scale, self.shift)

    def as_json(self) -> list[object]:
        return [str(self.one), str(self.other), self.score, list(self.scale), list(self.shift)]

    @classmethod
    def of(cls, said: list[object]) -> Pair:
        one, other, score, scale, shift = said
        return cls(UUID(str(one)), UUID(str(other)), score, tuple(scale), tuple(shift))  # type: ignore[arg-type]


class Plates:
    """Images made ready to be laid over each other; so many are kept in memory."""

    def __init__(self) -> None:
        self.kept: dict[UUID, Plate | None] = {}

    def of(self, unit: DataUnit) -> Plate | None:
        """None where the image cannot be read."""
        if unit.pk not in self.kept:
            if len(self.kept) >= PLATES:
                self.kept.pop(next(iter(self.kept)))
            self.kept[unit.pk] = plate_of(unit)
        return self.kept[unit.pk]


def plate_of(unit: DataUnit) -> Plate | None:
    """From the thumbnail, which is read a hundred times as fast as the image."""
    try:
        if unit.thumbnail_key:
            try:
                with open_key(unit.thumbnail_key) as file:
                    return Plate(read_pixels(file, most=THUMBNAIL))
            except Exception:  # noqa: BLE001  any storage's own exception types
                return Plate(open_pixels(unit, most=THUMBNAIL))
        return Plate(open_pixels(unit, most=THUMBNAIL))
    except Unreadable:
        return None


def pairs_of(project_id: UUID, page: Page, index: NeighbourIndex, plates: Plates) -> Iterator[Pair]:
    """Pairs of the page's images with others of the index, each at most once here."""
    wanted = candidates(page, index)
    keys = {key for pair in wanted for key in pair}
    units = dict(UnitVector.objects.filter(id__in=keys, method=METHOD).values_list("id", "data_unit_id"))
    rows = Task.objects.filter(project_id=project_id, data_unit_id__in=set(units.values())).select_related("data_unit")
    tasks = {task.data_unit_id: task for task in rows}
    for (one, other), ways in wanted.items():
        if one not in units or other not in units or units[one] not in tasks or units[other] not in tasks:
            continue
        first, second = tasks[units[one]], tasks[units[other]]
        found = laid_over(plates.of(first.data_unit), plates.of(second.data_unit), ways)
        if found is not None:
            yield Pair(first.id, second.id, round(found.score, 5), found.scale, found.shift)


def candidates(page: Page, index: NeighbourIndex) -> dict[tuple[int, int], list[tuple[bool, bool]]]:
    """By pair of keys the ways of mirroring by which they are near. A pair is found from the one side or the other."""
    found: dict[tuple[int, int], list[tuple[bool, bool]]] = {}
    for across, down in MIRRORED:
        near = index.nearest(page.vectors[:, turning(across, down)], NEAREST + 1)
        for key, line, aways in zip(page.keys.tolist(), near.keys.tolist(), near.distance.tolist(), strict=True):
            for other, away in zip(line, aways, strict=True):
                if other < 0 or other == key or away > FAR:
                    continue
                ways = found.setdefault((min(key, other), max(key, other)), [])
                if (across, down) not in ways:
                    ways.append((across, down))
    return found


def laid_over(one: Plate | None, other: Plate | None, ways: list[tuple[bool, bool]]) -> Alignment | None:
    """The best of those ways."""
    if one is None or other is None:
        return None
    found = [align(one, other, across=across, down=down) for across, down in ways]
    return max((one for one in found if one is not None), key=lambda one: one.score, default=None)


def keep_pairs(key: str, pairs: list[Pair]) -> str:
    """Writes a part of what was found, over what an attempt that died has left; answers its key in the storage."""
    default_storage.delete(key)
    said = json.dumps([pair.as_json() for pair in pairs]).encode()
    return default_storage.save(key, ContentFile(said))


def kept_pairs(key: str) -> list[Pair]:
    with default_storage.open(key, "rb") as file:
        return [Pair.of(said) for said in json.loads(file.read())]
