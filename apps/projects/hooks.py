"""What projects ask of the tasks above them. Filled from ``AppConfig.ready``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from apps.accounts.models import User
from apps.jobs.models import Job
from apps.projects.models import Project
from workflows.graph import Graph


class TakeIn(Protocol):
    """Makes tasks of the datasets' units: at once when they are few, else by the job answered."""

    def __call__(self, *, project: Project, dataset_ids: Sequence[UUID], actor: User | None) -> Job | None: ...


class RolesLost(Protocol):
    """A person has only ``roles_left`` in the project now: what they held goes back."""

    def __call__(self, *, project_id: UUID, user_id: UUID, roles_left: Iterable[str], actor: User | None) -> object: ...


class VersionPlan(Protocol):
    """Per stage how many tasks would keep, move or be blocked: ``{"stages", "problems", "ok"}``."""

    def __call__(self, *, project: Project, new: Graph, mapping: Mapping[str, str]) -> dict[str, Any]: ...


class VersionPublished(Protocol):
    """The project has a new version: remember the mapping and move the tasks."""

    def __call__(
        self, *, project: Project, old_version_id: UUID, mapping: Mapping[str, str], actor: User, now: datetime
    ) -> Job | None: ...


take_in: list[TakeIn] = []
on_roles_lost: list[RolesLost] = []
version_plan: list[VersionPlan] = []
on_version_published: list[VersionPublished] = []
progress_of: list[Callable[[Sequence[UUID]], Mapping[UUID, Mapping[str, int]]]] = []
"""Project ids → ``{"total", "complete", "archived"}``."""
