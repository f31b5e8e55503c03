"""Which label each prediction meets, at every IoU threshold at once.

At a threshold t and within a class this is COCO's matching: predictions in the order of their confidence, each takes
the free label of its class with the largest IoU >= t. What it answers changes only where t passes the IoU of a pair,
so one sweep over those values gives, for every prediction and label, a few intervals of t with the same answer; a
question about any t is then a filter. Less sure predictions never change what surer ones take, so neither does a
threshold on the confidence.

Confusions are a second round: a prediction that met nothing takes, of the labels of other classes that no surer
prediction has, the one with the largest IoU >= t. It counts only while the label's own prediction is left out by the
threshold on confidence: ``bound``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.quality.logic.checks import Array

LEAST_IOU = 0.1
MOST_CUTS = 64
"""Thresholds that a knot of overlapping things is swept at; with more pairs, at multiples of .05 alone. Between two of
those it is then answered as at the upper one."""

GRID = tuple(round(0.05 * number, 2) for number in range(2, 21))  # .10 to 1
BEYOND = 2.0
"""A threshold that nothing reaches."""

ALONE, CONFUSED, MET = 0, 1, 2
NOBODY = -1.0

Cell = tuple[int, int, float, float]
"""What holds of a prediction: what it is (ALONE CONFUSED MET), its label or -1, the IoU, the bound."""


@dataclass(frozen=True)
class Things:
    """Predictions and labels of some images. ``first`` (a prediction) and ``second`` (a label) are the pairs with an
    IoU of LEAST_IOU or more, both in the same image. Labels of other classes may be paired too: confusions."""

    predicted: Array
    confidence: Array
    labeled: Array
    first: Array
    second: Array
    iou: Array


@dataclass(frozen=True)
class Matches:
    """Each row holds for thresholds ``above`` < t <= ``upto``; the rows of one thing cover 0 < t <= 1 once.

    Of predictions: ``prediction label kind iou bound``: a confusion counts for confidences > ``bound`` only.
    Of labels: ``missed label met rival``: ``met`` is the prediction that takes it (-1: none), ``rival`` the confidence
    of the one that takes it for something else (NOBODY: none).
    """

    prediction: Array
    label: Array
    kind: Array
    iou: Array
    bound: Array
    above: Array
    upto: Array
    of_label: Array
    met: Array
    rival: Array
    label_above: Array
    label_upto: Array


class Rows:
    """Collects the intervals."""

    def __init__(self) -> None:
        self.predictions: list[tuple[int, int, int, float, float, float, float]] = []
        self.labels: list[tuple[int, int, float, float, float]] = []

    def prediction(self, row: int, cell: Cell, above: float, upto: float) -> None:
        if upto > above:
            self.predictions.append((row, cell[1], cell[0], cell[2], cell[3], above, upto))

    def label(self, row: int, cell: tuple[int, float], above: float, upto: float) -> None:
        if upto > above:
            self.labels.append((row, *cell, above, upto))

    def done(self) -> Matches:
        of_predictions = np.array(self.predictions, np.float64).reshape(-1, 7).T
        of_labels = np.array(self.labels, np.float64).reshape(-1, 5).T
        prediction, label, kind = (column.astype(np.int64) for column in of_predictions[:3])
        return Matches(
            prediction,
            label,
            kind,
            *of_predictions[3:],
            *(column.astype(np.int64) for column in of_labels[:2]),
            *of_labels[2:],
        )


def match(things: Things) -> Matches:
    """Every prediction and label with what it meets at which thresholds."""
    rows = Rows()
    n, m = len(things.predicted), len(things.labeled)
    order = np.lexsort((np.arange(n), -things.confidence))
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n)
    free_predictions, free_labels = np.ones(n, bool), np.ones(m, bool)
    free_predictions[things.first] = False
    free_labels[things.second] = False
    for row in np.flatnonzero(free_predictions).tolist():
        rows.prediction(row, (ALONE, -1, 0.0, NOBODY), 0.0, 1.0)
    for row in np.flatnonzero(free_labels).tolist():
        rows.label(row, (-1, NOBODY), 0.0, 1.0)
    for knot in knots(things, rank):
        sweep(knot, rows)
    return rows.done()


@dataclass(frozen=True)
class Knot:
    """Things that overlap each other, and nothing else. ``order``: its predictions, surest first; ``candidates``: for
    each the pairs (label, IoU, same class), the largest IoU first and of equal ones the later label, as COCO has it."""

    order: list[int]
    labels: list[int]
    candidates: dict[int, list[tuple[int, float, bool]]]
    confidence: dict[int, float]
    cuts: Sequence[float]


def knots(things: Things, rank: Array) -> Iterator[Knot]:
    pairs: dict[int, list[tuple[int, float, bool]]] = defaultdict(list)
    same = things.predicted[things.first] == things.labeled[things.second]
    iou = np.minimum(things.iou, 1.0)
    whole = zip(things.first.tolist(), things.second.tolist(), iou.tolist(), same.tolist(), strict=True)
    root: dict[int, int] = {}

    def find(node: int) -> int:
        while root.setdefault(node, node) != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    # Labels are nodes below zero.
    for prediction, label, value, agrees in whole:
        pairs[prediction].append((label, value, agrees))
        root[find(prediction)] = find(-1 - label)
    groups: dict[int, list[int]] = defaultdict(list)
    for prediction in pairs:
        groups[find(prediction)].append(prediction)
    for members in groups.values():
        candidates = {one: sorted(pairs[one], key=lambda pair: (-pair[1], -pair[0])) for one in members}
        values = sorted({value for found in candidates.values() for _, value, _ in found})
        yield Knot(
            sorted(members, key=lambda one: int(rank[one])),
            sorted({label for found in candidates.values() for label, _, _ in found}),
            candidates,
            {one: float(things.confidence[one]) for one in members},
            values if len(values) <= MOST_CUTS else GRID,
        )


class Joined:
    """Answers over rising thresholds, of many things; neighbours that are equal become one interval."""

    def __init__(self, write: Callable[[int, Any, float, float], None]) -> None:
        self._write = write
        self._held: dict[int, tuple[Any, float]] = {}

    def say(self, answers: Mapping[int, Any], above: float) -> None:
        for thing, answer in answers.items():
            known = self._held.get(thing)
            if known is None or known[0] != answer:
                if known is not None:
                    self._write(thing, known[0], known[1], above)
                self._held[thing] = (answer, above)

    def end(self) -> None:
        for thing, (answer, above) in self._held.items():
            self._write(thing, answer, above, 1.0)


def sweep(knot: Knot, rows: Rows) -> None:
    """The rows of a knot's predictions and labels: their answers up to each cut, and above the last."""
    predictions, labels = Joined(rows.prediction), Joined(rows.label)
    last = 0.0
    for cut in (*knot.cuts, BEYOND):
        now, taken = within_classes(knot, cut)
        rivals = between_classes(knot, cut, now, taken)
        predictions.say(now, last)
        labels.say({one: (taken.get(one, -1), rivals.get(one, NOBODY)) for one in knot.labels}, last)
        last = cut
    predictions.end()
    labels.end()


def within_classes(knot: Knot, least: float) -> tuple[dict[int, Cell], dict[int, int]]:
    """COCO's matching at one threshold: the answer of each prediction, and who takes each label."""
    now: dict[int, Cell] = {}
    taken: dict[int, int] = {}
    for one in knot.order:
        now[one] = (ALONE, -1, 0.0, NOBODY)
        for label, iou, agrees in knot.candidates[one]:
            if iou < least:
                break
            if agrees and label not in taken:
                taken[label], now[one] = one, (MET, label, iou, NOBODY)
                break
    return now, taken


def between_classes(knot: Knot, least: float, now: dict[int, Cell], taken: Mapping[int, int]) -> dict[int, float]:
    """Writes the confusions into ``now``; answers how sure the prediction is that takes a label for something else."""
    place = {one: number for number, one in enumerate(knot.order)}
    rivals: dict[int, float] = {}
    for one in knot.order:
        if now[one][0] == MET:
            continue
        for label, iou, agrees in knot.candidates[one]:
            if iou < least:
                break
            holder = taken.get(label)
            surer = holder is not None and place[holder] < place[one]
            if not agrees and label not in rivals and not surer:
                rivals[label] = knot.confidence[one]
                now[one] = (CONFUSED, label, iou, NOBODY if holder is None else knot.confidence[holder])
                break
    return rivals
