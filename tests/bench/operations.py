"""Without HTTP: the pure engine, and claim and submit by operations."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from apps.projects.policies import ProjectAccess
from apps.tasks.models import Task
from apps.tasks.operations.claims import claim_next
from tests.bench.floors import Floor
from tests.bench.meters import Meter, in_turn
from tests.bench.report import Report, Row
from tests.bench.scratch import analyze
from tests.factories.crowds import add_many_tasks
from tests.factories.tasks import World, graph, make_world
from workflows import codec, commands
from workflows.facts import Facts
from workflows.machine import decide
from workflows.results import Accepted
from workflows.state import State


def run(report: Report, *, home: Path, quick: bool, full: bool) -> None:
    report.add(decide_row(2_000 if quick else 20_000))
    report.add(claim_submit_row(100 if quick else 1_000))


@dataclass(frozen=True, slots=True)
class Place:
    """The floor of a decision: a frozen value, and the one that follows."""

    stage: str
    status: str
    sequence: int


def decide_row(count: int) -> Row:
    """Microseconds of CPU for one decision: half are claims, half submits that pass a router."""
    compiled = codec.graph_from_json(graph())
    created = accepted(decide(compiled, None, commands.Create(actor="m", version="1", label_revision=0), Facts())).state
    claim = commands.Claim(actor="a")
    held = accepted(decide(compiled, created, claim, Facts())).state
    submit = commands.Submit(actor="a", token=held.token, wrote=True, label_revision=1)
    facts = Facts(label_count=5)
    began = time.process_time()
    for _ in range(count):
        decide(compiled, created, claim, Facts())
        decide(compiled, held, submit, facts)
    spent = (time.process_time() - began) / (2 * count) * 1e6
    return Row("decide", spent, "us", 15, "a frozen value made from a table", bare_transition(count))


def bare_transition(count: int) -> float:
    table = {("annotate", "claim"): ("annotate", "claimed"), ("annotate", "submit"): ("review", "waiting")}
    state = Place("annotate", "waiting", 1)
    began = time.process_time()
    for _ in range(count):
        for verb in ("claim", "submit"):
            stage, status = table[state.stage, verb]
            Place(stage, status, state.sequence + 1)
    return (time.process_time() - began) / (2 * count) * 1e6


def accepted(result: object) -> Accepted:
    assert isinstance(result, Accepted), result
    assert isinstance(result.state, State)
    return result


def pairs(world: World, count: int) -> None:
    """Claim and submit by operations, one person."""
    access = world.access("ann")
    for _ in range(count):
        claimed = claim(world, access)
        world.step("ann", claimed, "submit", verified_empty=True)


def claim(world: World, access: ProjectAccess) -> Task:
    claimed = claim_next(access=access, user=world.people["ann"], stage_id="annotate")
    assert claimed is not None
    return claimed.locked.task


def claim_submit_row(count: int) -> Row:
    world = make_world(tasks=0)
    add_many_tasks(world, 4 * count)
    analyze()
    floor = Floor(floor_parameters(), 4 * count)
    pairs(world, 20)
    floor.pairs(20)
    ours, raw = in_turn(count, (lambda n: pairs(world, n), Meter(ours=True)), (floor.pairs, Meter(ours=True)))
    floor.close()
    return Row("claim-submit", ours, "ms", 3.5, "two raw transactions", raw)


def floor_parameters() -> dict[str, object]:
    """psycopg's arguments for our scratch database."""
    kept = ("dbname", "user", "password", "host", "port")
    return {name: value for name, value in connection.get_connection_params().items() if name in kept and value}
