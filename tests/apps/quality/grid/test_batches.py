"""Batches: who judges what, what was frozen, what is hidden, and what a commit does, once."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from apps.common.clock import database_now
from apps.labels.models import Label
from apps.quality.models import GridBatch, Observation, Score
from apps.quality.operations.gridding import open_batch
from apps.quality.queries.batches import Filters
from apps.quality.queries.sensitivity import sensitivity_of_grid
from apps.tasks.models import Issue, Selection, Task, Verdict
from tests.factories.quality_grid import (
    all_labels,
    batches,
    caller,
    class_id,
    committed,
    confirmed,
    grid_world,
    label_next,
    opened,
    score,
    undone,
)
from tests.factories.tasks import World, add_tasks, graph

pytestmark = pytest.mark.django_db


def test_what_stands_for_a_class_is_not_what_is_suspected_of_it() -> None:
    world = grid_world(tasks=2, boxes=12, pictures=False)
    opened(world, **{"class": "RBC"})
    shown = {one["label"] for one in GridBatch.objects.get().references}
    labels = [str(one.label_id) for one in all_labels(world)]
    assert len(shown) == 8
    assert shown <= set(labels[16:]), "of the twelve more right than wrong, the eight least suspected"


def words(world: World) -> list[Observation]:
    return list(Observation.objects.filter(project=world.project, instrument="grid").order_by("subject"))


def now_of(world: World, item: dict[str, Any]) -> Label:
    return Label.objects.get(label_set__project=world.project, label_id=item["label"])


def test_the_likeliest_wrong_come_first_and_nothing_comes_twice() -> None:
    world = grid_world(tasks=2, boxes=3, pictures=False)
    first = opened(world, size=4, **{"class": "RBC"})
    assert [item["label"] for item in first["items"]] == [str(one.label_id) for one in all_labels(world)[:4]]
    assert first["heading"] | {"references": []} == {
        "class": "RBC",
        "references": [],
        "seen": 0,
        "left": 2,
        "more": False,
    }
    second = opened(world, size=4)
    assert len(second["items"]) == 2
    assert not {item["label"] for item in first["items"]} & {item["label"] for item in second["items"]}
    nothing = caller(world, "rex").post(batches(world), {})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_left")
    # Another person has not seen them.
    assert len(opened(world, "eve")["items"]) == 6


def test_nobody_judges_their_own_labels() -> None:
    world = grid_world(tasks=2, boxes=2, pictures=False)
    mine = all_labels(world)[0]
    Label.objects.filter(id=mine.id).update(updated_by=world.people["rex"])
    assert str(mine.label_id) not in {item["label"] for item in opened(world)["items"]}
    assert str(mine.label_id) in {item["label"] for item in opened(world, "eve")["items"]}


def test_filters_narrow_and_unknown_ones_are_refused() -> None:
    world = grid_world(tasks=1, boxes=3, pictures=False)
    wbc = {"predicted": "WBC", "label": "RBC"}
    assert len(opened(world, confusion=wbc)["items"]) == 3
    GridBatch.objects.all().delete()
    assert len(opened(world, kind="wrong_class", annotator=world.people["ann"].email)["items"]) == 3
    GridBatch.objects.all().delete()
    rex = caller(world, "rex")
    refused: list[tuple[dict[str, Any], str]] = [
        ({"class": "Blob"}, "/class"),
        ({"kind": "ugly"}, "/kind"),
        ({"annotator": "nobody@cells.test"}, "/annotator"),
        ({"attribute": {"name": "x", "value": "y"}}, "/attribute"),
        ({"confusion": {"predicted": "Blob", "label": "RBC"}}, "/confusion/predicted"),
        ({"size": 201}, "/size"),
        ({"order": "fancy"}, "/order"),
    ]
    for body, pointer in refused:
        answer = rex.post(batches(world), body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert not GridBatch.objects.exists()
    assert rex.post(batches(world), {"confusion": {"predicted": "RBC", "label": "RBC"}}).status_code == 409
    assert caller(world, "ann").post(batches(world), {}).status_code == 403
    assert caller(world, "val").post(batches(world), {}).status_code == 403


def test_a_commit_gives_every_label_a_word_and_acts_on_the_marked_ones() -> None:
    world = grid_world(tasks=2, boxes=3, pictures=False)
    batch = opened(world)
    one, two, *rest = batch["items"]
    marks = [{"item": one["id"], "class": "WBC"}, {"item": two["id"], "kind": "badly_located"}]
    answer = committed(world, batch, marks, active_ms=6000)
    assert answer.status_code == 200, answer.content
    statuses = {row["item"]: row["status"] for row in answer.json()["results"]}
    assert statuses == {one["id"]: "relabeled", two["id"]: "flagged"} | {item["id"]: "fine" for item in rest}
    assert now_of(world, one).class_id == class_id(world, "WBC")
    assert Issue.objects.get().label == now_of(world, two).label_id
    found = {str(row.subject): row for row in words(world)}
    assert len(found) == 6
    assert [found[item["label"]].is_error for item in batch["items"]] == [True, True, False, False, False, False]
    assert (found[one["label"]].kind, found[two["label"]].kind) == ("wrong_class", "badly_located")
    row = found[one["label"]]
    assert (row.class_id, row.annotator, row.reviewer) == (
        class_id(world, "RBC"),
        world.people["ann"],
        world.people["rex"],
    )
    assert (row.elapsed_ms, row.odds is not None, row.vector[1], row.at_random) == (1000, True, 1.0, False)
    # Again: the same answer, and nothing more. Other marks are refused.
    assert committed(world, batch, marks).json() == answer.json()
    assert committed(world, batch, []).status_code == 409
    assert (len(words(world)), Issue.objects.count()) == (6, 1)
    assert not Verdict.objects.exists()


def test_labels_of_claimed_tasks_keep_their_class_one_by_one() -> None:
    world = grid_world(tasks=2, boxes=1, pictures=False)
    batch = opened(world)
    first, second = batch["items"]
    world.must_claim("rex", "review")
    world.must_claim("eve", "review")
    answer = committed(world, batch, [{"item": item["id"], "class": "WBC"} for item in (first, second)]).json()
    assert {row["status"] for row in answer["results"]} == {"refused"}
    assert {row["error"]["code"] for row in answer["results"]} == {"claimed"}
    assert {label.class_id for label in all_labels(world)} == {class_id(world, "RBC")}
    # The word itself counts: they were seen to be wrong.
    assert [row.is_error for row in words(world)] == [True, True]


def test_a_label_that_changed_since_the_freeze_counts_nowhere() -> None:
    world = grid_world(tasks=1, boxes=2, pictures=False)
    batch = opened(world)
    Label.objects.filter(label_id=batch["items"][0]["label"]).update(changed_in=7)
    answer = committed(world, batch, [{"item": batch["items"][0]["id"], "class": "WBC"}]).json()
    assert [row["status"] for row in answer["results"]] == ["stale", "fine"]
    assert len(words(world)) == 1
    assert now_of(world, batch["items"][0]).class_id == class_id(world, "RBC")
    # It comes again, since its present state has not been judged.
    score(world)
    assert [item["label"] for item in opened(world)["items"]] == [batch["items"][0]["label"]]


def test_bad_marks_are_refused_and_nothing_happens() -> None:
    world = grid_world(tasks=1, boxes=2, pictures=False)
    batch = opened(world)
    one, two = batch["items"]
    for marks, pointer in (
        ([{"item": one["id"]}, {"item": one["id"]}], "/marks/1/item"),
        ([{"item": str(world.project.id)}], "/marks/0/item"),
        ([{"item": one["id"], "class": "Blob"}], "/marks/0/class"),
        ([{"item": two["id"], "class": "RBC"}], "/marks/0/class"),
        ([{"item": two["id"], "kind": "missing"}], "/marks/0/kind"),
    ):
        answer = committed(world, batch, marks)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert not words(world)
    assert GridBatch.objects.get().state == "open"
    assert committed(world, batch, [], name="eve").status_code == 404


def test_marked_tasks_go_to_the_stage_that_was_asked_for() -> None:
    world = grid_world(tasks=2, boxes=1, pictures=False)
    batch = opened(world)
    answer = committed(world, batch, [{"item": batch["items"][0]["id"]}], stage="expert").json()
    task = batch["items"][0]["task"]
    assert answer["sent"] == [{"task": task, "error": None}]
    assert Task.objects.get(id=task).stage == "expert"
    assert Task.objects.get(id=batch["items"][1]["task"]).stage == "review"


def test_an_undo_takes_back_what_nobody_has_touched() -> None:
    world = grid_world(tasks=3, boxes=1, pictures=False)
    batch = opened(world)
    one, two, three = batch["items"]
    marks = [{"item": one["id"], "class": "WBC"}, {"item": two["id"]}, {"item": three["id"], "class": "WBC"}]
    committed(world, batch, marks)
    Label.objects.filter(label_id=three["label"]).update(changed_in=9)
    answer = undone(world, batch).json()
    assert {row["item"]: row["status"] for row in answer["results"]} == {
        one["id"]: "taken_back",
        two["id"]: "taken_back",
        three["id"]: "kept",
    }
    assert now_of(world, one).class_id == class_id(world, "RBC")
    assert now_of(world, three).class_id == class_id(world, "WBC")
    assert [str(row.subject) for row in words(world)] == [three["label"]]
    assert Issue.objects.get().resolved_at is not None
    # It is open again, and can be committed with other marks; what was touched is stale now.
    again = committed(world, batch, [{"item": two["id"], "class": "WBC"}]).json()
    assert [row["status"] for row in again["results"]] == ["fine", "relabeled", "stale"]
    assert len(words(world)) == 3


def test_an_undo_comes_too_late_after_half_an_hour() -> None:
    world = grid_world(tasks=1, boxes=1, pictures=False)
    batch = opened(world)
    assert undone(world, batch).json()["code"] == "not_committed"
    committed(world, batch, [{"item": batch["items"][0]["id"], "class": "WBC"}])
    GridBatch.objects.update(committed_at=database_now() - timedelta(minutes=31))
    answer = undone(world, batch)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_late")
    assert now_of(world, batch["items"][0]).class_id == class_id(world, "WBC")
    assert len(words(world)) == 1


def test_a_random_batch_has_a_known_chance_and_tells_no_score() -> None:
    world = grid_world(tasks=2, boxes=10, pictures=False)
    drawn = open_batch(
        project=world.project,
        user=world.people["mia"],
        filters=Filters(),
        order="random",
        size=5,
        now=database_now(),
        rng=Random(3),
    )
    assert drawn.probability == 0.25
    rows = Selection.objects.filter(project=world.project, design="grid")
    assert {(row.probability, row.chosen) for row in rows} == {(0.25, True)}
    assert {str(row.label) for row in rows} == {item["label"] for item in drawn.items}
    batch = opened(world, "mia", order="random", size=5)
    assert {item["evidence"] for item in batch["items"]} == {None}
    committed(world, batch, [], name="mia")
    assert {(row.at_random, row.probability) for row in words(world)} == {(True, 5 / 15)}


def test_draws_are_even() -> None:
    world = grid_world(tasks=1, boxes=8, pictures=False)
    counts = dict.fromkeys((str(label.label_id) for label in all_labels(world)), 0)
    for seed in range(120):
        batch = open_batch(
            project=world.project,
            user=world.people["rex"],
            filters=Filters(),
            order="random",
            size=2,
            now=database_now(),
            rng=Random(seed),
        )
        for item in batch.items:
            counts[item["label"]] += 1
        GridBatch.objects.all().delete()
    # 30 expected of each, with a standard deviation of about 4.7.
    assert all(12 <= count <= 48 for count in counts.values()), counts


def hidden_world() -> World:
    """Sixty red cells, and two white ones that the expert has confirmed."""
    world = grid_world(tasks=6, boxes=10, pictures=False)
    add_tasks(world, 1)
    label_next(world, ["WBC", "WBC"], pictures=False)
    score(world)
    for label in all_labels(world)[-2:]:
        confirmed(world, label)
    return world


def test_known_errors_are_hidden_and_measure_who_looks() -> None:
    world = hidden_world()
    batch = opened(world, "mia", **{"class": "RBC", "size": 50})
    stored = GridBatch.objects.get(id=batch["id"])
    hidden = [item for item in stored.items if item["hidden"]]
    assert len(hidden) == 2
    assert len(batch["items"]) == 52
    # Nothing in the answer tells one from another: the same members, the same class, the same sheet, a likely score.
    assert len({tuple(sorted(item)) for item in batch["items"]}) == 1
    assert {item["class"] for item in batch["items"]} == {"RBC"}
    assert "hidden" not in batch["items"][0]
    assert all(item["evidence"]["text"] for item in batch["items"])
    answer = committed(world, batch, [{"item": hidden[0]["id"], "class": "WBC"}], name="mia").json()
    said = {row["item"]: row for row in answer["results"]}
    assert (said[hidden[0]["id"]]["status"], said[hidden[1]["id"]]["status"]) == ("relabeled", "fine")
    # They are no verdicts, and nothing happened to them.
    assert len(words(world)) == 50
    assert {label.class_id for label in all_labels(world)[-2:]} == {class_id(world, "WBC")}
    assert sensitivity_of_grid(world.project.id) == pytest.approx((1 + 8) / (2 + 10))
    figures = caller(world, "mia").get(f"/projects/{world.project.id}/quality/grid/figures/").json()
    assert figures["grid"]["sensitivity"]["n"] == 2
    assert figures["classes"][0]["class"] == "RBC"
    assert figures["grid"]["verdicts"] == 50
    assert figures["times_faster"] is None


def test_nothing_is_hidden_from_the_expert_who_knows_it_nor_where_nothing_is_known() -> None:
    world = hidden_world()
    for name, project in (("eve", world), ("rex", grid_world(tasks=5, boxes=10, pictures=False))):
        batch = opened(project, name, **{"class": "RBC", "size": 50})
        assert not [item for item in GridBatch.objects.get(id=batch["id"]).items if item["hidden"]]


def test_reviewers_see_scores_only_where_their_stages_show_them() -> None:
    kept = {"show_evidence": "after my verdict"}
    world = grid_world(tasks=1, boxes=2, pictures=False, workflow=graph(review=kept, expert=kept))
    assert opened(world, "mia")["items"][0]["evidence"]["kind"] == "wrong_class"
    assert opened(world, "rex")["items"][0]["evidence"] is None
    shown = opened(grid_world(tasks=1, boxes=1, pictures=False))
    assert shown["items"][0]["evidence"]["p_error"] == 0.5


def test_figures_compare_measured_times() -> None:
    world = grid_world(tasks=2, boxes=5, pictures=False)
    batch = opened(world)
    committed(world, batch, [{"item": batch["items"][0]["id"]}], active_ms=5000)
    for label in all_labels(world):
        row = confirmed(world, label)
        row.elapsed_ms = 4000
        row.save()
    figures = caller(world, "mia").get(f"/projects/{world.project.id}/quality/grid/figures/").json()
    assert figures["grid"]["verdicts_per_minute"] == pytest.approx(120)
    assert figures["review"]["verdicts_per_minute"] == pytest.approx(15)
    assert figures["times_faster"] == pytest.approx(8)
    assert (figures["grid"]["errors"], figures["review"]["errors"]) == (1, 0)
    assert figures["grid"]["sensitivity"]["low"] < 0.8 < figures["grid"]["sensitivity"]["high"]
    assert caller(world, "rex").get(f"/projects/{world.project.id}/quality/grid/figures/").status_code == 403


def test_a_batch_given_back_lets_its_labels_come_again() -> None:
    world = grid_world(tasks=1, boxes=3, pictures=False)
    batch = opened(world)
    assert caller(world, "eve").request("DELETE", f"{batches(world)}{batch['id']}/").status_code == 404
    for _ in range(2):
        assert caller(world, "rex").request("DELETE", f"{batches(world)}{batch['id']}/").status_code == 204
    assert committed(world, batch, []).status_code == 409
    assert not words(world)
    again = opened(world)
    assert {item["label"] for item in again["items"]} == {item["label"] for item in batch["items"]}
    committed(world, again, [])
    assert caller(world, "rex").request("DELETE", f"{batches(world)}{again['id']}/").status_code == 204
    assert GridBatch.objects.get(id=again["id"]).state == "committed"


def test_a_project_without_scores_says_so() -> None:
    world = grid_world(tasks=1, boxes=1, pictures=False)
    Score.objects.all().delete()
    answer = caller(world, "rex").post(batches(world), {})
    assert (answer.status_code, answer.json()["code"], answer.json()["predictions"]) == (409, "not_scored", False)
    assert not GridBatch.objects.exists()


def test_own_batches_are_listed_and_shown_again() -> None:
    world = grid_world(tasks=1, boxes=2, pictures=False)
    batch = opened(world)
    rows = caller(world, "rex").get(batches(world)).json()["results"]
    assert [(row["id"], row["class"], row["items_count"], row["state"]) for row in rows] == [
        (batch["id"], "RBC", 2, "open")
    ]
    again = caller(world, "rex").get(f"{batches(world)}{batch['id']}/?tile=192").json()
    assert [item["id"] for item in again["items"]] == [item["id"] for item in batch["items"]]
    assert again["items"][1]["x"] == 192
    assert caller(world, "eve").get(f"{batches(world)}{batch['id']}/").status_code == 404
    assert caller(world, "eve").get(batches(world)).json()["results"] == []
