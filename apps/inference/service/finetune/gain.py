"""Whether a tuned decoder is better, and whether anybody would lose by it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.inference.service.finetune.split import LEAST_HELD_OUT
from apps.inference.wire import ClassGain, Interval

RESAMPLES = 2_000
MOST_FALL = 0.02
LEAST_OF_CLASS = 10

Figures = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """IoU per held-out object, by click and by box, before and after; its class and group."""

    classes: Sequence[str]
    groups: Sequence[str]
    click_before: Figures
    click_after: Figures
    box_before: Figures
    box_after: Figures


def interval(gains: Figures, groups: Sequence[str], seed: int = 0) -> Interval:
    """The mean paired gain and its bootstrap percentiles 5 and 95; whole groups are drawn, because objects of one
    image are alike (Davison and Hinkley 1997, section 2.4 and 3.8)."""
    members: dict[str, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        members[group].append(number)
    sums = np.array([gains[rows].sum() for rows in members.values()])
    sizes = np.array([len(rows) for rows in members.values()])
    drawn = np.random.default_rng(seed).integers(0, len(sums), (RESAMPLES, len(sums)))
    means = sums[drawn].sum(1) / sizes[drawn].sum(1)
    low, high = np.percentile(means, [5, 95])
    return Interval(float(gains.mean()), float(low), float(high))


def by_class(judged: Judged) -> list[ClassGain]:
    names = np.array(judged.classes)
    return [
        ClassGain(
            class_name=str(name),
            n=int((names == name).sum()),
            click_before=float(judged.click_before[names == name].mean()),
            click_after=float(judged.click_after[names == name].mean()),
            box_before=float(judged.box_before[names == name].mean()),
            box_after=float(judged.box_after[names == name].mean()),
        )
        for name in sorted(set(judged.classes))
    ]


def verdict(click: Interval, box: Interval, classes: Sequence[ClassGain], held_out: int) -> tuple[bool, str]:
    """Accepted or not, and why in a sentence."""
    if held_out < LEAST_HELD_OUT:
        return False, f"Only {held_out} objects could be judged; {LEAST_HELD_OUT} are needed."
    words = f"clicks {_words(click)}, boxes {_words(box)} (mean IoU gain, 90 % interval, {held_out} held-out objects)"
    fell = [one for one in classes if one.n >= LEAST_OF_CLASS and _fall(one) > MOST_FALL]
    if fell:
        worst = max(fell, key=_fall)
        loss = f"{worst.class_name} would lose {_fall(worst):.3f} IoU on {worst.n} held-out objects"
        return False, f"{loss}; over all: {words}."
    if click.low > 0 or box.low > 0:
        return True, f"Better: {words}."
    return False, f"No gain beyond chance: {words}."


def _fall(one: ClassGain) -> float:
    return max(one.click_before - one.click_after, one.box_before - one.box_after)


def _words(one: Interval) -> str:
    return f"{one.mean:+.3f} ({one.low:+.3f} to {one.high:+.3f})"
