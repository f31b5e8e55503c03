"""Describing images and labels' crops: each image is read once, and what has been described stays as it is."""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from PIL import Image

from apps.common.clock import database_now
from apps.datasets.models import DataUnit
from apps.datasets.store import open_key
from apps.labels.logic.geometry import CLASSIFICATION
from apps.labels.models import Label
from apps.projects.models import Project
from apps.quality.descriptors import layout
from apps.quality.descriptors.pictures import Pixels, Unreadable, grey, read_pixels, within
from apps.quality.logic import image_checks
from apps.quality.models import CropVector, UnitVector
from apps.tasks.models import Task

log = logging.getLogger(__name__)

MARGIN = 0.1
"""Of the box's width and height, on every side: a crop shows a little of what is around."""

ENOUGH = 1024
"""Pixels of the longer side that describing a whole image takes."""

COLUMNS = ("label_set_id", "label_id", "x", "y", "width", "height")
Box = tuple[float, ...]


@dataclass(slots=True)
class Described:
    """``units`` images and ``crops`` were described, ``kept`` crops were already, ``removed`` crops belonged to labels
    that are gone, ``unreadable`` images could not be decoded."""

    units: int = 0
    crops: int = 0
    kept: int = 0
    removed: int = 0
    unreadable: int = 0

    @property
    def told(self) -> str:
        return f"{self.units:,} images and {self.crops:,} crops described"

    def add(self, other: Described) -> None:
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass(frozen=True)
class Todo:
    """What is to be done for one task: ``boxes``, ``digests`` of all its labels, those that are ``new`` or ``gone``."""

    task: Task
    boxes: dict[UUID, Box]
    digests: dict[UUID, str]
    new: list[UUID]
    gone: list[UUID]
    unit: bool


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
    """Crops of the labels of ``tasks`` (with ``data_unit``). Safe to repeat."""
    return describe_tasks(project, tasks, units=False)


def describe_units(project: Project, tasks: Sequence[Task]) -> Described:
    """The images of ``tasks``, with their checks. Safe to repeat; what could not be decoded is tried again."""
    return describe_tasks(project, tasks, crops=False)


def describe_tasks(project: Project, tasks: Sequence[Task], *, units: bool = True, crops: bool = True) -> Described:
    """Both at once, each image read once."""
    done = Described()
    for todo in todos(tasks, units=units, crops=crops):
        done.kept += len(todo.boxes) - len(todo.new)
        describe_task(project, todo, done)
    return done


def todos(tasks: Sequence[Task], *, units: bool, crops: bool) -> list[Todo]:
    known: set[UUID] = set()
    if units:
        rows = UnitVector.objects.filter(data_unit_id__in=[task.data_unit_id for task in tasks], method=layout.METHOD)
        known = set(rows.exclude(checks__has_key="unreadable").values_list("data_unit_id", flat=True))
    boxes = boxes_of(tasks) if crops else {task.id: {} for task in tasks}
    present: dict[UUID, dict[UUID, str]] = {task.id: {} for task in tasks}
    if crops:
        made = CropVector.objects.filter(task_id__in=present, method=layout.METHOD)
        for task_id, label, digest in made.values_list("task_id", "label", "digest"):
            present[task_id][label] = digest
    found = []
    for task in tasks:
        digests = {label: digest_of(task.data_unit.sha256, box) for label, box in boxes[task.id].items()}
        new = [label for label in digests if present[task.id].get(label) != digests[label]]
        gone = [label for label in present[task.id] if label not in digests]
        wanted = units and task.data_unit_id not in known
        found.append(Todo(task, boxes[task.id], digests, new, gone, wanted))
    return found


def boxes_of(tasks: Sequence[Task]) -> dict[UUID, dict[UUID, Box]]:
    """By task and label (x, y, width, height) in pixels."""
    sets = {task.label_set_id: task.id for task in tasks if task.label_set_id}
    found: dict[UUID, dict[UUID, Box]] = {task.id: {} for task in tasks}
    rows = Label.objects.filter(label_set_id__in=sets).exclude(shape=CLASSIFICATION).order_by("id")
    for label_set, label, *box in rows.values_list(*COLUMNS):
        if all(isinstance(value, float) and math.isfinite(value) for value in box):
            found[sets[label_set]][label] = tuple(box)
    return found


def describe_task(project: Project, todo: Todo, done: Described) -> None:
    if not (todo.new or todo.gone or todo.unit):
        return
    made: list[CropVector] = []
    try:
        if todo.new or todo.unit:
            pixels = open_pixels(todo.task.data_unit, most=None if todo.new else ENOUGH)
            made = crops_of(project, todo, pixels)
            if todo.unit:
                keep_unit(todo.task.data_unit, pixels)
                done.units += 1
    except Unreadable as error:
        done.unreadable += 1
        if todo.unit:
            keep_unreadable(todo.task.data_unit, str(error))
    if made or todo.gone:
        keep_crops(todo.task, made, todo.gone)
    done.crops += len(made)
    done.removed += len(todo.gone)


def crops_of(project: Project, todo: Todo, pixels: Pixels) -> list[CropVector]:
    vectors = layout.describe([crop_of(pixels, todo.boxes[label]) for label in todo.new]).astype("<f2")
    return [
        CropVector(
            project=project,
            task=todo.task,
            label=label,
            method=layout.METHOD,
            digest=todo.digests[label],
            vector=vector.tobytes(),
        )
        for label, vector in zip(todo.new, vectors, strict=True)
    ]


@transaction.atomic
def keep_crops(task: Task, made: Sequence[CropVector], gone: Sequence[UUID]) -> None:
    """A changed crop gets a new row: who has read the table up to an id knows that there is more."""
    Task.objects.select_for_update(no_key=True).get(pk=task.pk)
    replaced = [*(row.label for row in made), *gone]
    CropVector.objects.filter(task=task, method=layout.METHOD, label__in=replaced).delete()
    CropVector.objects.bulk_create(made, batch_size=500)


def keep_unit(unit: DataUnit, pixels: Pixels) -> None:
    small = np.asarray(within(Image.fromarray(pixels), image_checks.SIDE))
    checks = image_checks.check(grey(small), (unit.width, unit.height))
    keep_vector(unit, layout.describe([pixels]).astype("<f2").tobytes(), checks)


def keep_unreadable(unit: DataUnit, why: str) -> None:
    keep_vector(unit, b"", image_checks.unreadable(why), unreadable=True)


def keep_vector(
    unit: DataUnit, vector: bytes, checks: dict[str, image_checks.Check], *, unreadable: bool = False
) -> None:
    said: dict[str, Any] = {
        name: [round(check.value, 5), round(check.fact, 5), check.sentence] for name, check in checks.items()
    }
    if unreadable:
        said["unreadable"] = True
    UnitVector.objects.update_or_create(
        data_unit=unit,
        method=layout.METHOD,
        defaults={"vector": vector, "checks": said, "at": database_now()},
    )


def digest_of(sha256: str, box: Box) -> str:
    said = ":".join([layout.METHOD, sha256, *(f"{value:.2f}" for value in box)])
    return hashlib.sha256(said.encode()).hexdigest()


def crop_of(pixels: Pixels, box: Box) -> Pixels:
    """The box (x, y, width, height) with its margin, at least one pixel of the image."""
    x, y, width, height = box
    high, wide = pixels.shape[:2]
    left, right = span(x - MARGIN * width, x + (1 + MARGIN) * width, wide)
    top, bottom = span(y - MARGIN * height, y + (1 + MARGIN) * height, high)
    return np.ascontiguousarray(pixels[top:bottom, left:right])


def span(low: float, high: float, size: int) -> tuple[int, int]:
    first = min(max(math.floor(low), 0), size - 1)
    return first, min(max(math.ceil(high), first + 1), size)
