"""Which labels a batch of the grid is drawn from: what its filter says, less what the person has judged or written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from apps.accounts.models import User
from apps.common.errors import Invalid
from apps.flows.queries import compiled_graph
from apps.labels.models import Label
from apps.ontologies.logic import OntologyIndex
from apps.projects.policies import ProjectAccess
from apps.quality.models import GridBatch, Observation, Score, SubjectType
from apps.quality.queries.missing_objects import unlabelled
from apps.quality.queries.scores import KINDS
from apps.tasks.queries.lists import READ_ROLES
from workflows.graph import ANNOTATE
from workflows.state import ARCHIVED

METRIC, MISSING = "mistakenness", "missing"
HELD = timedelta(hours=1)
"""For so long labels of an open batch come in no other of the same person."""

OPEN_BATCHES, COUNTED = 20, 10_000


@dataclass(frozen=True, slots=True)
class Filters:
    """Ids throughout; "" where nothing is asked. ``attribute`` is the id of a question, ``answer`` its answer."""

    class_id: str = ""
    predicted: str = ""
    kind: str = ""
    annotator: str = ""
    attribute: str = ""
    answer: Any = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def of(stored: Mapping[str, Any]) -> Filters:
        return Filters(**stored)


def filters_from(sent: Mapping[str, Any], index: OntologyIndex, annotator: User | None) -> Filters:
    """What a body asks for, by names or ids. Raises Invalid."""
    confusion = sent.get("confusion") or {}
    asked = confusion.get("label") or sent.get("class") or ""
    class_id = class_of(index, asked, "/confusion/label" if confusion else "/class") if asked else ""
    predicted = class_of(index, confusion["predicted"], "/confusion/predicted") if confusion else ""
    kind = sent.get("kind") or ""
    if kind and kind not in KINDS:
        raise Invalid.at("/kind", "There is no such kind.", code="unknown_kind")
    if kind == MISSING:
        refuse_of_missing(sent)
    attribute, answer = answer_of(index, class_id, sent["attribute"]) if sent.get("attribute") else ("", None)
    return Filters(class_id, predicted, kind, str(annotator.id) if annotator else "", attribute, answer)


def refuse_of_missing(sent: Mapping[str, Any]) -> None:
    """Raises Invalid for what cannot be asked of objects that nobody labelled."""
    for name in ("confusion", "attribute"):
        if sent.get(name):
            detail = "An object that is missing has no label that could be confused or answer a question."
            raise Invalid.at(f"/{name}", detail, code="no_label")
    if sent.get("order") == "random":
        detail = "What a model sees is no random part of what is missing; only a search of whole images is."
        raise Invalid.at("/order", detail, code="not_at_random")


def class_of(index: OntologyIndex, ref: str, pointer: str) -> str:
    entry = index.find(ref)
    if entry is None:
        raise Invalid.at(pointer, "The ontology has no such class.", code="unknown_class")
    return entry.id


def answer_of(index: OntologyIndex, class_id: str, sent: Mapping[str, Any]) -> tuple[str, Any]:
    """The question's id and its answer as labels store it: an option's id for a choice. Raises Invalid."""
    entry = index.find(class_id)
    if entry is None:
        raise Invalid.at("/attribute", "An attribute is one of a class: name that too.", code="class_missing")
    question = entry.attributes.lookup.get(sent["name"])
    if question is None:
        raise Invalid.at("/attribute/name", "The class has no such attribute.", code="unknown_attribute")
    if not question.options:
        return question.id, sent["value"]
    option = question.options.get(sent["value"]) if isinstance(sent["value"], str) else None
    if option is None:
        raise Invalid.at("/attribute/value", "The attribute has no such option.", code="unknown_option")
    return question.id, option.id


def frame(project_id: UUID, user: User, filters: Filters, now: datetime) -> QuerySet[Score]:
    """Scores of labels that the person may judge now: four eyes, so none that they wrote; none that they judged since
    it last changed, or that wait in another batch of theirs; none that is being annotated. Of the kind missing: of
    predicted objects, and of nothing else."""
    if filters.kind == MISSING:
        rows = unlabelled(project_id, user, class_id=filters.class_id, annotator=filters.annotator)
    else:
        rows = eligible(project_id, user, filters).filter(~Exists(judged_by(user)))
    held = held_back(project_id, user, now)
    return rows.exclude(subject__in=held) if held else rows


def drawn_before(project_id: UUID, user: User, filters: Filters, now: datetime) -> QuerySet[Score]:
    """Scores of labels that would be in the frame now, had not a random batch of the same person shown them before."""
    shown = GridBatch.objects.filter(project_id=project_id, reviewer=user, at_random=True)
    waiting = labels_in(shown.filter(state="open", opened_at__gt=now - HELD, opened_at__lt=now))
    by_chance = judged_by(user).filter(instrument="grid", at_random=True)
    otherwise = judged_by(user).exclude(instrument="grid", at_random=True)
    rows = eligible(project_id, user, filters).filter(~Exists(otherwise))
    return rows.filter(Q(Exists(by_chance)) | Q(subject__in=waiting))


def eligible(project_id: UUID, user: User, filters: Filters) -> QuerySet[Score]:
    """``changed``: the revision in which the label came to say what it says."""
    rows = narrowed(Score.objects.filter(project_id=project_id, metric=METRIC, subject_type=SubjectType.LABEL), filters)
    label = Label.objects.filter(
        label_set=OuterRef("task__label_set_id"), label_id=OuterRef("subject"), class_id=OuterRef("class_id")
    )
    theirs = label.exclude(created_by=user).exclude(updated_by=user)
    if filters.annotator:
        theirs = theirs.filter(Q(created_by=filters.annotator) | Q(updated_by=filters.annotator))
    if filters.attribute:
        stored = f"attributes__{filters.attribute}"
        theirs = theirs.filter(Q(**{stored: filters.answer}) | Q(**{f"{stored}__value": filters.answer}))
    rows = rows.annotate(changed=Subquery(theirs.values("changed_in")[:1])).filter(changed__isnull=False)
    return rows.exclude(task__stage_type=ANNOTATE).exclude(task__status=ARCHIVED)


def judged_by(user: User) -> QuerySet[Observation]:
    """Within ``eligible``: the person's words on the label as it is."""
    return Observation.objects.filter(
        task=OuterRef("task_id"), subject=OuterRef("subject"), reviewer=user, label_revision__gte=OuterRef("changed")
    )


def narrowed(rows: QuerySet[Score], filters: Filters) -> QuerySet[Score]:
    if filters.class_id:
        rows = rows.filter(class_id=filters.class_id)
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.predicted:
        rows = rows.filter(detail__model__class=filters.predicted)
    return rows


def held_back(project_id: UUID, user: User, now: datetime) -> list[UUID]:
    """The labels of the person's batches that are still open."""
    return labels_in(
        GridBatch.objects.filter(project_id=project_id, reviewer=user, state="open", opened_at__gt=now - HELD)
    )


def labels_in(batches: QuerySet[GridBatch]) -> list[UUID]:
    found = batches.order_by("-id").values_list("items", flat=True)[:OPEN_BATCHES]
    return [UUID(item["label"]) for items in found for item in items]


def seen_and_left(project_id: UUID, user: User, filters: Filters, now: datetime) -> dict[str, Any]:
    """How many labels of the class the person has judged in the grid, and how many of the filter are left; counted to
    ten thousand, ``more`` where there are more."""
    what = SubjectType.PREDICTION if filters.kind == MISSING else SubjectType.LABEL
    own = Observation.objects.filter(project_id=project_id, reviewer=user, instrument="grid", subject_type=what)
    if filters.class_id:
        own = own.filter(class_id=filters.class_id)
    seen = own.order_by()[: COUNTED + 1].count()
    left = frame(project_id, user, filters, now).order_by()[: COUNTED + 1].count()
    return {"seen": min(seen, COUNTED), "left": min(left, COUNTED), "more": left > COUNTED}


def sees_evidence(access: ProjectAccess) -> bool:
    """Whether scores may be shown: where a stage that the person judges at keeps them back, so does the grid."""
    if access.sees_all:
        return True
    stages = compiled_graph(access.project.workflow_version_id).stages.values()
    own = [stage for stage in stages if READ_ROLES.get(stage.type, frozenset()) & access.roles]
    return bool(own) and all(stage.show_evidence == "at once" for stage in own)
