"""Much at once: a million tasks, ten thousand tasks out and in, and what a claim costs as the table grows."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.base import File
from django.db import connection

from apps.jobs.models import Job
from apps.jobs.operations import enqueue
from apps.tasks.operations.claims import claim_next
from apps.tasks.queries.counts import stage_table
from apps.tasks.transfer.operations import start_export, start_import
from tests.bench.floors import Floor
from tests.bench.meters import Meter, statements
from tests.bench.operations import floor_parameters
from tests.bench.report import Report, Row
from tests.bench.scratch import analyze
from tests.factories.crowds import add_many_tasks, add_units
from tests.factories.tasks import World, make_world


def do_job(job_id: UUID) -> dict[str, Any]:
    """The job in a process of its own: its CPU, wall seconds and peak memory."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.child", str(job_id)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["state"] == "succeeded", found
    return found


def metered(work: Any) -> float:
    with Meter(ours=True) as meter:
        work()
    return meter.total


def run_transfer(report: Report, *, home: Path, quick: bool, full: bool) -> None:
    """COCO of 10,000 tasks with five boxes each, in and out, as jobs."""
    tasks, each = (500, 5) if quick else (10_000, 5)
    world = make_world(tasks=0)
    add_many_tasks(world, tasks)
    analyze()
    actor = world.people["mia"]
    with tempfile.TemporaryFile() as file:
        file.write(coco(tasks, each))
        file.seek(0)
        job = start_import(
            project=world.project,
            actor=actor,
            file=File(file, "b.json"),
            form="coco",
            mode="add",
            on_error="keep",
            match="file_name",
        )
    floor = Floor(floor_parameters(), 10)
    came = do_job(job.pk)
    raw_in = metered(lambda: floor.copy_labels(tasks, each))
    report.add(Row("import-coco", came["cpu"], "s", 4, "labels and deltas by COPY", raw_in))
    report.add(Row("import-coco-memory", came["peak"], "MB", 200))
    analyze()
    export = start_export(project=world.project, actor=actor, form="coco", filters={}, include_media=False)
    went = do_job(export.pk)
    raw_out = metered(floor.read_labels)
    floor.close()
    report.add(Row("export-coco", went["cpu"], "s", 3, "the rows read and dumped at once", raw_out))
    report.add(Row("export-coco-memory", went["peak"], "MB", 200))


def coco(images: int, each: int) -> bytes:
    numbers = range(images)
    boxes = [
        {
            "id": n * each + k + 1,
            "image_id": n + 1,
            "category_id": 1 + k % 3,
            "bbox": [10 + 40 * k, 10.5, 30, 40],
            "area": 1200,
            "iscrowd": 0,
        }
        for n in numbers
        for k in range(each)
    ]
    names = ("RBC", "WBC", "Platelets")
    return json.dumps(
        {
            "images": [{"id": n + 1, "file_name": f"unit-{n}.png", "width": 640, "height": 480} for n in numbers],
            "categories": [{"id": n, "name": name} for n, name in enumerate(names, 1)],
            "annotations": boxes,
        }
    ).encode()


def run_growth(report: Report, *, home: Path, quick: bool, full: bool) -> None:
    """A claim's CPU at 10 thousand and a million tasks (five, when asked); making the million; counting them."""
    sizes = [1_000, 5_000] if quick else [10_000, 1_000_000, *([5_000_000] if full else [])]
    world = make_world(tasks=0)
    add_many_tasks(world, sizes[0])
    analyze()
    costs = [claims(world, 50 if quick else 400)]
    for before, size in pairwise(sizes):
        made = grow(world, size - before, before)
        if size == sizes[1]:
            raw = raw_copy(size - before)
            report.add(Row("project-1m", made["cpu"], "s", 30, "the queue's rows alone, by COPY", raw))
            report.add(Row("project-1m-memory", made["peak"], "MB", 300))
            report.add(Row("project-1m-wall", made["wall"], "s wall"))
        analyze()
        costs.append(claims(world, 50 if quick else 400))
    counts(report, world, 20 if quick else 200)
    report.add(Row("claim-flatness", costs[-1] / costs[0], "ratio", 1.2, f"claim at {sizes[0]:,} tasks, ms", costs[0]))


def raw_copy(rows: int) -> float:
    floor = Floor(floor_parameters(), 10)
    spent = metered(lambda: floor.copy(rows))
    floor.close()
    return spent


def claims(world: World, number: int) -> float:
    """CPU milliseconds of one claim by operations; what is claimed stays claimed, under a name of its own."""
    from apps.common.ids import new_id

    access, ann = world.access("ann"), world.people["ann"]

    def some(count: int) -> None:
        for _ in range(count):
            assert claim_next(access=access, user=ann, stage_id="annotate", worker=str(new_id()))

    some(30)
    best = []
    for _ in range(4):
        with Meter(ours=True) as meter:
            some(number // 4)
        best.append(meter.total / (number // 4) * 1000)
    return sorted(best)[len(best) // 2]


def grow(world: World, number: int, first: int) -> dict[str, Any]:
    """More data units by COPY, then the job that makes tasks of them."""
    for start in range(0, number, 100_000):
        add_units(world, min(100_000, number - start), first=first + start)
    analyze()
    job: Job = enqueue(
        kind="tasks.create",
        organization_id=world.organization.id,
        project_id=world.project.id,
        params={"project": str(world.project.id), "datasets": [str(world.dataset.id)], "units": number},
        created_by=world.people["mia"],
    )
    return do_job(job.pk)


def counts(report: Report, world: World, number: int) -> None:
    """The table of stages: milliseconds of PostgreSQL for it, beside counting the rows."""

    def kept() -> None:
        stage_table(world.project)

    def counted() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT stage, status, count(*) FROM tasks_task WHERE project_id = %s GROUP BY 1, 2", [world.project.id]
            )
            cursor.fetchall()

    kept()
    with Meter(ours=True) as ours:
        for _ in range(number):
            kept()
    with Meter() as raw:
        for _ in range(5):
            counted()
    report.add(Row("stage-counts", ours.database / number * 1000, "ms", 2, "counted", raw.database / 5 * 1000))
    report.add(Row("stage-counts-all", ours.total / number * 1000, "ms"))
    report.add(Row("stage-counts-statements", statements(kept), "count"))
