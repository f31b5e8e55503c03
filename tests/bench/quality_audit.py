"""Simulated reviews: routed tasks, then three random waves that adapt to what was found, then the certificate."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.quality.logic.certificate.estimate import Estimate, estimate
from apps.quality.logic.certificate.frame import Frame
from apps.quality.logic.certificate.intervals import clopper_pearson
from tests.bench.report import Report, Row

Array = NDArray[Any]
RATES, AUDITS, WAVES = (0.003, 0.01, 0.03, 0.1), (50, 200, 1000), 3
CORRELATION = 0.2  # of errors within a task
ROUTED, LEFT_WRONG = 0.05, 0.1  # share of tasks sent to the expert by score; share of errors that a fix leaves


def population(rng: np.random.Generator, rate: float, tasks: int) -> tuple[Array, Array, Array]:
    """Of every label its task and whether it is wrong; of every task a score that knows a little of it."""
    size = 1 + rng.poisson(4, tasks)
    task = np.repeat(np.arange(tasks), size)
    spread = (1 - CORRELATION) / CORRELATION
    wrong = rng.random(len(task)) < rng.beta(rate * spread, (1 - rate) * spread, tasks)[task]
    score = np.sqrt(np.bincount(task, wrong, tasks)) + rng.normal(0, 1, tasks)
    return task, wrong, score


def shares(seen: Array, stratum: Array, errors: Array, *, adaptive: bool) -> Array:
    """Of a wave's looks by stratum: by size, or half by size and half by Neyman's rule on what was found so far."""
    count = np.bincount(stratum, minlength=4)[1:]
    plain = count / count.sum()
    if not adaptive:
        return np.asarray(plain)
    found = [np.r_[errors[seen & (stratum == h)], 0, 1].std() for h in (1, 2, 3)]
    wanted = count * np.array(found)
    return np.asarray(0.5 * wanted / wanted.sum() + 0.5 * plain)


def audited(
    rng: np.random.Generator,
    *,
    rate: float,
    audit: int,
    tasks: int = 4000,
    routed: float = ROUTED,
    adaptive: bool = True,
) -> tuple[Frame, float]:
    """What a certificate sees after ``audit`` random looks at tasks in three waves, and the true share still wrong."""
    task, wrong, score = population(rng, rate, tasks)
    errors, order = np.bincount(task, wrong, tasks), np.argsort(-score)
    certain = int(tasks * routed)
    rest = order[certain:]
    stratum = np.zeros(tasks, int)
    for number, part in enumerate(np.split(rest, [int(len(rest) * 0.2), int(len(rest) * 0.5)]), 1):
        stratum[part] = number
    seen = stratum == 0
    for wave in range(WAVES):
        looks = audit // WAVES + (audit % WAVES if wave == WAVES - 1 else 0)
        part = shares(seen, stratum, errors, adaptive=adaptive and wave > 0)
        wanted = np.floor(part * looks).astype(int)
        wanted[part.argmax()] += looks - wanted.sum()
        for h in (1, 2, 3):
            left = np.flatnonzero(~seen & (stratum == h))
            seen[rng.choice(left, min(wanted[h - 1], len(left)), replace=False)] = True
    drawn = np.bincount(stratum, seen, minlength=4) / np.maximum(np.bincount(stratum, minlength=4), 1)
    looked = seen[task]
    still = wrong & (~looked | (rng.random(len(task)) < LEFT_WRONG))
    kind, of_class = np.full(len(task), "any"), np.full(len(task), "all")
    chance = drawn[stratum][task]
    strata = stratum[task].astype(str)
    return Frame(task, kind, strata, chance, looked, wrong & looked, still & looked, of_class), float(still.mean())


def ideal_width(found: list[Estimate], truth: list[float]) -> float:
    """Mean width of Clopper and Pearson's interval at the looks that the estimates' true scatter is worth."""
    share = float(np.mean(truth))
    scatter = float(np.var([one.share - true for one, true in zip(found, truth, strict=True)]))
    looks = max(share * (1 - share) / max(scatter, 1e-12), 2.0)
    hits = np.random.default_rng(1).binomial(round(looks), share, 100)
    return float(np.mean([np.diff(clopper_pearson(float(hit), looks))[0] for hit in hits]))


def run(report: Report, *, quick: bool, full: bool) -> None:
    """Worst of 12 cells: coverage, and width beside that of a plain stratified sample with as many looks."""
    repeats = 30 if quick else 400 if full else 120
    cover, width = [], []
    for rate in RATES:
        for audit in AUDITS:
            ours, inside = list[Estimate](), 0
            plain, truths = list[Estimate](), list[float]()
            for seed in range(repeats):
                key = [seed, audit, int(rate * 1e4)]
                frame, truth = audited(np.random.default_rng(key), rate=rate, audit=audit)
                ours.append(estimate(frame))
                inside += ours[-1].lower <= truth <= ours[-1].upper
                frame, truth = audited(np.random.default_rng(key), rate=rate, audit=audit, routed=0, adaptive=False)
                plain.append(estimate(frame))
                truths.append(truth)
            mean = float(np.mean([one.upper - one.lower for one in ours]))
            cover.append(inside / repeats)
            width.append(mean / ideal_width(plain, truths))
            print(f"  rate {rate:.1%}, audit {audit}: coverage {cover[-1]:.3f}, width {mean:.4f} ({width[-1]:.2f} x)")
    report.add(
        Row("certificate-coverage", min(cover), "share", 0.93, "worst of 12 cells; mean", float(np.mean(cover)), True)
    )
    report.add(Row("certificate-width", max(width), "x", 1.3, "worst of 12 cells; mean", float(np.mean(width))))
