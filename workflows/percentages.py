"""Exact shares: after every task each branch has within one task of its share.

Task number t of branch i with share p_i (the j-th of that branch) must fall in the window
[floor((j-1)/p_i) + 1, ceil(j/p_i)]; exactly then |n_i - p_i t| < 1 for all t. These are the windows of Pfair
scheduling (Baruah, Cohen, Plaxton, Varvel 1996) on one processor; a schedule exists for ever from counts n when for
every T > t the jobs due by T, sum of max(0, floor(p_i T) - n_i), fit into the T - t slots left. Choosing branch c
keeps that true when c's next job is due no later than the first T where all slots are taken. Those branches are
*admissible*; earliest deadline first is always one of them.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from fractions import Fraction

MAX_DECIMALS = 2
"""Percentages are given to a hundredth: the pattern then repeats after at most 10,000 tasks."""

_CACHE_LIMIT = 20_000


def weights(percentages: Mapping[str, int | float]) -> dict[str, int]:
    """Whole-number weights without a common divisor, in the order given. The percentages are checked beforehand."""
    scaled = {name: int(Fraction(str(share)) * 10**MAX_DECIMALS) for name, share in percentages.items()}
    divisor = math.gcd(*scaled.values()) or 1
    return {name: value // divisor for name, value in scaled.items()}


def counter_key(router: str, shares: Mapping[str, int]) -> str:
    """The key of a router's counters. Order and spelling of equal percentages do not change it."""
    text = "\n".join(f"{name}\t{shares[name]}" for name in sorted(shares))
    return f"{router}:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


class Sharing:
    """The chooser of one router. It remembers what it worked out; the memory never changes an answer."""

    __slots__ = ("_known", "names", "total", "values")

    def __init__(self, shares: Mapping[str, int]) -> None:
        self.names = tuple(sorted(shares))
        self.values = tuple(shares[name] for name in self.names)
        self.total = sum(self.values)
        self._known: dict[tuple[int, ...], tuple[int, ...]] = {}

    def admissible(self, counts: Mapping[str, int]) -> tuple[str, ...]:
        """Branches that may take the next task, in name order; never empty when a share is above 0."""
        numbers = [max(0, counts.get(name, 0)) for name in self.names]
        # The windows repeat after `total` tasks, so whole periods can be taken off.
        whole = min((n // w for n, w in zip(numbers, self.values, strict=True) if w), default=0)
        key = tuple(n - whole * w for n, w in zip(numbers, self.values, strict=True))
        found = self._known.get(key)
        if found is None:
            found = self._work_out(key)
            if len(self._known) < _CACHE_LIMIT:
                self._known[key] = found
        return tuple(self.names[index] for index in found)

    def choose(self, counts: Mapping[str, int], draw: float) -> tuple[str, float]:
        """(branch, its probability) for a uniform `draw` in [0, 1)."""
        branches = self.admissible(counts)
        index = min(max(int(draw * len(branches)), 0), len(branches) - 1)
        return branches[index], 1.0 / len(branches)

    def _work_out(self, counts: tuple[int, ...]) -> tuple[int, ...]:
        total, values = self.total, self.values
        now = sum(counts)
        shares = [index for index, weight in enumerate(values) if weight]
        released = [index for index in shares if counts[index] * total < values[index] * (now + 1)]
        due = {index: -(-(counts[index] + 1) * total // values[index]) for index in shares}
        if not released:
            # Counts that this router cannot have made: take the branch furthest behind.
            return (min(shares, key=lambda index: (due[index], index)),)
        moment, last = now + 1, max(due[index] for index in released)
        while moment < last:
            jobs = sum(max(0, values[index] * moment // total - counts[index]) for index in shares)
            if jobs >= moment - now:
                break
            moment += 1
        fitting = tuple(index for index in released if due[index] <= moment)
        return fitting or (min(released, key=lambda index: (due[index], index)),)
