"""How many labels use the classes, attributes and options of an ontology."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models import Count, Q, QuerySet, TextField
from django.db.models.functions import Cast

from apps.labels.models import Label

AT_ONCE = 50


def count_uses(ontology_id: UUID, wanted: Mapping[str, str]) -> Mapping[str, int]:
    """``wanted`` maps an item's id to the class it belongs to (a class to itself); the answer maps ids to labels.

    Attributes and options are found by their id in the stored answers: ids are UUIDs, so text is enough.
    """
    inside: dict[str, list[str]] = defaultdict(list)
    for item, class_id in wanted.items():
        if item != class_id:
            inside[class_id].append(item)
    labels = Label.objects.filter(label_set__project__ontology_id=ontology_id, class_id__in=set(wanted.values()))
    found: dict[str, int] = dict(labels.values_list("class_id").annotate(number=Count("id")))
    for class_id, items in inside.items():
        if found.get(class_id):
            found |= _mentions(labels.filter(class_id=class_id), items)
    return {item: found.get(item, 0) for item in wanted}


def _mentions(labels: QuerySet[Label], items: Sequence[str]) -> dict[str, int]:
    """How many of the labels have each id in their attributes."""
    found: dict[str, int] = {}
    texts = labels.annotate(said=Cast("attributes", TextField()))
    for start in range(0, len(items), AT_ONCE):
        some = items[start : start + AT_ONCE]
        counts = {f"n{i}": Count("id", filter=Q(said__contains=item)) for i, item in enumerate(some)}
        row = texts.aggregate(**counts)
        found |= {item: row[f"n{i}"] for i, item in enumerate(some)}
    return found
