"""Exact intervals for shares, for sample sizes that need not be whole (they are adjusted by a design effect)."""

from __future__ import annotations

import math
from collections.abc import Callable

HALVINGS = 50


def beta_cdf(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by Lentz's continued fraction (Numerical Recipes, 6.4)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_cdf(1 - x, b, a)
    front = math.exp(log_choose(a, b) + a * math.log(x) + b * math.log1p(-x)) / a
    c, d = 1.0, 1 / nonzero(1 - (a + b) * x / (a + 1))
    total = d
    for m in range(1, 400):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        before = total
        for step in (even, odd):
            d, c = 1 / nonzero(1 + step * d), nonzero(1 + step / c)
            total *= c * d
        if abs(total - before) < 1e-12 * abs(total):
            break
    return min(1.0, front * total)


def nonzero(x: float) -> float:
    return x if abs(x) > 1e-300 else 1e-300


def log_choose(a: float, b: float) -> float:
    """- log B(a, b)."""
    return math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)


def halve(true_above: Callable[[float], bool], low: float = 0.0, high: float = 1.0) -> float:
    """Where a condition that is false below and true above turns."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if true_above(middle) else (middle, high)
    return (low + high) / 2


def clopper_pearson(errors: float, looks: float, confidence: float = 0.95) -> tuple[float, float]:
    """The two-sided interval for a share, ``errors`` of ``looks`` having been wrong; (0, 1) without looks."""
    if looks <= 0:
        return 0.0, 1.0
    errors, tail = min(max(errors, 0.0), looks), (1 - confidence) / 2
    low = 0.0 if errors <= 0 else halve(lambda q: beta_cdf(q, errors, looks - errors + 1) >= tail)
    high = 1.0 if errors >= looks else halve(lambda q: beta_cdf(q, errors + 1, looks - errors) >= 1 - tail)
    return low, high


def always_valid_upper(errors: float, looks: float, confidence: float = 0.95) -> float:
    """An upper bound that holds at every look at once, however often one looks and whenever one stops.

    Robbins' mixture: with a Beta(1/2, 1/2) prior the likelihood ratio B(x + 1/2, n - x + 1/2) / B(1/2, 1/2) against
    q^x (1 - q)^(n - x) exceeds 1 / (1 - confidence) with at most that chance, ever (Ville). The bound is the largest q
    that has not been excluded.
    """
    if looks <= 0:
        return 1.0
    errors = min(max(errors, 0.0), looks)
    mixture = log_choose(0.5, 0.5) - log_choose(errors + 0.5, looks - errors + 0.5)
    limit = mixture + math.log(1 - confidence)

    def excluded(q: float) -> bool:
        part = errors * math.log(q) if errors else 0.0
        return part + (looks - errors) * math.log1p(-q) < limit

    return halve(excluded, errors / looks, 1.0) if errors < looks else 1.0


def looks_needed(share: float, target: float, confidence: float = 0.95) -> float:
    """Independent looks after which the upper end would be at most ``target`` if the share seen stays; inf: never."""
    if share >= target:
        return math.inf
    low, high = 1.0, 2.0
    while clopper_pearson(share * high, high, confidence)[1] > target:
        low, high = high, high * 2
        if high > 1e9:
            return math.inf
    while high - low > max(0.5, 0.01 * low):
        middle = (low + high) / 2
        low, high = (
            (low, middle) if clopper_pearson(share * middle, middle, confidence)[1] <= target else (middle, high)
        )
    return math.ceil(high)
