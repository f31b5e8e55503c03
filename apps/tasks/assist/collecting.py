"""What a decoder may learn from: objects of complete tasks whose labels somebody has judged."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

from apps.common.errors import Conflict
from apps.datasets.models import DataUnit
from apps.inference import wire
from apps.inference.models import ModelVersion
from apps.inference.queries import image_ref
from apps.labels.models import Label
from apps.ontologies.logic import OntologyIndex
from apps.tasks.assist.masks import Size, area_of, rasterised
from apps.tasks.models import Task, Verdict
from workflows.state import COMPLETE

SHAPES = ("bounding_box", "rotatable_bounding_box", "polygon", "bitmask")
CHUNK = 500
MOST = 4_000
"""Objects of one tuning; of more, a draw that the seed decides."""

LEAST = 60
"""Thirty to learn from, and thirty to judge by."""

LEAST_GROUPS = 2
FIELDS = (
    *("label_set_id", "label_id", "class_id", "shape", "geometry", "origin", "changed_in"),
    *("x", "y", "width", "height"),
)

Latest = Mapping[tuple[UUID, UUID | None], tuple[str, str, int]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which objects. ``classes`` empty means all; ``group`` names the metadata whose values are kept together."""

    project_id: UUID
    classes: Collection[str] = ()
    group: str = ""
    seed: int = 0


@dataclass(slots=True)
class Collected:
    """The objects in the order of their images, and how many there were and were left out, and why."""

    objects: list[wire.TrainingObject] = field(default_factory=list)
    approved: int = 0
    of_base: int = 0
    unjudged: int = 0

    @property
    def groups(self) -> int:
        return len({one.group for one in self.objects})


def collect(wanted: Wanted, base: ModelVersion, index: OntologyIndex, *, seen: Any = None) -> Collected:
    """Every approved object, or a draw of ``MOST``. ``seen`` hears how many tasks each chunk had."""
    names = names_of(base)
    found = Collected()
    kept: list[tuple[int, int, DataUnit, dict[str, Any]]] = []
    numbers = count()
    for tasks in _chunks(wanted.project_id):
        for task, label in _judged(tasks, wanted.classes, found):
            if _made_by(label["origin"], names):
                found.of_base += 1
                continue
            found.approved += 1
            draw = (-_draw(wanted.seed, label["label_id"]), next(numbers), task.data_unit, label)
            heapq.heappush(kept, draw) if len(kept) < MOST else heapq.heappushpop(kept, draw)
        if seen is not None:
            seen(len(tasks))
    chosen = sorted(((unit, label) for _, _, unit, label in kept), key=lambda one: (one[0].id, one[1]["label_id"]))
    objects = (_object(unit, label, wanted.group, index) for unit, label in chosen)
    found.objects = [one for one in objects if one is not None]
    return found


def require_enough(found: Collected) -> None:
    """Raises Conflict, with the counts, when there is too little to learn from and to judge by."""
    counts: dict[str, Any] = {
        "objects": len(found.objects),
        "groups": found.groups,
        "of_base": found.of_base,
        "unjudged": found.unjudged,
    }
    if len(found.objects) < LEAST:
        detail = f"There are {len(found.objects)} approved objects; a tuning needs {LEAST}, half of them to judge by."
        if found.of_base:
            detail += f" {found.of_base} more were made by the model itself and nobody changed them."
        raise Conflict(detail, code="too_few_objects", **counts)
    if found.groups < LEAST_GROUPS:
        detail = "All approved objects are in one group; what is learned and what is judged need one each."
        raise Conflict(detail, code="too_few_groups", **counts)


def names_of(base: ModelVersion) -> frozenset[str]:
    """What labels call the base and every decoder that was tuned over the same encoder."""
    rows = ModelVersion.objects.filter(sha256=base.sha256).values_list("id", "name", "sha256", "decoder_sha256")
    names = {str(name) for row in rows for name in row if name}
    return frozenset(names | {f"{row[2]}.{row[3]}" for row in rows})


def _made_by(origin: Mapping[str, Any], names: Collection[str]) -> bool:
    return origin.get("model") in names and not origin.get("edited")


def _draw(seed: int, label: UUID) -> int:
    """The objects with the smallest are taken: the same ones at every attempt."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{label}".encode()).digest()[:8], "big")


def _chunks(project_id: UUID) -> Iterator[list[Task]]:
    rows = Task.objects.filter(project_id=project_id, status=COMPLETE, label_set__isnull=False)
    rows = rows.select_related("data_unit").only("id", "label_set_id", "data_unit").order_by("id")
    after: UUID | None = None
    while chunk := list((rows.filter(id__gt=after) if after else rows)[:CHUNK]):
        yield chunk
        after = chunk[-1].id


def _judged(tasks: list[Task], classes: Collection[str], found: Collected) -> Iterator[tuple[Task, dict[str, Any]]]:
    """The labels whose latest word stands for what they are now: approved, or put right by the reviewer."""
    by_set = {task.label_set_id: task for task in tasks}
    latest = _latest([task.id for task in tasks])
    rows = Label.objects.filter(label_set_id__in=by_set, shape__in=SHAPES)
    if classes:
        rows = rows.filter(class_id__in=classes)
    for label in rows.order_by("id").values(*FIELDS):
        task = by_set[label["label_set_id"]]
        verdict, source, revision = latest.get((task.id, label["label_id"]), ("", "", -1))
        if revision >= label["changed_in"] and (verdict == "approved" or source == "edit"):
            yield task, label
        else:
            found.unjudged += 1


def _latest(task_ids: list[UUID]) -> Latest:
    rows = Verdict.objects.filter(task_id__in=task_ids, superseded=False, label__isnull=False)
    # In the order of their making, of which the later ones stay.
    values = rows.order_by("id").values_list("task_id", "label", "verdict", "source", "label_revision")
    return {(task, label): (verdict, source, revision) for task, label, verdict, source, revision in values}


def _object(unit: DataUnit, label: Mapping[str, Any], group: str, index: OntologyIndex) -> wire.TrainingObject | None:
    """None for an outline that covers no pixel."""
    mask = _mask(label["shape"], label["geometry"], (unit.width, unit.height))
    if mask is not None and not area_of(mask):
        return None
    value = unit.metadata.get(group) if group else None
    return wire.TrainingObject(
        image=image_ref(unit),
        bbox=(label["x"], label["y"], label["width"], label["height"]),
        mask=mask,
        class_name=index.class_name(label["class_id"]),
        group=unit.sha256 if value is None else f"{group}={value}",
    )


def _mask(shape: str, geometry: Any, size: Size) -> wire.Mask | None:
    """A box, turned or not, says nothing of what is inside it."""
    match shape:
        case "polygon":
            return rasterised(geometry["polygons"], size)
        case "bitmask":
            return wire.Mask((size[1], size[0]), geometry["counts"])
    return None
