"""Describing images and labels' crops: each image is read once, and what has been described stays as it is.

The descriptor without weights is made of every image, whatever else is asked for: near-duplicates are looked for by it,
and its row has the image's checks. Crops are described by one method only, the one that the settings ask for.
"""

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
from apps.inference.gateway import Refused
from apps.inference.operations.describing import AT_ONCE, Rest, Vectors, Wanted, describe_images
from apps.labels.logic.geometry import CLASSIFICATION
from apps.labels.models import Label
from apps.projects.models import Project
from apps.quality.descriptors import layout
from apps.quality.descriptors.layout import METHOD
from apps.quality.descriptors.pictures import Pixels, Unreadable, grey, read_pixels, within
from apps.quality.logic import image_checks
from apps.quality.models import CropVector, UnitVector
from apps.quality.queries.embedding import PLAIN, Embedding
from apps.tasks.models import Task

log = logging.getLogger(__name__)

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


def describe_tasks(
    project: Project, tasks: Sequence[Task], embedding: Embedding | None = PLAIN, rest: Rest | None = None
) -> Described:
    """The images of ``tasks`` (with ``data_unit``), their checks, and their labels' crops (none without an
    ``embedding``). Safe to repeat; what could not be decoded is tried again. ``rest`` hears how far a model is, and
    that its process is waited for; it may raise to stop.

    Raises Unavailable where the model cannot describe anything; what was described before it said so stays.
    """
    done = Described()
    for todo in todos(tasks, METHOD, crops=embedding == PLAIN):
        done.kept += len(todo.boxes) - len(todo.new)
        describe_task(project, todo, done)
    if embedding is not None and embedding.model is not None:
        done.units = 0  # vectors of the method that was asked for are counted
        describe_by_model(project, todos(tasks, embedding.method), embedding, done, rest or (lambda _: None))
    return done


def todos(tasks: Sequence[Task], method: str, *, crops: bool = True) -> list[Todo]:
    units = UnitVector.objects.filter(data_unit_id__in=[task.data_unit_id for task in tasks], method=method)
    known = set(units.exclude(checks__has_key="unreadable").values_list("data_unit_id", flat=True))
    boxes = boxes_of(tasks) if crops else {task.id: {} for task in tasks}
    present: dict[UUID, dict[UUID, str]] = {task.id: {} for task in tasks}
    if crops:
        made = CropVector.objects.filter(task_id__in=present, method=method)
        for task_id, label, digest in made.values_list("task_id", "label", "digest"):
            present[task_id][label] = digest
    found = []
    for task in tasks:
        digests = {label: digest_of(method, task.data_unit.sha256, box) for label, box in boxes[task.id].items()}
        new = [label for label in digests if present[task.id].get(label) != digests[label]]
        gone = [label for label in present[task.id] if label not in digests]
        found.append(Todo(task, boxes[task.id], digests, new, gone, task.data_unit_id not in known))
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
        keep_crops(todo.task, made, todo.gone, METHOD)
    done.crops += len(made)
    done.removed += len(todo.gone)


def crops_of(project: Project, todo: Todo, pixels: Pixels) -> list[CropVector]:
    vectors = layout.describe([crop_of(pixels, todo.boxes[label]) for label in todo.new]).astype("<f2")
    return crop_rows(project, todo, METHOD, list(vectors))


def crop_rows(project: Project, todo: Todo, method: str, vectors: Sequence[Any]) -> list[CropVector]:
    """Of the new labels, in order."""
    return [
        CropVector(
            project=project,
            task=todo.task,
            label=label,
            method=method,
            digest=todo.digests[label],
            vector=vector.tobytes(),
        )
        for label, vector in zip(todo.new, vectors, strict=True)
    ]


@transaction.atomic
def keep_crops(task: Task, made: Sequence[CropVector], gone: Sequence[UUID], method: str) -> None:
    """A changed crop gets a new row: who has read the table up to an id knows that there is more."""
    Task.objects.select_for_update(no_key=True).get(pk=task.pk)
    replaced = [*(row.label for row in made), *gone]
    CropVector.objects.filter(task=task, method=method, label__in=replaced).delete()
    CropVector.objects.bulk_create(made, batch_size=500)


def keep_unit(unit: DataUnit, pixels: Pixels) -> None:
    small = np.asarray(within(Image.fromarray(pixels), image_checks.SIDE))
    checks = image_checks.check(grey(small), (unit.width, unit.height))
    said = {name: [round(one.value, 5), round(one.fact, 5), one.sentence] for name, one in checks.items()}
    keep_vector(unit, METHOD, layout.describe([pixels]).astype("<f2").tobytes(), said)


def keep_unreadable(unit: DataUnit, why: str) -> None:
    said: dict[str, Any] = {
        name: [round(one.value, 5), round(one.fact, 5), one.sentence]
        for name, one in image_checks.unreadable(why).items()
    }
    keep_vector(unit, METHOD, b"", said | {"unreadable": True})


def keep_vector(unit: DataUnit, method: str, vector: bytes, checks: dict[str, Any]) -> None:
    UnitVector.objects.update_or_create(
        data_unit=unit, method=method, defaults={"vector": vector, "checks": checks, "at": database_now()}
    )


def describe_by_model(
    project: Project, asked: Sequence[Todo], embedding: Embedding, done: Described, rest: Rest
) -> None:
    """Some images at a time, as the process takes them together."""
    assert embedding.model is not None  # noqa: S101 - the caller looked
    for todo in asked:
        done.kept += len(todo.boxes) - len(todo.new)
        if todo.gone and not todo.new:
            keep_crops(todo.task, (), todo.gone, embedding.method)
            done.removed += len(todo.gone)
    wanting = [todo for todo in asked if todo.new or todo.unit]
    for start in range(0, len(wanting), AT_ONCE):
        part = wanting[start : start + AT_ONCE]
        wanted = [Wanted(todo.task.data_unit, boxes_around(todo, embedding.margin), todo.unit) for todo in part]
        for todo, found in zip(part, describe_images(embedding.model, wanted, rest), strict=True):
            keep_described(project, todo, found, embedding.method, done)
        rest(done.told)


def boxes_around(todo: Todo, margin: float) -> tuple[tuple[float, float, float, float], ...]:
    """Of the new labels, with their margin."""
    return tuple(
        (x - margin * width, y - margin * height, (1 + 2 * margin) * width, (1 + 2 * margin) * height)
        for x, y, width, height in (todo.boxes[label] for label in todo.new)
    )


def keep_described(project: Project, todo: Todo, found: Vectors | Refused, method: str, done: Described) -> None:
    if isinstance(found, Refused):
        done.unreadable += 1
        if todo.unit:
            keep_vector(todo.task.data_unit, method, b"", {"unreadable": True, "why": found.detail[:500]})
        return
    if todo.unit:
        keep_vector(todo.task.data_unit, method, found[0].tobytes(), {})
        done.units += 1
    if todo.new:
        keep_crops(todo.task, crop_rows(project, todo, method, list(found[int(todo.unit) :])), todo.gone, method)
        done.crops += len(todo.new)
        done.removed += len(todo.gone)


def digest_of(method: str, sha256: str, box: Box) -> str:
    said = ":".join([method, sha256, *(f"{value:.2f}" for value in box)])
    return hashlib.sha256(said.encode()).hexdigest()


def crop_of(pixels: Pixels, box: Box) -> Pixels:
    """The box (x, y, width, height) with its margin, at least one pixel of the image."""
    x, y, width, height = box
    high, wide = pixels.shape[:2]
    left, right = span(x - PLAIN.margin * width, x + (1 + PLAIN.margin) * width, wide)
    top, bottom = span(y - PLAIN.margin * height, y + (1 + PLAIN.margin) * height, high)
    return np.ascontiguousarray(pixels[top:bottom, left:right])


def span(low: float, high: float, size: int) -> tuple[int, int]:
    first = min(max(math.floor(low), 0), size - 1)
    return first, min(max(math.ceil(high), first + 1), size)
