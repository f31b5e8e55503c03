"""How many labels are still wrong where some were looked at in the grid: two instruments over one frame.

Reviews drawn at random (A) see whole images and are taken at their word; the grid's random draws (B) see crops and find
a share s of what is wrong. Of the labels of which neither knows anything, a share q was wrong:

    q_B = marked x true / s        (Rogan and Gladen 1978: true = P(wrong | marked), which also holds the false marks)
    q   = w q_A + (1 - w) (q_B + hidden),    w = n_A / (n_A + n_B)

``hidden`` is the share of errors of the kinds that no crop shows, which only A can tell; n_A and n_B are what both are
worth in independent looks, n_B less what not knowing s costs. Labels without a chance in the grid rest on A alone.
Labels that the grid called fine hold what it missed, found x (1 - s) / s, whether a draw or a score chose them: that
needs no chance, and they speak for no others. Marks that nobody has checked count by the posterior of those that were.

Ends of products are paired least favourably; independent estimates of one share are put together by the squares of
their distances from the middle (Zou and Donner 2008); everything else is added as if it erred together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from apps.quality.logic.certificate.estimate import FEWEST_TASKS, Estimate, estimate
from apps.quality.logic.certificate.frame import Frame
from apps.quality.logic.certificate.instrument import (
    FINE,
    FLAGGED,
    HIDDEN,
    NOTHING,
    RELABELED,
    SEEN_BEFORE,
    SHOWN,
    Ends,
    Gridded,
    confirmed,
    overlooked,
    sensitivity,
    true_marks,
)
from apps.quality.logic.certificate.intervals import always_valid_upper, clopper_pearson
from apps.quality.logic.checks import Array

ANY = ""


@dataclass(frozen=True)
class Share:
    """An estimated share, worth ``n`` independent looks; ``looks`` were made."""

    ends: Ends
    n: float
    looks: int


@dataclass(frozen=True)
class Parts:
    """Which labels rest on what: (n,) flags over a frame. ``alone``: known by the grid only; ``reach``: the grid's
    draws could have chosen them; ``rest``: nothing is known of them."""

    alone: Array
    rest: Array
    reach: Array
    whole: Array

    @staticmethod
    def of(frame: Frame, grid: Gridded) -> Parts:
        alone = ~frame.reviewed & np.isin(grid.state, [FINE, FLAGGED, RELABELED])
        reach = (grid.chance > 0) & (grid.chance < 1)
        # What a review judged after the grid had seen it speaks for no label that nobody has seen.
        whole = frame.reviewed & (grid.state != SEEN_BEFORE)
        return Parts(alone, ~frame.reviewed & ~alone, reach, whole)


@dataclass(frozen=True)
class Found:
    """``estimate`` of the whole; ``grid``: q_B, where the grid's draws speak for others; ``contradicted``: the reviews
    exclude what the grid says, so it was left out; ``blind``: no review told of the kinds that crops hide."""

    estimate: Estimate
    grid: Ends | None
    contradicted: bool
    blind: bool
    width: float


def drawn_tasks(frame: Frame) -> int:
    drawn = frame.reviewed & (frame.probability > 0) & (frame.probability < 1)
    return len(np.unique(frame.task[drawn]))


def share_of(frame: Frame, confidence: float) -> Share | None:
    """Of the frame's unseen labels; None where too few tasks were drawn, or one had no chance."""
    unseen = ~frame.reviewed
    if not unseen.any() or drawn_tasks(frame) < FEWEST_TASKS:
        return None
    if (frame.probability[unseen] <= 0).any() or (frame.probability[unseen] >= 1).any():
        return None
    found = estimate(frame, confidence)
    q, n = found.unseen_share, found.effective
    low, high = clopper_pearson(q * n, n, confidence)
    return Share(Ends(q, low, high, always_valid_upper(q * n, n, confidence)), n, found.looks)


def by_reviews(frame: Frame, parts: Parts, rest: Array, confidence: float) -> Share | None:
    """q_A of ``rest``: from drawn labels that were as likely to be reached by the grid, else from all of them."""
    near = parts.whole & (parts.reach == bool(parts.reach[rest].any()))
    found = share_of(frame.where(rest | near), confidence)
    return found or share_of(frame.where(rest | parts.whole), confidence)


def by_grid(frame: Frame, grid: Gridded, parts: Parts, kind: str, confidence: float) -> Share | None:
    """q_B of what the grid's draws can speak for."""
    rest, words = parts.rest & parts.reach, grid.words.where(grid.words.at_random)
    marked = marked_as(words.marked, words.kind, kind)
    n, unseen = len(words), int(rest.sum())
    told, none = np.r_[np.ones(n, bool), np.zeros(unseen, bool)], np.zeros(unseen, bool)
    both = Frame(
        np.r_[words.task, frame.task[rest]],
        np.full(n + unseen, "any"),
        np.zeros(n + unseen, np.int64),
        np.r_[words.chance, grid.chance[rest]],
        told,
        np.r_[marked, none],
        np.r_[marked, none],
        np.full(n + unseen, ""),
    )
    plain = share_of(both, confidence)
    if plain is None:
        return None
    sense, count = sensitivity(grid, confidence), max(int(marked.sum()), 1)
    true = true_marks(words, marked, confirmed(grid.words, confidence))
    low, middle, high = (true.low / count, true.middle / count, true.high / count if marked.any() else 1.0)
    said = plain.ends
    ends = Ends(
        said.middle * middle / sense.middle,
        said.low * low / sense.high,
        said.high * high / sense.low,
        said.live * high / sense.low,
    ).within(1.0)
    return replace(plain, ends=ends)


def marked_as(marked: Array, kinds: Array, kind: str) -> Array:
    """Those of the marks that count: of one kind, or of any that a crop shows (a mark without a name is one)."""
    return np.asarray(marked & ((kinds == kind) if kind else ~np.isin(kinds, HIDDEN)))


def worth(share: Share, grid: Gridded, near: float, confidence: float) -> float:
    """q_B in independent looks of a perfect instrument, at a share about ``near``."""
    sense = sensitivity(grid, confidence).middle
    size = grid.shown + 10.0
    return 1 / (1 / (share.n * sense) + near * (1 - sense) / (sense * (size + 1)))


def together(a: Share, b: Share, n_b: float, more: Ends) -> tuple[Ends, float, bool]:
    """q, its worth in looks, and whether the two exclude each other: then reviews have the last word."""
    whole = Ends(*(getattr(b.ends, name) + getattr(more, name) for name in ("middle", "low", "high", "live")))
    if whole.high < a.ends.low or whole.low > a.ends.high:
        return a.ends, a.n, True
    w = a.n / (a.n + n_b)
    weighted = (a.ends.times(w), b.ends.times(1 - w), more.times(1 - w))
    middle = sum(one.middle for one in weighted)
    low, high, live = (
        math.hypot(*(getattr(one, name) - one.middle for one in weighted)) for name in ("low", "high", "live")
    )
    return Ends(middle, max(0.0, middle - low), middle + high, middle + live), a.n + n_b, False


def hidden_share(frame: Frame, found: Array, parts: Parts, kind: str, confidence: float) -> Share | None:
    """Of errors that crops hide, as reviews tell; none for a single kind."""
    if kind:
        return Share(NOTHING, 0.0, 0)
    reachable = parts.rest & (frame.probability > 0) & (frame.probability < 1)
    wrong = frame.was_wrong & np.isin(found, HIDDEN)
    return share_of(replace(frame, was_wrong=wrong).where(parts.whole | reachable), confidence)


def known_alone(frame: Frame, grid: Gridded, found: Array, kind: str, confidence: float) -> Ends:
    """Of labels that the grid marked and nobody checked: flagged ones are wrong still if the mark is true, relabelled
    ones are wrong now if it is false."""
    true = confirmed(grid.words, confidence)
    named = found == kind if kind else np.ones(len(frame), bool)
    flagged = float((~frame.reviewed & (grid.state == FLAGGED) & named).sum())
    given = float((~frame.reviewed & (grid.state == RELABELED)).sum()) if kind in (ANY, "wrong_class") else 0.0
    middle = flagged * true.middle + given * (1 - true.middle)
    high = flagged + given * (1 - true.low)
    return Ends(middle, flagged * true.low, high, high)


def left_by_grid(grid: Gridded, kind: str, confidence: float) -> Ends:
    """Errors among the labels that were called fine and that nobody has looked at since."""
    words = grid.words
    fine = int((~words.marked).sum())
    if not fine:
        return NOTHING
    marks = true_marks(words, marked_as(words.marked, words.kind, kind), confirmed(words, confidence))
    left = float(words.left.sum())
    missed = overlooked(marks, sensitivity(grid, confidence), confidence, float(fine))
    return missed.times(left / fine).within(left)


def with_grid(frame: Frame, grid: Gridded, found: Array, kind: str, confidence: float, target: float) -> Found | None:
    """The estimate by both instruments; None where labels are out of reach of both. ``found`` (n,): the kinds that
    looks named; ``kind`` "" for any. The frame's flags are those of the kind already."""
    if kind and kind not in SHOWN:
        return None
    parts = Parts.of(frame, grid)
    far, near = parts.rest & ~parts.reach, parts.rest & parts.reach
    a_far = by_reviews(frame, parts, far, confidence) if far.any() else None
    a_near = by_reviews(frame, parts, near, confidence) if near.any() else None
    b = by_grid(frame, grid, parts, kind, confidence) if near.any() else None
    if (far.any() and a_far is None) or (near.any() and a_near is None and b is None):
        return None
    unseen_kinds = hidden_share(frame, found, parts, kind, confidence)
    more = unseen_kinds.ends if unseen_kinds else NOTHING
    q, n, contradicted = near_share(a_near, b, grid, more, target, confidence)
    pieces = [
        a_far.ends.times(float(far.sum())) if a_far else NOTHING,
        q.times(float(near.sum())),
        known_alone(frame, grid, found, kind, confidence),
        left_by_grid(grid, kind, confidence),
        more.times(float(grid.words.left.sum())),
    ]
    width = breadth(a_far, int(far.sum()), n, int(near.sum()), unseen_kinds, grid, target, confidence)
    made = whole_of(frame, parts, pieces, [one for one in (a_far, a_near, b) if one], n + (a_far.n if a_far else 0.0))
    return Found(made, b.ends if b else None, contradicted, unseen_kinds is None, width)


def spread(n: float, share: float, confidence: float) -> float:
    """How far the interval of a share reaches after ``n`` looks, should it be ``share``."""
    low, high = clopper_pearson(share * n, n, confidence)
    return high - low


def breadth(
    a_far: Share | None,
    far: int,
    n_near: float,
    near: int,
    hidden: Share | None,
    grid: Gridded,
    target: float,
    confidence: float,
) -> float:
    """How many labels the interval should reach over if the target's share were wrong: what the choice between two
    estimates may rest on, since what was found plays no part in it."""
    left = float(grid.words.left.sum())
    sense = sensitivity(grid, confidence).middle
    wide = far * spread(a_far.n, target, confidence) if a_far else 0.0
    wide += near * spread(n_near, target, confidence) if near else 0.0
    wide += (near + left) * spread(hidden.n, 0.0, confidence) if hidden and hidden.n else 0.0
    return wide + 4 * math.sqrt(left * target * (1 - sense))


def near_share(
    a: Share | None, b: Share | None, grid: Gridded, more: Ends, target: float, confidence: float
) -> tuple[Ends, float, bool]:
    """q where the grid reaches, what it is worth in looks, and whether the grid was left out."""
    if b is None:
        return (a.ends, a.n, False) if a else (NOTHING, 0.0, False)
    near = max(target, (b.ends.middle * b.n + (a.ends.middle * a.n if a else 0.0)) / (b.n + (a.n if a else 0.0)))
    n_b = worth(b, grid, near, confidence)
    if a is not None:
        return together(a, b, n_b, more)
    alone = Ends(*(getattr(b.ends, name) + getattr(more, name) for name in ("middle", "low", "high", "live")))
    return alone.within(1.0), n_b, False


def whole_of(frame: Frame, parts: Parts, pieces: list[Ends], shares: list[Share], n: float) -> Estimate:
    """Everything that is known or estimated to be wrong, by all labels of the frame."""
    known, total = int(frame.still_wrong[frame.reviewed].sum()), len(frame)
    middle, low, high, live = (
        known + sum(getattr(piece, name) for piece in pieces) for name in ("middle", "low", "high", "live")
    )
    open_ones = max(int((parts.rest | parts.alone).sum()), 1)
    looks = sum(one.looks for one in shares)
    return Estimate(
        min(middle / total, 1.0),
        max(low / total, 0.0),
        min(high / total, 1.0),
        min(live / total, 1.0),
        total,
        int(frame.reviewed.sum()),
        looks,
        n,
        looks / max(n, 1e-9),
        min((middle - known) / open_ones, 1.0),
    )
