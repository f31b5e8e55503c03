"""The five ways in which boxes are wrong, each as a value in [0, 1] (QUALITY.md, section 6, with three corrections).

Corrections: support of a label is half overlap alone and half overlap times reliability; nothing is measured in pixels,
so that a scene at twice the resolution has the same values; a duplicate is a smooth step of the overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.quality.logic.boxes import Boxes, Pairs, areas
from apps.quality.logic.checks import Array
from apps.quality.logic.numbers import group_max, sigmoid
from apps.quality.logic.reliability import MATCH, Reliability

SHRINK = 4.0
SMALLEST_SIDE = 0.007  # of the image's diagonal: edges of tiny predictions are not judged finer than this
DUPLICATE_AT, DUPLICATE_WIDTH = 0.72, 0.08
BETTER_SUPPORTED = 0.75


@dataclass(frozen=True)
class Scene:
    """Labels and predictions of a whole set with all they share. ``diagonal`` (n,) of each label's image."""

    labels: Boxes
    predictions: Boxes
    classes: int
    pairs: Pairs
    same: Array
    trust: Reliability
    diagonal: Array


def wrong_class(scene: Scene) -> tuple[Array, Array, Array]:
    """E_other (1 - 0.9 E_same), and both: E = max r min(IoU / .6, 1); E_other counts by the surprise of it.

    Surprise, 1 - P(label c | prediction c'), comes from matched pairs: a systematic difference of vocabulary is none.
    """
    i, j, iou = scene.pairs.first, scene.pairs.second, scene.pairs.iou
    given, said, k = scene.labels.kind, scene.predictions.kind, scene.classes
    close = iou >= MATCH
    met = np.bincount(given[i[close]] * k + said[j[close]], scene.trust.right[j[close]], minlength=k * k).reshape(k, k)
    surprise = 1 - (met + 0.2 / k) / (met.sum(axis=0, keepdims=True) + 0.2)
    weight = scene.trust.right[j] * np.minimum(iou / 0.6, 1)
    for_it = group_max(len(given), i, np.where(scene.same, weight, 0))
    against = np.where(~scene.same & (iou > 0.4), weight * surprise[given[i], said[j]], 0)
    for_other = group_max(len(given), i, against)
    return for_other * (1 - 0.9 * for_it), for_it, for_other


def mutual_best(scene: Scene) -> Array:
    """Numbers of the pairs in which label and prediction are each other's best partner, with IoU > .25."""
    i, j, iou = scene.pairs.first, scene.pairs.second, scene.pairs.iou
    of_label, of_prediction = np.full(len(scene.labels), -1), np.full(len(scene.predictions), -1)
    order = np.argsort(iou * scene.trust.any[j], kind="stable")
    of_label[i[order]] = order
    order = np.argsort(iou, kind="stable")
    of_prediction[j[order]] = order
    best = of_label[of_label >= 0]
    return np.asarray(best[(of_prediction[j[best]] == best) & (iou[best] > 0.25)])


def badly_located(scene: Scene) -> Array:
    """r_any times the mean of two sigmoids: the largest edge deviation in robust sd of this detector's edges, and
    (1 - IoU) against its median."""
    out, best = np.zeros(len(scene.labels)), mutual_best(scene)
    if not len(best):
        return out
    i, j, iou = scene.pairs.first[best], scene.pairs.second[best], scene.pairs.iou[best]
    box = scene.predictions.box[j]
    side = np.maximum(np.tile(box[:, 2:] - box[:, :2], 2), SMALLEST_SIDE * scene.diagonal[i][:, None])
    off = (scene.labels.box[i] - box) / side
    off -= np.median(off, axis=0)
    far = (np.abs(off) / (1.4826 * np.median(np.abs(off), axis=0) + 0.01)).max(axis=1)
    gap = (1 - iou) / (np.median(1 - iou) + 1e-3)
    both = (sigmoid((far - 6) / 1.5) + sigmoid((gap - 2.2) * 2)) / 2
    alike = np.where(scene.labels.kind[i] == scene.predictions.kind[j], 1, 0.7)
    out[i] = scene.trust.any[j] * alike * both
    return out


def spurious(scene: Scene) -> tuple[Array, Array, Array]:
    """(1 - support) times the rate at which the detector finds labels of this class and size; support and rate too.

    The rate is shrunk (weight 4) from class and size third to class to all: what is never found is not called false.
    """
    i, j, iou = scene.pairs.first, scene.pairs.second, scene.pairs.iou
    kind, n, k = scene.labels.kind, len(scene.labels), scene.classes
    support = group_max(n, i, (0.5 + 0.5 * scene.trust.any[j]) * np.minimum(iou / 0.5, 1))
    found = (group_max(n, i, iou) >= MATCH).astype(float)
    size = np.sqrt(areas(scene.labels.box)) / scene.diagonal
    third = np.digitize(size, np.quantile(size, [0.33, 0.67])) if n else np.zeros(0, np.int64)
    hits = np.bincount(kind * 3 + third, found, minlength=3 * k).reshape(k, 3)
    seen = np.bincount(kind * 3 + third, minlength=3 * k).reshape(k, 3)
    overall = found.mean() if n else 0.0
    of_class = (hits.sum(axis=1) + SHRINK * overall) / (seen.sum(axis=1) + SHRINK)
    rate = ((hits + SHRINK * of_class[:, None]) / (seen + SHRINK))[kind, third]
    return (1 - support) * rate, support, rate


def duplicate(scene: Scene, among: Pairs) -> tuple[Array, Array]:
    """A smooth step of the largest IoU within the class, less for the better supported label; and the support."""
    n, kind = len(scene.labels), scene.labels.kind
    fit = group_max(n, scene.pairs.first, scene.pairs.iou * scene.trust.any[scene.pairs.second])
    two = among.where((among.first != among.second) & (kind[among.first] == kind[among.second]))
    worse = np.where(fit[two.first] <= fit[two.second], 1.0, BETTER_SUPPORTED)
    overlap = group_max(n, two.first, two.iou * worse)
    return np.where(overlap > 0, sigmoid((overlap - DUPLICATE_AT) / DUPLICATE_WIDTH), 0), fit


def missing(scene: Scene, among: Pairs) -> Array:
    """Per prediction r_any (1 - min(max IoU / .6, 1)) (1 - .8 overlap with a stronger prediction of the same thing)."""
    m, score = len(scene.predictions), np.asarray(scene.predictions.score)
    covered = group_max(m, scene.pairs.second, scene.pairs.iou)
    a, b = among.first, among.second
    stronger = (a != b) & ((score[b] > score[a]) | ((score[b] == score[a]) & (b < a)))
    twin = group_max(m, a, np.where(stronger, among.iou, 0))
    alone = (1 - np.minimum(covered / 0.6, 1)) * (1 - 0.8 * np.minimum(twin / 0.6, 1))
    return np.asarray(scene.trust.any * alone)
