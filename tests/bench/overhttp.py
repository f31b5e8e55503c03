"""Over HTTP on real server processes: CPU of the servers and of PostgreSQL, without the clients'."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client

from tests.bench.floors import Floor
from tests.bench.meters import Meter, in_turn, statements
from tests.bench.operations import floor_parameters
from tests.bench.report import Report, Row
from tests.bench.scratch import analyze
from tests.factories.clients import Answer, Program
from tests.factories.crowds import add_many_tasks, add_people, keys_of
from tests.factories.labels import box
from tests.factories.servers import Installation
from tests.factories.tasks import World, make_world
from tests.races.threads import at_once


def run(report: Report, *, home: Path, quick: bool, full: bool) -> None:
    world = make_world(tasks=0)
    add_many_tasks(world, 2_000 if quick else 100_000)
    analyze()
    with Installation(home / "servers", connection.settings_dict) as installation:
        urls = [installation.web(threads=16).url for _ in range(2)]
        roots = [process.pid for process in installation._started]
        labeled(report, world, urls[:1], roots, 60 if quick else 400)
        crowd(report, world, urls, roots, 200 if quick else 1_500)
        save_one(report, world, urls[:1], roots, 40 if quick else 300)
        list_page(report, world, urls[:1], roots, 20 if quick else 150)


def label_one(program: Program, project: str) -> str | None:
    """Claim, five boxes saved, submit; the task, or None when none is left."""
    answer = program.ask("POST", f"/projects/{project}/stages/annotate/claim/", {})
    if answer.status == 204:
        return None
    task = answer.json()
    token, path = task["claim"]["token"], f"/tasks/{task['id']}"
    boxes = [box(x=10 + 40 * n) for n in range(5)]
    program.call("PATCH", f"{path}/labels/", {"upsert": boxes, "claim_token": token}, If_Match='"main-0"')
    program.post(f"{path}/submit/", {"claim_token": token})
    return str(task["id"])


def labeled(report: Report, world: World, urls: list[str], roots: list[int], count: int) -> None:
    program = Program(urls, keys_of([world.people["ann"]])[0])
    project = str(world.project.id)
    floor = Floor(floor_parameters(), 4 * count)

    def ours(number: int) -> None:
        for _ in range(number):
            assert label_one(program, project)

    ours(20)
    floor.labeled(20)
    mean, raw = in_turn(count, (ours, Meter(roots)), (floor.labeled, Meter(ours=True)))
    floor.close()
    report.add(Row("labeled-task", mean, "ms", 10, "three raw transactions", raw))
    in_process = InProcess(program.key)
    label_one(in_process, project)
    report.add(Row("labeled-task-statements", statements(lambda: label_one(in_process, project)), "count", 12))
    program.drop()


class InProcess(Program):
    """The same program against the application in this process, so that its statements can be counted."""

    def __init__(self, key: str) -> None:
        super().__init__(["http://127.0.0.1"], key)
        self._client = Client(headers={"host": "127.0.0.1"})

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        got = self._client.generic(
            method,
            f"/api/v1{path}",
            b"" if body is None else json.dumps(body).encode(),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.key}", **named},
        )
        return Answer(got.status_code, got.headers, got.content)  # type: ignore[arg-type]


def crowd(report: Report, world: World, urls: list[str], roots: list[int], tasks: int) -> None:
    """32 annotators without think time: CPU per task, tasks a second, and who got a task that another had."""
    programs = [Program([urls[n % 2]], key) for n, key in enumerate(keys_of(add_people(world, 32)))]
    taken, seconds, meter = race(world, programs, tasks, roots)
    one = next(row.value for row in report.rows if row.name == "labeled-task")
    report.add(Row("labeled-task-32", meter.total / tasks * 1000, "ms", round(one * 1.15, 2), "labeled-task", one))
    report.add(Row("labeled-task-32-rate", tasks / seconds, "1/s wall", 100, at_least=True))
    report.add(Row("double-hand-outs", twice(taken), "tasks", 0))


def race(world: World, programs: list[Program], tasks: int, roots: list[int]) -> tuple[list[list[str]], float, Meter]:
    """The programs label together until so many tasks are done."""
    project, each = str(world.project.id), -(-tasks // len(programs))

    def some(program: Program, number: int) -> list[str]:
        found = [label_one(program, project) for _ in range(number)]
        program.drop()
        return [task for task in found if task]

    at_once([partial(some, program, 1) for program in programs])
    began = time.monotonic()
    with Meter(roots) as meter:
        taken = at_once([partial(some, program, each) for program in programs])
    return taken, time.monotonic() - began, meter


def twice(taken: list[list[str]]) -> int:
    """How many tasks came to more than one client, or to one more than once."""
    counts = Counter(task for one in taken for task in one)
    return sum(n > 1 for n in counts.values())


def run_sqlite(report: Report, *, home: Path, quick: bool, full: bool) -> None:
    """8 annotators on one server over SQLite, in a process of its own: Django knows one database."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LAPIDARY_")}
    environment |= {"DJANGO_SETTINGS_MODULE": "apps.server.settings.local", "LAPIDARY_HOME": str(home / "sqlite")}
    command = [sys.executable, "-m", "tests.bench.onsqlite", "120" if quick else "600"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3_000:]
    doubles, cpu, rate = (float(text) for text in done.stdout.split())
    report.add(Row("double-hand-outs-sqlite", doubles, "tasks", 0))
    report.add(Row("labeled-task-sqlite-8", cpu, "ms"))
    report.add(Row("labeled-task-sqlite-8-rate", rate, "1/s wall"))


def save_one(report: Report, world: World, urls: list[str], roots: list[int], count: int) -> None:
    """One changed box of a thousand, over HTTP."""
    bob = Program(urls, keys_of([world.people["bob"]])[0])
    task = bob.post(f"/projects/{world.project.id}/stages/annotate/claim/")
    path, token = f"/tasks/{task['id']}/labels/", task["claim"]["token"]
    boxes = [box(x=n % 600, y=n % 400, width=10, height=10) for n in range(1_000)]
    state = {
        "revision": bob.call("PATCH", path, {"upsert": boxes, "claim_token": token}, If_Match='"main-0"')["revision"]
    }

    def ours(number: int) -> None:
        for _ in range(number):
            item = boxes[state["revision"] * 7 % 1_000]
            item["geometry"]["width"] = 10 + state["revision"] / 64
            tag = f'"main-{state["revision"]}"'
            sent = {"upsert": [item], "claim_token": token}
            state["revision"] = bob.call("PATCH", path, sent, If_Match=tag)["revision"]

    floor = Floor(floor_parameters(), 10)
    floor.prepare_saves(1_000)
    ours(10)
    floor.saves(10)
    mean, raw = in_turn(count, (ours, Meter(roots)), (floor.saves, Meter(ours=True)))
    floor.close()
    bob.post(f"/tasks/{task['id']}/release/")
    bob.drop()
    report.add(Row("save-one", mean, "ms", 6, "a guarded revision, a row and a delta, raw", raw))


QUERIES = (
    "limit=100",
    "limit=100&stage=annotate",
    "limit=100&status=waiting&ordering=-id",
    "limit=100&ordering=-priority",
    "limit=100&ordering=-updated_at",
)


def list_page(report: Report, world: World, urls: list[str], roots: list[int], count: int) -> None:
    """Pages of a hundred tasks: filters, orderings and depths, in turn."""
    mia = Program(urls, keys_of([world.people["mia"]])[0])
    addresses = [
        deep(mia, f"/projects/{world.project.id}/tasks/?{query}", pages) for query in QUERIES for pages in (0, 12)
    ]

    def ours(number: int) -> None:
        for n in range(number):
            assert len(mia.get(addresses[n % len(addresses)])["results"]) == 100

    def raw(number: int) -> None:
        for _ in range(number):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT t.*, u.name, u.width, u.height, u.media_key FROM tasks_task t JOIN datasets_dataunit u "
                    "ON u.id = t.data_unit_id WHERE t.project_id = %s ORDER BY t.id LIMIT 100",
                    [world.project.id],
                )
                cursor.fetchall()

    ours(10)
    mean, floor = in_turn(count, (ours, Meter(roots)), (raw, Meter(ours=True)))
    report.add(Row("list-page", mean, "ms", 15, "the rows by one raw statement", floor))
    program = InProcess(mia.key)
    program.get(addresses[0])
    report.add(
        Row("list-page-statements", max(statements(partial(program.get, path)) for path in addresses), "count", 5)
    )
    mia.drop()


def deep(program: Program, path: str, pages: int) -> str:
    """The address of the page that many pages on."""
    for _ in range(pages):
        following = program.get(path)["next"]
        if following is None:
            break
        path = following.partition("/api/v1")[2]
    return path
