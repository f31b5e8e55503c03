"""Made-up pictures, their copies, and a project that has them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from PIL import Image, ImageDraw, ImageOps

from apps.common.clock import database_now
from apps.datasets.models import DataUnit
from apps.datasets.operations import adding
from apps.labels.models import LabelSet
from apps.labels.operations import save_labels
from apps.ontologies.queries import index_for
from apps.quality.operations.curating import start_curating
from apps.tasks.models import Task
from apps.tasks.operations.creation import create_tasks
from tests.factories.jobs import run_all_jobs
from tests.factories.labels import box
from tests.factories.tasks import World, make_world


def picture(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Discs and bars on an uneven ground, never twice the same."""
    rng = np.random.default_rng(seed)
    width, height = size
    ground = rng.normal(0, 1, (6, 8, 3)) * 25 + rng.integers(90, 180, 3)
    image = Image.fromarray(np.clip(ground, 0, 255).astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(14):
        x, y, r = rng.integers(0, width), rng.integers(0, height), rng.integers(8, 40)
        place = [int(x - r), int(y - r), int(x + r), int(y + rng.integers(4, 40))]
        (draw.ellipse if rng.random() < 0.6 else draw.rectangle)(place, fill=tuple(map(int, rng.integers(0, 255, 3))))
    return image


def cropped(image: Image.Image, x: float = 1.0, y: float = 0.0) -> Image.Image:
    """Nine tenths of it, from a corner."""
    width, height = image.size
    left, top = round(0.1 * width * x), round(0.1 * height * y)
    return image.crop((left, top, left + round(0.9 * width), top + round(0.9 * height)))


def encoded(image: Image.Image, quality: int = 92) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    file.seek(0)
    return file


def copies(image: Image.Image) -> dict[str, io.BytesIO]:
    """One of each kind, by what was done."""
    return {
        "re-encoded": encoded(image, 45),
        "resized": encoded(image.resize((image.width * 2, image.height * 2), Image.Resampling.BICUBIC)),
        "cropped": encoded(cropped(image)),
        "flipped": encoded(ImageOps.mirror(image)),
    }


def make_curated(files: Mapping[str, io.BytesIO]) -> tuple[World, dict[str, Task]]:
    """A project with a task for each file, by name."""
    world = make_world(tasks=0)
    incoming = [adding.Incoming(name, file) for name, file in files.items()]
    added = adding.add_data_units(dataset=world.dataset, incoming=incoming, now=database_now())
    assert not added.errors, added.errors
    units = [unit.id for unit, _ in added.units]
    create_tasks(project_id=world.project.id, unit_ids=units, actor_id=world.people["mia"].id)
    tasks = Task.objects.filter(project=world.project).select_related("data_unit")
    return world, {task.data_unit.name: task for task in tasks}


def put_boxes(world: World, task: Task, *boxes: tuple[str, float, float, float, float]) -> list[UUID]:
    """Saves boxes (class, x, y, width, height) as ann; answers their ids."""
    unit = DataUnit.objects.get(id=task.data_unit_id)
    sent: list[dict[str, Any]] = [box(x, y, width, height) | {"class": name} for name, x, y, width, height in boxes]
    with transaction.atomic():
        save_labels(
            label_set_key=(world.project.id, unit.id, "main"),
            base_revision=None,
            author=world.people["ann"],
            stage="annotate",
            stage_type="annotate",
            round=1,
            ontology_index=index_for(world.ontology.id),
            size=(unit.width, unit.height),
            now=database_now(),
            upsert=sent,
            delete=[],
        )
    Task.objects.filter(id=task.id).update(label_set=LabelSet.objects.get(project=world.project, data_unit=unit))
    return [UUID(one["id"]) for one in sent]


def curate_now(world: World) -> dict[str, Any]:
    """As a manager asks for it; answers the job's result."""
    job = start_curating(project=world.project, actor=world.people["mia"])
    run_all_jobs()
    job.refresh_from_db()
    assert job.state == "succeeded", job.error
    return dict(job.result or {})
