"""Models without a hand over REST, with the real inference process: pre-labels, agents, and a decoder that learns."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.management import call_command
from pycocotools import mask as coco

from apps.inference import wire
from apps.inference.gateway import Gateway, Reply
from apps.inference.jobs import settle
from apps.inference.models import ModelVersion, PredictedUnit, Prediction
from apps.jobs.models import Job
from apps.tasks.jobs import agents
from apps.tasks.models import Task
from tests.factories.inference_live import (
    BY_HAND,
    CELLS,
    CLICK,
    LiveInference,
    Mask,
    blocks,
    choose,
    claim_ready,
    packed,
    smear,
)
from tests.factories.walkers import Walker, flow, label, make_project, sound
from tests.inference import tiny_onnx

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("process")]

Jobs = Callable[[], list[Job]]

DETECTOR = {
    "kind": "detection",
    "input": {"size": [64, 64]},
    "classes": ["red", "green", "blue"],
    "output": {"form": "yolo"},
}
CLASS_MAP = {"red": "RBC", "blue": "RBC"}


def add_detector(folder: Path) -> ModelVersion:
    """The tiny detector of bright cells, as an admin adds it."""
    path = tiny_onnx.saved(tiny_onnx.yolo(), folder)
    call_command("models", "add", str(path), "--name", "Cells", "--config", json.dumps(DETECTOR))
    return ModelVersion.objects.get(kind="predictor")


def test_a_model_labels_before_people_come(walking: dict[str, Walker], run_jobs: Jobs, tmp_path: Path) -> None:
    ann, mia = walking["ann"], walking["mia"]
    model = add_detector(tmp_path)
    config = {"prelabel": "Cells", "class_map": CLASS_MAP}
    images = [blocks(number, (8, 16, 0), (40, 48, 2)) for number in range(2)]
    graph = flow(("annotate", "annotate", config), ("review", "review", {}))
    project = make_project(mia, [*images, blocks(2)], CELLS, graph)
    job: Any = run_jobs()[0]
    assert (job.state, job.kind) == ("succeeded", "inference.prelabel"), job.error
    assert [job.result[name] for name in ("tasks", "labels", "not_carried")] == [2, 4, []]
    assert PredictedUnit.objects.count() == 3
    kept = mia.see(f"/projects/{project}/predictions/")["results"]
    assert {(one["class"], round(one["geometry"]["x"])) for one in kept} == {("RBC", 8), ("RBC", 40)}
    assert mia.see(f"/projects/{project}/prediction-models/")["results"][0]["model_version"] == str(model.pk)

    task = ann.claim(project, "annotate")
    labels = ann.see(f"/tasks/{task['id']}/labels/")["labels"]
    assert {round(one["geometry"]["x"]) for one in labels} == {8, 40}
    assert all(one["origin"] == {"kind": "model", "model": "Cells", "prompts": None, "edited": False} for one in labels)
    no_evidence(ann, project, task["id"], job)
    moved = labels[0] | {"geometry": labels[0]["geometry"] | {"x": 9}}
    saved = ann.save(task["id"], {name: moved[name] for name in ("id", "class", "shape", "geometry", "attributes")})
    assert {one["id"]: one["origin"]["edited"] for one in saved["labels"]}[moved["id"]] is True
    assert ann.tell(f"/tasks/{task['id']}/submit/")["stage"] == "review"
    assert sound()


def no_evidence(ann: Walker, project: str, task: str, job: Job) -> None:
    """Nothing that a model said of an image is told to who labels it, but for the labels themselves."""
    for path in ("predictions", "prediction-models", "finetunes", "selections"):
        ann.see(f"/projects/{project}/{path}/", status=403)
    ann.see(f"/jobs/{job.pk}/", status=404)
    ann.tell(f"/projects/{project}/predictions/", {}, status=403)
    for path in ("prelabel", "finetune", "embed"):
        ann.tell(f"/projects/{project}/{path}/", status=403)
    assert ann.see(f"/projects/{project}/assistant/")["coverage"] is None
    for path in ("", "labels/", "history/", "labels/diff/?from=0&to=1"):
        ann.see(f"/tasks/{task}/{path}")
        for word in ("confidence", "probabilities", "score", "metrics", "route_reason"):
            assert f'"{word}"' not in ann.last.content.decode(), (path, word)


def test_agents_of_ours_pass_tasks_on(
    process: LiveInference, walking: dict[str, Walker], run_jobs: Jobs, tmp_path: Path
) -> None:
    ann, mia = walking["ann"], walking["mia"]
    add_detector(tmp_path)
    process.model(is_default=True)
    find = {"outcomes": ["done"], "agent": "predict", "model": "Cells", "class_map": CLASS_MAP}
    segment = {"outcomes": ["done"], "agent": "everything", "class": "cell"}
    graph = flow(("find", "agent", find), ("segment", "agent", segment), ("annotate", "annotate", {}))
    project = make_project(mia, [blocks(3 + number, (8, 16, 0)) for number in range(2)], CELLS, graph)
    ann.call("POST", f"/projects/{project}/stages/annotate/claim/", status=204)
    for _ in range(2):
        agents()
        job: Any = run_jobs()[0]
        assert (job.state, job.result["tasks"], job.result["failed"]) == ("succeeded", 2, 0), job.error
    agents()
    assert run_jobs() == []
    task = ann.claim(project, "annotate")["id"]
    labels = ann.see(f"/tasks/{task}/labels/")["labels"]
    classes = [one["class"] for one in labels]
    assert (classes.count("RBC"), classes.count("cell") > 0) == (1, True)
    assert {one["origin"]["model"] for one in labels} == {"Cells", "Small SAM"}
    assert Prediction.objects.count() == 2
    assert [row["action"] for row in mia.see(f"/tasks/{task}/history/")["results"]].count("proceeded") == 2
    assert set(Task.objects.values_list("stage", flat=True)) == {"annotate"}
    assert sound()


def test_a_decoder_learns_from_what_was_approved(
    process: LiveInference, walking: dict[str, Walker], run_jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, mia = walking["ann"], walking["mia"]
    pictures = [smear(100 + number) for number in range(13)]
    project = make_project(mia, [image for image, _ in pictures], CELLS, BY_HAND)
    base = choose(process, mia, project)
    masks = {f"smear-{number}.png": cells for number, (_, cells) in enumerate(pictures)}
    approved = [approve(walking, project, masks) for _ in range(12)]
    made = process.embeddings()
    quick_tuning(monkeypatch)
    run = mia.tell(f"/projects/{project}/finetune/", {"seed": 1}, status=202)["id"]
    (job,) = run_jobs()
    assert job.state == "succeeded", job.error
    shown = mia.see(f"/finetunes/{run}/")
    state = shown["state"]
    assert (state["state"], state["fraction"], shown["base"]) == ("done", 1, str(base.pk))
    is_consistent(state, approved)
    for path in (f"/finetunes/{run}/", f"/projects/{project}/finetunes/"):
        ann.see(path, status=403)
    # Either way it says by how much, and what was learned is offered only if nobody loses by it.
    assert bool(shown["model"]) == state["accepted"]
    assert "IoU" in state["reason"]

    task = claim_ready(ann, project)["id"]
    settle()  # what was made ahead of clicks is counted once a day
    said = {}
    for model in filter(None, (shown["model"], str(base.pk))):
        chosen = mia.call("PUT", f"/projects/{project}/assistant/", {"model": model, "enabled": True})
        assert chosen["coverage"]["embedded"] == len(pictures)
        answer = ann.tell(f"/tasks/{task}/assist/", CLICK)
        assert answer["model_id"] == model
        said[model] = answer["geometry"]
    assert len({str(geometry) for geometry in said.values()}) == len(said)
    assert made.items() <= process.embeddings().items()


def is_consistent(state: dict[str, Any], approved: list[str]) -> None:
    """The curve, the counts, the intervals and the examples of a tuning that was judged."""
    steps = [point["step"] for point in state["curve"]]
    assert (steps[0], steps == sorted(set(steps)), len(steps) > 2) == (0, True, True)
    assert (state["held_out"] >= 30, state["trained_on"] >= 20) == (True, True)
    assert state["held_out"] + state["trained_on"] <= 6 * len(approved)
    assert sum(one["n"] for one in state["classes"]) == state["held_out"]
    for gain in (state["click_gain"], state["box_gain"]):
        assert gain["low"] <= gain["mean"] <= gain["high"]
    assert state["click_gain"]["low"] > 0
    assert state["examples"]
    for one in state["examples"]:
        assert one["image"]["data_unit"] in approved
        before, after = (iou(one["truth"], one[when]) for when in ("before", "after"))
        assert before == pytest.approx(one["iou_before"], abs=0.1)
        assert after > before


def approve(walking: dict[str, Walker], project: str, masks: Mapping[str, list[Mask]]) -> str:
    """The next task labeled by ann as ``masks`` say and approved by rex; its data unit."""
    ann, rex = walking["ann"], walking["rex"]
    task = claim_ready(ann, project)
    cells = [label("cell", "bitmask", packed(mask)) for mask in masks[task["data_unit"]["name"]]]
    ann.tell(f"/tasks/{task['id']}/submit/", {"labels": {"upsert": cells, "base_revision": 0}})
    assert rex.claim(project, "review")["id"] == task["id"]
    assert rex.tell(f"/tasks/{task['id']}/approve/")["status"] == "complete"
    return str(task["data_unit"]["id"])


def quick_tuning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer steps, and longer ones; and nobody waits between two looks."""
    start = Gateway.finetune_start

    def quickly(way: Gateway, ask: wire.FinetuneAsk) -> Reply[wire.FinetuneState]:
        return start(way, msgspec.structs.replace(ask, steps=60, learning_rate=3e-3))

    monkeypatch.setattr(Gateway, "finetune_start", quickly)
    monkeypatch.setattr("apps.tasks.assist.tuning.LOOK_EVERY", 0.1)


def iou(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    packs = [{"size": mask["size"], "counts": mask["counts"].encode()} for mask in (one, other)]
    return float(coco.iou(packs[:1], packs[1:], [0])[0, 0])
