"""Which of a frame's tasks an expert is to look at: by threshold, by number, or by what a budget of seconds buys.

All functions take arrays over the frame and answer masks; ties go to what stands first, so an answer can be repeated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.quality.logic.checks import Array

LEAST_SECONDS = 1e-9
HIGHEST, LOWEST = 100, 1


@dataclass(frozen=True)
class Choice:
    """``chosen`` (n,) bool; ``worth`` (n,) orders the chosen ones; ``cut`` is the least worth that was chosen for its
    own sake (None where none was); ``bound``: no choice within the budget has a higher sum of benefits."""

    chosen: Array
    worth: Array
    cut: float | None
    bound: float | None = None


def best_first(worth: Array) -> Array:
    return np.argsort(-worth, kind="stable")


def by_threshold(value: Array, threshold: float) -> Choice:
    """``value`` >= ``threshold``."""
    chosen = value >= threshold
    return Choice(chosen, value, float(threshold) if chosen.any() else None)


def by_number(value: Array, top: int) -> Choice:
    """The ``top`` highest."""
    chosen = np.zeros(len(value), dtype=bool)
    first = best_first(value)[:top]
    chosen[first] = True
    return Choice(chosen, value, float(value[first[-1]]) if len(first) else None)


def by_budget(benefit: Array, seconds: Array, budget: float) -> Choice:
    """What buys most: the best benefit per second first, until one does not fit; then the best of those that still fit.

    The sum is within one task's benefit of the linear relaxation's (Dantzig 1957), and so of the best choice there is;
    the sum of seconds never exceeds the budget. What has no benefit is never chosen.
    """
    ratio = benefit / np.maximum(seconds, LEAST_SECONDS)
    order = best_first(ratio)
    order = order[benefit[order] > 0]
    chosen = np.zeros(len(benefit), dtype=bool)
    spent = np.cumsum(seconds[order])
    whole = int(np.searchsorted(spent, budget, side="right"))
    chosen[order[:whole]] = True
    used = float(spent[whole - 1]) if whole else 0.0
    bound = float(benefit[order[:whole]].sum())
    if whole < len(order):
        part = (budget - used) / max(float(seconds[order[whole]]), LEAST_SECONDS)
        bound += float(benefit[order[whole]]) * min(1.0, part)
        chosen[fill(benefit, seconds, order[whole:], budget - used)] = True
    return Choice(chosen, ratio, float(ratio[order[whole - 1]]) if whole else None, bound)


def fill(benefit: Array, seconds: Array, rest: Array, left: float) -> Array:
    """Of ``rest`` those that fit one after the other, the most beneficial first."""
    fits = rest[seconds[rest] <= left]
    fits = fits[np.argsort(-benefit[fits], kind="stable")]
    taken = []
    for place in fits:
        if seconds[place] <= left:
            taken.append(int(place))
            left -= float(seconds[place])
    return np.asarray(taken, dtype=np.int64)


def priorities(worth: Array, chosen: Array) -> Array:
    """(n,) from 100 for the best of the chosen ones down to 1 for the last; 0 for the others."""
    found = np.zeros(len(worth), dtype=np.int64)
    order = best_first(np.where(chosen, worth, -np.inf))[: int(chosen.sum())]
    steps = max(len(order) - 1, 1)
    found[order] = HIGHEST - np.round((HIGHEST - LOWEST) * np.arange(len(order)) / steps).astype(np.int64)
    return found
