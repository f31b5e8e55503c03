"""Evaluations over REST: what counts as truth, what is left out, and the figures at any threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage

from apps.common.clock import database_now
from apps.common.ids import new_id
from apps.datasets.models import DataUnit
from apps.inference.models import Prediction
from apps.jobs.models import Job
from apps.jobs.operations.running import JobCancelled
from apps.labels.models import Label, Snapshot, SnapshotEntry
from apps.quality.logic.memorized import looks_memorized
from apps.quality.models import Evaluation
from apps.quality.operations import evaluating_parts
from apps.quality.queries.lineage import snapshot_of, trained_among, units_trained_on
from apps.quality.queries.predictors import prediction_model_of
from apps.tasks.models import Task
from apps.tasks.operations.verdicts import Word, give_verdict
from tests.factories.jobs import run_one
from tests.factories.quality_evaluation import ONTOLOGY, answer, ask, at, caller, evaluated, labeled, path, predict
from tests.factories.tasks import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world(tasks=4, ontology=ONTOLOGY)


def confusion(found: dict[str, Any]) -> dict[tuple[str, str], int]:
    """Cells that are not empty: label class and predicted class."""
    names, counts = found["confusion"]["classes"], found["confusion"]["counts"]
    cells = np.argwhere(np.array(counts) > 0).tolist()
    return {(names[a], names[b]): counts[a][b] for a, b in cells}


def by_class(found: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    return {one["class"]: (one["tp"], one["fp"], one["fn"]) for one in found["classes"]}


def test_figures_of_reviewed_labels_at_any_threshold(world: World) -> None:
    first = labeled(world, [at(10), at(110, "WBC"), at(210, "Platelets")])
    second = labeled(world, [])
    third = labeled(world, [at(10)], approved=False)
    said = {
        first.data_unit_id: [
            at(10, confidence=0.9),
            at(110, "RBC", confidence=0.8),
            at(216, "Platelets", confidence=0.6),
            at(400, "WBC", confidence=0.3),
        ],
        second.data_unit_id: [at(10, confidence=0.7)],
        third.data_unit_id: [at(10, confidence=0.95)],
    }
    predict(world, said, out_of_sample=True)
    job = evaluated(world)
    assert job.result is not None
    assert (job.result["units"], job.result["labels"], job.result["predictions"]) == (2, 3, 5)
    assert job.result["left_out"] == {"units_without_truth": 1}
    found = ask(world)
    assert by_class(found) == {"RBC": (1, 2, 0), "WBC": (0, 1, 1), "Platelets": (1, 0, 0)}
    assert confusion(found) == {
        ("RBC", "RBC"): 1,
        ("WBC", "RBC"): 1,
        ("Platelets", "Platelets"): 1,
        ("nothing", "RBC"): 1,
        ("nothing", "WBC"): 1,
    }
    assert (found["precision"], found["recall"]) == (2 / 5, 2 / 3)
    assert found["warnings"] == []
    strict = ask(world, iou=0.9, confidence=0.5)
    assert by_class(strict) == {"RBC": (1, 2, 0), "WBC": (0, 0, 1), "Platelets": (0, 1, 1)}
    platelets = next(one for one in found["classes"] if one["class"] == "Platelets")
    # 24 of 30 pixels in common each way: IoU 2/3, so COCO finds it at .50 … .65.
    assert platelets["coco"]["ap"] == pytest.approx(0.4)
    assert (platelets["coco"]["ap50"], platelets["coco"]["ap75"]) == pytest.approx((1.0, 0.0))
    assert found["coco"]["bbox"]["ap50"] == pytest.approx(np.mean([1.0, 0.0, 1.0]))
    assert [one["class"] for one in found["curves"]] == ["RBC", "WBC", "Platelets"]
    everything = evaluated(world, truth="all").result
    assert everything is not None
    assert (everything["units"], everything["labels"]) == (3, 4)


def test_a_label_with_an_explicit_word_counts_in_a_unit_nobody_judged_whole(world: World) -> None:
    task = labeled(world, [at(10), at(110, "WBC"), at(210)], approved=False)
    held = world.must_claim("rex", "review").task
    good, bad, _ = Label.objects.order_by("id").values_list("label_id", flat=True)
    for label, verdict in ((good, "approved"), (bad, "rejected")):
        give_verdict(task_id=held.id, user=world.people["rex"], word=Word(label=label, verdict=verdict))
    predict(
        world,
        {task.data_unit_id: [at(10, "WBC", confidence=0.9), at(110, "WBC", confidence=0.8), at(400, confidence=0.7)]},
    )
    result = evaluated(world).result
    assert result is not None
    # Two of the predictions are of labels that do not count, or of a place that nobody has judged.
    assert (result["labels"], result["predictions"]) == (1, 1)
    assert result["left_out"] == {"unreviewed_labels": 2, "predictions": 2}
    assert confusion(ask(world)) == {("RBC", "WBC"): 1}


def test_a_models_own_word_is_no_truth_for_it(world: World) -> None:
    task = labeled(world, [at(10), at(110), at(210)])
    own, edited, other = Label.objects.order_by("id")
    for label, origin in (
        (own, {"kind": "model", "model": "yolo", "edited": False}),
        (edited, {"kind": "model", "model": "yolo", "edited": True}),
        (other, {"kind": "model", "model": "another", "edited": False}),
    ):
        Label.objects.filter(pk=label.pk).update(origin=origin)
    predict(world, {task.data_unit_id: [at(x, confidence=0.9) for x in (10, 110, 210)]}, out_of_sample=True)
    result = evaluated(world).result
    assert result is not None
    assert (result["labels"], result["predictions"]) == (2, 2)
    assert result["left_out"] == {"own_labels": 1, "predictions": 1}
    assert [one["code"] for one in result["warnings"]] == ["own_labels"]
    assert by_class(ask(world)) == {"RBC": (2, 0, 0)}


def snapshot(world: World, tasks: list[Task], name: str = "June") -> Snapshot:
    made = Snapshot.objects.create(project=world.project, name=name, created_at=database_now())
    SnapshotEntry.objects.bulk_create(
        SnapshotEntry(snapshot=made, data_unit_id=task.data_unit_id, revision=1) for task in tasks
    )
    return made


def test_what_the_model_was_trained_on_is_refused_by_name(world: World) -> None:
    first, second = labeled(world, [at(10)]), labeled(world, [at(10)])
    made = snapshot(world, [first])
    said = {task.data_unit_id: [at(10, confidence=0.9)] for task in (first, second)}
    model = predict(world, said, trained_on=str(made.id))
    assert snapshot_of(model) == made
    assert list(units_trained_on(model)) == [first.data_unit_id]
    assert trained_among(model, [first.data_unit_id, second.data_unit_id]) == {first.data_unit_id}
    result = evaluated(world).result
    assert result is not None
    assert (result["units"], result["left_out"]) == (1, {"units_trained_on": 1})
    assert [one["code"] for one in result["warnings"]] == ["trained_on"]
    name = DataUnit.objects.get(id=first.data_unit_id).name
    assert ask(world)["trained_on"] == {"snapshot": "June", "units": [{"id": str(first.data_unit_id), "name": name}]}


def test_lineage_by_name_and_lineage_that_nobody_knows(world: World) -> None:
    task = labeled(world, [at(10)])
    made = snapshot(world, [task])
    said = {task.data_unit_id: [at(10, confidence=0.9)]}
    assert snapshot_of(predict(world, said, version="2", trained_on="June")) == made
    elsewhere = make_world(tasks=1, ontology=ONTOLOGY)
    theirs = snapshot(elsewhere, [], "July")
    for number, trained_on in enumerate((str(theirs.id), "July", "")):
        model = predict(world, said, version=f"x{number}", trained_on=trained_on)
        assert snapshot_of(model) is None
        assert not units_trained_on(model).exists()
    result = evaluated(world, model="yolo x1").result
    assert result is not None
    assert [one["code"] for one in result["warnings"]] == ["unknown_snapshot"]


def test_a_model_that_is_right_too_often_is_suspected(world: World) -> None:
    assert looks_memorized(100, 100, 0.99)
    assert not looks_memorized(100, 99, 0.99)
    assert not looks_memorized(100, 100, 0.98)
    assert not looks_memorized(10, 10, 1.0)
    # Ten labels would go to the expert.
    boxes = [at(10 + 40 * i) for i in range(9)]
    tasks = [labeled(world, [{**one, "id": str(new_id())} for one in boxes]) for _ in range(4)]
    predict(world, {task.data_unit_id: [{**one, "confidence": 0.999} for one in boxes] for task in tasks})
    result = evaluated(world).result
    assert result is not None
    assert [one["code"] for one in result["warnings"]] == ["unknown_sample", "looks_memorized"]


def test_subsets_are_told_by_metadata(world: World) -> None:
    tasks = [labeled(world, [at(10)]), labeled(world, [at(10)])]
    for task, site in zip(tasks, ("north", "south"), strict=True):
        DataUnit.objects.filter(id=task.data_unit_id).update(metadata={"site": site})
    predict(world, {tasks[0].data_unit_id: [at(10, confidence=0.9)], tasks[1].data_unit_id: [at(99, confidence=0.9)]})
    evaluated(world, subset="site")
    found = ask(world)
    assert (found["subset_key"], sorted(found["subsets"])) == ("site", ["north", "south"])
    assert by_class(found)["RBC"] == (1, 1, 1)
    north, south = ask(world, subset="north"), ask(world, subset="south")
    assert (by_class(north)["RBC"], by_class(south)["RBC"]) == ((1, 0, 0), (0, 1, 1))
    assert (north["coco"]["mean"]["ap"], south["coco"]["mean"]["ap"]) == pytest.approx((1.0, 0.0))
    refused = caller(world).get(f"{path(world, 'evaluation')}?subset=west")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/subset")


def test_classifications_have_their_own_figures(world: World) -> None:
    tasks = [labeled(world, [answer("focus", value), answer("flags", flags)]) for value, flags in (
        ("sharp", ["cut", "dark"]), ("sharp", ["cut"]), ("blurred", ["old"]),
    )]  # fmt: skip
    sure = {"sharp": 0.9, "blurred": 0.1}
    said = [
        [answer("focus", "sharp", confidence=0.9, probabilities=sure), answer("flags", ["cut"], confidence=0.8)],
        [answer("focus", "blurred", confidence=0.6, probabilities={"sharp": 0.4, "blurred": 0.6})],
        [answer("focus", "blurred", confidence=0.7), answer("flags", ["old", "cut"], confidence=0.5)],
    ]
    predict(world, {task.data_unit_id: labels for task, labels in zip(tasks, said, strict=True)})
    evaluated(world)
    found = ask(world)
    assert by_class(found) == {
        "focus: sharp": (1, 0, 1),
        "focus: blurred": (1, 1, 0),
        "flags: cut": (1, 1, 1),
        "flags: dark": (0, 0, 1),
        "flags: old": (1, 0, 0),
    }
    assert confusion(found)["focus: sharp", "focus: blurred"] == 1
    focus = next(one for one in found["classifications"] if one["class"] == "focus")
    assert (focus["labels"], focus["accuracy"], focus["top_five"]) == (3, 2 / 3, 1.0)
    assert focus["macro_f1"] == pytest.approx(2 / 3)
    flags = next(one for one in found["classifications"] if one["class"] == "flags")
    assert flags["f1"] == {"cut": 0.5, "dark": 0.0, "old": 1.0}
    assert found["objects"] is None
    assert found["answers"]["tp"] == found["tp"] == 4


def test_outlines_are_compared_by_their_masks_and_lines_not_at_all(world: World) -> None:
    triangle = {"polygons": [[[[10, 10], [110, 10], [10, 110]]]]}
    other_half = {"polygons": [[[[110, 10], [110, 110], [10, 110]]]]}
    line = {"points": [[1, 1], [50, 50]]}

    def outline(geometry: Any, kind: str = "nucleus", shape: str = "polygon", **more: Any) -> dict[str, Any]:
        return at(1, kind, shape=shape, **more) | {"geometry": geometry}

    task = labeled(world, [outline(triangle), outline(line, "vessel", "polyline")])
    said = [
        outline(triangle, confidence=0.9),
        outline(other_half, confidence=0.8),
        outline(line, "vessel", "polyline", confidence=0.9),
    ]
    predict(world, {task.data_unit_id: said})
    result = evaluated(world).result
    assert result is not None
    assert result["left_out"] == {"shapes": 1}
    found = ask(world)
    assert by_class(found) == {"nucleus": (1, 1, 0)}
    assert found["coco"]["segm"]["ap"] == pytest.approx(1.0)


def test_it_goes_on_where_it_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluating_parts, "CHUNK", 1)
    tasks = [labeled(world, [at(10 + 5 * i)]) for i in range(3)]
    predict(world, {task.data_unit_id: [at(10, confidence=0.5)] for task in tasks})
    sent = caller(world).post(path(world, "evaluation"), {"model": "yolo"})
    read = evaluating_parts.read_units
    calls: list[int] = []

    def failing(*args: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise JobCancelled
        return read(*args)

    monkeypatch.setattr(evaluating_parts, "read_units", failing)
    job_id = sent.json()["id"]
    run_one(job_id)
    Job.objects.filter(id=job_id).update(state="queued", cancel_requested=False, finished_at=None)
    job = run_one(job_id)
    assert (job.state, job.result and job.result["units"], len(calls)) == ("succeeded", 3, 4)
    evaluation = Evaluation.objects.get(id=job_id)
    assert default_storage.exists(evaluation.key)
    assert not default_storage.exists(evaluating_parts.part_key(evaluation, 0))
    assert by_class(ask(world)) == {"RBC": (3, 0, 0)}


def test_old_evaluations_go_with_their_files(world: World) -> None:
    task = labeled(world, [at(10)])
    predict(world, {task.data_unit_id: [at(10, confidence=0.5)]})
    made = [Evaluation.objects.get(id=evaluated(world).id) for _ in range(4)]
    assert list(Evaluation.objects.order_by("id")) == made[1:]
    assert [default_storage.exists(one.key) for one in made] == [False, True, True, True]


def test_refusals(world: World) -> None:
    client = caller(world)
    task = labeled(world, [at(10)])
    assert client.get(path(world, "evaluation")).status_code == 404
    refused = client.post(path(world, "evaluation"), {"model": "yolo"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/model")
    elsewhere = make_world(tasks=1, ontology=ONTOLOGY)
    units = DataUnit.objects.filter(dataset=elsewhere.dataset).values_list("id", flat=True)
    theirs = predict(elsewhere, {unit: [] for unit in units})
    refused = client.post(path(world, "evaluation"), {"model": str(theirs.id)})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/model")
    predict(world, {}, version="empty")
    assert client.post(path(world, "evaluation"), {"model": "yolo"}).status_code == 409
    assert not Evaluation.objects.exists()
    assert not Job.objects.exists()
    predict(world, {task.data_unit_id: [at(10, confidence=0.5)]})
    evaluated(world, model="yolo 1")
    for query, pointer in (
        ("iou=0.05", "/iou"),
        ("iou=nan", "/iou"),
        ("confidence=2", "/confidence"),
        ("depth=1", "/depth"),
    ):
        refused = client.get(f"{path(world, 'evaluation')}?{query}")
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, pointer)
    for name in ("ann", "rex", "val"):
        assert caller(world, name).get(path(world, "evaluation")).status_code == 403
        assert caller(world, name).post(path(world, "evaluation"), {"model": "yolo"}).status_code == 403
    assert caller(elsewhere).get(path(world, "evaluation")).status_code == 404
    assert prediction_model_of(world.project.id, "yolo").version == "1"


def test_counts_equal_cocos_on_a_projects_own_rows(world: World) -> None:
    rng = np.random.default_rng(4)
    tasks = []
    for _ in range(4):
        places = rng.uniform(0, 400, (9, 2)).tolist()
        boxes = [at(x, str(rng.choice(["RBC", "WBC"])), y=y, side=40.0) for x, y in places]
        tasks.append((labeled(world, boxes), boxes))
    said = {
        task.data_unit_id: [
            at(
                one["geometry"]["x"] + float(rng.uniform(0, 12)),
                str(rng.choice([one["class"], one["class"], "RBC"])),
                y=one["geometry"]["y"] + float(rng.uniform(0, 12)),
                side=40.0,
                confidence=float(rng.random()),
            )
            for one in boxes
        ]
        for task, boxes in tasks
    }
    predict(world, said)
    evaluated(world)
    found = ask(world, iou=0.5)
    for one in found["classes"]:
        points = next(curve["points"] for curve in found["curves"] if curve["class"] == one["class"])
        assert sum(precision for _, precision, _ in points) / 101 == pytest.approx(one["coco"]["ap50"], abs=1e-6)
        assert one["recall"] == pytest.approx(max(recall for recall, _, _ in points), abs=0.01)
    assert Prediction.objects.count() == 36
