"""Curating a project: describe, score and group what shows the same picture. Goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import Conflict
from apps.jobs.models import Job, JobState
from apps.jobs.operations import enqueue
from apps.projects.models import Project
from apps.quality.operations.curating_scores import (
    METRICS,
    build_indices,
    describe_project,
    keep_image_scores,
    pages,
)
from apps.quality.operations.describing import Described
from apps.quality.operations.grouping import group_pairs, keep_groups
from apps.quality.operations.pairing import Pair, Plates, keep_pairs, kept_pairs, pairs_of
from apps.quality.queries.duplicates import same_bytes
from apps.quality.queries.vectors import Page, stored_index
from apps.tasks.models import Task

CURATE = "quality.curate"
OPEN = (JobState.QUEUED, JobState.RUNNING)
DESCRIBE, SCORE, PAIR, DONE = range(4)


@dataclass
class Saved:
    """What a checkpoint holds: the phase, the last task in it, sums, and the files of pairs found so far."""

    phase: int = DESCRIBE
    after: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)

    @property
    def last(self) -> UUID | None:
        return UUID(self.after) if self.after else None

    def begin(self, phase: int) -> None:
        self.phase, self.after = phase, ""


Step = Callable[[dict[str, Any], float, str], None]
"""``step(state, share, detail)`` keeps the state and may raise to stop the work."""


@transaction.atomic
def start_curating(*, project: Project, actor: User) -> Job:
    """A job over the whole project. Raises Conflict while one is under way."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    under_way = Job.objects.filter(project_id=project.pk, kind=CURATE, state__in=OPEN).first()
    if under_way is not None:
        raise Conflict("The project is being curated already.", code="under_way", job=str(under_way.pk), allowed=[])
    return enqueue(
        kind=CURATE, organization_id=project.organization_id, project_id=project.id, params={}, created_by=actor
    )


def curate(*, project: Project, run: UUID, saved: dict[str, Any], step: Step) -> dict[str, int]:
    """Answers counts. Safe to repeat."""
    state = Saved(**saved)
    if state.phase == DESCRIBE:
        describe(project, state, step)
    if state.phase == SCORE:
        build_indices(project.id, lambda rows: step(asdict(state), 0.45, f"{rows:,} vectors read"))
        keep_image_scores(project.id, METRICS, lambda rows: step(asdict(state), 0.5, f"{rows:,} images scored"))
        state.begin(PAIR)
        step(asdict(state), 0.5, "images scored")
    if state.phase == PAIR:
        pair(project, run, state, step)
    return finish(project, run, state)


def describe(project: Project, state: Saved, step: Step) -> None:
    before = dict(state.counts)

    def heard(share: float, done: Described, last: UUID) -> None:
        state.counts = {name: before.get(name, 0) + value for name, value in asdict(done).items()}
        state.after = str(last)
        step(asdict(state), 0.4 * share, done.told)

    describe_project(project, heard, after=state.last)
    state.begin(SCORE)
    step(asdict(state), 0.4, "images described")


def pair(project: Project, run: UUID, state: Saved, step: Step) -> None:
    """A part's pairs are kept in a file before the checkpoint names it: what is found twice counts once in the end."""
    index, plates = stored_index(project.id, "unit"), Plates()
    seen = 0
    for page in pages(project.id, state.last):
        if index is None:
            break
        found = list(pairs_of(project.id, page, index, plates)) + identical(project.id, page)
        if found:
            state.parts.append(keep_pairs(f"quality/{project.id}/pairs/{run}-{len(state.parts)}.json", found))
        state.after, seen = str(page.tasks[-1]), seen + len(page.tasks)
        step(asdict(state), 0.5 + 0.45 * min(1.0, seen / max(len(index), 1)), f"{seen:,} images compared")
    state.begin(DONE)
    step(asdict(state), 0.95, "images compared")


def identical(project_id: UUID, page: Page) -> list[Pair]:
    rows = Task.objects.filter(id__in=page.tasks).values_list("id", "data_unit__sha256")
    return [Pair(one, other, 1.0, (1.0, 1.0), (0.0, 0.0)) for one, other in same_bytes(project_id, list(rows))]


def finish(project: Project, run: UUID, state: Saved) -> dict[str, int]:
    """Groups all pairs, each once with its best alignment, and clears their files away."""
    best: dict[tuple[UUID, UUID], Pair] = {}
    for part in state.parts:
        for found in kept_pairs(part):
            key = (min(found.one, found.other), max(found.one, found.other))
            if key not in best or found.score > best[key].score:
                best[key] = found
    rows = group_pairs(project.id, list(best.values()), run)
    keep_groups(project, rows)
    for part in state.parts:
        default_storage.delete(part)
    return state.counts | {
        "groups": sum(row.keep for row in rows),
        "members": len(rows),
        "conflicts": sum(len(row.conflicts) for row in rows) // 2,
    }
