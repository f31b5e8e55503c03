"""What experts have confirmed: labels that stand for their class, and labels that would be wrong in another class."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.accounts.models import User
from apps.labels.models import Label
from apps.quality.logic.gridding import distances, standing_for
from apps.quality.models import GridBatch, Observation, Score, SubjectType
from apps.quality.queries.crops import label_rows, tasks_of
from apps.quality.queries.grid_looks import looks_of
from apps.quality.queries.tiles import Subject
from apps.tasks.models import Task

LATEST, REFERENCES, RECENT = 200, 8, 20
MORE_RIGHT_THAN_WRONG = 0.5
EXPERT = "expert"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A label of which an expert said what it is, unchanged since. ``was``: the class it was mistaken for before."""

    task: Task
    label: Label
    was: str


def confirmed_of(project_id: UUID, class_id: str, user: User) -> list[Confirmed]:
    """Of a class, the latest: said to be right by an expert, or put right by one, and not written by ``user``."""
    rows = Observation.objects.filter(
        project_id=project_id, subject_type=SubjectType.LABEL, class_id=class_id, is_error=False
    )
    said = list(rows.filter(instrument=EXPERT).order_by("-id").values_list(*COLUMNS)[:LATEST])
    return still_so(said, {class_id}, user, own_words=True)


COLUMNS = ("task_id", "subject", "label_revision", "class_id", "reviewer_id", "is_error")
Said = tuple[UUID, UUID, int, str, UUID | None, bool]


def known_elsewhere(project_id: UUID, shown: Collection[str], user: User) -> list[Confirmed]:
    """Labels of known class that some class of ``shown`` would be wrong for; first those that were just so mistaken
    and put right, then those of any other class. None that the person judged or wrote, or saw in the grid lately."""
    rows = Observation.objects.filter(project_id=project_id, subject_type=SubjectType.LABEL, instrument=EXPERT)
    mistaken = rows.filter(class_id__in=shown, is_error=True, kind="wrong_class").order_by("-id")
    others = rows.filter(is_error=False).exclude(class_id="").order_by("-id")
    if len(shown) == 1:
        others = others.exclude(class_id__in=shown)
    said = [*mistaken.values_list(*COLUMNS)[:LATEST], *others.values_list(*COLUMNS)[:LATEST]]
    seen = seen_lately(project_id, user)
    found = [one for one in still_so(said, None, user) if one.label.label_id not in seen]
    return [one for one in found if set(shown) - {one.label.class_id}]


def still_so(said: Sequence[Said], classes: set[str] | None, user: User, *, own_words: bool = False) -> list[Confirmed]:
    """Those that have not changed since; what was found mistaken, if the very expert gave it another class."""
    tasks = tasks_of({row[0] for row in said})
    labels = label_rows(tasks, {row[1] for row in said})
    found: dict[Subject, Confirmed] = {}
    for task, subject, revision, class_id, expert, wrong in said:
        label = labels.get((task, subject))
        if label is None or label.created_by_id == user.id or label.updated_by_id == user.id:
            continue
        if not own_words and expert == user.id:
            continue
        if wrong:
            holds = label.class_id != class_id and label.updated_by_id == expert
        else:
            holds = label.class_id == class_id and label.changed_in <= revision
        if holds and (classes is None or label.class_id in classes):
            found.setdefault((task, subject), Confirmed(tasks[task], label, class_id if wrong else ""))
    return list(found.values())


def seen_lately(project_id: UUID, user: User) -> set[UUID]:
    rows = GridBatch.objects.filter(project_id=project_id, reviewer=user).order_by("-id")
    return {UUID(item["label"]) for items in rows.values_list("items", flat=True)[:RECENT] for item in items}


def references_of(project_id: UUID, class_id: str, user: User) -> list[tuple[Task, Label, bool]]:
    """Up to eight labels that stand for the class, and whether an expert confirmed them; where none is, those that
    least speaks against."""
    known = [(one.task, one.label, True) for one in confirmed_of(project_id, class_id, user)]
    if not known:
        rows = Score.objects.filter(
            project_id=project_id, metric="mistakenness", subject_type=SubjectType.LABEL, class_id=class_id
        )
        rows = rows.filter(value__lt=MORE_RIGHT_THAN_WRONG).order_by("value", "-id")
        likely = list(rows.values_list("task_id", "subject")[: LATEST // 2])
        # In a small class the odd ones would be among them, and what stands for all kinds of a class seeks the odd.
        likely = likely[: max(REFERENCES, len(likely) // 2)]
        tasks = tasks_of({task for task, _ in likely})
        labels = label_rows(tasks, {subject for _, subject in likely})
        known = [(tasks[key[0]], labels[key], False) for key in likely if key in labels]
    at, vectors = looks_of([(task.id, label.label_id) for task, label, _ in known])
    if not at:
        return known[:REFERENCES]
    return [known[at[one]] for one in standing_for(distances(vectors), REFERENCES)]
