"""The frame of a routing: tasks whose score is of their present labels and that nobody has settled yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from apps.projects.models import Project
from apps.quality.metrics import known_metrics
from apps.quality.models import Score, SubjectType
from apps.quality.queries.score_runs import latest_run, rank_of
from apps.tasks.models import Participation, Task, TaskEvent, Visit, VisitStatus
from apps.tasks.queries.counts import status_counts
from apps.tasks.queries.skills import skills_of_tasks
from workflows.graph import EXPERT_REVIEW
from workflows.state import ARCHIVED, CLAIMED, COMPLETE

MISTAKENNESS, RANK = "mistakenness", "mistakenness_rank"
OF_TASKS = ("task", "data_unit")
PAGE = 500
COLUMNS = ("id", "sequence", "stage", "status", "label_set__revision", "label_set__label_count")


@dataclass(frozen=True, slots=True)
class Frame:
    """Which tasks are in question. ``class_id`` and ``kind`` are of what is most likely wrong in a task, ``skill`` one
    that its judges need; whoever took part in a task cannot be the ``person`` to judge it."""

    metric: str
    to_stage: str
    stage: str = ""
    status: str = ""
    class_id: str = ""
    kind: str = ""
    skill: str = ""
    person: UUID | None = None

    @property
    def stored(self) -> str:
        """The metric of the scores to read."""
        return MISTAKENNESS if self.metric == RANK else self.metric


@dataclass(frozen=True, slots=True)
class Candidate:
    """A task of the frame, with what was known of it when it was read. ``p`` is P(an expert would change a label)."""

    task: UUID
    sequence: int
    revision: int
    labels: int
    value: float
    p: float
    version: str
    class_id: str
    kind: str
    evidence: str


def metrics() -> frozenset[str]:
    """What tasks or their data units are scored by. The rank is mistakenness's among the tasks of the latest run."""
    known = {name for name, subject_type in known_metrics().items() if subject_type in OF_TASKS}
    return frozenset({MISTAKENNESS, "hardness", *known})


def at_most(project: Project, frame: Frame) -> int:
    """How many tasks the frame can have, by the maintained counters."""
    return sum(
        n
        for (stage, status), n in status_counts(project).items()
        if frame.stage in ("", stage) and frame.status in ("", status) and status != ARCHIVED
    )


def page_of(project: Project, frame: Frame, after: UUID | None) -> tuple[list[Candidate], UUID | None]:
    """The next candidates by task id, and the last id looked at: None at the end."""
    rows = Task.objects.filter(project=project)
    if frame.stage:
        rows = rows.filter(stage=frame.stage)
    if frame.status:
        rows = rows.filter(status=frame.status)
    if after is not None:
        rows = rows.filter(id__gt=after)
    ids = list(rows.order_by("id").values_list("id", flat=True)[:PAGE])
    return candidates(project.id, frame, ids), ids[-1] if ids else None


def candidates(project_id: UUID, frame: Frame, ids: Collection[UUID]) -> list[Candidate]:
    """Those of the tasks that are in the frame now, by id."""
    rows = Task.objects.filter(project_id=project_id, id__in=list(ids)).values_list(*COLUMNS)
    tasks = {row[0]: row[1:] for row in rows if is_open(frame, row[2], row[3])}
    revisions = {task: row[3] or 0 for task, row in tasks.items()}
    scores = task_scores(frame.stored, revisions)
    settled = expert_reviewed({task: revisions[task] for task in scores})
    kept = [task for task in sorted(scores) if task not in settled and is_about(frame, scores[task])]
    found = [candidate(task, tasks[task], scores[task], frame.stored) for task in those_for(frame, kept)]
    return ranked(project_id, found) if frame.metric == RANK else found


def is_open(frame: Frame, stage: str, status: str) -> bool:
    if status in (CLAIMED, ARCHIVED) or (stage == frame.to_stage and status != COMPLETE):
        return False
    return frame.stage in ("", stage) and frame.status in ("", status)


def task_scores(metric: str, revisions: Mapping[UUID, int]) -> dict[UUID, dict[str, Score]]:
    """By task its scores by metric: the one asked for, and mistakenness. A task's are of its present labels; a data
    unit's have nothing to do with labels."""
    found: dict[UUID, dict[str, Score]] = defaultdict(dict)
    rows = Score.objects.filter(
        task_id__in=list(revisions), metric__in={metric, MISTAKENNESS}, subject_type__in=OF_TASKS
    )
    for row in rows.defer("detail"):
        if row.subject_type == SubjectType.DATA_UNIT or row.label_revision == revisions[row.task_id]:
            found[row.task_id][row.metric] = row
    return {task: scores for task, scores in found.items() if metric in scores}


def is_about(frame: Frame, scores: Mapping[str, Score]) -> bool:
    worst = scores.get(MISTAKENNESS)
    about = (worst.class_id, worst.kind) if worst is not None else ("", "")
    return frame.class_id in ("", about[0]) and frame.kind in ("", about[1])


def those_for(frame: Frame, tasks: Sequence[UUID]) -> list[UUID]:
    """Those that the budget's person may judge, and that ask for its skill."""
    kept = list(tasks)
    if frame.person is not None:
        took_part = Participation.objects.filter(task_id__in=kept, user_id=frame.person)
        own = set(took_part.values_list("task_id", flat=True))
        kept = [task for task in kept if task not in own]
    if frame.skill:
        skills = skills_of_tasks(kept)
        kept = [task for task in kept if frame.skill in skills.get(task, ())]
    return kept


def expert_reviewed(revisions: Mapping[UUID, int]) -> set[UUID]:
    """Those that an expert approved or rejected with just these labels."""
    visits = Visit.objects.filter(
        task_id__in=list(revisions), stage_type=EXPERT_REVIEW, status=VisitStatus.DONE, closed_at__isnull=False
    ).exclude(outcome="")
    closed = set(visits.values_list("task_id", "closed_at"))
    events = TaskEvent.objects.filter(task_id__in={task for task, _ in closed}, action__in=("approved", "rejected"))
    return {
        task
        for task, at, revision in events.values_list("task_id", "at", "label_revision")
        if (task, at) in closed and revision == revisions[task]
    }


def candidate(task: UUID, row: Sequence[Any], scores: Mapping[str, Score], metric: str) -> Candidate:
    own, worst = scores[metric], scores.get(MISTAKENNESS)
    p = 0.0 if worst is None else worst.value if worst.p_error is None else worst.p_error
    told = worst if worst is not None else own
    return Candidate(
        task=task,
        sequence=row[0],
        revision=row[3] or 0,
        labels=row[4] or 0,
        value=own.value,
        p=min(max(p, 0.0), 1.0),
        version=own.scorer_version,
        class_id=told.class_id,
        kind=told.kind,
        evidence=told.evidence,
    )


def ranked(project_id: UUID, found: Sequence[Candidate]) -> list[Candidate]:
    """The same with the share of tasks at or below each as the value."""
    run = latest_run(project_id)
    return [replace(one, value=rank_of(run, one.value) or 0.0) for one in found]
