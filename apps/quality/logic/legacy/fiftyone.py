"""FiftyOne Brain's scores as they really compute; higher is more suspicious, harder, or more of what they are named.

Source: fiftyone-brain 0.25. What is odd here is odd there: the nearest neighbour never counts for uniqueness, and
representativeness is the distance from the cluster's centre, so that it is largest for the least typical.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.quality.logic.boxes import Boxes, overlapping
from apps.quality.logic.checks import Array
from apps.quality.logic.published import entropy
from apps.quality.logic.published import fiftyone_confidence as mistakenness_confidence
from apps.quality.logic.published import fiftyone_logits as mistakenness

MATCH, MISSED = 0.5, 0.95
CLUSTERS, ROUNDS, CHUNK = 20, 300, 1024
WEIGHTS = np.array([0.6, 0.3, 0.1])


def hardness(p: Array) -> Array:
    """(n,) entropy in nats."""
    return entropy(p)


@dataclass(frozen=True)
class Detections:
    """By label: ``mistakenness`` and ``mistakenness_loc``, nan where nothing matched, and ``possible_spurious``; by
    prediction ``possible_missing``; by image ``image`` (-1 without a match) and how many of both there are."""

    mistakenness: Array
    mistakenness_loc: Array
    possible_spurious: Array
    possible_missing: Array
    image: Array
    missing_count: Array
    spurious_count: Array


def detections(labels: Boxes, predictions: Boxes, images: int) -> Detections:
    """``score`` of the predictions stands for confidence."""
    sure = np.asarray(predictions.score)
    hit, iou = matched(labels, predictions, images)
    there = hit >= 0
    same, c = np.zeros(len(labels), bool), np.zeros(len(labels))
    same[there], c[there] = predictions.kind[hit[there]] == labels.kind[there], sure[hit[there]]
    by_class = np.where(there, (np.where(same, -1.0, 1.0) * c + 1) / 2, np.nan)
    by_place = np.where(there, (c * (2 * (1 - iou) / (1 - MATCH) - 1) + 1) / 2, np.nan)
    free = np.ones(len(predictions), bool)
    free[hit[there]] = False
    missing, image = free & (sure > MISSED), np.full(images, -1.0)
    np.maximum.at(image, labels.image[there], by_class[there])
    counts = (np.bincount(of.image[what], minlength=images) for of, what in ((predictions, missing), (labels, ~there)))
    return Detections(by_class, by_place, ~there, missing, image, *counts)


def matched(labels: Boxes, predictions: Boxes, images: int) -> tuple[Array, Array]:
    """(n,) the prediction of each label, -1 for none, and their IoU: greedy as COCO's, whatever the classes; the most
    confident first, each taking the free label it overlaps most."""
    pairs = overlapping(labels, predictions, images)
    pairs = pairs.where(pairs.iou >= MATCH)
    hit, overlap = np.full(len(labels), -1), np.zeros(len(labels))
    used = np.zeros(len(predictions), bool)
    order = np.lexsort((-pairs.iou, pairs.second, -np.asarray(predictions.score)[pairs.second]))
    for number in order.tolist():
        i, j = pairs.first[number], pairs.second[number]
        if hit[i] < 0 and not used[j]:
            hit[i], overlap[i], used[j] = j, pairs.iou[number], True
    return hit, overlap


def uniqueness(x: Array) -> Array:
    """(n,) weighted mean of the second to fourth nearest cosine distances after centring, over its maximum."""
    n = len(x)
    if n <= len(WEIGHTS):
        return np.ones(n)
    unit = x.astype(np.float64) - x.astype(np.float64).mean(axis=0)
    unit = unit / np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-300)
    out, take = np.zeros(n), min(4, n - 1)
    for start in range(0, n, CHUNK):
        distance = np.clip(1 - unit[start : start + CHUNK] @ unit.T, 0, 2)
        rows = np.arange(len(distance))
        distance[rows, rows + start] = np.inf
        near = np.sort(np.partition(distance, take - 1, axis=1)[:, :take], axis=1)
        out[start : start + CHUNK] = (near[:, 1:4] * WEIGHTS[: take - 1]).sum(axis=1) / 3
    return out / max(float(out.max()), 1e-300)


def representativeness(x: Array, cluster: Array | None = None) -> Array:
    """(n,) distance from the centre of its own cluster over the largest in it. ``cluster`` (n,) numbers; without it
    k-means of our own: theirs is scikit-learn's with a fixed seed, which numpy alone cannot repeat."""
    x = x.astype(np.float64)
    of = kmeans(x) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    count = np.bincount(of)
    centre = np.stack([np.bincount(of, column) for column in x.T], axis=1) / count[:, None]
    distance = np.linalg.norm(x - centre[of], axis=1)
    largest = np.zeros(len(count))
    np.maximum.at(largest, of, distance)
    return np.asarray(distance / np.where(largest > 0, largest, 1)[of])


def kmeans(x: Array) -> Array:
    """(n,) cluster numbers without gaps: 20 clusters, or as many as there are rows, started far apart."""
    centre = x[farthest_first(x)]
    of = np.zeros(len(x), np.int64)
    for _ in range(ROUNDS):
        gap = (x**2).sum(axis=1)[:, None] - 2 * x @ centre.T + (centre**2).sum(axis=1)
        before, of = of, gap.argmin(axis=1)
        if (of == before).all():
            break
        count = np.bincount(of, minlength=len(centre))
        sums = np.stack([np.bincount(of, column, minlength=len(centre)) for column in x.T], axis=1)
        centre = np.where(count[:, None] > 0, sums / np.maximum(count, 1)[:, None], centre)
    return np.asarray(np.unique(of, return_inverse=True)[1])


def farthest_first(x: Array) -> list[int]:
    rng, chosen = np.random.default_rng(1234), [0]
    gap = ((x - x[0]) ** 2).sum(axis=1) if len(x) else np.zeros(0)
    while len(chosen) < min(CLUSTERS, len(x)):
        total = gap.sum()
        chosen.append(int(rng.choice(len(x), p=gap / total)) if total > 0 else len(chosen))
        gap = np.minimum(gap, ((x - x[chosen[-1]]) ** 2).sum(axis=1))
    return chosen


__all__ = [
    "Detections",
    "detections",
    "hardness",
    "matched",
    "mistakenness",
    "mistakenness_confidence",
    "representativeness",
    "uniqueness",
]
