"""One click: who may ask, what is sound, what goes to the process and what comes back."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.inference import wire
from apps.inference.gateway import Busy, Done, Late, Refused, Superseded, Unavailable
from apps.inference.models import StoredEmbedding
from apps.labels.models import Label, Revision
from apps.tasks.assist.masks import pixels_of
from apps.tasks.models import Task, TaskEvent
from apps.tasks.operations.labeling import LabelChanges, save_task_labels
from tests.factories.inference import make_model
from tests.factories.labels import BLOOD_CELLS
from tests.factories.people import Caller, make_key
from tests.factories.tasks import World, make_world
from tests.fakes.inference import FakeGateway, choose, install, square

pytestmark = pytest.mark.django_db

POINT = {"points": [{"x": 20, "y": 30, "label": 1}]}


@pytest.fixture
def world() -> World:
    return make_world(tasks=2, ontology=BLOOD_CELLS)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeGateway:
    fake = install(monkeypatch)
    fake.answers(square(), square(x=50))
    return fake


def speaker(world: World, name: str) -> Caller:
    return Caller(make_key(world.people[name]))


def held(world: World, name: str = "ann") -> Task:
    return world.must_claim(name).task


def ask(world: World, task: Task, body: dict[str, Any] | None = None, name: str = "ann") -> Any:
    return speaker(world, name).post(f"/tasks/{task.id}/assist/", POINT if body is None else body)


def refused(answer: Any, pointer: str, code: str) -> None:
    assert answer.status_code == 400, answer.json()
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in answer.json()["errors"]], answer.json()


def test_a_click_of_the_holder_gives_the_best_mask_and_its_rivals(world: World, fake: FakeGateway) -> None:
    model = make_model(is_default=True)
    task = held(world)
    shown = ask(world, task, POINT | {"session": "tab", "meanwhile": True, "deadline_ms": 900}).json()
    assert shown["geometry"] == {"size": [480, 640], "counts": square().mask.counts}
    assert shown["polygons"] == [[[[10, 20], [40, 20], [40, 50], [10, 50]]]]
    assert (shown["score"], shown["bbox"]) == (0.9, {"x": 10, "y": 20, "width": 30, "height": 30})
    assert [one["bbox"]["x"] for one in shown["candidates"]] == [10, 50]
    assert (shown["model"], shown["model_id"], shown["assistant"]) == ("SAM", str(model.id), "model")
    assert (shown["milliseconds"], shown["token"], shown["warming"]) == (7.0, "t-1", False)
    assert "answers" not in shown
    (sent,) = fake.of("assist")
    assert sent.prompts == wire.Prompts(points=(wire.Point(20.0, 30.0, 1),))
    assert sent.model == model.spec()
    assert (sent.session, sent.meanwhile, sent.deadline_ms) == (f"{world.people['ann'].id}:tab", True, 900)
    unit = task.data_unit
    assert sent.image == wire.ImageRef(unit.media_key, unit.sha256, unit.width, unit.height)


def test_nothing_is_written(world: World, fake: FakeGateway) -> None:
    task = held(world)
    before = (TaskEvent.objects.count(), Label.objects.count(), Revision.objects.count(), world.fresh(task).updated_at)
    ask(world, task)
    after = (TaskEvent.objects.count(), Label.objects.count(), Revision.objects.count(), world.fresh(task).updated_at)
    assert before == after


def test_a_click_costs_four_statements(world: World, fake: FakeGateway) -> None:
    choose(world.project, make_model())
    task, ann = held(world), speaker(world, "ann")
    ann.post(f"/tasks/{task.id}/assist/", POINT)  # the key's first use is written down
    with CaptureQueriesContext(connection) as seen:
        assert ann.post(f"/tasks/{task.id}/assist/", POINT).status_code == 200
    assert len(seen) <= 4, [query["sql"] for query in seen]


def test_without_a_model_the_classical_assistant_answers(world: World, fake: FakeGateway) -> None:
    shown = ask(world, held(world)).json()
    assert (shown["model"], shown["model_id"], shown["assistant"]) == ("classical", None, "classical")
    assert fake.of("assist")[0].model == wire.CLASSICAL


def test_an_answer_of_the_classical_one_is_called_so_though_a_model_was_asked(world: World, fake: FakeGateway) -> None:
    choose(world.project, make_model())
    answer = wire.Assist([square()], model="classical", warming=True)
    fake.replies["assist"] = Done(wire.AssistAnswer([answer], encoded=False, embedding_bytes=0))
    shown = ask(world, held(world)).json()
    assert (shown["model"], shown["model_id"], shown["assistant"], shown["warming"]) == (
        "classical",
        None,
        "classical",
        True,
    )
    assert not StoredEmbedding.objects.exists()


def test_a_model_may_be_asked_for_by_its_id(world: World, fake: FakeGateway) -> None:
    make_model(is_default=True)
    other, task = make_model("Other"), held(world)
    assert ask(world, task, POINT | {"model": str(other.id)}).json()["model"] == "Other"
    assert ask(world, task, POINT | {"model": "classical"}).json()["model"] == "classical"
    refused(ask(world, task, POINT | {"model": "nothing"}), "/model", "unknown_model")
    foreign = make_model("Theirs", project=make_world(tasks=0).project)
    refused(ask(world, task, POINT | {"model": str(foreign.id)}), "/model", "unknown_model")


def test_a_new_embedding_is_noted(world: World, fake: FakeGateway) -> None:
    model, task = make_model(is_default=True), held(world)
    answer = wire.Assist([square()], model=model.spec_id)
    fake.replies["assist"] = Done(wire.AssistAnswer([answer], encoded=True, embedding_bytes=1_050_000))
    assert ask(world, task).status_code == 200
    assert ask(world, task).status_code == 200
    row = StoredEmbedding.objects.get()
    assert (row.model_sha256, row.image_sha256, row.bytes) == (model.sha256, task.data_unit.sha256, 1_050_000)


def test_nothing_found_is_an_answer(world: World, fake: FakeGateway) -> None:
    fake.answers(note="no object here")
    shown = ask(world, held(world)).json()
    assert (shown["geometry"], shown["bbox"], shown["candidates"], shown["note"]) == (None, None, [], "no object here")


def test_boxes_give_an_answer_each(world: World, fake: FakeGateway) -> None:
    boxes = [{"x": 0, "y": 0, "width": 10, "height": 10}, {"x": 5.5, "y": 5, "width": 634.5, "height": 475.01}]
    shown = ask(world, held(world), {"boxes": boxes}).json()
    assert len(shown["answers"]) == 2
    assert shown["geometry"] == shown["answers"][0]["geometry"]
    assert fake.of("assist")[0].prompts.boxes == ((0, 0, 10, 10), (5.5, 5, 634.5, 475.01))


def test_anchors_are_the_classical_assistants(world: World, fake: FakeGateway) -> None:
    make_model(is_default=True)
    shown = ask(world, held(world), {"anchors": [[1, 2], [30, 40.5]], "closed": False}).json()
    sent = fake.of("assist")[0]
    assert sent.model == wire.CLASSICAL
    assert (sent.prompts.anchors, sent.prompts.closed) == (((1, 2), (30, 40.5)), False)
    assert shown["assistant"] == "classical"


def test_a_token_refines_the_answer_before(world: World, fake: FakeGateway) -> None:
    ask(world, held(world), POINT | {"mask": {"token": "t-1"}})
    assert fake.of("assist")[0].prompts.token == "t-1"


def save(world: World, task: Task, **label: Any) -> str:
    body = {"id": "7b6b2a52-6a52-4d0c-9d3c-111111111111", "attributes": {}, **label}
    changes = LabelChanges(upsert=[body])
    assert isinstance(
        save_task_labels(task_id=task.id, user=world.people["ann"], changes=changes, claim_token=None), tuple
    )
    return str(body["id"])


def test_a_saved_box_becomes_the_box(world: World, fake: FakeGateway) -> None:
    task = held(world)
    geometry = {"x": 10, "y": 20, "width": 30, "height": 40}
    label = save(world, task, **{"class": "RBC"}, shape="bounding_box", geometry=geometry)
    assert ask(world, task, POINT | {"label": label}).status_code == 200
    assert fake.of("assist")[0].prompts.box == (10, 20, 30, 40)
    refused(ask(world, task, {"label": label, "box": geometry}), "/label", "bad_prompts")


def test_a_saved_polygon_becomes_a_mask_with_its_hole(world: World, fake: FakeGateway) -> None:
    task = held(world)
    ring, hole = [[10, 10], [50, 10], [50, 50], [10, 50]], [[20, 20], [30, 20], [30, 30], [20, 30]]
    label = save(world, task, **{"class": "nucleus"}, shape="polygon", geometry={"polygons": [[ring, hole]]})
    ask(world, task, {"label": label})
    mask = fake.of("assist")[0].prompts.mask
    assert mask.size == (480, 640)
    pixels = pixels_of(mask)
    assert (pixels[15, 15], pixels[25, 25], pixels[60, 60]) == (1, 0, 0)
    assert int(pixels.sum()) == 40 * 40 - 10 * 10


def test_a_saved_mask_goes_as_it_is_and_a_point_cannot_be_refined(world: World, fake: FakeGateway) -> None:
    task, mask = held(world), square().mask
    geometry = {"size": [480, 640], "counts": mask.counts}
    label = save(world, task, **{"class": "stain"}, shape="bitmask", geometry=geometry)
    ask(world, task, {"label": label})
    ask(world, task, {"mask": geometry})
    assert [sent.prompts.mask for sent in fake.of("assist")] == [mask, mask]
    save(world, task, **{"class": "centre"}, shape="keypoint", geometry={"x": 1, "y": 1})
    refused(ask(world, task, {"label": label}), "/label", "bad_prompts")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/points", "no_prompts"),
        ({"points": []}, "/points", "no_prompts"),
        ({"points": [{"x": 1, "y": 1, "label": 1}] * 201}, "/points", "max_length"),
        ({"points": [{"x": 641, "y": 1, "label": 1}]}, "/points/0", "outside_image"),
        ({"points": [{"x": "1", "y": 1, "label": 1}]}, "/points/0/x", "invalid"),
        ({"points": [{"x": 1, "y": 1, "label": 2}]}, "/points/0/label", "max_value"),
        ({"points": [{"x": 1, "y": 1, "label": 1, "z": 1}]}, "/points/0/z", "unknown_field"),
        ({"box": {"x": 1, "y": 1, "width": 0, "height": 1}}, "/box/width", "zero_size"),
        ({"boxes": [{"x": 600, "y": 1, "width": 41, "height": 1}]}, "/boxes/0", "outside_image"),
        ({"boxes": [{"x": 1, "y": 1, "width": 1, "height": 1}] * 101}, "/boxes", "max_length"),
        ({"boxes": [{"x": 1, "y": 1, "width": 1, "height": 1}], **POINT}, "/boxes", "bad_prompts"),
        ({"anchors": [[1, 1], [2, 2]], **POINT}, "/anchors", "bad_prompts"),
        ({"anchors": [[1, 1]]}, "/anchors", "too_few_points"),
        ({"anchors": [[1, 1], [2, "x"]]}, "/anchors/1/1", "not_a_number"),
        ({"mask": {"size": [480, 640], "counts": "1"}}, "/mask/counts", "bad_counts"),
        ({"mask": {"token": 5}}, "/mask/token", "bad_token"),
        ({"mask": {"token": "a"}, "polygons": [[[[0, 0], [9, 0], [9, 9]]]]}, "/polygons", "bad_prompts"),
        ({"polygons": [[[[0, 0], [9, 9]]]]}, "/polygons/0/0", "too_few_points"),
        ({"polygons": [[[[0, 0], [0.01, 0], [0.01, 0.01]]]]}, "/polygons", "empty"),
        ({"label": "7b6b2a52-6a52-4d0c-9d3c-000000000000"}, "/label", "unknown_label"),
        ({**POINT, "what": 1}, "/what", "unknown_field"),
        ({**POINT, "session": "s" * 101}, "/session", "max_length"),
        ({**POINT, "deadline_ms": 0}, "/deadline_ms", "min_value"),
    ],
)
def test_what_is_not_sound_is_refused_by_pointer(
    world: World, fake: FakeGateway, body: dict[str, Any], pointer: str, code: str
) -> None:
    refused(ask(world, held(world), body), pointer, code)
    assert fake.asked == []


def test_who_may_ask(world: World, fake: FakeGateway) -> None:
    task = held(world)
    assert ask(world, task, name="mia").status_code == 200
    assert (ask(world, task, name="val").status_code, ask(world, task, name="val").json()["code"]) == (
        403,
        "not_holder",
    )
    assert ask(world, task, name="bob").status_code == 404
    world.label("ann", task)
    world.step("ann", task, "submit")
    answer = ask(world, task)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_claimed")
    world.must_claim("rex", "review")
    answer = ask(world, task, name="rex")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_editable")
    assert len(fake.of("assist")) == 1


def test_a_project_may_switch_its_assistant_off(world: World, fake: FakeGateway) -> None:
    choose(world.project, make_model(), enabled=False)
    task = held(world)
    answer = ask(world, task)
    assert (answer.status_code, answer.json()["code"]) == (409, "assistant_off")
    shown = speaker(world, "ann").get(f"/tasks/{task.id}/assist/").json()
    assert (shown["enabled"], shown["state"], shown["model"]) == (False, "unavailable", None)
    assert fake.asked == []


@pytest.mark.parametrize(
    ("reply", "status", "code", "retry"),
    [
        (Busy(4), 429, "busy", "4"),
        (Unavailable("starting", "It is starting.", 3), 503, "starting", "3"),
        (Late(), 503, "late", "1"),
        (Superseded(), 409, "superseded", None),
        (Refused("bad_image", "The image cannot be read."), 400, "bad_image", None),
    ],
)
def test_what_the_process_cannot_do_is_said(
    world: World, fake: FakeGateway, reply: Any, status: int, code: str, retry: str | None
) -> None:
    fake.replies["assist"] = reply
    answer = ask(world, held(world))
    assert (answer.status_code, answer.json()["code"], answer.headers.get("Retry-After")) == (status, code, retry)


@pytest.mark.parametrize(
    ("said", "state"), [("ready", "ready"), ("queued", "warming"), ("running", "warming"), ("dropped", "cold")]
)
def test_the_holder_learns_how_ready_the_image_is(world: World, fake: FakeGateway, said: Any, state: str) -> None:
    model = make_model(is_default=True)
    task = held(world)
    fake.replies["warm"] = Done(wire.WarmAnswer([said]))
    shown = speaker(world, "ann").get(f"/tasks/{task.id}/assist/").json()
    assert shown["state"] == state
    assert shown["model"] == {"id": str(model.id), "name": "SAM", "family": "vit_b"}
    (sent,) = fake.of("warm")
    assert (sent.asks[0].image.sha256, sent.asks[0].priority) == (task.data_unit.sha256, "claim")


def test_who_only_looks_on_makes_nobody_work(world: World, fake: FakeGateway) -> None:
    make_model(is_default=True)
    task = held(world)
    assert speaker(world, "mia").get(f"/tasks/{task.id}/assist/").json()["state"] == "cold"
    assert fake.asked == []


def test_a_process_that_is_away_is_said(world: World, fake: FakeGateway) -> None:
    fake.replies.clear()
    task = held(world)
    shown = speaker(world, "ann").get(f"/tasks/{task.id}/assist/").json()
    assert (shown["enabled"], shown["assistant"], shown["state"]) == (True, "classical", "unavailable")
    make_model(is_default=True)
    assert speaker(world, "ann").get(f"/tasks/{task.id}/assist/").json()["state"] == "unavailable"
