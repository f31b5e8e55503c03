"""Wrong boxes: five kinds, one probability per label, per prediction and per image.

    any   = 1 - (1 - wrong_class)(1 - 0.9 badly_located)(1 - 0.7 spurious)(1 - duplicate)(1 - wrong_attribute)
    p     = sigmoid(1.6 logit(any) - 0.5)                the fixed formula, uncalibrated until verdicts speak
    image = 1 - (1 - top) exp(-0.2 (sum of all - top))   over p of its labels and 0.3 p of its missing ones

An image's many weak predictions do not add up to certainty: the strongest sign counts in full, all others a fifth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from apps.quality.logic import calibration
from apps.quality.logic import detection_kinds as kinds
from apps.quality.logic.boxes import Boxes, Overlaps, areas, measured, overlapping
from apps.quality.logic.checks import Array, BadInput
from apps.quality.logic.detection_state import State, fit_scene, scene_of
from apps.quality.logic.numbers import group_max, log_odds, sigmoid
from apps.quality.logic.reliability import Rescaling

VERSION = "detection-1"
LABEL_KINDS = ("wrong_class", "badly_located", "spurious", "duplicate")
EXTRA_KINDS = (*LABEL_KINDS, "wrong_attribute")
SHARES = {"badly_located": 0.9, "spurious": 0.7}
SLOPE, OFFSET = 1.6, -0.5
MISSING_SHARE, REST_SHARE = 0.3, 0.2


@dataclass(frozen=True)
class Evidence:
    """``kinds`` the value of each kind per label, ``odds`` (n,) the fixed formula's, ``columns`` (n, 10) for a learned
    model, ``missing`` (m,) per prediction, ``partner`` (n,) the row of the prediction that contradicts a label most, or
    else supports it most, -1 where none overlaps."""

    kinds: dict[str, Array]
    odds: Array
    columns: Array
    missing: Array
    partner: Array


@dataclass(frozen=True)
class Scores:
    """Per label ``p_error`` and ``kinds``; per prediction ``p_missing``; per image ``image_p_error``."""

    p_error: Array
    kinds: dict[str, Array]
    p_missing: Array
    image_p_error: Array
    model: str


def fit(labels: Boxes, predictions: Boxes, size: Array, classes: int, *, overlaps: Overlaps | None = None) -> State:
    """What ``evidence`` learns from a whole set, to score parts of it later. Classes are numbered 0 to classes - 1."""
    pairs = overlaps.between if overlaps else overlapping(labels, predictions, len(size))
    return fit_scene(labels, predictions, size, classes, pairs)[0]


def trust(state: State, score: Array) -> Array:
    """(m,) the probability that there is an object where a prediction of this confidence is."""
    return Rescaling(state.right, state.any).of(score).any


def evidence(
    labels: Boxes,
    predictions: Boxes,
    size: Array,
    classes: int,
    *,
    state: State | None = None,
    overlaps: Overlaps | None = None,
    extra: Mapping[str, Array] | None = None,
) -> Evidence:
    """``size`` (images, 2) width and height. Images without labels or without predictions are as good as any.

    ``state`` is what was fitted on the whole set; without it these are the whole set. ``overlaps`` replace the IoU of
    the boxes. ``extra`` (n,) in [0, 1] by kind, nan where nothing is known, is more evidence: it joins what the boxes
    say of that kind as a second chance (noisy-or), and ``wrong_attribute`` becomes a kind of its own.
    """
    if state is not None and state.classes != classes:
        raise BadInput(f"state: it knows {state.classes} classes, but there are {classes}.")
    found = overlaps or measured(labels, predictions, len(size))
    if state is None:
        state, scene = fit_scene(labels, predictions, size, classes, found.between)
    else:
        scene = scene_of(labels, predictions, size, found.between, Rescaling(state.right, state.any))
    swapped, for_it, for_other, partner = kinds.wrong_class(scene, state)
    unsupported, support, rate = kinds.spurious(scene, state)
    copied, fits = kinds.duplicate(scene, found.labels)
    values = (swapped, kinds.badly_located(scene, state), unsupported, copied)
    by_kind = with_extra(dict(zip(LABEL_KINDS, values, strict=True)), extra or {}, len(labels))
    relative = np.log(np.maximum(areas(labels.box), 1e-9) / np.maximum(scene.diagonal, 1e-9) ** 2)
    known = [by_kind[name] for name in LABEL_KINDS]
    columns = np.column_stack([*known, for_it, for_other, support, fits, rate, relative])
    odds = SLOPE * log_odds(any_of(by_kind), edge=1e-4) + OFFSET
    return Evidence(by_kind, odds, columns, kinds.missing(scene, found.predictions), partner)


def any_of(by_kind: Mapping[str, Array]) -> Array:
    """(n,) that a label is wrong in some way."""
    right = np.ones(len(by_kind[LABEL_KINDS[0]]))
    for name, value in by_kind.items():
        right = right * (1 - SHARES.get(name, 1.0) * value)
    return np.asarray(1 - right)


def with_extra(by_kind: dict[str, Array], extra: Mapping[str, Array], n: int) -> dict[str, Array]:
    for name, value in extra.items():
        if name not in EXTRA_KINDS or value.shape != (n,):
            raise BadInput(f"extra: {name} {value.shape} is not one of {', '.join(EXTRA_KINDS)} with shape ({n},).")
        known = np.clip(np.nan_to_num(value, nan=0.0), 0, 1)
        before = by_kind.get(name, np.zeros(n))
        by_kind[name] = np.where(known > 0, 1 - (1 - before) * (1 - known), before)
    return by_kind


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
