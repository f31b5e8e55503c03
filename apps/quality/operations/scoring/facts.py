"""Facts that routers wait for, and what tasks show of their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.common.clock import database_now
from apps.quality.models import Score, SubjectType
from apps.quality.operations.scoring.changing import score_task
from apps.quality.operations.scoring.starting import start_first_scoring
from apps.quality.queries.people import error_rate
from apps.quality.queries.score_runs import FACT_DIGITS, latest_run, rank_of
from apps.tasks.models import Task
from apps.tasks.operations.timers import provide_fact
from workflows.state import ROUTING

FACTS = (
    *("mistakenness", "expected_errors", "mistakenness_rank", "hardness", "uniqueness", "confidence"),
    "annotator_error_rate",
)
SHOWN = ("mistakenness", "expected_errors", "hardness", "uniqueness", "confidence")
CHUNK = 200


def answer_fact(payload: Mapping[str, Any]) -> None:
    """The outbox's handler. A fact that nobody can know is left to the router's time-out; a task that was reworked
    since asks again by itself."""
    task_id, fact, revision = UUID(payload["task"]), str(payload["fact"]), int(payload["label_revision"])
    found = fact_of(task_id, fact)
    if found is not None:
        value, version = found
        provide_fact(
            task_id=task_id, fact=fact, value=round(value, FACT_DIGITS), label_revision=revision, scorer_version=version
        )
    elif fact in FACTS:
        start_first_scoring(task_id)


def answer_waiting(project_id: UUID) -> int:
    """After a scoring: the facts that tasks of the project wait for and that could not be had before. How many."""
    waiting = Task.objects.filter(project_id=project_id, status=ROUTING).order_by("id")
    done, after = 0, None
    while tasks := list((waiting.filter(id__gt=after) if after else waiting)[:CHUNK]):
        for task in tasks:
            fact, revision = str(task.state.get("waiting_fact", "")), int(task.state.get("label_revision", 0))
            if fact in FACTS:
                answer_fact({"task": str(task.id), "fact": fact, "label_revision": revision})
                done += 1
        after = tasks[-1].id
    return done


def fact_of(task_id: UUID, fact: str) -> tuple[float, str] | None:
    """The fact's value at the task's present labels, and what computed it."""
    task = Task.objects.filter(id=task_id).first()
    if task is None:
        return None
    if fact == "annotator_error_rate":
        person = task.state.get("annotator")
        rate, _ = error_rate(task.project_id, UUID(person)) if person else (0.0, 0)
        return rate, "people-1"
    metrics = score_task(task_id=task_id, now=database_now())
    if fact == "mistakenness_rank":
        if "mistakenness" not in metrics:
            return None
        value, version = metrics["mistakenness"]
        rank = rank_of(latest_run(task.project_id), value)
        return None if rank is None else (rank, version)
    return metrics.get(fact)


def task_metrics(tasks: Sequence[Task]) -> Mapping[UUID, Mapping[str, Any]]:
    """For the tasks of a page: one statement; of a single task its labels' probabilities too."""
    ids = [task.id for task in tasks]
    rows = Score.objects.filter(task_id__in=ids, metric__in=SHOWN).filter(
        subject_type__in=(SubjectType.TASK, SubjectType.DATA_UNIT)
    )
    found: dict[UUID, dict[str, Any]] = {}
    for task_id, metric, value in rows.values_list("task_id", "metric", "value"):
        found.setdefault(task_id, {})[metric] = round(value, FACT_DIGITS)
    if len(tasks) == 1 and found:
        labels = Score.objects.filter(task_id=ids[0], metric="mistakenness", subject_type=SubjectType.LABEL)
        own = labels.order_by("-value").values_list("subject", "value")[:2_000]
        found[ids[0]]["labels"] = {str(subject): round(value, FACT_DIGITS) for subject, value in own}
    return found
