"""ObjectLab: cleanlab's scores of boxes, by label, prediction and image; lower is worse.

Source: cleanlab 2.9.0, ``object_detection.rank``; Tkachenko et al., "ObjectLab", 2023. Distances are in pixels, and the
smallest similarity of the whole set is in every score: both are as published.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.quality.logic.boxes import Boxes, areas, candidates
from apps.quality.logic.checks import Array
from apps.quality.logic.legacy.cleanlab import TINY

ALPHA, LOW, HIGH, TEMPERATURE, SAME = 0.9, 0.5, 0.95, 0.1, 0.95
PER_PIXEL, EPSILON = 0.1, 1e-6


@dataclass(frozen=True)
class ObjectLab:
    """``overlooked`` (m,) by prediction, nan where none is claimed; ``badly_located swapped`` (n,); ``image``."""

    overlooked: Array
    badly_located: Array
    swapped: Array
    image: Array


def scores(labels: Boxes, predictions: Boxes, images: int) -> ObjectLab:
    sure, n, m = np.asarray(predictions.score), len(labels), len(predictions)
    same_best, located, other_best = np.full(m, -1.0), np.full(n, -1.0), np.full(n, -1.0)
    touched, least = np.zeros(m, bool), 1.0
    for i, j in candidates(labels.image, predictions.image, images):
        iou, alike = similarity(labels.box[i], predictions.box[j])
        same = labels.kind[i] == predictions.kind[j]
        least = min(least, float(alike[alike != 0].min(initial=1.0)))
        touched[j[iou > 0]] = True
        np.maximum.at(same_best, j[same], alike[same])
        near, far = same & (sure[j] > LOW) & (iou > 0), ~same & (sure[j] > HIGH)
        np.maximum.at(located, i[near], alike[near])
        np.maximum.at(other_best, i[far], alike[far])
    overlooked = np.where(same_best >= 0, same_best, least * (1 - sure))
    overlooked = np.where((sure < HIGH) | touched, np.nan, overlooked)
    badly = np.where(located >= 0, located, 1.0)
    swapped = np.where(other_best >= 0, np.maximum(least, 1 - other_best), 1.0)
    swapped[contradicted(labels, images)] = least
    parts = [(predictions.image, overlooked), (labels.image, badly), (labels.image, swapped)]
    pooled = [pool(image, value, images) for image, value in parts]
    return ObjectLab(overlooked, badly, swapped, np.exp(sum(np.log(TINY + part) for part in pooled) / 3))


def similarity(a: Array, b: Array) -> tuple[Array, Array]:
    """IoU, and 0.9 IoU + 0.1 exp(-0.1 distance of the centres)."""
    width = np.minimum(a[:, 2], b[:, 2]) - np.maximum(a[:, 0], b[:, 0])
    height = np.minimum(a[:, 3], b[:, 3]) - np.maximum(a[:, 1], b[:, 1])
    common = np.where((width >= 0) & (height >= 0), width * height, 0)
    iou = common / np.maximum(areas(a) + areas(b) - common, EPSILON)
    shift = (a[:, :2] + a[:, 2:]) / 2 - (b[:, :2] + b[:, 2:]) / 2
    return iou, iou * ALPHA + (1 - ALPHA) * np.exp(-np.linalg.norm(shift, axis=1) * PER_PIXEL)


def contradicted(labels: Boxes, images: int) -> Array:
    """(n,) labels that another label of another class covers almost exactly."""
    out = np.zeros(len(labels), bool)
    for i, j in candidates(labels.image, labels.image, images):
        iou = similarity(labels.box[i], labels.box[j])[0]
        out[i[(iou >= SAME) & (labels.kind[i] != labels.kind[j])]] = True
    return out


def pool(image: Array, value: Array, images: int) -> Array:
    """(images,) softmin of the known values, 1 where there are none."""
    known = ~np.isnan(value)
    image, value = image[known], value[known]
    least = np.full(images, np.inf)
    np.minimum.at(least, image, value)
    weight = np.exp(-(value - least[image]) / TEMPERATURE)
    total = np.bincount(image, weight, minlength=images)
    return np.where(total > 0, np.bincount(image, weight * value, minlength=images) / np.maximum(total, TINY), 1.0)
