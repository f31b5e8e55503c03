"""Which skills a task's labels ask of those who judge it, what is suspicious first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from apps.labels.models import Label
from apps.ontologies.logic import OntologyIndex
from apps.ontologies.queries import index_for
from apps.quality.models import Score, SubjectType
from apps.tasks.models import Task

METRIC = "mistakenness"
SUSPICIOUS = 0.3

Labelled = tuple[str, dict[str, Any]]
"""A label's class and its answers by attribute id."""


def skills_for_task(task_id: UUID, *, threshold: float = SUSPICIOUS) -> list[str]:
    """The skills of the labels with P(error) >= ``threshold``, and of objects that seem to be missing, the most likely
    wrong first; of all labels where none is suspicious. The order within one label is the ontology's."""
    return skills_for_tasks([task_id], threshold=threshold).get(task_id, [])


def skills_for_tasks(task_ids: Collection[UUID], *, threshold: float = SUSPICIOUS) -> dict[UUID, list[str]]:
    """The same for many tasks of one project, in a handful of statements."""
    tasks: dict[UUID, tuple[UUID | None, UUID]] = {
        task: (label_set, ontology)
        for task, label_set, ontology in Task.objects.filter(id__in=list(task_ids)).values_list(
            "id", "label_set_id", "project__ontology_id"
        )
    }
    indexes = {ontology: index_for(ontology) for ontology in {ontology for _, ontology in tasks.values()}}
    asking = [entry.id for index in indexes.values() for entry in index.classes if entry.skills]
    if not asking:
        return {task: [] for task in tasks}
    labels = labels_of({label_set for label_set, _ in tasks.values() if label_set}, asking)
    suspects = suspects_of(tasks, threshold)
    found = {}
    for task, (label_set, ontology) in tasks.items():
        own = labels.get(label_set, {}) if label_set else {}
        wrong = [own.get(subject, (class_id, {})) for subject, class_id in suspects.get(task, ())]
        found[task] = named(indexes[ontology], wrong) or named(indexes[ontology], own.values())
    return found


def labels_of(label_sets: Collection[UUID], classes: Collection[str]) -> dict[UUID, dict[UUID, Labelled]]:
    """By label set and label id, in the order they were made; only of these classes."""
    found: dict[UUID, dict[UUID, Labelled]] = defaultdict(dict)
    rows = Label.objects.filter(label_set_id__in=label_sets, class_id__in=classes).order_by("id")
    for label_set, label, class_id, answers in rows.values_list("label_set_id", "label_id", "class_id", "attributes"):
        found[label_set][label] = (class_id, answers)
    return found


def suspects_of(task_ids: Iterable[UUID], threshold: float) -> dict[UUID, list[tuple[UUID, str]]]:
    """By task the suspicious subjects with their classes, the most likely wrong first."""
    found: dict[UUID, list[tuple[UUID, str]]] = defaultdict(list)
    rows = Score.objects.filter(
        task_id__in=list(task_ids),
        metric=METRIC,
        subject_type__in=(SubjectType.LABEL, SubjectType.PREDICTION),
        value__gte=threshold,
    ).order_by("-value", "id")
    for task, subject, class_id in rows.values_list("task_id", "subject", "class_id"):
        found[task].append((subject, class_id))
    return found


def named(index: OntologyIndex, labels: Iterable[Labelled]) -> list[str]:
    skills: list[str] = []
    for class_id, answers in labels:
        entry = index.find(class_id)
        skills += entry.skills_for(answers) if entry is not None else ()
    return list(dict.fromkeys(skills))
