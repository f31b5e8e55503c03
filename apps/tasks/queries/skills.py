"""Which skills the labels of tasks ask of those who judge them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.labels.models import Label
from apps.ontologies.logic import OntologyIndex
from apps.ontologies.queries import index_for
from apps.tasks.models import Task, Verdict

Said = tuple[str, Mapping[str, Any]]
"""A label's class and its answers by attribute id."""


def skills_of_tasks(ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """By task of one project the skills that its labels ask for: three statements, however many tasks there are."""
    rows = Task.objects.filter(id__in=list(ids)).select_related("project")
    tasks = list(rows.only("id", "label_set_id", "round", "project__ontology_id"))
    return skills_of(tasks, index_for(tasks[0].project.ontology_id)) if tasks else {}


def skills_of(tasks: Sequence[Task], index: OntologyIndex) -> dict[UUID, list[str]]:
    """By task the skills that its labels' classes and attributes name, in the ontology's order.

    After a rejection those of the labels that stand rejected in this round, else those of all labels.
    """
    asking = {entry.id: entry for entry in index.classes if entry.skills}
    order = list(dict.fromkeys(skill for entry in asking.values() for skill in entry.skills))
    labels = said_in([task.label_set_id for task in tasks if task.label_set_id], list(asking)) if order else {}
    rejected = rejected_in([task for task in tasks if task.label_set_id in labels])
    found = {}
    for task in tasks:
        own = labels.get(task.label_set_id, {}) if task.label_set_id else {}
        named = [own[label] for label in rejected.get(task.id, ()) if label in own] or own.values()
        skills = {skill for class_id, answers in named for skill in asking[class_id].skills_for(answers)}
        found[task.id] = [skill for skill in order if skill in skills]
    return found


def said_in(label_sets: Collection[UUID], classes: Collection[str]) -> dict[UUID, dict[UUID, Said]]:
    """By label set and label id, only of these classes."""
    found: dict[UUID, dict[UUID, Said]] = defaultdict(dict)
    rows = Label.objects.filter(label_set_id__in=list(label_sets), class_id__in=list(classes))
    for label_set, label, class_id, answers in rows.values_list("label_set_id", "label_id", "class_id", "attributes"):
        found[label_set][label] = (class_id, answers)
    return found


def rejected_in(tasks: Sequence[Task]) -> dict[UUID, set[UUID]]:
    """By task the labels that stand rejected in its present round, and were not put right."""
    rounds = {task.id: task.round for task in tasks}
    found: dict[UUID, set[UUID]] = defaultdict(set)
    if not rounds:
        return found
    rows = Verdict.objects.filter(task_id__in=rounds, verdict="rejected", superseded=False, label__isnull=False)
    for task, label, number in rows.exclude(source="edit").values_list("task_id", "label", "round"):
        if number == rounds[task] and label is not None:
            found[task].add(label)
    return found
