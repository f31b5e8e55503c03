"""How labels look, as vectors: the crops' descriptors where they are known, else their tiles in little."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np

from apps.quality.logic.checks import Array
from apps.quality.models import CropVector, Tile
from apps.quality.queries.tiles import Subject

CHUNK = 500
ENOUGH = 0.8
"""The share of labels that a descriptor must know to be used for them all."""


def looks_of(subjects: Sequence[Subject]) -> tuple[list[int], Array]:
    """Positions of those that something is known of, and their vectors (n, d), all of one kind."""
    wanted = {subject: at for at, subject in enumerate(subjects)}
    described = by_descriptor(wanted)
    if len(described) < ENOUGH * len(subjects):
        small = by_tile(wanted)
        described = small if len(small) > len(described) else described
    at = sorted(described)
    return at, np.array([described[one] for one in at] or np.empty((0, 1)), np.float64)


def by_descriptor(wanted: dict[Subject, int]) -> dict[int, Array]:
    """Of the method that knows most of them."""
    rows: list[tuple[UUID, UUID, str, Any]] = []
    for part in parts(list(wanted)):
        found = CropVector.objects.filter(
            task_id__in={task for task, _ in part}, label__in={subject for _, subject in part}
        )
        rows += found.values_list("task_id", "label", "method", "vector")
    methods = Counter(method for task, label, method, _ in rows if (task, label) in wanted)
    best = max(methods, key=lambda one: (methods[one], one), default="")
    return {
        wanted[task, label]: np.frombuffer(bytes(vector), "<f2").astype(np.float64)
        for task, label, method, vector in rows
        if method == best and (task, label) in wanted
    }


def by_tile(wanted: dict[Subject, int]) -> dict[int, Array]:
    """Of the latest tile of each."""
    found: dict[int, Array] = {}
    for part in parts(list(wanted)):
        rows = Tile.objects.filter(
            task_id__in={task for task, _ in part}, subject__in={subject for _, subject in part}, size=96
        )
        for task, subject, look in rows.order_by("id").values_list("task_id", "subject", "look"):
            if (task, subject) in wanted and look:
                found[wanted[task, subject]] = np.frombuffer(bytes(look), np.uint8).astype(np.float64) / 255
    return found


def parts(subjects: list[Subject]) -> list[list[Subject]]:
    return [subjects[start : start + CHUNK] for start in range(0, len(subjects), CHUNK)]
