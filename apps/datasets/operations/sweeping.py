"""Deleting media that no data unit names: what a crash between storing and committing left behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.core.files.storage import default_storage

from apps.datasets import store
from apps.datasets.models import DataUnit

AGE = timedelta(days=1)
"""Younger files may belong to an upload that is not finished."""

CHUNK = 500


def sweep_media(*, now: datetime, delete: bool) -> list[str]:
    """The keys below ``units/`` that are older than a day and name no data unit; with ``delete`` they are gone."""
    unused: list[str] = []
    for keys in _folders(store.ROOT):
        for start in range(0, len(keys), CHUNK):
            unused += _unused(keys[start : start + CHUNK], now)
    if delete:
        store.remove(unused)
    return unused


def _folders(folder: str) -> Iterator[list[str]]:
    """The keys of each folder below ``folder``."""
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    if names:
        yield [f"{folder}/{name}" for name in sorted(names)]
    for name in sorted(folders):
        yield from _folders(f"{folder}/{name}")


def _unused(keys: list[str], now: datetime) -> list[str]:
    owners = {key: _unit_of(key) for key in keys}
    there = set(DataUnit.objects.filter(pk__in={unit for unit in owners.values() if unit}).values_list("pk", flat=True))
    return [
        key
        for key, unit in owners.items()
        if unit is not None and unit not in there and default_storage.get_modified_time(key) < now - AGE
    ]


def _unit_of(key: str) -> UUID | None:
    """The data unit that a key of ours belongs to; None for a file that is not ours."""
    try:
        return UUID(hex=key.rpartition("/")[2].split(".")[0].split("-")[0])
    except ValueError:
        return None
