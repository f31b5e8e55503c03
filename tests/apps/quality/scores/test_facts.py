"""Routers wait for scores: they get them when there is something to say, and never those of other labels."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from apps.common.clock import database_now
from apps.inference.models import PredictionModel
from apps.jobs.models import Job
from apps.jobs.operations import running
from apps.quality.metrics import SCORE
from apps.quality.models import Score
from apps.quality.operations.scoring.facts import answer_fact, fact_of, task_metrics
from apps.tasks.models import Outbox, Task
from apps.tasks.operations.labeling import LabelChanges
from apps.tasks.operations.outbox import dispatch_outbox
from tests.factories.quality_scores import Scored, label_of, make_scored_world, predict
from tests.factories.tasks import add_tasks, graph

pytestmark = pytest.mark.django_db(transaction=True)


def risky(fact: str = "mistakenness", value: float = 0.5) -> dict[str, Any]:
    """Annotate, then a router on a computed fact: the risky ones go to the expert."""
    made = graph()
    made["stages"][1]["config"] = {
        "branches": [{"outcome": "many", "when": {"fact": fact, "op": ">=", "value": value}}],
        "otherwise": "few",
        "timeout_minutes": 10,
        "on_timeout": "few",
    }
    return made


@pytest.fixture
def scored() -> Scored:
    """Everything submitted waits in the router; the project has been scored."""
    found = make_scored_world(tasks=12, workflow=risky())
    found.score()
    return found


def status(found: Scored, task: Task) -> tuple[str, str]:
    fresh = found.world.fresh(task)
    return fresh.stage, fresh.status


def test_a_first_scoring_is_started_by_a_router_and_answers_it() -> None:
    found = make_scored_world(tasks=12, workflow=risky())
    assert {status(found, task) for task in found.tasks} == {("many", "routing")}
    dispatch_outbox(now=database_now())
    job = Job.objects.get(kind=SCORE)
    assert not Score.objects.exists()
    running.run(job_id=job.pk, keep_lease=False)
    job.refresh_from_db()
    assert job.state == "succeeded", job.error
    stages = {task.id: status(found, task)[0] for task in found.tasks}
    assert set(stages.values()) == {"review", "expert"}
    swapped = next(task for task in found.tasks if stages[task.id] == "expert")
    assert swapped.id in found.wrong_tasks
    assert not Outbox.objects.filter(topic="fact_wanted", done_at=None).exists()


def test_a_submitted_task_is_scored_and_sent_on(scored: Scored) -> None:
    world = scored.world
    add_tasks(world, 1)
    task = world.must_claim("ann").task
    labels = [label_of("RBC", {"x": 100 * n + 30.0, "y": 30.0, "width": 34.0, "height": 34.0}) for n in range(3)]
    world.step("ann", task, "submit", changes=LabelChanges(upsert=labels))
    predict(scored, [task], name="detector", out_of_sample=True)
    dispatch_outbox(now=database_now())
    assert status(scored, task)[0] == "review"
    row = Score.objects.get(task=task, metric="mistakenness", subject=task.id)
    assert row.value < 0.5
    assert scored.world.fresh(task).sequence == world.fresh(task).sequence


def test_a_late_score_never_releases_a_reworked_task(scored: Scored) -> None:
    world = scored.world
    add_tasks(world, 1)
    task = world.must_claim("ann").task
    world.step("ann", task, "submit", changes=LabelChanges(upsert=[label_of("RBC", {**BOX})]))
    waiting = world.fresh(task)
    stale = {"task": str(task.id), "fact": "mistakenness", "label_revision": waiting.state["label_revision"] - 1}
    predict(scored, [task], name="detector", out_of_sample=True)
    answer_fact(stale)
    after = world.fresh(task)
    assert (after.stage, after.status, after.sequence) == ("many", "routing", waiting.sequence)


BOX = {"x": 30.0, "y": 30.0, "width": 34.0, "height": 34.0}


def test_what_nobody_knows_is_left_to_the_time_out() -> None:
    found = make_scored_world(tasks=4, errors=False, workflow=risky())
    PredictionModel.objects.all().delete()
    Score.objects.all().delete()
    dispatch_outbox(now=database_now())
    assert not Job.objects.filter(kind=SCORE).exists()
    assert {status(found, task) for task in found.tasks} == {("many", "routing")}
    assert not Outbox.objects.filter(topic="fact_wanted", done_at=None).exists()


def test_every_fact_of_a_scored_task(scored: Scored) -> None:
    task = scored.tasks[0]
    told = {fact: fact_of(task.id, fact) for fact in ("mistakenness", "expected_errors", "mistakenness_rank")}
    assert all(value is not None for value in told.values())
    rank = told["mistakenness_rank"]
    assert rank is not None
    assert rank[0] > 0.5
    least = min(Score.objects.filter(metric="mistakenness", subject__in=[t.id for t in scored.tasks]), key=by_value)
    lowest = fact_of(least.task_id, "mistakenness_rank")
    assert lowest is not None
    assert lowest[0] < rank[0]
    assert fact_of(task.id, "uniqueness") is None
    assert fact_of(UUID(int=7), "mistakenness") is None


def by_value(row: Score) -> float:
    return row.value


def test_a_pages_metrics_are_one_statement(scored: Scored, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        shown = task_metrics(scored.tasks)
    assert len(shown) == 12
    one = task_metrics(scored.tasks[:1])[scored.tasks[0].id]
    assert one["mistakenness"] == pytest.approx(shown[scored.tasks[0].id]["mistakenness"])
    assert set(one["labels"]) == {str(row) for row in labels_of(scored.tasks[0])}


def labels_of(task: Task) -> list[UUID]:
    rows = Score.objects.filter(task=task, metric="mistakenness", subject_type="label")
    return list(rows.values_list("subject", flat=True))
