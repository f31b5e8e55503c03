"""Attributes of an object that a model answers otherwise: evidence of the kind ``wrong_attribute``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from apps.quality.logic import classification
from apps.quality.logic.checks import Array, BadInput
from apps.quality.logic.classification_state import State
from apps.quality.logic.numbers import sigmoid

UNSURE = 0.8  # what an answer without a probability is taken for, until its agreement with the labels says more


def told(said: Array, k: int, confidence: Array | None = None) -> Array:
    """(n, k) probabilities from the one answer ``said`` (n,), -1 for none (a row of nan), the rest shared equally."""
    sure = np.full(len(said), UNSURE) if confidence is None else np.clip(confidence, 1 / k, 1)
    p = np.tile(((1 - sure) / max(k - 1, 1))[:, None], (1, k))
    there = np.flatnonzero(said >= 0)
    p[there, said[there]] = sure[there]
    p[said < 0] = np.nan
    return p


def wrong(p: Array, y: Array, *, state: State | None = None) -> tuple[Array, State]:
    """(n,) probability that the answer ``y`` (n,) is wrong, nan where ``p`` (n, k) holds nan or ``y`` is -1; and the
    state, to score part of the set later. One attribute at a time."""
    if p.ndim != 2 or len(p) != len(y):
        raise BadInput(f"attributes: {len(y)} answers, but probabilities of shape {p.shape}.")
    known = np.flatnonzero(np.isfinite(p).all(axis=1) & (y >= 0))
    given, q = y[known].astype(np.int64), p[known]
    learned = state or classification.fit(q, given)
    out = np.full(len(y), np.nan)
    out[known] = sigmoid(classification.evidence(q, given, state=learned).odds)
    return out, learned


def together(values: Sequence[Array], same_object: Array | None = None) -> Array:
    """(n,) that any attribute is wrong, nan where nothing is known; ``same_object`` (n,) is how sure it is that the
    prediction speaks of the labelled object (its IoU, say)."""
    each = np.array(values)
    right = np.where(np.isnan(each), 1, 1 - np.nan_to_num(each)).prod(axis=0)
    some = np.where(np.isnan(each).all(axis=0), np.nan, 1 - right)
    return np.asarray(some if same_object is None else some * same_object)
