"""Tiles: what a sheet shows, that nothing is cut twice, and that a job goes on where it stopped."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image

from apps.common.clock import database_now
from apps.common.ids import new_id
from apps.jobs.models import Job
from apps.labels.models import Label
from apps.quality.atlases.crops import GREY, around, cut
from apps.quality.models import Atlas, GridBatch, ScoreRun, Tile
from apps.quality.operations import gridding_atlases
from apps.quality.operations.gridding_atlases import AHEAD, FIRST
from apps.quality.operations.gridding_sheets import tend
from apps.quality.queries.tiles import tiles_for
from tests.factories.jobs import run_all_jobs, run_one
from tests.factories.quality_grid import (
    COLOURS,
    all_labels,
    batches,
    caller,
    committed,
    confirmed,
    grid_world,
    label_next,
    opened,
    score,
)
from tests.factories.tasks import World, add_tasks

pytestmark = pytest.mark.django_db


def ask(world: World, **body: Any) -> Job:
    answer = caller(world, "mia").post(f"/projects/{world.project.id}/quality/atlas/", body)
    assert answer.status_code == 202, answer.content
    return Job.objects.get(pk=answer.json()["id"])


def colour_at(url: str, x: int, y: int) -> tuple[int, int, int]:
    """Of the middle of the tile, as a browser gets it."""
    answer = Client().get(url)
    assert answer.status_code == 200
    assert "immutable" in answer["Cache-Control"]
    image = Image.open(BytesIO(answer.getvalue())).convert("RGB")
    found = image.getpixel((x, y))
    assert isinstance(found, tuple)
    return found[0], found[1], found[2]


def close(one: Any, other: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= 24 for a, b in zip(one, other, strict=True))


def test_a_job_makes_sheets_in_the_grids_order_and_nothing_twice() -> None:
    world = grid_world(tasks=2, boxes=3)
    add_tasks(world, 1)
    label_next(world, ["WBC"])
    score(world)
    job = run_one(ask(world))
    assert (job.state, job.result) == ("succeeded", {"tiles": 7, "unreadable": 0})
    assert sorted(Atlas.objects.values_list("tile", flat=True)) == [96, 192]
    subjects = [(row.task_id, row.subject) for row in score(world)]
    for size in (96, 192):
        tiles = tiles_for(subjects, size)
        assert [(tiles[one]["x"], tiles[one]["y"]) for one in subjects] == [(at * size, 0) for at in range(7)]
        last = tiles[subjects[-1]]
        assert close(colour_at(last["atlas_url"], last["x"] + size // 2, size // 2), COLOURS["WBC"])
        assert close(colour_at(last["atlas_url"], size // 2, size // 2), COLOURS["RBC"])
    assert run_one(ask(world)).result == {"tiles": 0, "unreadable": 0}
    assert Tile.objects.count() == 14


def test_a_moved_label_gets_a_tile_of_its_own() -> None:
    world = grid_world(tasks=1, boxes=2)
    run_one(ask(world))
    label = all_labels(world)[0]
    label.geometry, label.x = {**(label.geometry or {}), "x": 300}, 300
    label.save()
    assert run_one(ask(world, **{"class": "RBC"})).result == {"tiles": 1, "unreadable": 0}
    task = score(world)[0].task_id
    tile = tiles_for([(task, label.label_id)])[task, label.label_id]
    assert (tile["x"], Tile.objects.filter(subject=label.label_id, size=96).count()) == (0, 2)


def test_a_job_goes_on_after_its_last_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gridding_atlases, "READ", 2)
    world = grid_world(tasks=2, boxes=3)
    job = ask(world)
    rows = score(world)
    job.checkpoint = {
        "type": "label",
        "value": rows[3].value,
        "id": rows[3].id,
        "seen": 4,
        "made": 4,
        "unreadable": 0,
    }
    job.save()
    assert run_one(job).result == {"tiles": 6, "unreadable": 0}
    assert {tile.subject for tile in Tile.objects.filter(size=96)} == {row.subject for row in rows[4:]}


def test_images_that_cannot_be_read_have_no_tiles_and_stop_nothing() -> None:
    world = grid_world(tasks=1, boxes=2, pictures=False)
    add_tasks(world, 1)
    label_next(world, ["WBC"])
    score(world)
    assert run_one(ask(world)).result == {"tiles": 1, "unreadable": 2}


def test_a_batch_stands_on_a_sheet_of_its_own_hidden_tiles_among_the_others() -> None:
    world = grid_world(tasks=3, boxes=10)
    add_tasks(world, 1)
    label_next(world, ["WBC", "WBC"])
    score(world)
    for label in all_labels(world)[-2:]:
        confirmed(world, label)
    batch = opened(world, "mia", **{"class": "RBC", "size": 25})
    assert batch["items"][0]["atlas_url"] is None
    run_one(batch["job"])
    shown = caller(world, "mia").get(f"{batches(world)}{batch['id']}/").json()
    assert shown["job"] is None
    assert len({item["atlas_url"] for item in shown["items"] + shown["heading"]["references"]}) == 1
    stored = GridBatch.objects.get()
    hidden = [item["id"] for item in stored.items if item["hidden"]]
    assert len(hidden) == 1
    tile = next(item for item in shown["items"] if item["id"] == hidden[0])
    assert close(colour_at(tile["atlas_url"], tile["x"] + 48, tile["y"] + 48), COLOURS["WBC"])
    # Once there are tiles, the next batch has its sheet at once.
    run_one(ask(world))
    next_one = opened(world, "rex", **{"class": "RBC", "size": 20})
    assert next_one["job"] is None
    assert next_one["items"][0]["atlas_url"]


def test_neighbours_stand_together_the_medoid_first() -> None:
    world = grid_world(tasks=0, boxes=0)
    add_tasks(world, 2)
    label_next(world, ["RBC", "WBC", "RBC", "WBC", "RBC"])
    label_next(world, ["WBC", "RBC", "RBC"])
    score(world)
    run_one(ask(world))
    kinds = [item["class"] for item in opened(world, order="neighbourhood")["items"]]
    assert kinds == ["RBC"] * 5 + ["WBC"] * 3


def test_the_chore_makes_tiles_after_a_scoring_and_takes_old_sheets_away() -> None:
    world = grid_world(tasks=1, boxes=2)
    now = database_now()
    ScoreRun.objects.create(
        id=new_id(), project=world.project, scorer_version="test-1", started_at=now, finished_at=now
    )
    assert (tend(now), tend(now)) == (1, 0)
    assert [job.params["most"] for job in run_all_jobs()] == [FIRST], "nobody has opened the grid"
    batch = opened(world)
    run_all_jobs()
    keys = list(GridBatch.objects.get().sheets.values())
    assert (tend(now), tend(now)) == (1, 0)
    assert [(job.params["class"], job.params["most"]) for job in run_all_jobs()] == [("", AHEAD)]
    committed(world, batch, [])
    tend(now + timedelta(days=2))
    assert GridBatch.objects.get().sheets == {}
    assert len(keys) == 2


def test_crops_keep_their_shape_on_grey_and_stay_inside() -> None:
    image = Image.new("RGB", (200, 100), (250, 0, 0))
    data = BytesIO()
    image.save(data, "JPEG", quality=95)
    box = around(0, 0, 80, 20, (200, 100))
    assert [round(side) for side in box] == [0, 0, 92, 32]
    tile = cut(data, (200, 100), [box], 96)[0]
    assert tile.size == (96, 96)
    assert close(tile.getpixel((48, 48)), (250, 0, 0))
    assert tile.getpixel((48, 4)) == GREY
    left, top, right, bottom = around(200, 100, 0, 0, (200, 100))
    assert min(right - left, bottom - top) >= 4
    assert (right, bottom) == (200, 100)


def test_turned_images_are_cut_as_they_are_seen() -> None:
    image = Image.new("RGB", (40, 20), "white")
    image.paste((255, 0, 0), (0, 0, 10, 10))
    exif = Image.Exif()
    exif[0x0112] = 6
    data = BytesIO()
    image.save(data, "JPEG", quality=95, exif=exif.tobytes())
    # Seen upright it is 20 x 40, red at the upper right.
    tile = cut(data, (20, 40), [(10.0, 0.0, 20.0, 10.0)], 96)[0]
    assert close(tile.getpixel((48, 48)), (255, 0, 0))


def test_files_of_sheets_are_the_stores() -> None:
    world = grid_world(tasks=1, boxes=1)
    run_one(ask(world))
    atlas = Atlas.objects.first()
    assert atlas is not None
    assert default_storage.exists(atlas.key)
    assert atlas.key.startswith("atlases/")
    assert UUID(atlas.key.removeprefix("atlases/").removesuffix(".jpg")) == atlas.id
    assert Label.objects.count() == 1
