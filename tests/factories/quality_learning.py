"""Projects that were scored, and scores as a scorer leaves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.accounts.models import User
from apps.common.ids import new_id
from apps.inference.models import Prediction, PredictionModel
from apps.labels.models import Label
from apps.projects.models import Project
from apps.quality.models import Observation, Score, ScoreRun, SubjectType
from apps.tasks.models import Task
from tests.factories.tasks import World, graph, make_world

VERSION = "detection-1"


def make_scored_world(*, tasks: int = 3, **more: Any) -> World:
    """A world whose project has been scored once, and whose reviewers may edit."""
    world = make_world(tasks=tasks, **{"workflow": graph(review={"allow_edit": True}), **more})
    now = timezone.now()
    ScoreRun.objects.create(id=new_id(), project=world.project, scorer_version=VERSION, started_at=now, finished_at=now)
    return world


def score_label(task: Task, label: UUID, odds: float = 0.0, vector: Sequence[float] = (1.0, 2.0)) -> Score:
    """As the scorer would score the label's present revision."""
    label_set = Task.objects.select_related("label_set").get(id=task.id).label_set
    assert label_set is not None
    row = Label.objects.get(label_set=label_set, label_id=label)
    return put(
        task,
        label,
        SubjectType.LABEL,
        0.1,
        class_id=row.class_id,
        detail={"odds": odds, "vector": list(vector)},
        label_revision=label_set.revision,
    )


def put(task: Task, subject: UUID, subject_type: str, value: float, **more: Any) -> Score:
    fields = {"p_error": value, "scorer_version": VERSION, "input_digest": "", "scored_at": timezone.now(), **more}
    found, _ = Score.objects.update_or_create(
        task=task,
        metric="mistakenness",
        subject=subject,
        defaults={"project_id": task.project_id, "subject_type": subject_type, "value": value, **fields},
    )
    return found


def score_missing(world: World, task: Task, geometry: Mapping[str, Any], value: float = 0.3) -> Prediction:
    """A prediction that no label covers, scored as a missing object."""
    model, _ = PredictionModel.objects.get_or_create(project=world.project, name="yolo")
    classes = world.ontology.definition["objects"]
    predicted = Prediction.objects.create(
        project=world.project,
        data_unit_id=task.data_unit_id,
        model=model,
        label_id=new_id(),
        class_id=classes[1]["id"],
        shape="bounding_box",
        geometry=dict(geometry),
        confidence=0.9,
        created_at=timezone.now(),
    )
    put(task, predicted.id, SubjectType.PREDICTION, value, kind="missing", detail={"odds": value})
    return predicted


def observe_labels(
    project: Project,
    task: Task,
    *,
    wrong: Sequence[bool],
    odds: Sequence[float] | None = None,
    weeks_ago: int = 0,
    **more: Any,
) -> list[Observation]:
    """Observations as verdicts would leave them, each of a label of its own."""
    at = timezone.now() - timedelta(weeks=weeks_ago)
    fields = {"instrument": "review", "subject_type": SubjectType.LABEL, "scorer_version": VERSION, **more}
    rows = [
        Observation(
            project=project,
            task=task,
            source=new_id(),
            subject=new_id(),
            is_error=hit,
            odds=odds[i] if odds else None,
            at=at,
            **fields,
        )
        for i, hit in enumerate(wrong)
    ]
    return Observation.objects.bulk_create(rows)


def person(world: World, name: str) -> User:
    return world.people[name]
