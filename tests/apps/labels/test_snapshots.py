"""Snapshots: labels frozen at their revisions, at once or by a job."""

from __future__ import annotations

import pytest

from apps.jobs.models import JobState
from apps.labels.models import Snapshot, SnapshotEntry
from apps.tasks.transfer import freezing
from tests.factories.jobs import run_all_jobs
from tests.factories.quality_audit import audited_world, caller, path
from tests.factories.tasks import World, make_world

pytestmark = pytest.mark.django_db


def half_labeled() -> World:
    """Three tasks: one submitted with two boxes, one saved and held, one untouched."""
    world = make_world(tasks=3)
    world.submitted("ann", boxes=2)
    world.label("ann", world.must_claim("ann").task, boxes=1)
    return world


def test_a_snapshot_freezes_every_label_set_at_its_revision() -> None:
    world = half_labeled()
    mia = caller(world, "mia")
    made = mia.post(path(world, "snapshots/"), {"name": "First", "tags": ["v1"]})
    assert made.status_code == 201, made.content
    assert (made.json()["tasks"], made.json()["labels"], made.json()["tags"]) == (3, 3, ["v1"])
    rows = SnapshotEntry.objects.filter(snapshot_id=made.json()["id"]).values_list("revision", "label_count")
    assert sorted(rows) == [(0, 0), (1, 1), (1, 2)]
    assert SnapshotEntry.objects.filter(label_set=None).count() == 1

    world.label("ann", world.claim("ann").locked.task, boxes=1)  # type: ignore[union-attr]
    kept = mia.get(path(world, f"snapshots/{made.json()['id']}/")).json()
    assert kept == made.json()
    assert mia.get(path(world, "snapshots/")).json()["results"] == [kept]


def test_a_filter_narrows_it_and_a_name_is_taken_once() -> None:
    world = half_labeled()
    mia = caller(world, "mia")
    made = mia.post(path(world, "snapshots/"), {"name": "Reviewing", "filter": {"stage": "review"}}).json()
    assert (made["tasks"], made["labels"], made["filter"]) == (1, 2, {"stage": "review"})
    again = mia.post(path(world, "snapshots/"), {"name": "Reviewing"})
    assert (again.status_code, again.json()["code"]) == (409, "name_taken")
    assert Snapshot.objects.filter(project=world.project).count() == 1
    assert mia.post(path(world, "snapshots/"), {"name": "X", "filter": {"status": "lost"}}).status_code == 400
    assert caller(world, "ann").post(path(world, "snapshots/"), {"name": "Mine"}).status_code == 403


def test_many_tasks_are_frozen_by_a_job_that_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezing, "AT_ONCE", 2)
    monkeypatch.setattr(freezing, "CHUNK", 2)
    world = audited_world(tasks=5, wrong=set(), boxes=2)
    mia = caller(world, "mia")
    asked = mia.post(path(world, "snapshots/"), {"name": "Large"})
    assert asked.status_code == 202
    assert mia.get(path(world, "snapshots/")).json()["results"] == []
    assert mia.post(path(world, "snapshots/"), {"name": "Large"}).status_code == 409
    (job,) = run_all_jobs()
    assert job.state == JobState.SUCCEEDED
    assert job.result is not None
    found = mia.get(path(world, f"snapshots/{job.result['snapshot']}/")).json()
    assert (found["tasks"], found["labels"]) == (5, 10)


def test_a_cancelled_job_gives_the_name_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezing, "AT_ONCE", 2)
    world = audited_world(tasks=3, wrong=set(), boxes=1)
    mia = caller(world, "mia")
    asked = mia.post(path(world, "snapshots/"), {"name": "Large"}).json()
    assert mia.post(f"/jobs/{asked['id']}/cancel/", {}).status_code == 200
    assert mia.post(path(world, "snapshots/"), {"name": "Large"}).status_code == 202
    run_all_jobs()
    names = [one["name"] for one in mia.get(path(world, "snapshots/")).json()["results"]]
    assert names == ["Large"]


def test_a_frozen_label_set_is_readable_as_it_was() -> None:
    world = make_world(tasks=1)
    task = world.must_claim("ann").task
    world.label("ann", task, boxes=1)
    mia = caller(world, "mia")
    made = mia.post(path(world, "snapshots/"), {"name": "Before"}).json()
    entry = SnapshotEntry.objects.get(snapshot_id=made["id"])
    world.label("ann", task, boxes=1)
    assert len(mia.get(f"/tasks/{task.id}/labels/?revision={entry.revision}").json()["labels"]) == 1
    assert len(mia.get(f"/tasks/{task.id}/labels/").json()["labels"]) == 2
