"""The rows that an operation on a task begins with, in one statement: visit, task, project, data unit, label set."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.functions import Now

from apps.common.kept import Kept
from apps.tasks.models import Task, Visit, VisitStatus

RELATED = ("task__project", "task__data_unit", "task__label_set")


def visits_with_all() -> QuerySet[Visit]:
    """Visits with ``db_now``, the database's time, and ``ontology_version``, the present version of the ontology."""
    return Visit.objects.select_related(*RELATED).annotate(
        db_now=Now(), ontology_version=F("task__project__ontology__version")
    )


def _open_visit(task: UUID) -> QuerySet[Visit]:
    rows = visits_with_all().filter(task_id=task, status__lt=VisitStatus.DONE)
    return rows.select_for_update(of=("self", "task"))


def _task(task: UUID) -> QuerySet[Task]:
    rows = Task.objects.select_related("project", "data_unit", "label_set").filter(id=task)
    columns = rows.annotate(db_now=Now(), ontology_version=F("project__ontology__version"))
    return columns.select_for_update(of=("self",))


OPEN_VISIT_LOCKED: Kept[Visit] = Kept(_open_visit, UUID)
TASK_LOCKED: Kept[Task] = Kept(_task, UUID)
