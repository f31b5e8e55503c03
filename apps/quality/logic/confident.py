"""Confident learning: class thresholds, the confident joint, and the noise posterior made of it.

Sources: Northcutt et al., "Confident Learning", 2021 (thresholds and joint); the posterior is Bayes' rule over the
model's probabilities and the estimated P(given | true).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.quality.logic.checks import Array
from apps.quality.logic.numbers import sample
from apps.quality.logic.published import own

CHUNK = 1 << 16
FIT_ROWS = 20_000
SMALLEST = 1e-12
GOLDEN = (5**0.5 - 1) / 2
EDGE = 13.8155  # log odds of 1 - 1e-6


def temperature(p: Array, y: Array) -> float:
    """The exponent under which the given labels are likeliest: golden section on its logarithm, over 20,000 rows."""
    rows = sample(len(p), FIT_ROWS)
    logs = np.log(np.maximum(p[rows], SMALLEST)).astype(np.float64)
    given = own(logs, y[rows])

    def loss(power: float) -> float:
        z = logs * np.exp(power)
        top = z.max(axis=1)
        return float((top + np.log(np.exp(z - top[:, None]).sum(axis=1)) - given * np.exp(power)).mean())

    low, high = -3.0, 2.0
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = loss(left), loss(right)
    for _ in range(30):
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = loss(right)
    return float(np.exp((low + high) / 2))


def tempered(p: Array, y: Array) -> Array:
    """``p`` to the power of its temperature, rows summing to 1, as float32."""
    if not len(p):
        return p.astype(np.float32)
    power = np.float32(temperature(p, y))
    out = np.empty(p.shape, np.float32)
    for start in range(0, len(p), CHUNK):
        part = out[start : start + CHUNK]
        part[:] = p[start : start + CHUNK]
        np.log(np.maximum(part, np.float32(SMALLEST), out=part), out=part)
        part *= power
        part -= part.max(axis=1, keepdims=True)
        np.exp(part, out=part)
        part /= part.sum(axis=1, keepdims=True)
    return out


def thresholds(p: Array, y: Array) -> Array:
    """(k,) t_k = the mean of p_k over the rows labelled k; 2, which nothing reaches, where there are none."""
    k = p.shape[1]
    count = np.bincount(y, minlength=k)
    return np.where(count > 0, np.bincount(y, own(p, y), minlength=k) / np.maximum(count, 1), 2.0)


@dataclass(frozen=True)
class Joint:
    """``counts`` (k, k): rows given, columns confident; ``share`` the part of all rows that lies off the diagonal."""

    counts: Array
    share: float

    def noise(self) -> Array:
        """(k, k) P(given i | true j), smoothed towards uniform noise by the share off the diagonal."""
        k, total = len(self.counts), self.counts.sum()
        smoothed = self.counts + (total - np.trace(self.counts) + 1) / (total + 1) / k
        return np.asarray(smoothed / smoothed.sum(axis=0, keepdims=True))


def confident_joint(p: Array, y: Array) -> Joint:
    """Rows confident in k, p_k >= t_k (several: the likeliest; none: left out), scaled to the given counts."""
    k, limits = p.shape[1], thresholds(p, y)
    edges = (limits - 1e-6).astype(p.dtype)
    counts = np.zeros(k * k)
    for start in range(0, len(p), CHUNK):
        part, given = p[start : start + CHUNK], y[start : start + CHUNK]
        reached = part >= edges
        times = reached.sum(axis=1)
        guess = np.where(times > 1, part.argmax(axis=1), reached.argmax(axis=1))
        sure = times > 0
        counts += np.bincount(given[sure] * k + guess[sure], minlength=k * k)
    square = counts.reshape(k, k)
    np.fill_diagonal(square, np.maximum(square.diagonal(), 1))
    scaled = square / square.sum(axis=1, keepdims=True) * np.bincount(y, minlength=k)[:, None]
    total = scaled.sum()
    return Joint(scaled, float(1 - np.trace(scaled) / total) if total else 0.0)


def model_odds(p: Array, y: Array, noise: Array) -> tuple[Array, Array]:
    """(n,) the mean of two log odds that the given label is wrong, and (n,) the likeliest true class.

    The noise posterior's, sum_{j != y} p_j T_yj against p_y T_yy, and the plain one, 1 - p_y against p_y.
    """
    odds, likeliest = np.empty(len(p)), np.empty(len(p), np.int64)
    by_given = noise.astype(p.dtype)
    for start in range(0, len(p), CHUNK):
        given = y[start : start + CHUNK]
        weight = p[start : start + CHUNK] * by_given[given]
        likeliest[start : start + CHUNK] = weight.argmax(axis=1)
        odds[start : start + CHUNK] = (against(weight, given) + against(p[start : start + CHUNK].copy(), given)) / 2
    return odds, likeliest


def against(weight: Array, y: Array) -> Array:
    """log(all others / own), without the loss of 1 - p near 1; at most ``EDGE`` either way. Clears the own column."""
    kept = own(weight, y)
    np.put_along_axis(weight, y[:, None], 0, axis=1)
    rest = weight.sum(axis=1)
    return np.asarray(np.clip(np.log(np.maximum(rest, 1e-30)) - np.log(np.maximum(kept, 1e-30)), -EDGE, EDGE))
