"""The only way to a task: fetched through the check, the invisible does not exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.accounts.principal import Principal
from apps.common.errors import Forbidden, Invalid, NotFound
from apps.common.kept import Kept
from apps.flows.queries import compiled_graph
from apps.projects.policies import ProjectAccess, access_columns, access_of
from apps.tasks.logic import is_wrong_person
from apps.tasks.models import Draft, Issue, Task, TaskEvent, Visit, VisitStatus
from apps.tasks.queries.lists import READ_ROLES, reads_stage
from workflows.graph import REVIEW_TYPES, Stage


@dataclass(frozen=True, slots=True)
class TaskAccess:
    """A task that the principal may read, and what else they may do with it."""

    task: Task
    visit: Visit | None
    access: ProjectAccess
    principal: Principal

    @property
    def user(self) -> User:
        return self.principal.user

    @property
    def is_manager(self) -> bool:
        return self.access.is_manager

    @property
    def sees_all(self) -> bool:
        """Managers and viewers."""
        return self.access.sees_all

    @property
    def stage(self) -> Stage | None:
        return compiled_graph(self.task.workflow_version_id).stages.get(self.task.stage)

    @property
    def sees_evidence(self) -> bool:
        if self.visit is not None and self.visit.blind and not self.access.sees_all:
            return False
        return sees_evidence(self.access, self.stage)

    @property
    def is_blind(self) -> bool:
        if self.visit is not None and self.visit.blind and not self.access.sees_all:
            return True
        return is_blind(self.access, self.stage)


def get_task_for(principal: Principal, task_id: UUID) -> TaskAccess:
    """The task with its open visit, if the principal may read it. Raises NotFound."""
    row: Any = _OPEN.first(task_id, principal.user.pk) or _CLOSED.first(task_id, principal.user.pk)
    if row is None:
        raise NotFound
    task, visit = (row.task, row) if isinstance(row, Visit) else (row, None)
    access = access_of(task.project, row) if principal.project_id in (None, task.project_id) else None
    if access is None:
        raise NotFound
    found = TaskAccess(task, visit, access, principal)
    if not may_read(found):
        raise NotFound
    return found


def _open(task: UUID, user: UUID) -> QuerySet[Visit]:
    """The open visit of a task with everything that says who may do what with it."""
    columns = access_columns(user, "task__project__organization", "task__project")
    rows = Visit.objects.select_related("task__data_unit", "task__label_set", "task__project").annotate(**columns)
    return rows.filter(task_id=task, status__lt=VisitStatus.DONE)


def _closed(task: UUID, user: UUID) -> QuerySet[Task]:
    columns = access_columns(user, "project__organization", "project")
    return Task.objects.select_related("data_unit", "label_set", "project").annotate(**columns).filter(id=task)


_OPEN: Kept[Visit] = Kept(_open, UUID, UUID)
_CLOSED: Kept[Task] = Kept(_closed, UUID, UUID)


def may_read(found: TaskAccess) -> bool:
    """API.md, "read a task, its labels and history"."""
    if found.sees_all:
        return True
    user_id, visit = found.user.id, found.visit
    if visit is not None and user_id in (visit.holder_id, visit.reserved_for_id):
        return True
    stage = found.stage
    if stage is not None and reads_stage(found.access, found.user, stage):
        return True
    return TaskEvent.objects.filter(task=found.task, actor_id=user_id).exists()


def require_role(found: TaskAccess, verb: str) -> None:
    """Raises Forbidden for a step that the task's stage offers to people of other roles; its holder has the role."""
    is_holder = found.visit is not None and found.visit.holder_id == found.user.id
    if not is_holder and is_wrong_person(found.task.stage_type, verb, found.access.roles):
        raise Forbidden("You do not have the role that works at this stage.", code="role_missing")


def require_writer(found: TaskAccess) -> None:
    """Raises Forbidden for who may only look on."""
    if not found.access.roles - {"viewer"}:
        raise Forbidden("Viewers look on; they do not write.", code="viewer")


def sees_evidence(access: ProjectAccess, stage: Stage | None) -> bool:
    """Whether metrics, route reason and others' verdicts may be shown (API.md, the row marked **no**)."""
    if access.sees_all or "agent" in access.roles:
        return True
    if stage is None or not READ_ROLES.get(stage.type, frozenset()) & access.roles:
        return False
    return stage.show_evidence == "at once"


def is_blind(access: ProjectAccess, stage: Stage | None) -> bool:
    """A judge whose stage hides the evidence sees nobody's word before giving their own."""
    judging = stage is not None and stage.type in REVIEW_TYPES and stage.show_evidence != "at once"
    return judging and not access.sees_all


def get_issue_for(principal: Principal, task_id: UUID, issue_id: UUID) -> tuple[TaskAccess, Issue]:
    """An issue of a task that the principal may read. Raises NotFound."""
    found = get_task_for(principal, task_id)
    issue = Issue.objects.filter(id=issue_id, task=found.task).first()
    if issue is None:
        raise NotFound
    return found, issue


def get_draft_for(principal: Principal, task_id: UUID, draft_id: UUID) -> tuple[TaskAccess, Draft]:
    """One's own draft. Raises NotFound."""
    found = get_task_for(principal, task_id)
    draft = Draft.objects.filter(id=draft_id, task=found.task, author=principal.user).first()
    if draft is None:
        raise NotFound
    return found, draft


def get_person_for(access: ProjectAccess, text: str) -> User:
    """A collaborator of the project by id or e-mail address. Raises Invalid; a stranger is like nobody."""
    people = User.objects.filter(collaborations__project=access.project)
    try:
        person = people.filter(id=UUID(text)).first()
    except ValueError:
        person = people.filter(email=text.lower()).first()
    if person is None:
        raise Invalid.at("/user", "No collaborator of the project is called so.", code="unknown_user")
    return person
