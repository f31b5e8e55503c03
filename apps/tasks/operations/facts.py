"""Facts for the engine: what the labels, the ontology, the secret and the counters say at this moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from apps.accounts.models import User
from apps.labels.models import Label
from apps.ontologies.queries import index_for
from apps.projects.models import Collaborator, ProjectRole
from apps.tasks.logic import uniform
from apps.tasks.models import RouterCounter
from apps.tasks.queries.skills import skills_of as skills_of_labels
from workflows.facts import Facts, Needs

if TYPE_CHECKING:
    from apps.tasks.operations.engine import Locked
    from workflows.graph import Graph


def gather_facts(locked: Locked, wanted: Needs) -> Facts:
    """Everything the walk ahead can touch, and nothing else: most commands need no query here."""
    task, state, secret = locked.task, locked.state, locked.task.project.selection_secret
    label_rows: list[tuple[str, str]] = []
    names: Mapping[str, str] = {}
    if wanted.label_draws or any(name.startswith("has_class") for name in wanted.facts):
        rows = Label.objects.filter(label_set_id=task.label_set_id).values_list("label_id", "class_id")
        label_rows = [(str(label), class_id) for label, class_id in rows] if task.label_set_id else []
        names = class_names(task.project.ontology_id)
    draws = {stage: uniform(secret, "sample", stage, task.id, state.entered(stage) + 1) for stage in wanted.draws}
    draws |= {router: uniform(secret, "route", router, task.id, state.sequence) for router in wanted.routers}
    return Facts(
        label_count=task.label_set.label_count if task.label_set else 0,
        classes=Counter(class_id for _, class_id in label_rows),
        class_names=names,
        metadata=task.data_unit.metadata,
        draws=draws,
        label_draws={
            stage: {
                label: (class_id, uniform(secret, "label", stage, task.id, state.entered(stage) + 1, label))
                for label, class_id in label_rows
            }
            for stage in wanted.label_draws
        },
        emails=emails_of([state.annotator, state.holder]) if wanted.emails else {},
        skills=skills_wanted(locked, wanted.skills) if wanted.skills else {},
    )


def skills_wanted(locked: Locked, stages: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """By expert stage the skills that the labels ask for. What the stage asks of everybody is not asked for again."""
    asked = skills_of_labels([locked.task], locked.ontology)[locked.task.id]
    return {
        stage: tuple(skill for skill in asked if skill not in locked.graph.stages[stage].skills)
        for stage in stages
        if stage in locked.graph.stages
    }


def skills_of(locked: Locked, person: str) -> frozenset[str]:
    """What the person is skilled in, in the task's project."""
    held = Collaborator.objects.filter(project_id=locked.task.project_id, user_id=person)
    return frozenset(skill for skills in held.values_list("skills", flat=True) for skill in skills)


def class_names(ontology_id: UUID) -> Mapping[str, str]:
    """Class ids to names, of the project's ontology."""
    return index_for(ontology_id).class_names


def emails_of(people: Sequence[str]) -> dict[str, str]:
    found = User.objects.filter(id__in=[person for person in people if person]).values_list("id", "email")
    return {str(person): email for person, email in found}


def absent_people(locked: Locked) -> frozenset[str]:
    """The last annotator, if they can no longer take work back: they left or lost the role."""
    person = locked.state.annotator
    if not person:
        return frozenset()
    roles = Collaborator.objects.filter(
        project_id=locked.task.project_id, user_id=person, user__is_active=True
    ).values_list("roles", flat=True)
    present = any(ProjectRole.ANNOTATOR in held for held in roles)
    return frozenset() if present else frozenset({person})


def lock_counters(
    locked: Locked, graph: Graph, facts: Facts, routers: Sequence[str]
) -> tuple[Facts, dict[str, dict[str, int]]]:
    """Locks the percentage routers' counter rows in key order; an exact ratio needs a serial decision."""
    project_id = locked.task.project_id
    keys = {router: graph.stage(router).counter_key for router in routers}
    rows = [RouterCounter(project_id=project_id, key=key) for key in sorted(keys.values())]
    RouterCounter.objects.bulk_create(rows, ignore_conflicts=True)
    found = RouterCounter.objects.select_for_update().filter(project_id=project_id, key__in=keys.values())
    counts = {row.key: row.counts for row in found.order_by("key")}
    by_router = {router: counts[key] for router, key in keys.items()}
    draws = dict(facts.draws)
    for router in routers:
        draws.setdefault(
            router,
            uniform(locked.task.project.selection_secret, "route", router, locked.task.id, locked.state.sequence),
        )
    return replace(facts, counters=by_router, draws=draws), counts
