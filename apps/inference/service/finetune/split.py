"""Which objects are learned from, which decide when to stop, and which judge the result.

Objects of one group (an image, or what the caller names) stay together, so that nothing learned is judged. The judges
take no part in stopping either: a maximum picked on the very objects that then certify it would flatter itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apps.inference.wire import TrainingObject

HELD_OUT = 0.3
STOPPING = 0.15
LEAST_HELD_OUT = 30
LEAST_TRAINED = 20


class TooFew(Exception):
    """There is too little to learn from or to judge by; says how much there is."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Indices into the objects."""

    train: list[int]
    stop: list[int]
    judge: list[int]


def split(objects: Sequence[TrainingObject], seed: int) -> Parts:
    """The same for the same objects and seed. Raises TooFew."""
    groups: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(objects):
        groups[one.group].append(number)
    if len(groups) < 3:
        raise TooFew(f"The objects are of {len(groups)} group(s); it takes 3 or more to learn, to stop and to judge.")
    order = sorted(groups)
    np.random.default_rng(seed).shuffle(order)
    total = len(objects)
    judge = _take(order, groups, objects, max(LEAST_HELD_OUT, round(HELD_OUT * total)))
    stop = _take(order, groups, objects, round(STOPPING * total))
    parts = Parts([number for name in order for number in groups[name]], stop, judge)
    if len(judge) < LEAST_HELD_OUT or len(parts.train) < LEAST_TRAINED or not stop:
        raise TooFew(
            f"{total} objects of {len(groups)} groups leave {len(judge)} to judge by ({LEAST_HELD_OUT} are needed) and"
            f" {len(parts.train)} to learn from ({LEAST_TRAINED} are needed)."
        )
    return parts


def _take(order: list[str], groups: dict[str, list[int]], objects: Sequence[TrainingObject], wanted: int) -> list[int]:
    """Takes groups out of ``order`` until there are ``wanted`` objects, each time the one that brings the classes
    nearest to their shares of the whole."""
    shares = Counter(one.class_name for one in objects)
    taken: list[int] = []
    have: Counter[str] = Counter()
    while order and len(taken) < wanted and len(order) > 1:
        best = min(order[:20], key=lambda name: _distance(have, [objects[n].class_name for n in groups[name]], shares))
        order.remove(best)
        taken += groups[best]
        have.update(objects[number].class_name for number in groups[best])
    return taken


def _distance(have: Counter[str], more: list[str], shares: Counter[str]) -> float:
    after = have + Counter(more)
    n, total = sum(after.values()), sum(shares.values())
    return sum(abs(after[name] / n - count / total) for name, count in shares.items())
