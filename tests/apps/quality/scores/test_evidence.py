"""Evidence reaches who judges: at once, after their own word, or not at all, as the stage and the visit say."""

from __future__ import annotations

from typing import Any

import pytest

from apps.quality.models import Score
from apps.tasks.models import Task, Visit
from apps.tasks.operations.verdicts import Word, give_verdict
from tests.factories.people import Caller, make_key
from tests.factories.quality_scores import Scored, make_scored_world
from tests.factories.tasks import graph

pytestmark = pytest.mark.django_db
EMPTY: dict[str, Any] = {"route_reason": None, "metrics": {}, "labels": [], "missing": []}


def evidence(found: Scored, name: str, task: Task) -> Any:
    return Caller(make_key(found.world.people[name])).get(f"/tasks/{task.id}/evidence/")


def held(found: Scored) -> Task:
    """A task that rex reviews."""
    return found.world.must_claim("rex", "review").task


@pytest.fixture
def scored() -> Scored:
    found = make_scored_world(tasks=6)
    found.score()
    return found


def test_the_reviewer_sees_why(scored: Scored) -> None:
    task = held(scored)
    shown = evidence(scored, "rex", task).json()
    values = [row["p_error"] for row in shown["labels"]]
    assert values == sorted(values, reverse=True)
    assert len(values) == Score.objects.filter(task=task, metric="mistakenness", subject_type="label").count()
    assert shown["metrics"]["mistakenness"] > 0
    assert all(row["evidence"] and row["neighbours"] == [] for row in shown["labels"])
    assert all((row["label"], row["kind"]) == (None, "missing") for row in shown["missing"])


def test_annotators_get_none(scored: Scored) -> None:
    task = scored.tasks[0]
    assert evidence(scored, "ann", task).status_code == 404
    assert evidence(scored, "mia", task).status_code == 200


def test_after_the_own_verdict_label_by_label() -> None:
    found = make_scored_world(tasks=3, workflow=graph(review={"show_evidence": "after my verdict"}))
    found.score()
    task = held(found)
    assert evidence(found, "rex", task).json() == EMPTY
    label = found.world.first_label(task)
    give_verdict(task_id=task.id, user=found.world.people["rex"], word=Word(label=label, verdict="approved"))
    shown = evidence(found, "rex", task).json()
    assert [row["label"] for row in shown["labels"]] == [str(label)]
    assert (shown["missing"], shown["metrics"], shown["route_reason"]) == ([], {}, None)
    assert len(evidence(found, "mia", task).json()["labels"]) > 1


def test_a_blind_visit_shows_nothing_of_the_same_shape(scored: Scored) -> None:
    task = held(scored)
    label = scored.world.first_label(task)
    give_verdict(task_id=task.id, user=scored.world.people["rex"], word=Word(label=label, verdict="approved"))
    Visit.objects.filter(task=task).update(blind=True)
    answer = evidence(scored, "rex", task)
    assert answer.status_code == 200
    assert answer.json() == EMPTY


def test_a_task_without_scores_has_the_same_shape() -> None:
    found = make_scored_world(tasks=1)
    answer = evidence(found, "rex", held(found))
    assert answer.status_code == 200
    assert answer.json()["labels"] == []
    assert set(answer.json()) == set(EMPTY)
