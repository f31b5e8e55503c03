"""What a detector and a project's labels are like, learned once and kept: the part of the scorer that sees all images.

With it, one image is scored as it would be among all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from apps.quality.logic.boxes import Boxes, Pairs, areas
from apps.quality.logic.checks import Array, BadInput
from apps.quality.logic.numbers import group_max
from apps.quality.logic.reliability import MATCH, Reliability, Rescaling, rescaling

SHRINK = 4.0
SMALLEST_SIDE = 0.007  # of the image's diagonal: edges of tiny predictions are not judged finer than this
SURPRISE_PRIOR = 0.2


@dataclass(frozen=True, eq=False)
class State:
    """``right`` and ``any`` (2,) the rescaling of confidences; ``surprise`` (k, k) 1 - P(label | prediction), rows
    given, columns said; ``centre`` and ``spread`` (4,) of the detector's edges, ``gap`` () its usual 1 - IoU, all nan
    where it was never seen; ``thirds`` (2,) bounds of the size, and ``rate`` (k, 3) how often what is there is found.
    """

    right: Array
    any: Array
    surprise: Array
    centre: Array
    spread: Array
    gap: Array
    thirds: Array
    rate: Array

    @property
    def classes(self) -> int:
        return len(self.surprise)

    def arrays(self) -> dict[str, Array]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @staticmethod
    def of(arrays: Mapping[str, Array]) -> State:
        """From ``arrays()``, kept in a file or a row. Raises ``BadInput`` where one is missing."""
        names = [field.name for field in fields(State)]
        for name in names:
            if name not in arrays:
                raise BadInput(f"{name}: the array is missing.")
        return State(**{name: np.asarray(arrays[name], np.float64) for name in names})


@dataclass(frozen=True)
class Scene:
    """Labels and predictions with all they share. ``diagonal`` (n,) of each label's image."""

    labels: Boxes
    predictions: Boxes
    pairs: Pairs
    same: Array
    trust: Reliability
    diagonal: Array

    @cached_property
    def chosen(self) -> Array:
        """Numbers of the pairs in which the prediction is its label's best partner, with IoU > .25."""
        i, j, iou = self.pairs.first, self.pairs.second, self.pairs.iou
        of_label = np.full(len(self.labels), -1)
        order = np.argsort(iou * self.trust.any[j], kind="stable")
        of_label[i[order]] = order
        chosen = of_label[of_label >= 0]
        return np.asarray(chosen[iou[chosen] > 0.25])

    @cached_property
    def mutual(self) -> Array:
        """(chosen,) whether the label is its prediction's best partner too."""
        j, iou = self.pairs.second, self.pairs.iou
        of_prediction = np.full(len(self.predictions), -1)
        order = np.argsort(iou, kind="stable")
        of_prediction[j[order]] = order
        return np.asarray(of_prediction[j[self.chosen]] == self.chosen)

    @property
    def best(self) -> Array:
        """Numbers of the pairs in which label and prediction are each other's best partner, with IoU > .25."""
        return np.asarray(self.chosen[self.mutual])

    @cached_property
    def off(self) -> Array:
        """(chosen, 4) how far the edges of those labels lie from the prediction's, as parts of its sides."""
        i, j = self.pairs.first[self.chosen], self.pairs.second[self.chosen]
        box = self.predictions.box[j]
        side = np.maximum(np.tile(box[:, 2:] - box[:, :2], 2), SMALLEST_SIDE * self.diagonal[i][:, None])
        return np.asarray((self.labels.box[i] - box) / side)

    @cached_property
    def size(self) -> Array:
        """(n,) side of the label as a part of its image's diagonal."""
        return np.asarray(np.sqrt(areas(self.labels.box)) / self.diagonal)


def scene_of(labels: Boxes, predictions: Boxes, size: Array, pairs: Pairs, trust: Rescaling | None = None) -> Scene:
    same = labels.kind[pairs.first] == predictions.kind[pairs.second]
    known = trust or rescaling(predictions, pairs, same)
    diagonal = np.hypot(size[:, 0], size[:, 1])[labels.image]
    return Scene(labels, predictions, pairs, same, known.of(np.asarray(predictions.score)), diagonal)


def fit_scene(labels: Boxes, predictions: Boxes, size: Array, classes: int, pairs: Pairs) -> tuple[State, Scene]:
    """The state, and the scene it was fitted on."""
    same = labels.kind[pairs.first] == predictions.kind[pairs.second]
    trust = rescaling(predictions, pairs, same)
    scene = scene_of(labels, predictions, size, pairs, trust)
    centre, spread, gap = edges(scene)
    thirds, rate = rates(scene, classes)
    return State(trust.right, trust.any, surprise(scene, classes), centre, spread, gap, thirds, rate), scene


def surprise(scene: Scene, k: int) -> Array:
    """(k, k) 1 - P(label c | prediction c') from matched pairs: a systematic difference of vocabulary is none."""
    i, j = scene.pairs.first, scene.pairs.second
    close = scene.pairs.iou >= MATCH
    cell = scene.labels.kind[i[close]] * k + scene.predictions.kind[j[close]]
    met = np.bincount(cell, scene.trust.right[j[close]], minlength=k * k).reshape(k, k)
    share = (met + SURPRISE_PRIOR / max(k, 1)) / (met.sum(axis=0, keepdims=True) + SURPRISE_PRIOR)
    return np.asarray(1 - share)


def edges(scene: Scene) -> tuple[Array, Array, Array]:
    """(4,) median and robust sd of the edges' deviations, () median of 1 - IoU, over mutual best pairs."""
    if not len(scene.best):
        return np.full(4, np.nan), np.full(4, np.nan), np.array(np.nan)
    off = scene.off[scene.mutual]
    centre = np.median(off, axis=0)
    spread = 1.4826 * np.median(np.abs(off - centre), axis=0)
    return centre, spread, np.array(np.median(1 - scene.pairs.iou[scene.best]))


def rates(scene: Scene, k: int) -> tuple[Array, Array]:
    """(2,) bounds of the size thirds, (k, 3) how often labels of a class and third are found.

    Shrunk (weight 4) from class and third to class to all.
    """
    n, kind = len(scene.labels), scene.labels.kind
    found = (group_max(n, scene.pairs.first, scene.pairs.iou) >= MATCH).astype(float)
    thirds = np.quantile(scene.size, [0.33, 0.67]) if n else np.zeros(2)
    cell = kind * 3 + np.digitize(scene.size, thirds)
    hits = np.bincount(cell, found, minlength=3 * k).reshape(k, 3)
    seen = np.bincount(cell, minlength=3 * k).reshape(k, 3)
    overall = found.mean() if n else 0.0
    of_class = (hits.sum(axis=1) + SHRINK * overall) / (seen.sum(axis=1) + SHRINK)
    return thirds, (hits + SHRINK * of_class[:, None]) / (seen + SHRINK)
