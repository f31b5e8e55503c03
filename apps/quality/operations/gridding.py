"""Drawing a batch of the grid: labels are chosen, known errors hidden among them, and all of it frozen before anybody
sees it."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.common.errors import Conflict
from apps.inference.models import PredictionModel
from apps.labels.models import Label
from apps.projects.models import Project
from apps.quality.logic.gridding import chain, distances, hidden_number, medoid
from apps.quality.models import GridBatch, Score, SubjectType
from apps.quality.operations.gridding_draws import Drawn, at_random, keep_frame, owed, record
from apps.quality.operations.gridding_missing import MISSING, frozen_objects
from apps.quality.queries.batches import METRIC, Filters, frame
from apps.quality.queries.crops import label_rows, tasks_of
from apps.quality.queries.grid_known import known_elsewhere, references_of
from apps.quality.queries.grid_looks import looks_of
from apps.tasks.models import Task

ORDERS = ("mistakenness", "neighbourhood", "random")
MOST, SHARE_HIDDEN = 200, 0.04
NEAR = 1_000
"""Labels among which likes are sought."""

Item = dict[str, Any]


@transaction.atomic
def open_batch(
    *, project: Project, user: User, filters: Filters, order: str, size: int, now: datetime, rng: Random | None = None
) -> GridBatch:
    """Draws up to ``size`` labels and keeps them; at random, first what the person was shown and gave back. Raises
    Conflict where none is left to judge."""
    # Two batches that one person opens at once would hold the same labels.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if order == "random" and (before := owed(project.id, user, filters, now)) is not None:
        return before
    rng = rng or secrets.SystemRandom()
    rows = frame(project.id, user, filters, now)
    drawn = drawn_from(rows, order, min(size, MOST), rng)
    missing = filters.kind == MISSING
    items = frozen_objects(drawn) if missing else frozen(drawn, order)
    if not items:
        raise nothing(project.id)
    classes = Counter(item["class"] for item in items)
    if not missing:
        hide(project.id, user, items, rng)
    main = filters.class_id or (next(iter(classes)) if len(classes) == 1 else "")
    batch = GridBatch.objects.create(
        project=project,
        reviewer=user,
        filters=filters.as_json(),
        order=order,
        at_random=drawn.probability is not None,
        probability=drawn.probability,
        items=items,
        references=[shown(*one) for one in references_of(project.id, main, user)] if main else [],
        opened_at=now,
    )
    if drawn.probability is not None:
        record(project.id, drawn, now)
        keep_frame(batch, drawn, user, filters)
    return batch


def nothing(project_id: UUID) -> Conflict:
    """Why no label came: none has been scored, or none is left. ``predictions``: whether a model has spoken."""
    spoken = PredictionModel.objects.filter(project_id=project_id).exists()
    if not Score.objects.filter(project_id=project_id, metric=METRIC, subject_type=SubjectType.LABEL).exists():
        return Conflict("No label has been scored yet.", code="not_scored", allowed=[], predictions=spoken)
    return Conflict("No label is left that you could judge here.", code="nothing_left", allowed=[], predictions=spoken)


@transaction.atomic
def drop_batch(*, batch_id: UUID, user: User) -> None:
    """Gives an open batch back, so that its labels can come again. Safe to repeat; a committed one stays."""
    rows = GridBatch.objects.filter(id=batch_id, reviewer=user, state="open")
    rows.update(state="dropped")


def drawn_from(rows: QuerySet[Score], order: str, size: int, rng: Random) -> Drawn:
    if order == "random":
        return at_random(rows, size, rng)
    suspect = rows.select_related("task").order_by("-value", "id")
    if order == "mistakenness":
        return Drawn(list(suspect[:size]))
    found = list(suspect[:NEAR])
    return Drawn([found[at] for at in like_beside_like(found)[:size]])


def like_beside_like(rows: Sequence[Score]) -> list[int]:
    """From the medoid on to ever the most alike; those of which nothing is known come last."""
    at, vectors = looks_of([(row.task_id, row.subject) for row in rows])
    away = distances(vectors)
    order = [at[one] for one in chain(away, medoid(away))] if at else []
    known = set(order)
    return order + [one for one in range(len(rows)) if one not in known]


def frozen(drawn: Drawn, order: str) -> list[Item]:
    """The labels as they are now, with what was known of them; of a mixed batch, class by class."""
    rows = drawn.rows
    tasks = tasks_of({row.task_id for row in rows})
    labels = label_rows(tasks, {row.subject for row in rows})
    items = [
        item_of(row, tasks[row.task_id], labels[row.task_id, row.subject], drawn.probability)
        for row in rows
        if (row.task_id, row.subject) in labels
    ]
    if order != "random":
        first = {name: at for at, (name, _) in enumerate(Counter(item["class"] for item in items).most_common())}
        items.sort(key=lambda item: first[item["class"]])
    return items


def item_of(row: Score, task: Task, label: Label, probability: float | None) -> Item:
    author = label.updated_by_id or label.created_by_id
    origin = label.origin or {}
    odds = row.detail.get("odds")
    return {
        **shown(task, label),
        "class": label.class_id,
        "revision": max(row.label_revision, label.changed_in),
        "changed_in": label.changed_in,
        "value": row.value,
        "p": row.p_error,
        "kind": row.kind,
        "evidence": row.evidence,
        "odds": float(odds) if isinstance(odds, int | float) else None,
        "vector": list(row.detail.get("vector") or ()),
        "scorer_version": row.scorer_version,
        "probability": probability if probability is not None else 1.0,
        "annotator": str(author) if author else None,
        "origin_model": "" if origin.get("edited") else str(origin.get("model") or "")[:200],
        "hidden": False,
    }


def shown(task: Task, label: Label, confirmed: bool = True) -> Item:
    """A tile's label as the sheet and the page need it. Its id says nothing."""
    box = (label.x, label.y, label.width, label.height)
    return {
        "id": str(uuid4()),
        "task": str(task.id),
        "label": str(label.label_id),
        "shape": label.shape,
        "geometry": label.geometry,
        "box": None if None in box else [float(side) for side in box if side is not None],
        "confirmed": confirmed,
    }


def hide(project_id: UUID, user: User, items: list[Item], rng: Random) -> None:
    """Puts known errors among the items: labels that an expert gave another class than the one they are shown under.

    Each is shown with what is said of a real item beside it, so that nothing tells them apart."""
    number = hidden_number(len(items), SHARE_HIDDEN, rng.random())
    classes = {item["class"] for item in items}
    known = known_elsewhere(project_id, classes, user) if number else []
    taken = {item["label"] for item in items}
    free = [one for one in known if str(one.label.label_id) not in taken]
    just_so = [one for one in free if one.was in classes]
    rng.shuffle(just_so)
    others = [one for one in free if one.was not in classes]
    rng.shuffle(others)
    for one in [*just_so, *others][:number]:
        fits = [
            at
            for at, item in enumerate(items)
            if not item["hidden"] and item["class"] != one.label.class_id
            if item["shape"] == one.label.shape and one.was in ("", item["class"])
        ]
        if fits:
            at = rng.choice(fits)
            beside = items[at]
            planted = {**beside, **shown(one.task, one.label), "hidden": True, "truth": one.label.class_id}
            items.insert(at + rng.randint(0, 1), planted)
