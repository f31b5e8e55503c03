"""Lists of scores: likely wrong labels, doubtful tasks, odd images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from apps.common.errors import Invalid
from apps.common.http import as_uuid
from apps.common.pages import Ordering
from apps.labels.models import Label
from apps.ontologies.logic import OntologyIndex
from apps.quality.metrics import known_metrics
from apps.quality.models import Score, SubjectType

ORDERINGS = {
    "-value": Ordering(("-value", "id")),
    "value": Ordering(("value", "-id")),
    "id": Ordering(("id",)),
}
LABEL_FILTERS = ("metric", "class", "kind", "task", "annotator", "subject_type", "ordering")
TASK_FILTERS = ("metric", "kind", "ordering")
KINDS = ("wrong_class", "badly_located", "missing", "spurious", "duplicate", "wrong_attribute")


def metric_asked(asked: Mapping[str, str]) -> str:
    metric = asked.get("metric", "mistakenness")
    if metric not in known_metrics():
        raise Invalid.at("/metric", f"There is no metric {metric!r}.", code="unknown_metric")
    return metric


def label_scores(project_id: UUID, index: OntologyIndex, asked: Mapping[str, str]) -> list[QuerySet[Score]]:
    """Labels, and of mistakenness the missing objects too, in parts that an index serves each. Raises Invalid."""
    rows = Score.objects.filter(project_id=project_id, metric=metric_asked(asked))
    rows = of_class(rows, index, asked)
    if "kind" in asked:
        if asked["kind"] not in KINDS:
            raise Invalid.at("/kind", f"kind is one of {', '.join(KINDS)}.", code="unknown_kind")
        rows = rows.filter(kind=asked["kind"])
    if "task" in asked:
        rows = rows.filter(task_id=as_uuid(asked["task"], "/task"))
    if "annotator" in asked:
        person = as_uuid(asked["annotator"], "/annotator")
        own = Label.objects.filter(label_id=OuterRef("subject"), label_set=OuterRef("task__label_set"))
        rows = rows.filter(Exists(own.filter(created_by=person)), subject_type=SubjectType.LABEL)
    types = (SubjectType.LABEL, SubjectType.PREDICTION)
    if "subject_type" in asked:
        if asked["subject_type"] not in types:
            raise Invalid.at("/subject_type", "subject_type is label or prediction.", code="unknown_subject_type")
        return [rows.filter(subject_type=asked["subject_type"])]
    return [rows.filter(subject_type=one) for one in types]


def of_class(rows: QuerySet[Score], index: OntologyIndex, asked: Mapping[str, str]) -> QuerySet[Score]:
    if "class" not in asked:
        return rows
    entry = index.find(asked["class"])
    if entry is None:
        raise Invalid.at("/class", "The ontology has no such class.", code="unknown_class")
    return rows.filter(class_id=entry.id)


def task_scores(project_id: UUID, asked: Mapping[str, str]) -> list[QuerySet[Score]]:
    """Tasks and data units. Raises Invalid."""
    metric = metric_asked(asked)
    # The rank orders tasks as their mistakenness does; it is worked out when it is asked for.
    stored = "mistakenness" if metric == "mistakenness_rank" else metric
    rows = Score.objects.filter(project_id=project_id, metric=stored)
    if "kind" in asked:
        rows = rows.filter(kind=asked["kind"])
    return [
        rows.filter(subject_type=one).select_related("task__data_unit")
        for one in (SubjectType.TASK, SubjectType.DATA_UNIT)
    ]


def geometries_of(rows: Sequence[Score]) -> dict[tuple[UUID, UUID], Mapping[str, Any]]:
    """Shape and geometry of the labels that the scores are of."""
    sets = {row.task.label_set_id: row.task_id for row in rows if row.subject_type == SubjectType.LABEL}
    ids = {row.subject for row in rows if row.subject_type == SubjectType.LABEL}
    found = Label.objects.filter(label_set_id__in=sets, label_id__in=ids)
    columns = found.values_list("label_set_id", "label_id", "shape", "geometry", "attributes")
    return {
        (sets[label_set], label): {"shape": shape, "geometry": geometry, "attributes": attributes}
        for label_set, label, shape, geometry, attributes in columns
    }
