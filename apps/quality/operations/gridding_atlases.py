"""Making the project's sprite sheets, in the grid's order, of what has none yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.accounts.models import User
from apps.common.ids import new_id
from apps.datasets.store import put
from apps.jobs.models import Job, JobState
from apps.jobs.operations import enqueue
from apps.projects.models import Project
from apps.quality.atlases.crops import look_of
from apps.quality.atlases.sheets import MOST, place, sheet
from apps.quality.models import Atlas, Score, SubjectType, Tile
from apps.quality.operations.gridding_pictures import Pictures, cut_all
from apps.quality.queries.crops import Crop, crops_of, scored_in_order
from apps.quality.queries.tiles import SIZES, present_tiles

ATLAS = "quality.atlas"
OPEN = (JobState.QUEUED, JobState.RUNNING)
AHEAD = 20_000
"""Labels of one job: about a day's looks. Whoever gets further has tiles made with each batch."""

FIRST = 2 * MOST
"""Labels that a list of the likeliest wrong shows to whoever pages on for a while."""

READ = 2 * MOST
Step = Callable[[dict[str, Any]], None]


def start_atlases(
    *,
    project: Project,
    class_id: str = "",
    metric: str = "mistakenness",
    order: str = "-value",
    most: int = AHEAD,
    actor: User | None,
) -> Job:
    """Asks for tiles of the project's first labels (of one class); a job under way already is answered instead."""
    params = {"class": class_id, "metric": metric, "order": order, "most": most}
    for job in Job.objects.filter(project_id=project.pk, kind=ATLAS, state__in=OPEN).order_by("-id")[:20]:
        if {name: job.params.get(name) for name in params} == params:
            return job
    return enqueue(
        kind=ATLAS, organization_id=project.organization_id, project_id=project.pk, params=params, created_by=actor
    )


def make_atlases(
    *,
    project_id: UUID,
    class_id: str,
    metric: str,
    order: str,
    most: int,
    saved: dict[str, Any],
    step: Step,
    pause: Callable[[], Any],
    now: Callable[[], datetime],
) -> dict[str, int]:
    """Goes through labels, then missing objects, in order; each pair of sheets is committed with its checkpoint.

    ``saved`` is the last checkpoint. Again is harmless: what has a tile of its present geometry gets no other.
    """
    state = {"type": SubjectType.LABEL.value, "value": None, "id": 0, "seen": 0, "made": 0, "unreadable": 0} | saved
    while state["type"]:
        rows = next_rows(project_id, class_id, metric, order, state)
        if not rows or state["seen"] >= most:
            state |= {"value": None, "id": 0, "seen": 0}
            state["type"] = SubjectType.PREDICTION.value if state["type"] == SubjectType.LABEL else ""
            continue
        wanted = without_tiles(crops_of([((row.task_id, row.subject), row.subject_type) for row in rows]))
        pictures = cut_all(wanted, SIZES[-1], pause)
        state |= {"value": rows[-1].value, "id": rows[-1].id, "seen": state["seen"] + len(rows)}
        state["made"] += len(pictures)
        state["unreadable"] += len(wanted) - len(pictures)
        keep_sheets(project_id, [crop for crop in wanted if crop.subject in pictures], pictures, now(), state, step)
    return {"tiles": state["made"], "unreadable": state["unreadable"]}


def next_rows(project_id: UUID, class_id: str, metric: str, order: str, state: dict[str, Any]) -> list[Score]:
    """The next ones after the checkpoint."""
    rows = scored_in_order(project_id, class_id, metric, state["type"])
    up = order == "value"
    if up:
        rows = rows.order_by("value", "-id")
    if state["value"] is not None:
        value, last = state["value"], state["id"]
        beyond = Q(value__gt=value) | Q(id__lt=last) if up else Q(value__lt=value) | Q(id__gt=last)
        rows = rows.filter(Q(value__gte=value) if up else Q(value__lte=value)).filter(beyond)
    return list(rows.only("id", "value", "task_id", "subject", "subject_type")[:READ])


def without_tiles(crops: Sequence[Crop]) -> list[Crop]:
    have = present_tiles({crop.subject: crop.digest for crop in crops}, SIZES[-1])
    return [crop for crop in crops if crop.subject not in have]


def keep_sheets(
    project_id: UUID, crops: Sequence[Crop], pictures: Pictures, now: datetime, state: dict[str, Any], step: Step
) -> None:
    """Files first, then their rows together with the checkpoint: a crash leaves at most unused files."""
    made = []
    for start in range(0, len(crops), MOST):
        part = crops[start : start + MOST]
        for size in SIZES:
            atlas = Atlas(id=new_id(), project_id=project_id, tile=size, made_at=now)
            shown = [pictures[crop.subject].resize((size, size)) for crop in part]
            atlas.key = put(f"atlases/{atlas.id.hex}.jpg", sheet(shown, size))
            made.append((atlas, part))
    with transaction.atomic():
        for atlas, part in made:
            atlas.save(force_insert=True)
            Tile.objects.bulk_create(tiles(atlas, part, pictures), batch_size=MOST, ignore_conflicts=True)
        step(state)


def tiles(atlas: Atlas, crops: Sequence[Crop], pictures: Pictures) -> list[Tile]:
    rows = []
    for number, crop in enumerate(crops):
        task, subject = crop.subject
        x, y = place(number, atlas.tile)
        look = look_of(pictures[crop.subject])
        tile = Tile(atlas=atlas, task_id=task, subject=subject, size=atlas.tile, digest=crop.digest, x=x, y=y)
        tile.look = look
        rows.append(tile)
    return rows
