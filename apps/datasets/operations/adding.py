"""Adding images to a dataset: the bad ones are named, the good ones kept, the same bytes only once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.common.ids import new_id
from apps.datasets import store
from apps.datasets.hooks import tell_units_added
from apps.datasets.logic.images import BadImageError, Inspected, inspect_image
from apps.datasets.logic.metadata import clean_name
from apps.datasets.models import Dataset, DataUnit
from apps.datasets.operations.locking import lock_datasets

MAX_BYTES = 100 * 2**20
MAX_PIXELS = 64_000_000
CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class Incoming:
    """One file to add: its name as shown, its seekable bytes, its checked metadata."""

    name: str
    file: IO[bytes]
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileError:
    """Why one file was not taken."""

    name: str
    code: str
    detail: str

    def as_json(self) -> dict[str, str]:
        return {"name": self.name, "code": self.code, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Added:
    """The data units in the order of their files, each with whether it was there already; and the refused files."""

    units: tuple[tuple[DataUnit, bool], ...]
    errors: tuple[FileError, ...]


def max_bytes() -> int:
    """Bytes of one file (setting ``DATA_UNIT_MAX_BYTES``)."""
    return int(getattr(settings, "DATA_UNIT_MAX_BYTES", MAX_BYTES))


def max_pixels() -> int:
    """Pixels of one image (setting ``DATA_UNIT_MAX_PIXELS``)."""
    return int(getattr(settings, "DATA_UNIT_MAX_PIXELS", MAX_PIXELS))


def add_data_units(
    *,
    dataset: Dataset,
    incoming: Iterable[Incoming],
    now: datetime,
    also: Callable[[Added], object] | None = None,
) -> Added:
    """Adds the good files to the dataset, and tells those who make tasks of them, in one transaction.

    The same bytes twice in a dataset are one unit, whoever is first. Bytes are stored before the transaction and
    removed again when it fails or somebody else was first. ``also`` is called inside the transaction (a job's
    checkpoint). Raises what a listener raises.
    """
    units: list[DataUnit] = []
    errors: list[FileError] = []
    fresh: dict[str, DataUnit] = {}
    try:
        for item in incoming:
            try:
                units.append(_take(dataset.pk, item, fresh))
            except BadImageError as bad:
                errors.append(FileError(clean_name(item.name), bad.code, bad.detail))
        with transaction.atomic():
            kept = _insert(dataset.pk, list(fresh.values()), now)
            added = Added(_told_apart(units, fresh, kept), tuple(errors))
            if also is not None:
                also(added)
    except BaseException:
        _forget(fresh.values())
        raise
    _forget(unit for unit in fresh.values() if kept[unit.sha256].pk != unit.pk)
    return added


def _told_apart(
    units: Sequence[DataUnit], fresh: Mapping[str, DataUnit], kept: Mapping[str, DataUnit]
) -> tuple[tuple[DataUnit, bool], ...]:
    """Each file's unit, and whether it was there before: the same file twice in one request finds itself."""
    new = {unit.pk for unit in fresh.values()}
    found = []
    for unit in units:
        winner = kept.get(unit.sha256, unit)
        found.append((winner, winner.pk not in new))
        new.discard(winner.pk)
    return tuple(found)


def _take(dataset_id: UUID, item: Incoming, fresh: dict[str, DataUnit]) -> DataUnit:
    """The unit of these bytes: the dataset's, or one that is not saved yet and joins ``fresh``, its media in the store.
    Raises BadImageError."""
    digest, size = _digest(item.file, max_bytes())
    there = fresh.get(digest) or DataUnit.objects.filter(dataset_id=dataset_id, sha256=digest).first()
    if there is not None:
        return there
    found = inspect_image(item.file, max_pixels=max_pixels())
    unit = DataUnit(
        id=new_id(),
        dataset_id=dataset_id,
        name=clean_name(item.name),
        width=found.width,
        height=found.height,
        sha256=digest,
        size_bytes=size,
        content_type=found.content_type,
        metadata=dict(item.metadata),
    )
    fresh[digest] = unit
    _store(unit, item.file, found)
    return unit


def _store(unit: DataUnit, file: IO[bytes], found: Inspected) -> None:
    unit.media_key = store.put(store.key_of(unit.dataset_id, unit.pk, f".{found.extension}"), file)
    unit.thumbnail_key = store.put(store.key_of(unit.dataset_id, unit.pk, "-small.jpg"), found.thumbnail)
    if found.rendition is not None:
        unit.rendition_key = store.put(store.key_of(unit.dataset_id, unit.pk, "-shown.png"), found.rendition)


def _digest(file: IO[bytes], limit: int) -> tuple[str, int]:
    """SHA-256 and size of the bytes. Raises BadImageError when there are none or too many."""
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise BadImageError("too_large", f"The file has more than {limit} bytes.")
        digest.update(chunk)
    if size == 0:
        raise BadImageError("empty", "The file is empty.")
    return digest.hexdigest(), size


def _insert(dataset_id: UUID, units: Sequence[DataUnit], now: datetime) -> dict[str, DataUnit]:
    """Who has the bytes of ``units`` now, by digest. A twin in flight is waited for, and wins."""
    if not units:
        return {}
    lock_datasets([dataset_id])
    DataUnit.objects.bulk_create(units, ignore_conflicts=True)
    digests = [unit.sha256 for unit in units]
    kept = {unit.sha256: unit for unit in DataUnit.objects.filter(dataset_id=dataset_id, sha256__in=digests)}
    tell_units_added(dataset_id, [unit.pk for unit in units if kept[unit.sha256].pk == unit.pk], now)
    return kept


def _forget(units: Iterable[DataUnit]) -> None:
    for unit in units:
        store.remove((unit.media_key, unit.thumbnail_key, unit.rendition_key))
