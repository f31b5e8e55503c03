"""When data units become tasks: a project starts, a dataset is attached, data is added later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.datasets.models import DataUnit
from apps.jobs.models import Job
from apps.jobs.operations import enqueue
from apps.projects.models import Project, ProjectDataset
from apps.tasks.operations.creation import create_tasks

AT_ONCE = 1_000


@transaction.atomic
def take_in(*, project: Project, dataset_ids: Sequence[UUID], actor: User | None) -> Job | None:
    """Makes tasks of all units of the datasets: at once for up to ``AT_ONCE``, else by the job that is answered."""
    rows = DataUnit.objects.filter(dataset_id__in=dataset_ids)
    ids = list(rows.order_by("id").values_list("id", flat=True)[: AT_ONCE + 1])
    if len(ids) <= AT_ONCE:
        create_tasks(project_id=project.id, unit_ids=ids, actor_id=actor.id if actor else None)
        return None
    return enqueue(
        kind="tasks.create",
        organization_id=project.organization_id,
        project_id=project.id,
        params={"project": str(project.id), "datasets": [str(dataset) for dataset in dataset_ids]},
        created_by=actor,
    )


def take_in_added(dataset_id: UUID, unit_ids: Sequence[UUID], now: datetime) -> None:
    """New units of a dataset become tasks of every running project that uses it, in the transaction that adds them."""
    attached = ProjectDataset.objects.filter(dataset_id=dataset_id, project__archived_at=None, project__auto_tasks=True)
    for project_id in attached.order_by("project_id").values_list("project_id", flat=True):
        create_tasks(project_id=project_id, unit_ids=unit_ids, actor_id=None)
