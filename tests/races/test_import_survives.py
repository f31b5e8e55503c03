"""A real worker killed with SIGKILL in the middle of a real import: another goes on, and every label is there once."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest

from apps.common.clock import database_now
from apps.jobs.models import Job
from apps.labels.models import Label, LabelSet
from apps.tasks.models import TaskEvent
from apps.tasks.queries.integrity import broken_invariants, first_difference
from tests.factories.clients import Program
from tests.factories.crowds import add_many_tasks, keys_of
from tests.factories.servers import Installation, kill, wait_for
from tests.factories.tasks import make_world

pytestmark = pytest.mark.django_db(transaction=True)
IMAGES = 3_000
BOXES = 2


def coco(images: int, boxes: int) -> bytes:
    """A COCO file over the units of ``add_units``, with the same boxes on each."""
    numbers = range(images)
    found = {
        "images": [{"id": n + 1, "file_name": f"unit-{n}.png", "width": 640, "height": 480} for n in numbers],
        "categories": [{"id": 1, "name": "RBC"}],
        "annotations": [
            {
                "id": n * boxes + k + 1,
                "image_id": n + 1,
                "category_id": 1,
                "bbox": [10 + 20 * k, 10, 15, 15],
                "area": 225,
                "iscrowd": 0,
            }
            for n in numbers
            for k in range(boxes)
        ],
    }
    return json.dumps(found).encode()


def test_an_import_outlives_its_worker(installation: Installation, tmp_path: Path) -> None:
    world = make_world(tasks=0)
    add_many_tasks(world, IMAGES)
    mia = Program([installation.web().url], keys_of([world.people["mia"]])[0])
    first = installation.worker()
    content = io.BytesIO(coco(IMAGES, BOXES)).getvalue()
    path = f"/projects/{world.project.id}/imports/"
    answer = mia.upload(path, [("file", "cells.json", content)], {"format": "coco"})
    assert answer.status == 202, answer.body
    job_id = answer.json()["id"]

    wait_for(lambda: Job.objects.get(pk=job_id).checkpoint, "the first chunk")
    kill(first)
    found = Job.objects.get(pk=job_id)
    assert (found.state, found.attempts) == ("running", 1), "the worker was too quick to be killed in mid-job"
    done = LabelSet.objects.filter(project=world.project).count()
    assert 0 < done < IMAGES
    Job.objects.filter(pk=job_id).update(lease_expires_at=database_now() - timedelta(seconds=1), rung_at=None)
    installation.worker()
    wait_for(lambda: Job.objects.get(pk=job_id).is_finished, "the second worker's end")

    job = mia.get(f"/jobs/{job_id}/")
    mia.drop()
    assert (job["state"], job["error"]) == ("succeeded", None), installation.words()
    assert (job["result"]["tasks"], job["result"]["labels"]) == (IMAGES, IMAGES * BOXES)
    assert Job.objects.get(pk=job_id).attempts == 2
    assert Label.objects.filter(label_set__project=world.project).count() == IMAGES * BOXES
    assert set(LabelSet.objects.filter(project=world.project).values_list("revision", "label_count")) == {(1, BOXES)}
    assert TaskEvent.objects.filter(task__project=world.project, reason="import").count() == IMAGES
    assert first_difference(project_id=world.project.id) is None
    assert broken_invariants(project_id=world.project.id) == []
