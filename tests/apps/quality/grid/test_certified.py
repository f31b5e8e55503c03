"""Grid verdicts in certificates: only what a draw chose speaks for others, by what the grid finds of known errors."""

from __future__ import annotations

import secrets
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache

from apps.common.clock import database_now
from apps.labels.models import Label
from apps.quality.logic.frame_record import contents_in, keys_of, unpacked
from apps.quality.models import GridBatch, GridFrame, Observation
from apps.tasks.models import Task
from apps.tasks.operations.corrections import correct_labels
from tests.factories.quality_audit import RIGHT, WRONG, audited_world, judge, path
from tests.factories.quality_grid import all_labels, batches, caller, committed, opened, score, suspects, undone
from tests.factories.tasks import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def same_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """The grid draws the same in every run."""
    source = Random(7)
    monkeypatch.setattr(secrets, "SystemRandom", lambda: source)


def measured(world: World, *, shown: int = 40, found: int = 32) -> None:
    """A batch of long ago in which rex marked ``found`` of ``shown`` known errors."""
    items = [{"id": str(uuid4()), "label": str(uuid4()), "class": "x", "hidden": True} for _ in range(shown)]
    GridBatch.objects.create(
        project=world.project,
        reviewer=world.people["rex"],
        order="mistakenness",
        items=items,
        marks=[{"item": item["id"], "label": item["label"]} for item in items[:found]],
        state="committed",
        opened_at=database_now() - timedelta(days=2),
        committed_at=database_now() - timedelta(days=2),
    )


def looked_at(world: World, *, size: int, order: str = "random", name: str = "rex", **more: Any) -> dict[str, Any]:
    """Somebody judges a batch and gives every wrong label its class."""
    batch = opened(world, name, order=order, size=size)
    answer = committed(world, batch, marks_of(batch), name=name, **more)
    assert answer.status_code == 200, answer.content
    return batch


def marks_of(batch: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"item": item["id"], "class": RIGHT} for item in batch["items"] if item["class"] == WRONG]


def said_of(world: World) -> dict[str, Any]:
    cache.clear()
    answer = caller(world, "mia").get(path(world, "quality/certificate/"))
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def graded_world(*, tasks: int = 40, wrong: set[int] | None = None) -> World:
    world = audited_world(tasks=tasks, wrong={*range(0, 3 * tasks, 12)} if wrong is None else wrong)
    score(world)
    return world


def line_of(said: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(line for line in said["kinds"] if line["kind"] == kind)


def still_wrong(world: World) -> int:
    wrong = str(next(item["id"] for item in world.ontology.definition["objects"] if item["name"] == WRONG))
    return sum(label.class_id == wrong for label in all_labels(world))


def test_a_random_batch_alone_certifies_by_what_the_grid_finds() -> None:
    world = graded_world()
    measured(world)
    assert not said_of(world)["certified"]
    looked_at(world, size=60)
    said = said_of(world)
    assert said["certified"], said["rests_on"]
    assert said["low"] <= still_wrong(world) / 120 <= said["high"]
    assert (said["n_labels"], said["n_reviewed"], said["n_audited"], said["n_grid"]) == (120, 0, 0, 60)
    assert "60 in the grid (60 drawn at random) speak for 60 labels" in said["rests_on"]
    assert "Duplicates and wrong answers" in said["rests_on"]
    grid = said["grid"]
    assert (grid["heard"], grid["looks"], grid["at_random"], grid["drawn"], grid["silent"]) == (True, 60, 60, 60, 0)
    assert grid["sensitivity"]["estimate"] == pytest.approx(40 / 50)
    own = next(one for one in said["strata"] if one["stratum"] == "in the grid")
    assert (own["labels"], own["at_random"], own["was_wrong"]) == (60, 60, grid["marked"])
    # What the grid finds less of, it can tell less of.
    GridBatch.objects.filter(order="mistakenness").delete()
    measured(world, shown=40, found=12)
    blunt = said_of(world)
    assert blunt["estimate"] > said["estimate"]
    assert blunt["high"] - blunt["low"] > said["high"] - said["low"]


def test_of_kinds_that_no_crop_shows_the_grid_says_nothing() -> None:
    world = graded_world()
    measured(world)
    looked_at(world, size=60)
    said = said_of(world)
    assert line_of(said, "wrong_class")["certified"]
    for kind in ("duplicate", "wrong_attribute", "missing"):
        assert not line_of(said, kind)["certified"], kind
        assert line_of(said, kind)["n_grid"] == 0
    assert "does not show errors of this kind" in line_of(said, "duplicate")["rests_on"]
    assert said["grid"]["not_shown"] == ["duplicate", "wrong_attribute", "missing"]


def test_without_enough_known_errors_the_grid_is_not_heard() -> None:
    world = graded_world()
    measured(world, shown=9, found=9)
    looked_at(world, size=60)
    said = said_of(world)
    assert not said["certified"]
    assert "9 known errors were hidden in the grid; from 10 on" in said["grid"]["reason"]
    measured(world, shown=1, found=1)
    assert said_of(world)["certified"]


def test_batches_by_suspicion_speak_for_themselves_alone() -> None:
    world = graded_world()
    measured(world)
    looked_at(world, size=60, order="mistakenness")
    refused = said_of(world)
    assert not refused["certified"]
    assert "had no chance" in refused["rests_on"]
    looked_at(world, size=60, order="mistakenness")
    said = said_of(world)
    assert said["certified"], said["rests_on"]
    assert said["grid"]["at_random"] == 0
    assert "cover all 120 labels" in said["rests_on"]
    # Ten marks at a sensitivity of .8 leave about two and a half behind.
    assert 0 < said["estimate"] < said["high"] < 0.15


def test_the_whole_frame_is_on_record_with_its_chance() -> None:
    world = graded_world(tasks=10)
    own = all_labels(world)[0]
    Label.objects.filter(id=own.id).update(updated_by=world.people["rex"])
    batch = opened(world, "rex", order="random", size=9)
    kept = GridFrame.objects.get(batch_id=batch["id"])
    assert (kept.labels, kept.drawn, kept.probability) == (29, 9, 9 / 29)
    tasks = dict(Task.objects.filter(project=world.project).values_list("label_set_id", "id"))
    labels = all_labels(world)
    found = contents_in(
        unpacked(bytes(kept.record)), keys_of([(tasks[one.label_set_id], one.label_id) for one in labels])
    )
    assert [int(one) for one in found] == [-1] + [one.changed_in for one in labels[1:]]
    # What was drawn before is in later frames as well: its chance is that of the rest.
    committed(world, batch, [])
    second = opened(world, "rex", order="random", size=5)
    later = GridFrame.objects.get(batch_id=second["id"])
    assert (later.labels, later.probability) == (20, 5 / 20)
    assert len(unpacked(bytes(later.record))[0]) == 29


def test_who_gives_a_random_batch_back_gets_it_again() -> None:
    world = graded_world(tasks=10)
    batch = opened(world, "rex", order="random", size=9)
    for _ in range(2):
        assert caller(world, "rex").request("DELETE", f"{batches(world)}{batch['id']}/").status_code == 204
        again = opened(world, "rex", order="random", size=4)
        assert again["id"] == batch["id"]
        assert [item["label"] for item in again["items"]] == [item["label"] for item in batch["items"]]
    GridBatch.objects.update(opened_at=database_now() - timedelta(hours=2))
    assert opened(world, "rex", order="random")["id"] == batch["id"], "left, it comes again too"
    assert GridFrame.objects.count() == 1
    assert committed(world, batch, []).status_code == 200
    assert opened(world, "rex", order="random", size=4)["id"] != batch["id"]


def test_batches_that_were_shown_and_given_back_silence_the_grid() -> None:
    world = graded_world()
    measured(world)
    shy = opened(world, "rex", order="random", size=20, **{"class": RIGHT})
    assert caller(world, "rex").request("DELETE", f"{batches(world)}{shy['id']}/").status_code == 204
    looked_at(world, size=60)
    said = said_of(world)
    assert not said["certified"]
    assert "20 of 80 labels drawn at random for the grid were shown and given back" in said["grid"]["reason"]
    # The same labels come once more, and are judged.
    again = opened(world, "rex", order="random", size=20, **{"class": RIGHT})
    assert again["id"] == shy["id"]
    committed(world, again, [])
    assert said_of(world)["certified"]


def test_random_looks_in_the_grid_and_by_reviews_are_put_together() -> None:
    world = graded_world()
    measured(world, shown=100, found=90)
    caller(world, "mia").post(path(world, "quality/audit/"), {"looks": 20})
    while judge(world, "eve"):
        pass
    reviews = said_of(world)
    assert (reviews["certified"], reviews["grid"]) == (True, None)
    score(world)
    looked_at(world, size=50)
    both = said_of(world)
    assert both["certified"]
    one, two = (line_of(said, "wrong_class") for said in (reviews, both))
    assert two["n_grid"] > 0
    assert two["high"] - two["low"] < one["high"] - one["low"]
    assert two["low"] <= still_wrong(world) / 120 <= two["high"]
    assert both["low"] <= still_wrong(world) / 120 <= both["high"]


def test_an_edit_after_the_draw_ends_its_chance() -> None:
    world = graded_world()
    measured(world)
    batch = looked_at(world, size=60)
    assert said_of(world)["certified"]
    drawn = {item["label"] for item in batch["items"]}
    label = next(one for one in all_labels(world) if str(one.label_id) not in drawn)
    task = Task.objects.get(label_set=label.label_set)
    row = {"id": str(label.label_id), "shape": label.shape, "geometry": label.geometry, "class": "Platelets"}
    correct_labels(
        task_id=task.id,
        actor=world.people["mia"],
        upsert=[row],
        delete=[],
        base_revision=None,
        operation="import",
        origin_kind="human",
    )
    refused = said_of(world)
    assert not refused["certified"]
    assert "had no chance" in refused["rests_on"]


def test_an_undone_batch_is_no_look() -> None:
    world = graded_world()
    measured(world)
    batch = looked_at(world, size=60)
    assert undone(world, batch).status_code == 200
    assert not said_of(world)["certified"]
    committed(world, batch, marks_of(batch))
    said = said_of(world)
    assert said["certified"], said["rests_on"]
    assert said["n_grid"] == 60


def test_the_experts_word_on_a_mark_comes_before_the_grids() -> None:
    world = graded_world(wrong=set())
    measured(world)
    batch = opened(world, "rex", order="random", size=60)
    false = batch["items"][0]
    answer = committed(world, batch, [{"item": false["id"], "kind": "wrong_class"}], stage="expert").json()
    assert answer["sent"] == [{"task": false["task"], "error": None}]
    assert GridBatch.objects.get(id=batch["id"]).taken_out == [false["task"]]
    marked = said_of(world)
    assert marked["n_labels"] == 120, "what a mark sent away stays in the frame"
    assert marked["estimate"] > 0
    assert judge(world, "eve") == UUID(false["task"])
    said = said_of(world)
    assert (said["grid"]["confirmed"]["checked"], said["grid"]["confirmed"]["true"]) == (1, 0)
    assert said["estimate"] == 0
    assert said["high"] < marked["high"]
    assert said["n_reviewed"] == 3


def test_an_object_that_was_missing_is_known_by_the_mark_that_added_it() -> None:
    world = graded_world()
    measured(world)
    suspects(world, each=1)
    looked_at(world, size=60)
    before = said_of(world)
    batch = opened(world, "rex", kind="missing", size=3)
    answer = committed(world, batch, [{"item": item["id"]} for item in batch["items"]]).json()
    assert [row["status"] for row in answer["results"]] == ["added"] * 3
    said = said_of(world)
    assert said["certified"], said["rests_on"]
    assert (said["n_labels"], said["n_grid"]) == (before["n_labels"] + 3, 60)
    assert said["estimate"] > before["estimate"], "a mark may be false, and nobody has checked these"


def test_a_batch_that_waits_is_passed_over_after_a_week() -> None:
    world = graded_world()
    measured(world)
    looked_at(world, size=60)
    left = opened(world, "rex", order="random", size=20)
    caller(world, "rex").request("DELETE", f"{batches(world)}{left['id']}/")
    said = said_of(world)
    assert (said["certified"], said["grid"]["silent"]) == (True, 0)
    GridBatch.objects.filter(id=left["id"]).update(opened_at=database_now() - timedelta(days=8))
    said = said_of(world)
    assert (said["certified"], said["grid"]["silent"]) == (False, 20)


def test_a_snapshot_from_before_the_marks_holds_what_they_found() -> None:
    world = graded_world()
    measured(world)
    made = caller(world, "mia").post(path(world, "snapshots/"), {"name": "Before"}).json()
    looked_at(world, size=60)
    now = said_of(world)
    then = caller(world, "mia").get(path(world, f"quality/certificate/?snapshot={made['id']}")).json()
    assert (now["certified"], then["certified"]) == (True, True)
    assert then["estimate"] > now["estimate"]
    assert then["low"] <= 10 / 120 <= then["high"]


def test_the_printed_certificate_tells_of_the_grid() -> None:
    world = graded_world()
    measured(world)
    looked_at(world, size=60)
    mia = caller(world, "mia")
    made = mia.post(path(world, "quality/certificate/"), {})
    assert made.status_code == 201, made.content
    assert made.json()["document"]["grid"]["looks"] == 60
    pdf = mia.get(path(world, f"quality/certificates/{made.json()['id']}/pdf/"))
    assert (pdf.status_code, pdf.content[:4]) == (200, b"%PDF")


def test_words_in_the_grid_keep_what_they_left() -> None:
    world = graded_world(wrong={0})
    looked_at(world, size=120)
    rows = Observation.objects.filter(project=world.project, is_error=True)
    assert [(row.label_revision, row.left_revision) for row in rows] == [(1, 2)]
