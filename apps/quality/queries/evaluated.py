"""What an evaluation says at chosen thresholds, by the names of today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from apps.ontologies.logic import OntologyIndex
from apps.quality.logic.checks import Array
from apps.quality.logic.evaluation import At, Counts, counts, curve
from apps.quality.models import Evaluation
from apps.quality.queries.evaluations import NOTHING_NAME, Named, names_of, table_of

MOST_CONFUSED = 100
MOST_CURVES = 12


def figures_at(evaluation: Evaluation, index: OntologyIndex, at: At, subset: str | None) -> dict[str, Any]:
    """Counts, confusions, curves, and COCO's own figures of the subset."""
    table, names = table_of(evaluation), names_of(evaluation, index)
    coco = coco_at(evaluation.summary["coco"], subset)
    if table is None:
        none = shares(0, 0, 0)
        empty = {"classes": [NOTHING_NAME], "counts": [[0]], "left_out": 0}
        return {**none, "objects": None, "answers": None, "classes": [], "confusion": empty, "curves": [], "coco": coco}
    found = counts(table, len(names), at)
    seen = [one for one in names if found.labels[one.number] + found.predictions[one.number]]
    objects, answers = (total(found, [one for one in seen if bool(one.question) == answer]) for answer in (False, True))
    by_labels = sorted(seen, key=lambda one: (-int(found.labels[one.number]), one.number))
    curves = [{"class": one.name, "points": curve(table, one.number, at)} for one in by_labels[:MOST_CURVES]]
    return {
        **(objects or answers or shares(0, 0, 0)),
        "objects": objects,
        "answers": answers,
        "classes": [class_row(one, found, coco["classes"], index) for one in seen],
        "confusion": confusion(found, seen),
        "curves": [one for one in curves if one["points"]],
        "coco": {name: value for name, value in coco.items() if name != "classes"},
    }


def coco_at(coco: Mapping[str, Any], subset: str | None) -> Mapping[str, Any]:
    found: Mapping[str, Any] = coco["all"] if subset is None else coco["subsets"][subset]
    return found


def shares(met: int, predictions: int, labels: int) -> dict[str, Any]:
    """Counts and what follows from them; a share of nothing is None."""
    return {
        "tp": met,
        "fp": predictions - met,
        "fn": labels - met,
        "precision": met / predictions if predictions else None,
        "recall": met / labels if labels else None,
        "f1": 2 * met / (predictions + labels) if predictions + labels else None,
    }


def total(found: Counts, named: Sequence[Named]) -> dict[str, Any] | None:
    numbers = [one.number for one in named]
    if not numbers:
        return None
    return shares(*(int(part[numbers].sum()) for part in (found.met, found.predictions, found.labels)))


def class_row(one: Named, found: Counts, coco: Mapping[str, Any], index: OntologyIndex) -> dict[str, Any]:
    met, predictions, labels = (int(part[one.number]) for part in (found.met, found.predictions, found.labels))
    return {
        "id": one.key,
        "class": one.name,
        "question": index.class_name(one.question) if one.question else None,
        "labels": labels,
        "predictions": predictions,
        **shares(met, predictions, labels),
        "coco": coco.get(one.key),
    }


def confusion(found: Counts, seen: Sequence[Named]) -> dict[str, Any]:
    """Of the classes with the most labels and predictions; the others are summed nowhere, only counted."""
    shown = sorted(seen, key=lambda one: (-int(found.labels[one.number] + found.predictions[one.number]), one.number))
    shown = sorted(shown[:MOST_CONFUSED], key=lambda one: one.number)
    places: Array = np.array([*(one.number for one in shown), len(found.labels)])
    return {
        "classes": [*(one.name for one in shown), NOTHING_NAME],
        "counts": found.confusions[np.ix_(places, places)].tolist(),
        "left_out": len(seen) - len(shown),
    }


def classifications(evaluation: Evaluation, index: OntologyIndex) -> list[dict[str, Any]]:
    """Each question's figures, its answers by their present names."""
    found = evaluation.summary.get("classifications", {})
    rows = []
    for question, one in found.items():
        entry = index.find(question)
        options: Mapping[str, Any] = entry.attributes.entries[0].options if entry else {}
        f1 = {options[key].value if key in options else key: value for key, value in one["f1"].items()}
        rows.append({"id": question, "class": index.class_name(question), **one, "f1": f1})
    return rows
