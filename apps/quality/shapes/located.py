"""Where masks, polygons and rotated boxes lie beside their predictions: more than their upright boxes can say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from apps.quality.logic import masks, turned
from apps.quality.logic.boxes import Overlaps, Pairs
from apps.quality.logic.robust import Usual
from apps.quality.shapes.drawing import crops
from apps.quality.shapes.outlines import MASK, POLYGON, TURNED, Numbers, Size
from apps.quality.shapes.overlapping import Shapes

LEAST_IOU = 0.25
SURFACES = (MASK, POLYGON)


@dataclass(frozen=True)
class State:
    """What is usual for the outlines of each class, and for its rotated boxes."""

    outlines: Usual
    turned: Usual

    def arrays(self) -> dict[str, Numbers]:
        both = {"outlines": self.outlines, "turned": self.turned}
        return {f"{part}_{name}": value for part, usual in both.items() for name, value in usual.arrays().items()}

    @staticmethod
    def of(arrays: Mapping[str, Numbers]) -> State:
        """From ``arrays()``. Raises ``BadInput`` where one is missing."""

        def part(prefix: str) -> Usual:
            own = {name.removeprefix(f"{prefix}_"): value for name, value in arrays.items() if name.startswith(prefix)}
            return Usual.of(own)

        return State(part("outlines"), part("turned"))


@dataclass(frozen=True)
class Located:
    """``value`` (n,) in [0, 1] for ``detection.evidence(extra={"badly_located": value})``, nan where nothing was
    measured; ``measures`` (n, 9) as ``masks`` names them; ``partner`` (n,) the prediction each was held against."""

    value: Numbers
    measures: Numbers
    partner: Numbers
    state: State


def located(
    labels: Shapes,
    predictions: Shapes,
    found: Overlaps,
    sizes: Sequence[Size],
    classes: int,
    *,
    trust: Numbers | None = None,
    state: State | None = None,
) -> Located:
    """``trust`` (m,) is what each prediction is worth (``detection.trust``); ``state`` what a whole set taught."""
    partner = mutual_best(found.between, len(labels), len(predictions))
    of_masks = outlines_measured(labels, predictions, partner)
    of_turned = turned_measured(labels, predictions, partner)
    kind = labels.boxes.kind
    outline, usual = masks.boundary(of_masks, kind, classes, state.outlines if state else None)
    angle, usual_turned = turned.badly_turned(of_turned, kind, classes, state.turned if state else None)
    pieces = masks.pieces(of_masks, kind, usual)
    value = np.fmax(1 - (1 - outline) * (1 - 0.5 * pieces), angle)
    if trust is not None and len(predictions):
        value = value * np.where(partner >= 0, trust[partner], np.nan)
    return Located(value, of_masks, partner, State(usual, usual_turned))


def mutual_best(pairs: Pairs, n: int, m: int) -> Numbers:
    """(n,) the prediction with the largest IoU, whose largest is this label; -1 where there is none of .25 or more."""
    of_label, of_prediction = np.full(n, -1), np.full(m, -1)
    order = np.argsort(pairs.iou, kind="stable")
    of_label[pairs.first[order]] = pairs.second[order]
    of_prediction[pairs.second[order]] = pairs.first[order]
    close = np.zeros(n, bool)
    close[pairs.first[pairs.iou >= LEAST_IOU]] = True
    mutual = close & (of_label >= 0)
    mutual[mutual] = of_prediction[of_label[mutual]] == np.flatnonzero(mutual)
    return np.where(mutual, of_label, -1)


def outlines_measured(labels: Shapes, predictions: Shapes, partner: Numbers) -> Numbers:
    out = np.full((len(labels), len(masks.MEASURES)), np.nan)
    for row in np.flatnonzero(partner >= 0).tolist():
        one, other = labels.outlines[row], predictions.outlines[int(partner[row])]
        if one.kind in SURFACES and other.kind in SURFACES:
            pair = crops(one, other)
            if pair is not None:
                out[row] = masks.measures(*pair)
    return out


def turned_measured(labels: Shapes, predictions: Shapes, partner: Numbers) -> Numbers:
    out = np.full((len(labels), len(turned.MEASURES)), np.nan)
    rows = [
        row
        for row in np.flatnonzero(partner >= 0).tolist()
        if labels.outlines[row].kind == TURNED and predictions.outlines[int(partner[row])].kind == TURNED
    ]
    if rows:
        own = np.array([labels.outlines[row].turned for row in rows], np.float64)
        seen = np.array([predictions.outlines[int(partner[row])].turned for row in rows], np.float64)
        out[rows] = turned.measures(own, seen)
    return out
