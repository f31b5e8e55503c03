"""A project itself and its datasets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import Organization, User
from apps.common.errors import Invalid
from apps.datasets.models import Dataset
from apps.datasets.operations.locking import lock_datasets
from apps.flows.models import Workflow
from apps.flows.queries import latest_version
from apps.jobs.models import Job
from apps.ontologies.models import Ontology
from apps.projects import hooks
from apps.projects.logic import pointer
from apps.projects.models import Collaborator, Project, ProjectDataset, ProjectRole
from apps.projects.operations.locking import lock_project


@transaction.atomic
def create_project(
    *,
    organization: Organization,
    name: str,
    ontology: Ontology,
    workflow: Workflow,
    datasets: Sequence[Dataset],
    with_tasks: bool,
    created_by: User,
) -> tuple[Project, Job | None]:
    """A project with its creator as admin. The job makes the tasks where they are many. Raises Invalid.

    Without tasks, units that come later are left alone too, unless there was no dataset to leave alone.
    """
    _check_parts(organization, ontology, workflow, datasets)
    lock_datasets(dataset.pk for dataset in datasets)
    project = Project.objects.create(
        organization=organization,
        name=name,
        ontology=ontology,
        workflow=workflow,
        workflow_version=latest_version(workflow.id),
        auto_tasks=with_tasks or not datasets,
        created_by=created_by,
    )
    Collaborator.objects.create(project=project, user=created_by, roles=[ProjectRole.ADMIN.value])
    ProjectDataset.objects.bulk_create(ProjectDataset(project=project, dataset=dataset) for dataset in datasets)
    return project, _take_in(project, [dataset.id for dataset in datasets], created_by) if with_tasks else None


def _check_parts(
    organization: Organization, ontology: Ontology, workflow: Workflow, datasets: Sequence[Dataset]
) -> None:
    numbered = [(pointer("datasets", str(i)), dataset.organization_id) for i, dataset in enumerate(datasets)]
    owners = [("/ontology", ontology.organization_id), ("/workflow", workflow.organization_id), *numbered]
    for place, owner_id in owners:
        if owner_id != organization.id:
            raise Invalid.at(place, "It belongs to another organization.", code="other_organization")
    for place, archived_at in [("/ontology", ontology.archived_at), ("/workflow", workflow.archived_at)]:
        if archived_at is not None:
            raise Invalid.at(place, "It is archived.", code="archived")


def _take_in(project: Project, dataset_ids: Sequence[UUID], actor: User) -> Job | None:
    if not dataset_ids:
        return None
    jobs = [hook(project=project, dataset_ids=dataset_ids, actor=actor) for hook in hooks.take_in]
    return next((job for job in jobs if job is not None), None)


def _take_in_all(project: Project, actor: User) -> Job | None:
    """What has come to the datasets while nothing was taken in. Units that are tasks already stay as they are."""
    if not project.auto_tasks or project.archived_at is not None:
        return None
    return _take_in(project, _attached(project), actor)


def _attached(project: Project) -> list[UUID]:
    rows = ProjectDataset.objects.filter(project=project).order_by("id")
    return list(rows.values_list("dataset_id", flat=True))


@transaction.atomic
def attach_dataset(*, project: Project, dataset: Dataset, actor: User) -> tuple[ProjectDataset, bool, Job | None]:
    """Attaches the dataset and makes tasks of its units. Answers whether it was new. Safe to repeat.

    Raises Invalid for another organization's dataset, Conflict in an archived project.
    """
    if dataset.organization_id != project.organization_id:
        raise Invalid.at("/dataset", "It belongs to another organization.", code="other_organization")
    lock_datasets([dataset.pk])
    locked = lock_project(project.id, running=True)
    attached, is_new = ProjectDataset.objects.get_or_create(project=locked, dataset=dataset)
    job = _take_in(locked, [dataset.id], actor) if is_new and locked.auto_tasks else None
    return attached, is_new, job


@transaction.atomic
def change_project(*, project: Project, changes: Mapping[str, Any], actor: User) -> tuple[Project, Job | None]:
    """Writes ``name reserve_hours auto_tasks``. Safe to repeat.

    Turning ``auto_tasks`` on takes in what is not a task yet; the job does where that is much.
    """
    if changes.get("auto_tasks"):
        lock_datasets(_attached(project))
    locked = lock_project(project.id)
    turned_on = bool(changes.get("auto_tasks")) and not locked.auto_tasks
    for field, value in changes.items():
        setattr(locked, field, value)
    locked.save(update_fields=list(changes))
    return locked, _take_in_all(locked, actor) if turned_on else None


@transaction.atomic
def archive_project(*, project: Project, now: datetime) -> Project:
    """Ends work in the project; nothing is lost. Safe to repeat."""
    locked = lock_project(project.id)
    if locked.archived_at is None:
        locked.archived_at = now
        locked.save(update_fields=["archived_at"])
    return locked


@transaction.atomic
def unarchive_project(*, project: Project, actor: User) -> tuple[Project, Job | None]:
    """Goes on with an archived project, and takes in the data that came meanwhile. Safe to repeat."""
    lock_datasets(_attached(project))
    locked = lock_project(project.id)
    if locked.archived_at is None:
        return locked, None
    locked.archived_at = None
    locked.save(update_fields=["archived_at"])
    return locked, _take_in_all(locked, actor)
