"""A batch's own sprite sheet: one image for the whole screenful, in which a hidden tile looks like any other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.common.ids import new_id
from apps.datasets.store import put, remove
from apps.jobs.models import Job
from apps.jobs.operations import enqueue
from apps.projects.models import Project
from apps.quality.atlases.crops import around
from apps.quality.atlases.sheets import sheet
from apps.quality.models import GridBatch, ScoreRun, SweepMark
from apps.quality.operations.gridding_atlases import AHEAD, ATLAS, FIRST, keep_sheets, start_atlases
from apps.quality.operations.gridding_pictures import cut_all, taken_off
from apps.quality.operations.observing import floor_of
from apps.quality.queries.crops import Crop, crop_of, made, tasks_of
from apps.quality.queries.tiles import SIZES, present_tiles

SHEETS_AT_ONCE = 6
"""So many sheets are read while somebody waits; with more, or images to cut, a job makes the batch's."""

KEPT, USED = timedelta(days=1), timedelta(days=7)
SWEPT, PROJECTS = 50, 20
MARK, TILED = "grid_sheets", "grid_tiles"


def prepare(batch: GridBatch, actor: User | None) -> Job | None:
    """Makes the batch's sheets at once from tiles that exist, or answers the job that makes them."""
    crops = crops_of_batch(batch)
    tiles = present_tiles({crop.subject: crop.digest for crop in crops}, SIZES[-1])
    sheets = {tile.atlas_id for tile in tiles.values()}
    if len(tiles) == len({crop.subject for crop in crops}) and len(sheets) <= SHEETS_AT_ONCE:
        make_sheets(batch.id, now=batch.opened_at)
        batch.refresh_from_db(fields=["sheets"])
        return None
    organization = Project.objects.values_list("organization_id", flat=True).get(id=batch.project_id)
    params = {"batch": str(batch.id)}
    return enqueue(
        kind=ATLAS, organization_id=organization, project_id=batch.project_id, params=params, created_by=actor
    )


def crops_of_batch(batch: GridBatch) -> list[Crop]:
    """Items, then references, in the order in which they stand on the sheet."""
    rows: list[dict[str, Any]] = [*batch.items, *batch.references]
    tasks = tasks_of({UUID(row["task"]) for row in rows})
    found = []
    for row in rows:
        task = tasks.get(UUID(row["task"]))
        if task is None:
            continue
        if row["box"] is None:
            found.append(crop_of(task, UUID(row["label"]), row["geometry"]))
            continue
        x, y, width, height = row["box"]
        box = around(x, y, width, height, (task.data_unit.width, task.data_unit.height))
        found.append(made(task, UUID(row["label"]), box, row["geometry"]))
    return found


def make_sheets(batch_id: UUID, *, now: datetime, pause: Callable[[], Any] = lambda: None) -> int:
    """Writes the batch's sheets, and tiles of what had none; answers how many of its pictures could be made."""
    batch = GridBatch.objects.get(id=batch_id)
    if batch.sheets:
        return len(batch.items)
    crops = crops_of_batch(batch)
    pictures = taken_off(present_tiles({crop.subject: crop.digest for crop in crops}, SIZES[-1]))
    fresh = [crop for crop in crops if crop.subject not in pictures]
    if fresh:
        cut = cut_all(fresh, SIZES[-1], pause)
        once = list({crop.subject: crop for crop in fresh if crop.subject in cut}.values())
        keep_sheets(batch.project_id, once, cut, now, {}, lambda _: None)
        pictures |= cut
    by_label = {str(subject): picture for (_, subject), picture in pictures.items()}
    rows = [*batch.items, *batch.references]
    keys = {}
    for size in SIZES:
        shown = [by_label.get(row["label"]) for row in rows]
        small = [one.resize((size, size)) if one is not None else None for one in shown]
        keys[str(size)] = put(f"atlases/{new_id().hex}.jpg", sheet(small, size))
    if not GridBatch.objects.filter(id=batch_id, sheets={}).update(sheets=keys):
        remove(keys.values())
    return len(pictures)


def tend(now: datetime) -> int:
    """The chore: after a scoring, tiles of the likeliest wrong, and of all where the grid is in use; a day later a
    batch's sheets go."""
    batches = GridBatch.objects.filter(id__gt=floor_of(now - USED)).order_by()
    used = set(batches.values_list("project_id", flat=True).distinct()[:PROJECTS])
    runs = ScoreRun.objects.filter(id__gt=floor_of(now - KEPT), finished_at__isnull=False)
    scored = runs.order_by("-id").values_list("project_id", flat=True)[:PROJECTS]
    done = 0
    for project_id in dict.fromkeys([*used, *scored]):
        done += tile_anew(project_id, AHEAD if project_id in used else FIRST)
    return done + sweep(now)


@transaction.atomic
def tile_anew(project_id: UUID, most: int) -> int:
    """Asks for tiles once after each scoring that has ended, and once more where more are wanted than before."""
    run = ScoreRun.objects.filter(project_id=project_id, finished_at__isnull=False).order_by("-finished_at").first()
    if run is None:
        return 0
    name = f"{TILED}:{project_id}"
    SweepMark.objects.get_or_create(name=name)
    mark = SweepMark.objects.select_for_update().get(name=name)
    if mark.position.get("run") == str(run.id) and mark.position.get("most", 0) >= most:
        return 0
    start_atlases(project=Project.objects.get(id=project_id), most=most, actor=None)
    mark.position = {"run": str(run.id), "most": most}
    mark.save(update_fields=["position"])
    return 1


@transaction.atomic
def sweep(now: datetime) -> int:
    """Takes away the sheets of batches that were opened more than a day ago."""
    SweepMark.objects.get_or_create(name=MARK)
    mark = SweepMark.objects.select_for_update().get(name=MARK)
    old = GridBatch.objects.filter(id__lt=floor_of(now - KEPT)).order_by("id")
    if "batch" in mark.position:
        old = old.filter(id__gt=UUID(mark.position["batch"]))
    found = list(old.values_list("id", "sheets")[:SWEPT])
    if not found:
        return 0
    GridBatch.objects.filter(id__in=[one for one, _ in found]).update(sheets={})
    mark.position = {"batch": str(found[-1][0])}
    mark.save(update_fields=["position"])
    keys = [key for _, sheets in found for key in sheets.values()]
    transaction.on_commit(lambda: remove(keys))
    return len(keys)
