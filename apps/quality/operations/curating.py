"""Curating a project: describe, score and group what shows the same picture. Goes on where it was stopped.

What the settings ask for when it begins is what images are described by; where they have changed meanwhile, it begins
again, and what has been described so already is passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import Conflict, Unavailable
from apps.jobs.models import Job
from apps.jobs.operations import enqueue
from apps.projects.models import Project
from apps.quality.descriptors.layout import METHOD
from apps.quality.models import SweepMark
from apps.quality.operations.curating_scores import (
    METRICS,
    build_indices,
    describe_project,
    keep_image_scores,
    pages,
)
from apps.quality.operations.describing import Described
from apps.quality.operations.embedding import embedding_of, note_trouble, use_embedding
from apps.quality.operations.grouping import group_pairs, keep_groups
from apps.quality.operations.pairing import Pair, Plates, keep_pairs, kept_pairs, pairs_of
from apps.quality.operations.scoring.starting import learn_neighbours_anew
from apps.quality.queries.curation import CURATE, OPEN
from apps.quality.queries.duplicates import same_bytes
from apps.quality.queries.embedding import Embedding
from apps.quality.queries.vectors import Page, mark_name, stored_index
from apps.tasks.models import Task

DESCRIBE, SCORE, PAIR, DONE = range(4)


@dataclass
class Saved:
    """What a checkpoint holds: the phase, the last task in it, sums, the files of pairs found so far, and the method by
    which images are described."""

    phase: int = DESCRIBE
    after: str = ""
    method: str = ""
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
    under_way = lock_curating(project)
    if under_way is not None:
        raise Conflict("The project is being curated already.", code="under_way", job=str(under_way.pk), allowed=[])
    return enqueue_curating(project, actor)


def lock_curating(project: Project) -> Job | None:
    """The curation under way. Two that ask at once follow one another."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    return Job.objects.filter(project_id=project.pk, kind=CURATE, state__in=OPEN).first()


def enqueue_curating(project: Project, actor: User) -> Job:
    return enqueue(
        kind=CURATE, organization_id=project.organization_id, project_id=project.id, params={}, created_by=actor
    )


def curate_anew(project: Project, actor: User) -> Job | None:
    """Once the settings ask for another method: a project that has been curated is described by it. One that is being
    curated sees the change itself, and one that never was waits until somebody asks."""
    if lock_curating(project) is not None:
        return None
    names = [mark_name(what, project.pk) for what in ("unit", "crop")]
    return enqueue_curating(project, actor) if SweepMark.objects.filter(name__in=names).exists() else None


def curate(*, project: Project, run: UUID, saved: dict[str, Any], step: Step) -> dict[str, Any]:
    """Answers counts and the method. Safe to repeat. Raises Unavailable where the model cannot describe images: then
    they are compared as before."""
    state = Saved(**saved)
    while True:
        embedding = wanted(project.id)
        if state.method != embedding.method:
            state.method, state.counts = embedding.method, {}
            state.begin(DESCRIBE)
        if state.phase == DESCRIBE:
            describe(project, embedding, state, step)
        if state.phase == SCORE:
            build_indices(project.id, embedding, lambda rows: step(asdict(state), 0.45, f"{rows:,} vectors read"))
            if use_embedding(project.id, embedding):
                learn_neighbours_anew(project)
            keep_image_scores(project.id, METRICS, lambda rows: step(asdict(state), 0.5, f"{rows:,} images scored"))
            state.begin(PAIR)
            step(asdict(state), 0.5, "images scored")
        if state.phase == PAIR:
            pair(project, run, state, step)
        if wanted(project.id).method == embedding.method:
            break
    return finish(project, run, state) | {"method": embedding.method, "compared_by": embedding.name}


def wanted(project_id: UUID) -> Embedding:
    """What the settings ask for. Raises Conflict, which the project's curation repeats."""
    try:
        return embedding_of(project_id)
    except Conflict as error:
        note_trouble(project_id, error.detail)
        raise


def describe(project: Project, embedding: Embedding, state: Saved, step: Step) -> None:
    before, share = dict(state.counts), 0.0

    def heard(part: float, done: Described, last: UUID) -> None:
        nonlocal share
        share = part
        state.counts = {name: before.get(name, 0) + value for name, value in asdict(done).items()}
        state.after = str(last)
        step(asdict(state), 0.4 * share, done.told)

    def wait(detail: str) -> None:
        step(asdict(state), 0.4 * share, detail)

    try:
        describe_project(project, embedding, heard, after=state.last, wait=wait)
    except Unavailable as error:
        note_trouble(project.id, error.detail)
        raise
    state.begin(SCORE)
    step(asdict(state), 0.4, "images described")


def pair(project: Project, run: UUID, state: Saved, step: Step) -> None:
    """A part's pairs are kept in a file before the checkpoint names it: what is found twice counts once in the end."""
    index, plates = stored_index(project.id, "unit", method=METHOD), Plates()
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


def finish(project: Project, run: UUID, state: Saved) -> dict[str, Any]:
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
