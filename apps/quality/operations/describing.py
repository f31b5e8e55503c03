"""Describing images and labels' crops: each image is read once, and what has been described stays as it is."""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from apps.datasets.models import DataUnit
from apps.datasets.store import open_key
from apps.labels.logic.geometry import CLASSIFICATION
from apps.labels.models import Label
from apps.projects.models import Project
from apps.quality.descriptors import layout
from apps.quality.descriptors.pictures import Pixels, Unreadable, read_pixels
from apps.quality.models import CropVector
from apps.tasks.models import Task

log = logging.getLogger(__name__)

MARGIN = 0.1
"""Of the box's width and height, on every side: a crop shows a little of what is around."""

COLUMNS = ("label_set_id", "label_id", "x", "y", "width", "height")


@dataclass(slots=True)
class Described:
    """``added`` vectors were made, ``kept`` were there already, ``removed`` belonged to labels that are gone,
    ``unreadable`` images could not be decoded."""

    added: int = 0
    kept: int = 0
    removed: int = 0
    unreadable: int = 0


def open_pixels(unit: DataUnit, *, most: int | None = None) -> Pixels:
    """The image as seen. Raises Unreadable, also where its bytes are gone."""
    try:
        with open_key(unit.rendition_key or unit.media_key) as file:
            return read_pixels(file, most=most)
    except Unreadable:
        raise
    except Exception as error:  # noqa: BLE001  any storage's own exception types
        log.info("an image cannot be opened", extra={"unit": str(unit.pk), "error": repr(error)})
        raise Unreadable("The file cannot be opened.") from None


def describe_crops(project: Project, tasks: Sequence[Task]) -> Described:
    """Crops of the labels of ``tasks`` (with ``data_unit``), those of one task at a time. Safe to repeat."""
    done, sets = Described(), {task.label_set_id: task for task in tasks if task.label_set_id}
    wanted: dict[UUID, dict[UUID, tuple[float, ...]]] = {task.id: {} for task in tasks}
    rows = Label.objects.filter(label_set_id__in=sets).exclude(shape=CLASSIFICATION).order_by("id")
    for label_set, label, *box in rows.values_list(*COLUMNS):
        if all(isinstance(value, float) and math.isfinite(value) for value in box):
            wanted[sets[label_set].id][label] = tuple(box)
    present: dict[UUID, dict[UUID, str]] = {task.id: {} for task in tasks}
    known = CropVector.objects.filter(task_id__in=present, method=layout.METHOD)
    for task_id, label, digest in known.values_list("task_id", "label", "digest"):
        present[task_id][label] = digest
    for task in tasks:
        describe_task(project, task, wanted[task.id], present[task.id], done)
    return done


def describe_task(
    project: Project, task: Task, boxes: dict[UUID, tuple[float, ...]], present: dict[UUID, str], done: Described
) -> None:
    digests = {label: digest_of(task.data_unit.sha256, box) for label, box in boxes.items()}
    new = [label for label in boxes if present.get(label) != digests[label]]
    gone = [label for label in present if label not in boxes]
    done.kept += len(boxes) - len(new)
    made: list[CropVector] = []
    if new:
        try:
            pixels = open_pixels(task.data_unit)
        except Unreadable:
            done.unreadable += 1
            return
        vectors = layout.describe([crop_of(pixels, boxes[label]) for label in new]).astype("<f2")
        made = [
            CropVector(
                project=project,
                task=task,
                label=label,
                method=layout.METHOD,
                digest=digests[label],
                vector=vector.tobytes(),
            )
            for label, vector in zip(new, vectors, strict=True)
        ]
    if made or gone:
        keep_crops(task, made, gone)
    done.added += len(made)
    done.removed += len(gone)


@transaction.atomic
def keep_crops(task: Task, made: Sequence[CropVector], gone: Sequence[UUID]) -> None:
    """A changed crop gets a new row: who has read the table up to an id knows that there is more."""
    Task.objects.select_for_update(no_key=True).get(pk=task.pk)
    replaced = [*(row.label for row in made), *gone]
    CropVector.objects.filter(task=task, method=layout.METHOD, label__in=replaced).delete()
    CropVector.objects.bulk_create(made, batch_size=500)


def digest_of(sha256: str, box: tuple[float, ...]) -> str:
    said = ":".join([layout.METHOD, sha256, *(f"{value:.2f}" for value in box)])
    return hashlib.sha256(said.encode()).hexdigest()


def crop_of(pixels: Pixels, box: tuple[Any, ...]) -> Pixels:
    """The box (x, y, width, height) with its margin, at least one pixel of the image."""
    x, y, width, height = box
    high, wide = pixels.shape[:2]
    left, right = span(x - MARGIN * width, x + (1 + MARGIN) * width, wide)
    top, bottom = span(y - MARGIN * height, y + (1 + MARGIN) * height, high)
    return np.ascontiguousarray(pixels[top:bottom, left:right])


def span(low: float, high: float, size: int) -> tuple[int, int]:
    first = min(max(math.floor(low), 0), size - 1)
    return first, min(max(math.ceil(high), first + 1), size)
