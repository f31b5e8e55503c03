"""The grid as an instrument: what its looks found, how many known errors it finds, how many of its marks are true.

A crop shows whether a label has the wrong class, lies badly or shows nothing. It shows no second label of the same
object, no answer to a question, and nothing of what was never labelled: of those kinds the grid says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from apps.quality.logic.certificate.intervals import beta_cdf, halve
from apps.quality.logic.checks import Array

SHOWN = ("wrong_class", "badly_located", "spurious")
HIDDEN = ("duplicate", "wrong_attribute")
"""Kinds of error that a crop shows, and those that it hides. ``missing`` is no label's."""

FOUND, MISSED = 8.0, 2.0
FEWEST_HIDDEN = 10
"""Known errors shown in the grid before it says anything in a certificate: then what was measured weighs as much as the
prior, which is worth ten."""

TOO_MANY_SILENT = 0.1

UNCHECKED, FALSE_MARK, TRUE_MARK = -1, 0, 1
NONE, FINE, FLAGGED, RELABELED, SEEN_BEFORE = range(5)


@dataclass(frozen=True)
class Ends:
    """A share or a number of labels: in the middle, and the ends of its interval. ``live``: its always-valid end."""

    middle: float
    low: float
    high: float
    live: float

    def times(self, factor: float) -> Ends:
        return Ends(self.middle * factor, self.low * factor, self.high * factor, self.live * factor)

    def within(self, most: float) -> Ends:
        return Ends(*(min(max(one, 0.0), most) for one in (self.middle, self.low, self.high, self.live)))


NOTHING = Ends(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Words:
    """(n,) each: the first look at a label in the grid. ``chance`` of it, 1 where no draw chose; ``marked``, and as
    which ``kind``; ``checked``: whether a later review found the mark true; ``left``: called fine, and nothing else is
    known of the certified label."""

    task: Array
    of_class: Array
    chance: Array
    marked: Array
    kind: Array
    checked: Array
    left: Array

    def __len__(self) -> int:
        return len(self.task)

    def where(self, kept: Array) -> Words:
        return Words(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))

    @property
    def at_random(self) -> Array:
        return np.asarray((self.chance > 0) & (self.chance < 1))


@dataclass(frozen=True)
class Gridded:
    """``state`` (n,) and ``chance`` (n,) go with the rows of a frame of labels: what the grid alone knows of each
    (``FINE``, ``FLAGGED``, ``RELABELED``; ``SEEN_BEFORE``: a review came after it), and with what chance its draws
    could have chosen the certified content. ``shown`` known errors were hidden among its tiles, ``found`` of them
    marked. Of ``drawn`` labels of random batches ``silent`` ones were shown and got no word."""

    state: Array
    chance: Array
    words: Words
    shown: int = 0
    found: int = 0
    drawn: int = 0
    silent: int = 0

    def where(self, rows: Array, of_class: str) -> Gridded:
        words = self.words.where(self.words.of_class == of_class)
        return Gridded(self.state[rows], self.chance[rows], words, self.shown, self.found, self.drawn, self.silent)

    @property
    def refusal(self) -> str | None:
        """Why the grid says nothing in a certificate, or None."""
        if not len(self.words):
            return "Nothing was looked at in the grid."
        if self.shown < FEWEST_HIDDEN:
            return (
                f"{self.shown} known errors were hidden in the grid; from {FEWEST_HIDDEN} on it is known what it finds."
            )
        if self.silent > TOO_MANY_SILENT * max(self.drawn, 1):
            return (
                f"{self.silent} of {self.drawn} labels drawn at random for the grid were shown and given back without "
                "a word: nobody can say whether those are right."
            )
        return None


@lru_cache(maxsize=256)
def posterior(found: int, there: int, confidence: float) -> Ends:
    """Of a share measured ``there`` times: Beta(8 + found, 2 + missed), with its equal-tailed interval."""
    a, b, tail = found + FOUND, there - found + MISSED, (1 - confidence) / 2
    low = halve(lambda q: beta_cdf(q, a, b) >= tail)
    high = halve(lambda q: beta_cdf(q, a, b) >= 1 - tail)
    return Ends(a / (a + b), low, high, high)


def sensitivity(grid: Gridded, confidence: float) -> Ends:
    return posterior(grid.found, grid.shown, confidence)


def confirmed(words: Words, confidence: float) -> Ends:
    """How many of a hundred unchecked marks are true: from those that a review has checked."""
    checked = words.marked & (words.checked != UNCHECKED)
    true = checked & (words.checked == TRUE_MARK)
    return posterior(int(true.sum()), int(checked.sum()), confidence)


def true_marks(words: Words, marked: Array, true: Ends) -> Ends:
    """How many of the ``marked`` (n,) words are true: what was checked as it was found, the others by ``true``."""
    known = float((marked & (words.checked == TRUE_MARK)).sum())
    open_ones = float((marked & (words.checked == UNCHECKED)).sum())
    middle, low, high = (known + open_ones * share for share in (true.middle, true.low, true.high))
    return Ends(middle, low, high, high)


def overlooked(found: Ends, sense: Ends, confidence: float, most: float) -> Ends:
    """Errors that the looks missed: found (1 - s) / s. Its upper end is the largest number of errors under which the
    grid would still have found so few with the chance of the tail, at the least sensitivity; its lower end is 0."""
    tail = (1 - confidence) / 2

    def unlikely(missed: float) -> bool:
        return missed > 0 and beta_cdf(1 - sense.low, missed, found.high + 1) < tail

    high = halve(unlikely, 0.0, most) if most > 0 else 0.0
    middle = found.middle * (1 - sense.middle) / sense.middle
    return Ends(min(middle, high), 0.0, high, high)
