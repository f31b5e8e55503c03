"""Wrong boxes: five kinds, one probability per label, per prediction and per image.

    any   = 1 - (1 - wrong_class)(1 - 0.9 badly_located)(1 - 0.7 spurious)(1 - duplicate)
    p     = sigmoid(1.6 logit(any) - 0.5)                the fixed formula, uncalibrated until verdicts speak
    image = 1 - (1 - top) exp(-0.2 (sum of all - top))   over p of its labels and 0.3 p of its missing ones

An image's many weak predictions do not add up to certainty: the strongest sign counts in full, all others a fifth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.quality.logic import calibration
from apps.quality.logic import detection_kinds as kinds
from apps.quality.logic.boxes import Boxes, areas, overlapping
from apps.quality.logic.checks import Array
from apps.quality.logic.numbers import group_max, log_odds, sigmoid
from apps.quality.logic.reliability import reliability

VERSION = "detection-1"
LABEL_KINDS = ("wrong_class", "badly_located", "spurious", "duplicate")
SLOPE, OFFSET = 1.6, -0.5
MISSING_SHARE, REST_SHARE = 0.3, 0.2


@dataclass(frozen=True)
class Evidence:
    """``kinds`` the value of each kind per label, ``odds`` (n,) the fixed formula's, ``columns`` (n, 10) for a learned
    model, ``missing`` (m,) per prediction."""

    kinds: dict[str, Array]
    odds: Array
    columns: Array
    missing: Array


@dataclass(frozen=True)
class Scores:
    """Per label ``p_error`` and ``kinds``; per prediction ``p_missing``; per image ``image_p_error``."""

    p_error: Array
    kinds: dict[str, Array]
    p_missing: Array
    image_p_error: Array
    model: str


def evidence(labels: Boxes, predictions: Boxes, size: Array, classes: int) -> Evidence:
    """``size`` (images, 2) width and height. Images without labels or without predictions are as good as any."""
    pairs = overlapping(labels, predictions, len(size))
    same = labels.kind[pairs.first] == predictions.kind[pairs.second]
    diagonal = np.hypot(size[:, 0], size[:, 1])[labels.image]
    trust = reliability(predictions, pairs, same)
    scene = kinds.Scene(labels, predictions, classes, pairs, same, trust, diagonal)
    swapped, for_it, for_other = kinds.wrong_class(scene)
    moved = kinds.badly_located(scene)
    unsupported, support, rate = kinds.spurious(scene)
    copied, fit = kinds.duplicate(scene, overlapping(labels, labels, len(size)))
    absent = kinds.missing(scene, overlapping(predictions, predictions, len(size)))
    some = 1 - (1 - swapped) * (1 - 0.9 * moved) * (1 - 0.7 * unsupported) * (1 - copied)
    relative = np.log(np.maximum(areas(labels.box), 1e-9) / np.maximum(diagonal, 1e-9) ** 2)
    columns = np.column_stack([swapped, moved, unsupported, copied, for_it, for_other, support, fit, rate, relative])
    by_kind = dict(zip(LABEL_KINDS, (swapped, moved, unsupported, copied), strict=True))
    return Evidence(by_kind, SLOPE * log_odds(some, edge=1e-4) + OFFSET, columns, absent)


def score(
    labels: Boxes,
    predictions: Boxes,
    size: Array,
    classes: int,
    verdicts: dict[str, calibration.Verdicts] | None = None,
) -> Scores:
    """The whole way from checked arrays to probabilities.

    ``verdicts`` by what they speak of: "any" and each of ``LABEL_KINDS`` point at labels; "missing" at predictions,
    where an error means that there is an object nobody labelled.
    """
    heard = verdicts or {}
    found = evidence(labels, predictions, size, classes)
    chance, model = sigmoid(found.odds), "fixed"
    if "any" in heard:
        fit = calibration.fit(found.odds, found.columns, groups=labels.kind, units=labels.image, verdicts=heard["any"])
        chance, model = fit.p_error, fit.model
    by_kind = {name: calibrated(value, labels, heard.get(name)) for name, value in found.kinds.items()}
    absent = calibrated(found.missing, predictions, heard.get("missing"))
    image = of_images(labels, chance, predictions, MISSING_SHARE * absent, len(size))
    return Scores(chance, by_kind, absent, image, model)


def calibrated(value: Array, of: Boxes, verdicts: calibration.Verdicts | None) -> Array:
    """One kind's value as a probability, where enough verdicts speak of it; else as it is."""
    if verdicts is None:
        return value
    odds, nothing = log_odds(value, edge=1e-4), np.zeros((len(value), 0))
    fit = calibration.fit(odds, nothing, groups=of.kind, units=of.image, verdicts=verdicts)
    return value if fit.model == "fixed" else fit.p_error


def of_images(labels: Boxes, chance: Array, predictions: Boxes, absent: Array, images: int) -> Array:
    """(images,) 1 - (1 - top) exp(-0.2 (sum - top)); 0 for an image with neither labels nor predictions."""
    image, value = np.r_[labels.image, predictions.image], np.r_[chance, absent]
    top = group_max(images, image, value)
    rest = np.maximum(np.bincount(image, value, minlength=images) - top, 0)
    return np.asarray(1 - (1 - top) * np.exp(-REST_SHARE * rest))
