"""Questions to an evaluation: counts, confusions and curves at any threshold, and the matches behind each number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.quality.logic.checks import Array
from apps.quality.logic.evaluated import Table
from apps.quality.logic.matching import CONFUSED, MET

OUTCOMES = ("tp", "fp", "fn", "confused")
NOTHING = -1
ANY = -2
RECALLS = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True)
class At:
    """Where to look: IoU and confidence thresholds, and a subset's number (None: all)."""

    iou: float = 0.5
    confidence: float = 0.0
    subset: int | None = None


@dataclass(frozen=True)
class Counts:
    """By class (k,): labels, predictions, and of those what met. ``confusions`` (k + 1, k + 1): label by prediction,
    the last of each is nothing; it sums to the counts."""

    labels: Array
    predictions: Array
    met: Array
    confusions: Array


def of_predictions(table: Table, at: At) -> Array:
    """The rows that hold at these thresholds: one for each prediction that is sure enough."""
    iou = np.float32(at.iou)
    sure = table.confidence[table.prediction] >= np.float32(at.confidence)
    held = (table.above < iou) & (iou <= table.upto) & sure
    if at.subset is not None:
        held &= table.prediction_subset[table.prediction] == at.subset
    return np.flatnonzero(held)


def of_labels(table: Table, at: At) -> Array:
    """The rows that hold: one for each label."""
    iou = np.float32(at.iou)
    held = (table.label_above < iou) & (iou <= table.label_upto)
    if at.subset is not None:
        held &= table.label_subset[table.of_label] == at.subset
    return np.flatnonzero(held)


def confused(table: Table, rows: Array, at: At) -> Array:
    """(rows,) whether a prediction is taken for the label of another class there."""
    return np.asarray((table.kind[rows] == CONFUSED) & (np.float32(at.confidence) > table.bound[rows]))


def missed(table: Table, rows: Array, at: At) -> Array:
    """(rows,) whether no prediction of its class that is sure enough meets the label."""
    met = table.met[rows]
    return (met < 0) | (confidence_of(table, met) < np.float32(at.confidence))


def confidence_of(table: Table, rows: Array) -> Array:
    return np.append(table.confidence, np.float32(-1))[rows]


def counts(table: Table, classes: int, at: At) -> Counts:
    """Everything that is counted at these thresholds."""
    rows, words = of_predictions(table, at), of_labels(table, at)
    said = table.predicted[table.prediction[rows]]
    meant = table.labeled[table.of_label[words]]
    met = table.kind[rows] == MET
    mistaken = confused(table, rows, at)
    lost = missed(table, words, at)
    taken = lost & (table.rival[words] >= np.float32(at.confidence)) & (table.rival[words] >= 0)
    matrix = np.zeros((classes + 1, classes + 1), np.int64)
    np.add.at(matrix, (said[met], said[met]), 1)
    np.add.at(matrix, (table.labeled[table.label[rows[mistaken]]], said[mistaken]), 1)
    alone = said[~met & ~mistaken]
    matrix[classes, :classes] += np.bincount(alone, minlength=classes)
    matrix[:classes, classes] += np.bincount(meant[lost & ~taken], minlength=classes)
    return Counts(
        np.bincount(meant, minlength=classes),
        np.bincount(said, minlength=classes),
        np.bincount(said[met], minlength=classes),
        matrix,
    )


def curve(table: Table, kind: int, at: At) -> list[tuple[float, float, float]]:
    """Recall, precision and confidence of a class at up to 101 recalls; the precision is the best at that recall or a
    higher one, as COCO draws it."""
    rows = of_predictions(table, At(at.iou, 0.0, at.subset))
    own = rows[table.predicted[table.prediction[rows]] == kind]
    words = of_labels(table, at)
    labels = int((table.labeled[table.of_label[words]] == kind).sum())
    if not labels or not len(own):
        return []
    met = np.cumsum(table.kind[own] == MET)
    recall = met / labels
    precision = np.maximum.accumulate((met / np.arange(1, len(own) + 1))[::-1])[::-1]
    places = np.searchsorted(recall, RECALLS, side="left")
    reached = places < len(own)
    found = table.confidence[table.prediction[own[places[reached]]]]
    points = zip(RECALLS[reached], precision[places[reached]], found, strict=True)
    return [(float(a), float(b), float(c)) for a, b, c in points]


@dataclass(frozen=True)
class Asked:
    """Which matches: an outcome ("" where the cell says it), classes by number, NOTHING or ANY."""

    outcome: str = ""
    predicted: int = ANY
    labeled: int = ANY

    @property
    def is_of_labels(self) -> bool:
        """Whether what is asked for are labels that nothing met."""
        return (self.outcome == "fn" and self.predicted < 0) or self.predicted == NOTHING


@dataclass(frozen=True)
class Found:
    """Matches by their rows, in the order of confidence: the row's number, prediction and label (-1: none), IoU."""

    row: Array
    prediction: Array
    label: Array
    iou: Array
    outcome: list[str]

    def first(self, number: int) -> Found:
        part = slice(number)
        return Found(self.row[part], self.prediction[part], self.label[part], self.iou[part], self.outcome[part])


def matches(table: Table, asked: Asked, at: At) -> Array:
    """The rows of the table that are asked for, surest first."""
    if asked.is_of_labels:
        return lost_rows(table, asked, at)
    rows = of_predictions(table, at)
    said = table.predicted[table.prediction[rows]]
    mistaken = confused(table, rows, at)
    met = table.kind[rows] == MET
    keep = np.ones(len(rows), bool)
    if asked.predicted >= 0:
        keep &= said == asked.predicted
    if asked.labeled >= 0:
        keep &= (met | mistaken) & (table.labeled[table.label[rows]] == asked.labeled)
    elif asked.labeled == NOTHING:
        keep &= ~met & ~mistaken
    wanted = {"tp": met, "fp": ~met, "fn": mistaken, "confused": mistaken}.get(asked.outcome)
    return rows[keep if wanted is None else keep & wanted]


def lost_rows(table: Table, asked: Asked, at: At) -> Array:
    if asked.outcome not in ("", "fn"):
        return np.zeros(0, np.int64)
    words = of_labels(table, at)
    keep = missed(table, words, at)
    if asked.predicted == NOTHING:
        keep &= ~((table.rival[words] >= np.float32(at.confidence)) & (table.rival[words] >= 0))
    if asked.labeled >= 0:
        keep &= table.labeled[table.of_label[words]] == asked.labeled
    return words[keep]


def page(table: Table, asked: Asked, at: At, after: int | None, limit: int, *, rising: bool = False) -> Found:
    """``limit`` matches beyond the row ``after``."""
    rows = matches(table, asked, at)
    if rising:
        rows = rows[::-1] if after is None else rows[rows < after][::-1]
    elif after is not None:
        rows = rows[rows > after]
    rows = rows[:limit]
    if asked.is_of_labels:
        return Found(rows, np.full(len(rows), -1), table.of_label[rows], np.zeros(len(rows)), ["fn"] * len(rows))
    mistaken = confused(table, rows, at)
    met = table.kind[rows] == MET
    label = np.where(met | mistaken, table.label[rows], -1)
    names = np.where(met, "tp", np.where(mistaken, "confused", "fp")).tolist()
    return Found(rows, table.prediction[rows], label, np.where(label >= 0, table.iou[rows], 0.0), names)
