"""Writes of projects: create, change, archive, attach datasets, people, publish a workflow version."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import Membership, Organization, User
from apps.common.errors import Conflict, FieldError, Forbidden, Invalid
from apps.datasets.models import Dataset
from apps.flows.models import Workflow, WorkflowVersion
from apps.flows.operations import checked_graph, publish_version
from apps.flows.queries import latest_version
from apps.jobs.models import Job
from apps.ontologies.models import Ontology
from apps.projects import hooks
from apps.projects.models import Collaborator, Project, ProjectDataset, ProjectRole
from apps.projects.policies import ProjectAccess


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
    """A project with its creator as admin. The job makes the tasks where they are many. Raises Invalid."""
    for pointer, item in [("/ontology", ontology), ("/workflow", workflow), *_numbered(datasets)]:
        if item.organization_id != organization.id:
            raise Invalid.at(pointer, "It belongs to another organization.", code="other_organization")
    project = Project.objects.create(
        organization=organization,
        name=name,
        ontology=ontology,
        workflow=workflow,
        workflow_version=latest_version(workflow.id),
        auto_tasks=with_tasks,
        created_by=created_by,
    )
    Collaborator.objects.create(project=project, user=created_by, roles=[ProjectRole.ADMIN.value])
    ProjectDataset.objects.bulk_create(ProjectDataset(project=project, dataset=dataset) for dataset in datasets)
    job = _take_in(project, [dataset.id for dataset in datasets], created_by) if with_tasks else None
    return project, job


def _numbered(datasets: Sequence[Dataset]) -> list[tuple[str, Dataset]]:
    return [(f"/datasets/{index}", dataset) for index, dataset in enumerate(datasets)]


def _take_in(project: Project, dataset_ids: Sequence[UUID], actor: User) -> Job | None:
    jobs = [hook(project=project, dataset_ids=dataset_ids, actor=actor) for hook in hooks.take_in] if dataset_ids else []
    return next((job for job in jobs if job is not None), None)


@transaction.atomic
def attach_dataset(*, project: Project, dataset: Dataset, actor: User) -> tuple[bool, Job | None]:
    """Attaches the dataset and makes tasks of its units. Answers whether it was new. Safe to repeat."""
    if dataset.organization_id != project.organization_id:
        raise Invalid.at("/dataset", "It belongs to another organization.", code="other_organization")
    _require_running(project)
    _, is_new = ProjectDataset.objects.get_or_create(project=project, dataset=dataset)
    job = _take_in(project, [dataset.id], actor) if is_new and project.auto_tasks else None
    return is_new, job


@transaction.atomic
def change_project(*, project: Project, changes: Mapping[str, Any]) -> Project:
    """Writes ``name reserve_hours auto_tasks``. Safe to repeat."""
    for field, value in changes.items():
        setattr(project, field, value)
    project.save(update_fields=list(changes))
    return project


@transaction.atomic
def archive_project(*, project: Project, now: datetime) -> Project:
    """Ends work in the project; nothing is lost. Safe to repeat."""
    if project.archived_at is None:
        project.archived_at = now
        project.save(update_fields=["archived_at"])
    return project


@transaction.atomic
def unarchive_project(*, project: Project) -> Project:
    """Goes on with an archived project. Safe to repeat."""
    project.archived_at = None
    project.save(update_fields=["archived_at"])
    return project


def _require_running(project: Project) -> None:
    if project.archived_at is not None:
        raise Conflict("The project is archived.", code="project_archived")


@transaction.atomic
def set_collaborator(
    *, access: ProjectAccess, user: User, roles: Sequence[str], skills: Sequence[str] | None, actor: User
) -> tuple[Collaborator, bool]:
    """Gives a member of the organization these roles and skills; answers whether they are new. Safe to repeat.

    Raises Invalid for somebody outside the organization, Forbidden when a manager makes or unmakes an admin.
    """
    project = access.project
    if not user.is_active or not Membership.objects.filter(organization_id=project.organization_id, user=user).exists():
        raise Invalid.at(
            "/email", "Nobody of the organization has this address; invite the person first.", code="not_a_member"
        )
    present = Collaborator.objects.select_for_update().filter(project=project, user=user).first()
    require_may_grant(access, roles, present.roles if present else ())
    values: dict[str, Any] = {"roles": sorted(set(roles))}
    if skills is not None:
        values["skills"] = sorted(set(skills))
    collaborator, is_new = Collaborator.objects.update_or_create(project=project, user=user, defaults=values)
    if present is not None and set(present.roles) - set(roles):
        _tell_roles_lost(project.id, user.id, roles, actor)
    return collaborator, is_new


def require_may_grant(access: ProjectAccess, roles: Sequence[str], present: Sequence[str]) -> None:
    """Raises Forbidden when somebody who is no admin gives or takes the admin's role."""
    if not access.is_admin and (ProjectRole.ADMIN in roles) != (ProjectRole.ADMIN in present):
        raise Forbidden("Only an admin makes or unmakes admins.", code="admin_only")


@transaction.atomic
def remove_collaborator(*, access: ProjectAccess, collaborator: Collaborator, actor: User) -> None:
    """Ends a person's part in the project: their claims are released, their reserved tasks return to the pool."""
    require_may_grant(access, (), collaborator.roles)
    user_id = collaborator.user_id
    collaborator.delete()
    _tell_roles_lost(access.project.id, user_id, (), actor)


def _tell_roles_lost(project_id: UUID, user_id: UUID, roles_left: Sequence[str], actor: User | None) -> None:
    for hook in hooks.on_roles_lost:
        hook(project_id=project_id, user_id=user_id, roles_left=roles_left, actor=actor)


@transaction.atomic
def leave_organization(*, user: User, organization_id: UUID, by: User | None, now: datetime) -> None:
    """Every part the person has in the organization's projects ends. Hangs on the departure of a member."""
    rows = Collaborator.objects.filter(user=user, project__organization_id=organization_id).order_by("project_id")
    for collaborator in list(rows):
        collaborator.delete()
        _tell_roles_lost(collaborator.project_id, user.id, (), by)


def plan_version(*, project: Project, graph: Any, mapping: Mapping[str, str]) -> dict[str, Any]:
    """What publishing the graph would do to the project's tasks. Raises Invalid for an unsound graph."""
    new = checked_graph(graph)
    found: dict[str, Any] = {"stages": {}, "problems": [], "ok": True}
    for hook in hooks.version_plan:
        found = hook(project=project, new=new, mapping=mapping)
    return found


@transaction.atomic
def publish_project_version(
    *,
    project_id: UUID,
    graph: Any,
    mapping: Mapping[str, str],
    actor: User,
    now: datetime,
    check: Callable[[Project], None],
) -> tuple[Project, WorkflowVersion, dict[str, Any], Job | None]:
    """Publishes the graph for this project and sets its tasks moving. ``check`` is asked under the project's lock.

    Raises Invalid for an unsound graph or mapping, Conflict when tasks are blocked (the plan is in the error).
    """
    project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
    check(project)
    _require_running(project)
    plan = plan_version(project=project, graph=graph, mapping=mapping)
    if plan["problems"]:
        errors = [FieldError(f"/mapping/{p['stage']}", p["code"], p["detail"]) for p in plan["problems"]]
        raise Invalid("The mapping cannot be used.", code="bad_mapping", errors=errors)
    if not plan["ok"]:
        raise Conflict("Tasks stand at stages that the new version blocks; map those stages.", code="blocked", plan=plan)
    old_version_id = project.workflow_version_id
    version = publish_version(workflow_id=project.workflow_id, graph=graph, published_by=actor)
    job = None
    if version.id != old_version_id:
        project.workflow_version = version
        project.save(update_fields=["workflow_version"])
        for hook in hooks.on_version_published:
            job = hook(project=project, old_version_id=old_version_id, mapping=mapping, actor=actor, now=now)
    return project, version, plan, job
