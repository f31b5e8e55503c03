"""The hand's models over REST, with the real inference process: from a file to clicks and labels, through deaths."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command

from apps.inference import jobs as embedding_jobs
from apps.inference import wire
from apps.inference.models import ModelVersion, StoredEmbedding
from apps.inference.service.embeddings import Embedding
from apps.jobs.models import Job
from apps.jobs.operations import running
from apps.labels.models import Label
from apps.tasks.assist.masks import Pixels, pixels_of
from apps.tasks.models import TaskEvent
from tests.factories.inference_live import (
    BOX,
    BY_HAND,
    CELLS,
    CLICK,
    HEIGHT,
    WIDTH,
    LiveInference,
    choose,
    claim_ready,
    smear,
)
from tests.factories.servers import wait_for
from tests.factories.walkers import Walker, label, make_project, sound

pytestmark = pytest.mark.django_db(transaction=True)

Jobs = Callable[[], list[Job]]

EMBEDDING_BYTES = 32 * 8 * 8 + 32 * 4 + 512
"""int8 values, a scale per channel, and the header."""


def test_a_file_becomes_the_answer_to_clicks(
    process: LiveInference, walking: dict[str, Walker], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, mia, ann = walking["root"], walking["mia"], walking["ann"]
    project = make_project(mia, [smear(1)[0]], CELLS, BY_HAND)
    wrong = tmp_path / "wrong.pth"
    torch.save({"image_encoder.pos_embed": torch.zeros(1, 8, 8, 32)}, wrong)
    before = sorted((process.media / "models").iterdir())
    with pytest.raises(CommandError, match="wrong_family"):
        call_command("models", "add", str(wrong))
    assert not ModelVersion.objects.exists()
    assert sorted((process.media / "models").iterdir()) == before
    assert mia.see(f"/projects/{project}/assistant/")["answers"] is None

    call_command("models", "add", str(process.home / "sam.pth"), "--name", "Small SAM")
    assert "sam_small" in capsys.readouterr().out
    (model,) = mia.see("/models/")["results"]
    assert (model["family"], model["version"], model["is_default"]) == ("sam_small", process.sam_sha256, False)
    assert model["facts"]["embedding"] == [32, 8, 8]
    assert mia.see(f"/projects/{project}/assistant/")["answers"] is None
    chosen = {"model": model["id"], "enabled": True}
    ann.call("PUT", f"/projects/{project}/assistant/", chosen, status=403)
    assert mia.see(f"/projects/{project}/assistant/")["answers"] is None
    assert mia.call("PUT", f"/projects/{project}/assistant/", chosen)["answers"]["id"] == model["id"]
    assert ann.see(f"/projects/{project}/assistant/")["coverage"] is None

    with (process.home / "sam.pth").open("rb") as file:
        for walker, status in ((mia, 403), (root, 400)):
            file.seek(0)
            answer = walker.client.post("/api/v1/models/", {"file": file, "name": "Again"})
            assert answer.status_code == status, answer.content
    assert answer.json()["errors"][0]["code"] == "not_allowed"
    assert ModelVersion.objects.count() == 1


def pixels(geometry: dict[str, Any]) -> Pixels:
    return pixels_of(wire.Mask(tuple(geometry["size"]), geometry["counts"]))


def bounds(mask: Pixels) -> dict[str, float]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    x, y = int(columns[0]), int(rows[0])
    return {"x": x, "y": y, "width": int(columns[-1]) + 1 - x, "height": int(rows[-1]) + 1 - y}


def keep(walker: Walker, task: str, answers: list[Any], revision: int = 0) -> Any:
    """Saves every candidate, as a mask and as polygons, with what made it."""
    labels = []
    for answer in answers:
        for one in answer["candidates"]:
            said = {"points": CLICK["points"], "model_id": answer["model_id"], "score": one["score"]}
            origin = {"kind": "model", "model": answer["model"], "prompts": said}
            labels.append(label("cell", "bitmask", one["geometry"], origin=origin))
            labels.append(label("nucleus", "polygon", {"polygons": one["polygons"]}, origin=origin))
    saved = walker.save(task, *labels)
    assert saved["revision"] == revision + 1
    shown = {one["id"]: one for one in walker.see(f"/tasks/{task}/labels/")["labels"]}
    for one in labels:
        found = shown[one["id"]]
        assert found["origin"] == one["origin"] | {"edited": False}
        assert found["geometry"] == one["geometry"]
    return labels


def test_from_the_claim_to_the_submitted_masks(process: LiveInference, walking: dict[str, Walker]) -> None:
    ann, mia = walking["ann"], walking["mia"]
    project = make_project(mia, [smear(number)[0] for number in (10, 11)], CELLS, BY_HAND)
    model = choose(process, mia, project)
    task = claim_ready(ann, project)
    path = f"/tasks/{task['id']}/assist/"
    click = ann.tell(path, CLICK)
    assert (click["model"], click["model_id"], click["warming"]) == ("Small SAM", str(model.pk), False)
    assert len(click["candidates"]) > 1
    box = ann.tell(path, {"box": BOX})
    less = [*CLICK["points"], {"x": 5, "y": 5, "label": 0}]
    more = [
        ann.tell(path, CLICK | {"box": BOX}),
        ann.tell(path, {"points": less, "mask": {"token": click["token"]}}),
        ann.tell(path, CLICK | {"mask": box["geometry"]}),
    ]
    answers = [click, box, *more]
    for answer in answers:
        assert answer["assistant"] == "model"
        assert 0 < answer["score"] <= 1
        mask = pixels(answer["geometry"])
        assert mask.shape == (HEIGHT, WIDTH)
        assert bounds(mask) == answer["bbox"]
    two = ann.tell(path, {"boxes": [BOX, {"x": 0, "y": 0, "width": 60, "height": 60}]})["answers"]
    assert len(two) == 2
    assert two[0]["geometry"] == box["geometry"]
    snapped = ann.tell(path, {"anchors": [[20, 20], [100, 20], [60, 80]]})
    assert snapped["assistant"] == "classical"
    assert len(snapped["path"]) > 3
    kept = keep(ann, task["id"], answers)
    for one in kept[:2]:  # a mask and an outline
        refined = ann.tell(path, CLICK | {"label": one["id"]})
        assert refined["geometry"]["size"] == [HEIGHT, WIDTH]
    assert ann.tell(f"/tasks/{task['id']}/submit/")["stage"] == "review"
    assert Label.objects.filter(origin__kind="model", origin__edited=False).count() == len(kept)
    assert sound()


def test_an_embedding_is_counted_and_served(process: LiveInference, walking: dict[str, Walker]) -> None:
    ann, mia = walking["ann"], walking["mia"]
    project = make_project(mia, [smear(number)[0] for number in (20, 21, 22)], CELLS, BY_HAND)
    model = choose(process, mia, project)
    task = claim_ready(ann, project)
    unit = task["data_unit"]["id"]
    ann.tell(f"/tasks/{task['id']}/assist/", CLICK)
    path = f"/data-units/{unit}/embedding/?model={model.pk}"
    answer = ann.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/octet-stream")
    content = answer.getvalue()
    answer.close()
    assert Embedding.unpack(content).size == (HEIGHT, WIDTH)
    assert len(content) <= EMBEDDING_BYTES
    row = StoredEmbedding.objects.get()
    assert (row.model_sha256, row.bytes) == (process.sam_sha256, len(content))
    far = mia.see(f"/projects/{project}/assistant/")["coverage"]
    assert far == {"embedded": 1, "units": 3, "exact": True}
    walking["bob"].see(path, status=404)
    ann.tell(f"/tasks/{task['id']}/release/")
    ann.see(path, status=404)


def test_only_the_hand_that_holds_the_task_is_assisted(process: LiveInference, walking: dict[str, Walker]) -> None:
    ann, mia = walking["ann"], walking["mia"]
    project = make_project(mia, [smear(30)[0]], CELLS, BY_HAND)
    choose(process, mia, project)
    task = claim_ready(ann, project)["id"]
    before = (TaskEvent.objects.count(), process.embeddings())
    for name, status in (("bob", 404), ("rex", 404), ("val", 403)):
        walking[name].tell(f"/tasks/{task}/assist/", CLICK, status=status)
    Walker().tell(f"/tasks/{task}/assist/", CLICK, status=401)
    assert (TaskEvent.objects.count(), process.embeddings()) == before
    assert ann.tell(f"/tasks/{task}/submit/", {"verified_empty": True})["stage"] == "review"
    ann.tell(f"/tasks/{task}/assist/", CLICK, status=409)
    rex = walking["rex"]
    assert rex.claim(project, "review")["id"] == task
    assert rex.tell(f"/tasks/{task}/assist/", CLICK, status=409)["code"] == "not_editable"


def test_a_death_takes_the_assistant_and_nothing_else(process: LiveInference, walking: dict[str, Walker]) -> None:
    ann, mia = walking["ann"], walking["mia"]
    project = make_project(mia, [smear(40)[0]], CELLS, BY_HAND)
    choose(process, mia, project)
    task = claim_ready(ann, project)["id"]
    path = f"/tasks/{task}/assist/"
    first = ann.tell(path, CLICK)
    made, events = process.embeddings(), TaskEvent.objects.count()
    end = process.kill_with_asks_in_hand()
    for _ in range(2):  # in its hands when it dies; and when it is known to be away
        trouble = ann.tell(path, CLICK, status=503)
        assert trouble["code"] == "unreachable"
        assert int(ann.last["Retry-After"]) > 0
    end.join()
    assert ann.see(path)["state"] == "unavailable"
    assert (ann.see(f"/tasks/{task}/labels/")["revision"], TaskEvent.objects.count()) == (0, events)
    keep(ann, task, [first])
    ann.tell(f"/tasks/{task}/heartbeat/", {"active_ms": 1_000, "idle_ms": 0})

    process.start()
    wait_for(lambda: ann.post(path, CLICK).status_code == 200, "an answer of the next process")
    assert ann.tell(path, CLICK)["geometry"] == first["geometry"]
    assert process.embeddings() == made
    assert process.figure('lapidary_inference_done_total{lane="encode"}') == 0
    assert ann.tell(f"/tasks/{task}/submit/")["stage"] == "review"
    assert sound()


def test_a_project_is_encoded_through_a_death(
    process: LiveInference, walking: dict[str, Walker], run_jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    mia = walking["mia"]
    images = 2 * embedding_jobs.AT_ONCE + 2
    project = make_project(mia, [smear(50 + number)[0] for number in range(images)], CELLS, BY_HAND)
    model = choose(process, mia, project)
    started = mia.tell(f"/projects/{project}/embed/", status=202)
    ask, batches, seen = embedding_jobs._ask, [], []

    def second_batch_meets_a_death(*asked: Any) -> Any:
        batches.append(len(asked[1]))
        end = process.kill_with_asks_in_hand() if len(batches) == 2 else None
        replies = ask(*asked)
        if end is not None:
            end.join()
        return replies

    def rest(seconds: float) -> None:
        seen.append(mia.see(f"/jobs/{started['id']}/"))
        process.start()
        time.sleep(0.1)

    monkeypatch.setattr(embedding_jobs, "_ask", second_batch_meets_a_death)
    monkeypatch.setattr(embedding_jobs, "pause", rest)
    monkeypatch.setattr(running, "WRITE_EVERY", timedelta(0))
    (job,) = run_jobs()
    assert (job.state, job.attempts) == ("succeeded", 1), job.error
    assert (seen[0]["state"], seen[0]["progress"]) == ("running", pytest.approx(embedding_jobs.AT_ONCE / images))
    assert seen[0]["detail"] == "waiting for the inference process"
    shown = mia.see(f"/jobs/{started['id']}/")
    assert (shown["state"], shown["progress"]) == ("succeeded", 1)
    assert (shown["result"]["total"], shown["result"]["failed"]) == (images, 0)
    assert shown["result"]["created"] + shown["result"]["existing"] == images
    far = mia.see(f"/projects/{project}/assistant/")["coverage"]
    assert far == {"embedded": images, "units": images, "exact": True}
    rows = StoredEmbedding.objects.filter(model_sha256=model.sha256)
    assert {row.image_sha256 for row in rows} <= set(process.embeddings())
    walking["ann"].see(f"/jobs/{started['id']}/", status=404)
