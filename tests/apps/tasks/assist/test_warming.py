"""A claim makes images ready ahead of the hand, and costs the claim nothing."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.common.ids import new_id
from apps.inference import wire
from apps.tasks.assist import warming
from apps.tasks.assist.warming import MAX_WAITING, Note, Warmer, next_images, warm
from apps.tasks.models import Task, Visit
from apps.tasks.operations.manage import assign_task
from tests.factories.inference import make_model
from tests.factories.people import Caller, make_key
from tests.factories.tasks import World, make_world
from tests.fakes.inference import FakeGateway, choose, install

IMAGE = wire.ImageRef("a.png", "0" * 64, 10, 10)


@pytest.fixture
def world(db: None) -> World:
    return make_world(tasks=6)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeGateway:
    return install(monkeypatch)


def note_of(world: World, person: User, task: Task) -> Note:
    unit = task.data_unit
    image = wire.ImageRef(unit.media_key, unit.sha256, unit.width, unit.height)
    return Note(world.project.id, "annotate", person.id, image)


def waiting(world: World) -> list[Task]:
    rows = Visit.objects.filter(project_id=world.project.id, status=0).order_by("id").select_related("task__data_unit")
    return [visit.task for visit in rows]


def test_the_claimed_image_and_the_next_three_are_asked_for(world: World, fake: FakeGateway) -> None:
    model = make_model()
    choose(world.project, model)
    ann, task = world.people["ann"], world.must_claim("ann").task
    kept = waiting(world)[-1]
    assign_task(task_id=kept.id, actor=world.people["mia"], person=ann)
    taken = waiting(world)[0]
    assign_task(task_id=taken.id, actor=world.people["mia"], person=world.people["bob"])
    Visit.objects.filter(task=waiting(world)[1]).update(barred=f"|{ann.id}|")
    left = waiting(world)
    warm(note_of(world, ann, task))
    (sent,) = fake.of("warm")
    expected = [task, kept, left[2], left[3]]
    assert [ask.image.sha256 for ask in sent.asks] == [one.data_unit.sha256 for one in expected]
    assert [ask.priority for ask in sent.asks] == ["claim", "prefetch", "prefetch", "prefetch"]
    assert all(ask.model == model.spec() for ask in sent.asks)
    assert sent.session == str(ann.id)


@pytest.mark.parametrize("choice", [{"classical": True}, {"enabled": False}])
def test_nothing_is_asked_where_no_model_will_answer(world: World, fake: FakeGateway, choice: dict[str, Any]) -> None:
    choose(world.project, make_model(), **choice)
    warm(note_of(world, world.people["ann"], world.must_claim("ann").task))
    assert fake.asked == []


def test_an_empty_queue_has_nothing_next(world: World) -> None:
    task = world.must_claim("ann").task
    Visit.objects.filter(status=0).delete()
    assert next_images(note_of(world, world.people["ann"], task)) == []


def claims(world: World, capture: Any) -> int:
    """Claims over HTTP; answers how many statements that cost."""
    caller = Caller(make_key(world.people["ann"]))
    caller.get("/me/")  # the key's first use is written down
    with capture(execute=True), CaptureQueriesContext(connection) as seen:
        assert caller.post(f"/projects/{world.project.id}/stages/annotate/claim/").status_code == 200
    return len(seen)


def test_a_claim_leaves_a_note_and_costs_no_statement(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    notes: list[Note] = []
    monkeypatch.setattr(warming.warmer, "put", notes.append)
    other = make_world(tasks=1)
    first, again = (claims(world, django_capture_on_commit_callbacks) for _ in range(2))
    assert notes == []
    settings.INFERENCE_URL = "unix:/nowhere"
    assert claims(world, django_capture_on_commit_callbacks) == again
    assert claims(other, django_capture_on_commit_callbacks) == first
    task = Task.objects.select_related("data_unit").get(project=world.project, status="claimed")
    assert notes[0] == note_of(world, world.people["ann"], task)


def test_a_thread_that_fails_does_not_fail_the_claim(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    def broken(_: Note) -> None:
        raise RuntimeError("no more threads")

    monkeypatch.setattr(warming.warmer, "put", broken)
    settings.INFERENCE_URL = "unix:/nowhere"
    assert claims(world, django_capture_on_commit_callbacks)
    assert Task.objects.filter(project=world.project, status="claimed").count() == 1


def test_the_newest_note_of_each_person_is_kept_and_few_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", lambda self: None)
    warmer = Warmer(lambda _: None)
    people = [new_id() for _ in range(MAX_WAITING + 1)]
    for person in people:
        warmer.put(Note(person, "first", person, IMAGE))
    warmer.put(Note(people[1], "second", people[1], IMAGE))
    taken = [warmer.take() for _ in range(MAX_WAITING)]
    assert people[0] not in {note.person for note in taken}
    assert (taken[-1].person, taken[-1].stage) == (people[1], "second")
    assert [note.stage for note in taken[:-1]] == ["first"] * (MAX_WAITING - 1)


def test_the_thread_goes_on_after_a_failure() -> None:
    done = threading.Event()
    seen: list[str] = []

    def work(note: Note) -> None:
        seen.append(note.stage)
        if note.stage == "bad":
            raise RuntimeError("the database is away")
        done.set()

    warmer = Warmer(work)
    warmer.put(Note(new_id(), "bad", new_id(), IMAGE))
    warmer.put(Note(new_id(), "good", new_id(), IMAGE))
    assert done.wait(10)
    assert seen == ["bad", "good"]
