"""Experts' closed visits, who else could judge them, and what two said of one task."""

from __future__ import annotations

from uuid import UUID

from apps.accounts.models import User
from apps.projects.models import Collaborator, ProjectRole
from apps.quality.logic.certificate.repeats import agreement
from apps.quality.models import QualitySettings, Repeat, ScoreRun
from apps.quality.queries.judgements import History, histories_of, looks_of
from apps.quality.queries.series import LOOKED, series_of
from apps.tasks.models import Task, TaskEvent, Visit, VisitStatus
from workflows.graph import COMPLETE, EXPERT_REVIEW, Graph
from workflows.rules import barred
from workflows.state import State

PEOPLE = 1_000


def events_after(last: int, limit: int) -> list[tuple[int, UUID, object, str]]:
    """Events by rising id: id, task, time, action."""
    rows = TaskEvent.objects.filter(id__gt=last).order_by("id")
    return list(rows.values_list("id", "task_id", "at", "action")[:limit])


def closed_visits(events: list[tuple[int, UUID, object, str]]) -> list[Visit]:
    """The expert visits that these events ended, of projects whose quality is looked after. Left out are the repeats,
    and looks that several experts share: nobody alone would be compared with them."""
    told = [(task, at) for _, task, at, action in events if action in ("approved", "rejected")]
    visits = Visit.objects.filter(
        task_id__in={task for task, _ in told},
        closed_at__in={at for _, at in told},
        stage_type=EXPERT_REVIEW,
        status=VisitStatus.DONE,
        outcome__in=LOOKED,
    ).select_related("task__label_set", "project")
    found = list(visits.order_by("id"))
    ids = [visit.id for visit in found]
    shared = series_of({visit.task_id for visit in found})
    known = {*shared, *Repeat.objects.filter(first_visit__in=ids).values_list("first_visit", flat=True)}
    known |= {
        visit or 0 for visit in Repeat.objects.filter(second_visit__in=ids).values_list("second_visit", flat=True)
    }
    watched = watched_of({visit.project_id for visit in found})
    return [visit for visit in found if visit.id not in known and visit.project_id in watched]


def watched_of(projects: set[UUID]) -> set[UUID]:
    settings = dict(QualitySettings.objects.filter(project_id__in=projects).values_list("project_id", "audit_enabled"))
    scored = ScoreRun.objects.filter(project_id__in=projects, finished_at__isnull=False).values_list("project_id")
    found = {project for project, enabled in settings.items() if enabled}
    return found | {project for (project,) in scored if settings.get(project, True)}


def others(task: Task, graph: Graph, state: State, stage_id: str, first: UUID | None) -> list[User]:
    """Experts who may take the task's visit at the stage and are not the first, in the order of their ids: those with
    every skill that the labels ask for, else those with the first one."""
    stage = graph.stages[stage_id]
    kept_out = set(barred(graph, state)) | {str(first)}
    rows = Collaborator.objects.filter(project_id=task.project_id, user__is_active=True).select_related("user")
    found: list[Collaborator] = []
    for held in rows.order_by("user_id")[:PEOPLE]:
        user = held.user
        named = not stage.collaborators or {str(user.id), user.email.casefold()} & set(stage.collaborators)
        able = ProjectRole.EXPERT in held.roles and {*stage.skills, *state.skills[:1]} <= set(held.skills)
        if able and named and str(user.id) not in kept_out:
            found.append(held)
    whole = [held for held in found if set(state.skills) <= set(held.skills)]
    return [held.user for held in whole or found]


def rested_at(task: Task, graph: Graph) -> str:
    """The stage that the task was at rest in before it was brought back, else the first where tasks are complete."""
    rows = TaskEvent.objects.filter(task=task, action="reopened").order_by("-sequence")
    came_from = rows.values_list("from_stage", flat=True).first()
    ends = [stage.id for stage in graph.stages.values() if stage.type == COMPLETE]
    return came_from if came_from in ends else ends[0]


def agreed_on(repeat: Repeat) -> tuple[int, int]:
    """Labels of the task that both visits judged in the same content, and those judged alike."""
    looks = {look.visit: look for look in looks_of([repeat.task_id], alone=True).get(repeat.task_id, [])}
    first, second = looks.get(repeat.first_visit), looks.get(repeat.second_visit or 0)
    label_set = repeat.task.label_set_id
    if first is None or second is None or label_set is None:
        return 0, 0
    history = histories_of([label_set]).get(label_set, History())
    return agreement(
        (changes, first.said(history, label), second.said(history, label)) for label, changes in history.changes.items()
    )
