"""How many labels of a frame are still wrong, and how sure that is.

    wrong = sum over reviewed labels of still_wrong + sum over strata h of U_h q_h

U_h are the stratum's labels that nobody reviewed, q_h the share that *was* wrong (before any fix) among those drawn at
random, each standing for the 1 / probability - 1 others it was drawn instead of (Hajek). Routed labels, drawn with
certainty, enter with what is left after the fix and speak for nobody else. The variance is that of task totals within
strata, m / (m - 1) sum z_t^2, over 1 - f, which is the finite-population correction for predicting the unseen rest
(Cochran, Sampling Techniques, ch. 9; Valliant et al., Finite Population Sampling and Inference, ch. 2). The interval is
Clopper and Pearson's on n* = q (1 - q) / variance looks (Korn and Graubard, 1998). With few erring tasks a stratum's
variance is no less than that of a share drawn towards the pooled one, under the design effect of all drawn tasks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.quality.logic.certificate.frame import Frame
from apps.quality.logic.certificate.intervals import always_valid_upper, clopper_pearson
from apps.quality.logic.checks import Array

FEWEST_TASKS = 2
UNKNOWN_CLUSTERING = 0.2  # the correlation of errors within a task that is assumed before errors are seen
PRIOR_TASKS = 2


@dataclass(frozen=True)
class Drawn:
    """The random part of one stratum: ``rest`` unseen labels, of the seen ones the error flags, weights and tasks."""

    rest: int
    wrong: Array
    weight: Array
    task: Array


@dataclass(frozen=True)
class Estimate:
    """Shares of the frame's labels still wrong; ``effective`` independent looks; ``design_effect`` of those made."""

    share: float
    lower: float
    upper: float
    live_upper: float
    labels: int
    reviewed: int
    looks: int
    effective: float
    design_effect: float
    unseen_share: float


def strata(frame: Frame) -> list[Drawn]:
    """The random part by stratum. Those with fewer than two drawn tasks are joined; if that is too few, all are.

    Joined strata lean on the weights alone. A part with fewer than two tasks remains only where no more were drawn.
    """
    unseen, drawn = ~frame.reviewed, frame.reviewed & (frame.probability > 0) & (frame.probability < 1)
    names, of = np.unique(frame.stratum, return_inverse=True)
    tasks = [len(np.unique(frame.task[drawn & (of == h)])) for h in range(len(names))]
    rest = [int((unseen & (of == h)).sum()) for h in range(len(names))]
    thin = [h for h in range(len(names)) if tasks[h] < FEWEST_TASKS and rest[h]]
    for wider in ([h for h in range(len(names)) if rest[h]], list(range(len(names)))):
        if thin and len(np.unique(frame.task[drawn & np.isin(of, thin)])) < FEWEST_TASKS:
            thin = wider
    groups = [[h] for h in range(len(names)) if h not in thin and rest[h]] + ([thin] if thin else [])
    return [part(frame, unseen & np.isin(of, group), drawn & np.isin(of, group)) for group in groups]


def part(frame: Frame, unseen: Array, drawn: Array) -> Drawn:
    weight = 1 / frame.probability[drawn] - 1
    return Drawn(int(unseen.sum()), frame.was_wrong[drawn].astype(float), weight, frame.task[drawn])


def clustering(parts: list[Drawn]) -> float:
    """The design effect of clustered errors: how far task totals vary beyond what independent labels would.

    sum (x_t - q b_t)^2 / (q (1 - q) sum b_t) over drawn tasks with b_t looks and x_t errors, pulled towards what a
    correlation of .2 would make of these tasks; that prior weighs as much as two erring tasks.
    """
    task = np.unique(np.concatenate([drawn.task for drawn in parts]), return_inverse=True)[1]
    wrong = np.concatenate([drawn.wrong for drawn in parts])
    size, errors = np.bincount(task), np.bincount(task, wrong)
    looks, share = float(size.sum()), float(wrong.mean())
    assumed = assumed_effect(size)
    erring = int((errors > 0).sum())
    if not 0 < share < 1:
        return assumed
    measured = float(((errors - share * size) ** 2).sum()) / (share * (1 - share) * looks)
    return max(1.0, (erring * measured + PRIOR_TASKS * assumed) / (erring + PRIOR_TASKS))


def assumed_effect(sizes: Array) -> float:
    """1 + .2 (b - 1), b the size of the task that a label finds itself in on average."""
    return 1 + UNKNOWN_CLUSTERING * max(float((sizes**2).sum() / sizes.sum()) - 1, 0.0)


def variance(drawn: Drawn, share: float, pooled: float, design_effect: float) -> float:
    """Of the stratum's share as a forecast of its unseen labels' share."""
    total = float(drawn.weight.sum())
    _, task = np.unique(drawn.task, return_inverse=True)
    residual = np.bincount(task, drawn.weight * (drawn.wrong - share))
    m = len(residual)
    measured = m / (m - 1) * float((residual**2).sum()) / total**2
    erring = len(np.unique(task[drawn.wrong > 0]))
    guess = (pooled + erring * share) / (1 + erring)
    return max(measured * beyond(drawn), design_effect * guess * (1 - guess) * spread_of(drawn))


def beyond(drawn: Drawn) -> float:
    """1 / (1 - f): a sample forecasts the unseen rest, and that rest varies too."""
    return (len(drawn.wrong) + drawn.rest) / drawn.rest


def spread_of(drawn: Drawn) -> float:
    """The variance of the forecast in units of q (1 - q), if labels were independent."""
    return float((drawn.weight**2).sum() / drawn.weight.sum() ** 2) * beyond(drawn)


def estimate(frame: Frame, confidence: float = 0.95) -> Estimate:
    """For a frame in which every unseen label had a chance and at least two tasks were drawn, or none is unseen."""
    parts = strata(frame)
    known, total = int(frame.still_wrong[frame.reviewed].sum()), len(frame)
    looks, rest = sum(len(drawn.wrong) for drawn in parts), sum(drawn.rest for drawn in parts)
    reviewed = int(frame.reviewed.sum())
    if not rest:
        exact = known / max(total, 1)
        return Estimate(exact, exact, exact, exact, total, reviewed, looks, float(reviewed), 1.0, 0.0)
    shares = [float((drawn.weight * drawn.wrong).sum() / drawn.weight.sum()) for drawn in parts]
    of_rest = [drawn.rest / rest for drawn in parts]
    pooled = sum(w * q for w, q in zip(of_rest, shares, strict=True))
    effect = clustering(parts)
    if 0 < pooled < 1:
        spread = [variance(drawn, q, pooled, effect) for drawn, q in zip(parts, shares, strict=True)]
        effective = pooled * (1 - pooled) / sum(w**2 * v for w, v in zip(of_rest, spread, strict=True))
    else:
        effective = 1 / (effect * sum(w**2 * spread_of(drawn) for w, drawn in zip(of_rest, parts, strict=True)))
    low, high = clopper_pearson(pooled * effective, effective, confidence)
    live = always_valid_upper(pooled * effective, effective, confidence)
    low, high, live = ((known + rest * q) / total for q in (low, high, live))
    middle = (known + rest * pooled) / total
    return Estimate(middle, low, high, live, total, reviewed, looks, effective, looks / max(effective, 1e-9), pooled)
