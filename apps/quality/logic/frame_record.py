"""The frame of a draw over labels, kept small: who was in it, and in which content.

A row is eight bytes of a hash of task and label, and the revision in which the label came to say what it said. Sorted
and deflated a frame of 20,000 labels takes about 140 KB; a row in the ledger of selections for each would take twenty
times that. Two of a million labels share a key with a chance of one in 30 million, and then a label's chance would be
overstated by that of another.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from hashlib import blake2b
from uuid import UUID

import numpy as np

from apps.quality.logic.checks import Array

KEY, CONTENT = np.dtype("<u8"), np.dtype("<u4")
ABSENT = -1

Row = tuple[UUID, UUID, int]
"""Task, label, and the revision that named its content."""


def key_of(task: UUID, label: UUID) -> int:
    """Label ids mean something only within their task."""
    return int.from_bytes(blake2b(task.bytes + label.bytes, digest_size=8).digest(), "little")


def keys_of(subjects: Sequence[tuple[UUID, UUID]]) -> Array:
    """(n,) of tasks and labels."""
    return np.array([key_of(task, label) for task, label in subjects], dtype=KEY)


def packed(rows: Sequence[Row]) -> bytes:
    """Each label once; the order is lost."""
    keys, first = np.unique(keys_of([(task, label) for task, label, _ in rows]), return_index=True)
    contents = np.array([content for _, _, content in rows], dtype=CONTENT)[first]
    return zlib.compress(keys.tobytes() + contents.tobytes(), 6)


def unpacked(record: bytes) -> tuple[Array, Array]:
    """(n,) rising keys and their contents."""
    plain = zlib.decompress(record)
    n = len(plain) // (KEY.itemsize + CONTENT.itemsize)
    return np.frombuffer(plain, KEY, n), np.frombuffer(plain, CONTENT, n, n * KEY.itemsize)


def contents_in(record: tuple[Array, Array], keys: Array) -> Array:
    """(n,) the content in which each of the ``keys`` was in the frame, ``ABSENT`` where it was not."""
    have, contents = record
    if not len(have):
        return np.full(len(keys), ABSENT, np.int64)
    at = np.minimum(np.searchsorted(have, keys), len(have) - 1)
    return np.where(have[at] == keys, contents[at].astype(np.int64), ABSENT)
