"""Matches of an evaluation as work: their tasks go to a review stage, the surest match first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from apps.accounts.models import User
from apps.common.clock import database_now
from apps.common.errors import DomainError
from apps.jobs.models import Job
from apps.jobs.operations import enqueue
from apps.jobs.registry import JobContext
from apps.quality.logic.evaluation import Asked, At, confidence_of, matches
from apps.quality.models import Evaluation
from apps.quality.queries.evaluations import table_of, uuids
from apps.quality.queries.truth import revision_of
from apps.tasks.models import Task
from apps.tasks.operations.manage import send_to_stage
from apps.tasks.operations.selections import Chosen, record_selections

QUEUE = "quality.queue_matches"
DESIGN = "route:matches"
CHUNK = 100
MOST_REFUSED = 1_000


@dataclass(frozen=True)
class Queue:
    """Tasks in the order of their surest match, with its confidence; ``matched`` counts the matches."""

    tasks: list[UUID]
    confidence: list[float]
    matched: int


def queue_of(evaluation: Evaluation, asked: Asked, at: At) -> Queue:
    table = table_of(evaluation)
    if table is None:
        return Queue([], [], 0)
    rows = matches(table, asked, at)
    if asked.is_of_labels:
        task, sure = table.label_task[table.of_label[rows]], np.maximum(confidence_of(table, table.met[rows]), 0.0)
    else:
        one = table.prediction[rows]
        task, sure = table.prediction_task[one], table.confidence[one]
    _, first = np.unique(task, return_index=True)
    first = np.sort(first)
    return Queue(uuids(table.task_id[task[first]]), [float(value) for value in sure[first]], len(rows))


def start_queue(*, evaluation: Evaluation, asked: Asked, at: At, to_stage: str, top: int | None, actor: User) -> Job:
    """Asks for the tasks of these matches to be sent to ``to_stage``; of more than ``top`` the surest."""
    project = evaluation.project
    return enqueue(
        kind=QUEUE,
        organization_id=project.organization_id,
        project_id=project.id,
        created_by=actor,
        params={
            "evaluation": str(evaluation.id),
            "asked": [asked.outcome, asked.predicted, asked.labeled],
            "at": [at.iou, at.confidence, at.subset],
            "to_stage": to_stage,
            "top": top,
            "actor": str(actor.id),
        },
    )


def queue_matches(ctx: JobContext) -> dict[str, Any]:
    """Chunk by chunk; the file is never changed, so another attempt finds the same tasks in the same order."""
    params = ctx.params
    evaluation = Evaluation.objects.select_related("project").get(id=params["evaluation"])
    found = queue_of(evaluation, Asked(*params["asked"]), At(*params["at"]))
    top = len(found.tasks) if params["top"] is None else params["top"]
    saved: dict[str, Any] = {"seen": 0, "sent": 0, "refused": [], "refused_count": 0, **ctx.saved}
    actor = User.objects.get(id=params["actor"])
    while saved["seen"] < len(found.tasks):
        ctx.raise_if_cancelled()
        part = slice(saved["seen"], saved["seen"] + CHUNK)
        with transaction.atomic():
            sender = Sender(evaluation, actor, params["to_stage"], database_now())
            done = sender.send(found.tasks[part], found.confidence[part], max(0, top - saved["seen"]))
            saved = advanced(saved, done, len(found.tasks[part]))
            ctx.checkpoint(saved)
        ctx.progress(saved["seen"] / len(found.tasks), f"{saved['sent']:,} tasks sent")
    return {"matches": found.matched, "tasks": len(found.tasks), **{k: v for k, v in saved.items() if k != "seen"}}


def advanced(saved: Mapping[str, Any], done: Mapping[UUID, DomainError | None], seen: int) -> dict[str, Any]:
    refused = [{"task": str(task), "code": error.code, "detail": error.detail} for task, error in done.items() if error]
    return {
        "seen": saved["seen"] + seen,
        "sent": saved["sent"] + len(done) - len(refused),
        "refused": [*saved["refused"], *refused][:MOST_REFUSED],
        "refused_count": saved["refused_count"] + len(refused),
    }


@dataclass(frozen=True)
class Sender:
    """Sends tasks, and writes down that they were in the frame, chosen or not. The caller has a transaction open."""

    evaluation: Evaluation
    actor: User
    to_stage: str
    now: datetime

    def send(self, tasks: Sequence[UUID], sure: Sequence[float], most: int) -> dict[UUID, DomainError | None]:
        """What became of the first ``most`` tasks: None where it was sent."""
        here = Task.objects.filter(project=self.evaluation.project_id, id__in=list(tasks)).select_related("label_set")
        known = {task.id: task for task in here}
        # By id, as everything that locks many tasks does; a task that has gone since is nobody's to send.
        done = {task: self._send(task) for task in sorted(tasks[:most]) if task in known}
        units = [
            Chosen(
                task,
                chosen=task in done and done[task] is None,
                probability=1.0 if task in done else 0.0,
                label_revision=revision_of(known[task]),
                score=value,
                scorer_version=f"evaluation:{self.evaluation.id}",
            )
            for task, value in zip(tasks, sure, strict=True)
            if task in known
        ]
        record_selections(
            project_id=self.evaluation.project_id,
            stage=self.to_stage,
            design=DESIGN,
            wave=0,
            units=units,
            now=self.now,
        )
        return done

    def _send(self, task: UUID) -> DomainError | None:
        try:
            send_to_stage(task_id=task, actor=self.actor, stage=self.to_stage, reason="matches of an evaluation")
        except DomainError as error:
            return error
        return None
