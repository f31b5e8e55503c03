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
FIT_ROWS = 10_000
SMALLEST = 1e-12
EDGE = 13.8155  # log odds of 1 - 1e-6


def temperature(p: Array, y: Array) -> float:
    """The exponent in [0.05, 7.4] under which the given labels are likeliest, over at most 10,000 rows.

    The loss is convex in the exponent: Newton on its derivative, E[log p] - log p_y, kept inside a bracket.
    """
    if not len(p):
        return 1.0
    rows = sample(len(p), FIT_ROWS)
    logs = np.log(np.maximum(p[rows], SMALLEST)).astype(np.float64)
    logs -= logs.max(axis=1, keepdims=True)
    given, ones = own(logs, y[rows]).mean(), np.ones(p.shape[1])
    low, high, power = 0.05, 7.4, 1.0
    for _ in range(40):
        weight = np.exp(logs * power)
        weight *= 1 / (weight @ ones)[:, None]
        weight *= logs
        mean = weight @ ones
        slope = mean.mean() - given
        bend = (np.einsum("ij,ij->i", weight, logs) - mean**2).mean()
        low, high = (low, power) if slope > 0 else (power, high)
        wanted = power - slope / bend if bend > 0 else low
        before, power = power, float(wanted) if low < wanted < high else (low + high) / 2
        if abs(power - before) < 1e-5 * power:
            break
    return power


def tempered(p: Array, power: float) -> Array:
    """``p`` to the ``power`` that ``temperature`` found, rows summing to 1, as float32."""
    ones = np.ones(p.shape[1], np.float32)
    tiny = bool(
        np.float32(power) * np.log(p.shape[1]) > 60
    )  # the largest of a row is at least 1 / k; its power could vanish
    out = np.empty(p.shape, np.float32)
    for start in range(0, len(p), CHUNK):
        part = out[start : start + CHUNK]
        part[:] = p[start : start + CHUNK]
        np.log(np.maximum(part, np.float32(SMALLEST), out=part), out=part)
        part *= np.float32(power)
        if tiny:
            part -= part.max(axis=1, keepdims=True)
        np.exp(part, out=part)
        part *= 1 / (part @ ones)[:, None]
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
    counts, numbers = np.zeros(k * k), np.column_stack([np.ones(k), np.arange(k)]).astype(np.float32)
    for start in range(0, len(p), CHUNK):
        part, given = p[start : start + CHUNK], y[start : start + CHUNK]
        times, guess = ((part >= edges).astype(np.float32) @ numbers).T
        several, guess = np.flatnonzero(times > 1), guess.astype(np.int64)
        guess[several] = part[several].argmax(axis=1)
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
    odds, likeliest, ones = np.empty(len(p)), y.copy(), np.ones(p.shape[1], p.dtype)
    by_given, right = noise.astype(p.dtype), noise.diagonal().astype(p.dtype)
    for start in range(0, len(p), CHUNK):
        given, rest = y[start : start + CHUNK], p[start : start + CHUNK].copy()
        kept, told = own(rest, given), by_given[given]
        np.put_along_axis(rest, given[:, None], 0, axis=1)
        others, kept_told = np.einsum("ij,ij->i", rest, told), kept * right[given]
        odds[start : start + CHUNK] = (against(others, kept_told) + against(rest @ ones, kept)) / 2
        unsure = np.flatnonzero(others > kept_told)
        best = (p[start : start + CHUNK][unsure] * told[unsure]).argmax(axis=1)
        likeliest[start + unsure] = best
    return odds, likeliest


def against(rest: Array, kept: Array) -> Array:
    """log(rest / kept), at most ``EDGE`` either way: summing the rest loses nothing where 1 - p would."""
    return np.asarray(np.clip(np.log(np.maximum(rest, 1e-30)) - np.log(np.maximum(kept, 1e-30)), -EDGE, EDGE))
