"""A project's tasks and labels as a stream, by keyset chunks: constant memory, no long snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.datasets.store import open_key
from apps.labels.formats import ExportedImage
from apps.labels.models import Label
from apps.labels.queries import render_label
from apps.labels.queries.rows import FIELDS, as_row
from apps.ontologies.logic import OntologyIndex
from apps.tasks.models import Task

CHUNK = 500
FILTERS = ("stage", "status")


def tasks_to_export(project_id: UUID, filters: Mapping[str, Any]) -> QuerySet[Task]:
    """The tasks that an export holds; ``filters`` are of FILTERS."""
    return Task.objects.filter(project_id=project_id, **{name: filters[name] for name in FILTERS if name in filters})


def exported_images(
    tasks: QuerySet[Task],
    index: OntologyIndex,
    form: str,
    done: Callable[[int, int], None],
    *,
    with_media: bool,
) -> Iterator[ExportedImage]:
    """Each task's image with its labels as the API shows them; ``done`` hears of every chunk's tasks and labels."""
    people: dict[str, str] = {}
    last: UUID | None = None
    while True:
        rows = tasks if last is None else tasks.filter(id__gt=last)
        chunk = list(rows.select_related("data_unit", "label_set").order_by("id")[:CHUNK])
        if not chunk:
            return
        labels = _labels_of(chunk, index)
        if form == "native":
            _name_people(labels, people)
        for task in chunk:
            yield _image(task, labels.get(task.label_set_id, []), with_media)
        done(len(chunk), sum(len(found) for found in labels.values()))
        last = chunk[-1].id


def _labels_of(chunk: list[Task], index: OntologyIndex) -> dict[UUID | None, list[dict[str, Any]]]:
    sets = [task.label_set_id for task in chunk if task.label_set and task.label_set.label_count]
    found: dict[UUID | None, list[dict[str, Any]]] = {}
    rows = Label.objects.filter(label_set_id__in=sets).order_by("label_set_id", "id")
    for set_id, *values in rows.values_list("label_set_id", *FIELDS):
        label_id, row = as_row(values)
        found.setdefault(set_id, []).append(render_label(label_id, row, index))
    return found


def _name_people(labels: Mapping[Any, list[dict[str, Any]]], known: dict[str, str]) -> None:
    """E-mail addresses for ids: what another installation can understand. ``known`` grows."""
    shown = [label for found in labels.values() for label in found]
    asked = {label[name] for label in shown for name in ("created_by", "updated_by") if label[name]} - known.keys()
    known |= {str(pk): email for pk, email in User.objects.filter(id__in=asked).values_list("id", "email")}
    for label in shown:
        for name in ("created_by", "updated_by"):
            label[name] = known.get(label[name]) if label[name] else None


def _image(task: Task, labels: list[dict[str, Any]], with_media: bool) -> ExportedImage:
    unit = task.data_unit
    return ExportedImage(
        key=str(task.id),
        file_name=unit.name,
        width=unit.width,
        height=unit.height,
        labels=labels,
        sha256=unit.sha256,
        unit_id=str(unit.id),
        metadata=unit.metadata,
        task={
            "id": str(task.id),
            "stage": task.stage,
            "stage_type": task.stage_type,
            "status": task.status,
            "round": task.round,
            "priority": task.priority,
            "revision": task.label_set.revision if task.label_set else 0,
        },
        media=partial(open_key, unit.media_key) if with_media else None,
    )
