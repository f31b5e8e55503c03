"""The five ways in which boxes are wrong, each as a value in [0, 1] (QUALITY.md, section 6, with four corrections).

Corrections: support of a label is half overlap alone and half overlap times reliability; nothing is measured in pixels,
so that a scene at twice the resolution has the same values; a duplicate is a smooth step of the overlap.
"""

from __future__ import annotations

import numpy as np

from apps.quality.logic.boxes import Pairs
from apps.quality.logic.checks import Array
from apps.quality.logic.detection_state import Scene, State
from apps.quality.logic.numbers import group_max, sigmoid

DUPLICATE_AT, DUPLICATE_WIDTH = 0.72, 0.08
BETTER_SUPPORTED = 0.75
OUTBID = 0.25


def wrong_class(scene: Scene, state: State) -> tuple[Array, Array, Array, Array]:
    """E_other (1 - 0.9 E_same), and both: E = max r min(IoU / .6, 1); E_other counts by the surprise of it.

    Last (n,) the row of the prediction behind the larger of the two, -1 where nothing overlaps.
    """
    i, j, iou = scene.pairs.first, scene.pairs.second, scene.pairs.iou
    given, said, n = scene.labels.kind, scene.predictions.kind, len(scene.labels)
    weight = scene.trust.right[j] * np.minimum(iou / 0.6, 1)
    same = np.where(scene.same, weight, 0)
    against = np.where(~scene.same & (iou > 0.4), weight * state.surprise[given[i], said[j]], 0)
    for_it, for_other = group_max(n, i, same), group_max(n, i, against)
    spoken = np.where((for_other > for_it)[i], against, same)
    order = np.lexsort((-j, weight * iou, spoken))
    partner = np.full(n, -1)
    partner[i[order]] = j[order]
    return for_other * (1 - 0.9 * for_it), for_it, for_other, partner


def badly_located(scene: Scene, state: State) -> Array:
    """r_any times the mean of two sigmoids: the largest edge deviation in robust sd of this detector's edges, and
    (1 - IoU) against its median. A quarter of it where another label is a better partner of the prediction: in a crowd
    a misplaced box loses its own to a neighbour. 0 where no prediction overlaps by more than .25."""
    out, pair = np.zeros(len(scene.labels)), scene.chosen
    if not len(pair) or np.isnan(state.gap):
        return out
    i, j, iou = scene.pairs.first[pair], scene.pairs.second[pair], scene.pairs.iou[pair]
    far = (np.abs(scene.off - state.centre) / (state.spread + 0.01)).max(axis=1)
    gap = (1 - iou) / (state.gap + 1e-3)
    both = (sigmoid((far - 6) / 1.5) + sigmoid((gap - 2.2) * 2)) / 2
    alike = np.where(scene.labels.kind[i] == scene.predictions.kind[j], 1, 0.7)
    out[i] = scene.trust.any[j] * alike * both * np.where(scene.mutual, 1, OUTBID)
    return out


def spurious(scene: Scene, state: State) -> tuple[Array, Array, Array]:
    """(1 - support) times the rate at which the detector finds labels of this class and size; support and rate too.

    What is never found is not called false.
    """
    i, j, iou = scene.pairs.first, scene.pairs.second, scene.pairs.iou
    support = group_max(len(scene.labels), i, (0.5 + 0.5 * scene.trust.any[j]) * np.minimum(iou / 0.5, 1))
    rate = state.rate[scene.labels.kind, np.digitize(scene.size, state.thirds)]
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
