"""A batch as its person may see it: nothing in it tells a hidden tile from another."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from apps.accounts.models import User
from apps.datasets.queries import media_url, media_urls
from apps.ontologies.logic import OntologyIndex
from apps.projects.policies import ProjectAccess
from apps.quality.atlases.sheets import place
from apps.quality.models import GridBatch
from apps.quality.queries.batches import MISSING, Filters, seen_and_left, sees_evidence
from apps.quality.queries.crops import tasks_of
from apps.tasks.models import Task


def class_of_batch(batch: GridBatch, index: OntologyIndex) -> str | None:
    """The name of the only class in it."""
    classes = {item["class"] for item in batch.items}
    return index.class_name(next(iter(classes))) if len(classes) == 1 else None


def shown_row(batch: GridBatch, index: OntologyIndex) -> dict[str, Any]:
    return {
        "id": str(batch.id),
        "class": class_of_batch(batch, index),
        "missing": batch.filters.get("kind") == MISSING,
        "order": batch.order,
        "items_count": len(batch.items),
        "state": batch.state,
        "opened_at": batch.opened_at,
        "committed_at": batch.committed_at,
    }


def shown_batch(
    batch: GridBatch,
    access: ProjectAccess,
    user: User,
    index: OntologyIndex,
    *,
    tile: int,
    job: UUID | None,
    now: datetime,
) -> dict[str, Any]:
    tasks = tasks_of({UUID(item["task"]) for item in batch.items})
    told = not batch.at_random and sees_evidence(access)
    url = media_url(batch.sheets.get(str(tile), "")) or None
    items = []
    for number, item in enumerate(batch.items):
        items.append(
            shown_tile(item, number, url, tile)
            | {name: item[name] for name in ("task", "label", "shape", "geometry", "box")}
            | {
                "class": index.class_name(item["class"]),
                **image_of(tasks.get(UUID(item["task"]))),
                "evidence": evidence_of(item) if told else None,
            }
        )
    references = [
        shown_tile(one, len(batch.items) + number, url, tile) | {"confirmed": one["confirmed"]}
        for number, one in enumerate(batch.references)
    ]
    counts = seen_and_left(batch.project_id, user, Filters.of(batch.filters), now)
    return {
        **shown_row(batch, index),
        "heading": {"class": class_of_batch(batch, index), "references": references, **counts},
        "items": items,
        "job": str(job) if job else None,
        **outcome_of(batch),
    }


def image_of(task: Task | None) -> dict[str, Any]:
    """The whole image, for a look at what is around the label."""
    if task is None:
        return {"data_unit": None, "thumbnail_url": "", "image_url": "", "width": 0, "height": 0}
    unit = task.data_unit
    image, thumbnail = media_urls(unit)
    return {
        "data_unit": str(unit.id),
        "thumbnail_url": thumbnail,
        "image_url": image,
        "width": unit.width,
        "height": unit.height,
    }


def shown_tile(item: dict[str, Any], number: int, url: str | None, tile: int) -> dict[str, Any]:
    x, y = place(number, tile)
    return {"id": item["id"], "atlas_url": url, "x": x, "y": y, "size": tile}


def evidence_of(item: dict[str, Any]) -> dict[str, Any]:
    return {"p_error": item["p"], "kind": item["kind"] or None, "text": item["evidence"]}


def outcome_of(batch: GridBatch) -> dict[str, Any]:
    return {"results": batch.outcome.get("results", []), "sent": batch.outcome.get("sent", [])}
