"""Which labels a review shows: all of them, or those that the draw chose."""

from __future__ import annotations

from uuid import UUID

from apps.tasks.models import Task, TaskEvent
from workflows import codec
from workflows.events import Selection
from workflows.graph import REVIEW_TYPES, Stage


def drawn_labels(task: Task, stage: Stage | None) -> list[str] | None:
    """Ids of the labels that the stage's per-class draw chose; None where every label is shown.

    Every label is shown where the stage says so, draws none, or the task itself was drawn.
    """
    if stage is None or stage.type not in REVIEW_TYPES or not stage.class_sample or stage.show != "drawn":
        return None
    rows = TaskEvent.objects.filter(task=task, action="selection", from_stage=stage.id)
    event = rows.order_by("-sequence").values_list("event", flat=True).first()
    if event is None:
        return None
    drawn = codec.event_from_json(event)
    if not isinstance(drawn, Selection) or drawn.drawn or not drawn.labels:
        return None
    return [label.label for label in drawn.labels if label.chosen]


def shown_ids(task: Task, stage: Stage, labels: list[str]) -> list[UUID]:
    """Those of ``labels`` that the stage shows for judgement."""
    drawn = drawn_labels(task, stage)
    return [UUID(label) for label in labels if drawn is None or label in drawn]
