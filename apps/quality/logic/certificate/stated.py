"""One line of a project's certificate, with the grid where it is heard, and what the document says of the grid."""

from __future__ import annotations

from typing import Any

import numpy as np

from apps.quality.logic.certificate.cuts import Cut
from apps.quality.logic.certificate.estimate import Estimate, assumed_effect
from apps.quality.logic.certificate.frame import MISSING
from apps.quality.logic.certificate.gridded import Found, Parts, spread, with_grid
from apps.quality.logic.certificate.instrument import (
    FEWEST_HIDDEN,
    FINE,
    FLAGGED,
    HIDDEN,
    RELABELED,
    SHOWN,
    UNCHECKED,
    Ends,
    Gridded,
    confirmed,
    sensitivity,
)
from apps.quality.logic.certificate.intervals import looks_needed
from apps.quality.logic.certificate.issue import capped, figures_of, statement, stratum

IN_GRID = "in the grid"


def stated(cut: Cut, confidence: float, target: float) -> dict[str, Any]:
    """As ``issue.statement``; ``by_grid``: whether the grid was heard, ``grid``: what it says alone.

    It is heard where reviews alone cannot speak, or where with it the interval should be the narrower one: that is
    judged by what was looked at, never by what was found.
    """
    plain = statement(cut.frame, confidence=confidence, target=target)
    grid = cut.grid
    if grid is None or grid.refusal or not len(cut.frame):
        return plain
    both = with_grid(cut.frame, grid, cut.found, cut.kind, confidence, target)
    if both is None:
        return plain if plain["certified"] else {**plain, "reason": refusal(cut, grid, str(plain["reason"]))}
    rest = float((~cut.frame.reviewed).sum())
    if plain["certified"] and rest * spread(plain["effective_looks"], target, confidence) <= both.width:
        return plain
    return spoken(cut, grid, both, confidence, target)


def refusal(cut: Cut, grid: Gridded, plain: str) -> str:
    """Why neither reviews nor the grid can speak."""
    if cut.kind and cut.kind not in SHOWN:
        return f"{plain} A crop in the grid does not show errors of this kind."
    parts = Parts.of(cut.frame, grid)
    never = int((parts.rest & ~parts.reach & (cut.frame.probability <= 0)).sum())
    if not never:
        return plain
    return f"{never} of {len(cut.frame)} labels had no chance of being looked at, by a review or in the grid."


def spoken(cut: Cut, grid: Gridded, both: Found, confidence: float, target: float) -> dict[str, Any]:
    found = both.estimate
    return {
        **figures_of(cut.frame, found, target),
        "looks_needed": more_looks(cut, found, confidence, target),
        "strata": [*(stratum(cut.frame, name) for name in np.unique(cut.frame.stratum)), of_grid(cut, grid)],
        "by_grid": True,
        "grid": ends(both.grid) if both.grid and not both.contradicted else None,
        "contradicted": both.contradicted,
        "not_looked_for": [*HIDDEN] if both.blind and not cut.kind else [],
    }


def ends(share: Ends) -> dict[str, float]:
    return {"estimate": share.middle, "low": share.low, "high": share.high}


def of_grid(cut: Cut, grid: Gridded) -> dict[str, Any]:
    """The grid as a stratum of its own: what it alone knows of the frame, and its first looks."""
    alone = ~cut.frame.reviewed & np.isin(grid.state, [FINE, FLAGGED, RELABELED])
    return {
        "stratum": IN_GRID,
        "labels": int(alone.sum()),
        "with_certainty": int((~grid.words.at_random).sum()),
        "at_random": int(grid.words.at_random.sum()),
        "was_wrong": int(grid.words.marked.sum()),
        "still_wrong": int((~cut.frame.reviewed & (grid.state == FLAGGED)).sum()),
    }


def more_looks(cut: Cut, found: Estimate, confidence: float, target: float) -> int:
    """Tasks still to be reviewed by chance for an upper bound within the target, if the share seen so far stays."""
    unseen = cut.frame.task[~cut.frame.reviewed]
    if found.upper <= target or not len(unseen):
        return 0
    sizes = np.unique(unseen, return_counts=True)[1]
    wanted = looks_needed(found.unseen_share, target, confidence) * assumed_effect(sizes) - found.effective
    return capped(wanted / float(sizes.mean()), unseen)


def sentence(cut: Cut, said: dict[str, Any]) -> str:
    """Where the numbers of a line come from that the grid was heard for."""
    frame, grid = cut.frame, cut.grid
    random = frame.reviewed & (frame.probability < 1)
    drawn = int(grid.words.at_random.sum()) if grid else 0
    parts = [
        (int((frame.reviewed & ~random).sum()), "{:,} labels reviewed with certainty"),
        (int(random.sum()), "{:,} looked at in random draws"),
        (said["n_grid"], f"{{:,}} in the grid ({drawn:,} drawn at random)"),
    ]
    told = [text.format(n) for n, text in parts if n]
    text = " and ".join([", ".join(told[:-1]), told[-1]]) if len(told) > 1 else told[0]
    alone = int((~frame.reviewed & np.isin(grid.state, [FINE, FLAGGED, RELABELED])).sum()) if grid else 0
    unseen = int((~frame.reviewed).sum()) - alone
    ending = f"speak for {unseen:,} labels that nobody looked at" if unseen else f"cover all {len(frame):,} labels"
    whole = f"{text[:1].upper()}{text[1:]} {ending}."
    if said["contradicted"]:
        whole += " What the grid's draws say lies outside what reviews say, so reviews alone speak for others."
    if said["not_looked_for"]:
        whole += " Duplicates and wrong answers, which a crop does not show, were not looked for."
    return whole


def instrument(grid: Gridded | None, confidence: float) -> dict[str, Any] | None:
    """What the document says of the grid; None where nothing was looked at there."""
    if grid is None or not len(grid.words):
        return None
    words = grid.words
    sense, true = sensitivity(grid, confidence), confirmed(words, confidence)
    checked = words.marked & (words.checked != UNCHECKED)
    return {
        "heard": grid.refusal is None,
        "reason": grid.refusal,
        "looks": len(words),
        "at_random": int(words.at_random.sum()),
        "marked": int(words.marked.sum()),
        "sensitivity": ends(sense) | {"hidden": grid.shown, "found": grid.found, "needed": FEWEST_HIDDEN},
        "confirmed": ends(true) | {"checked": int(checked.sum()), "true": int((checked & (words.checked == 1)).sum())},
        "drawn": grid.drawn,
        "silent": grid.silent,
        "kinds": [*SHOWN],
        "not_shown": [*HIDDEN, MISSING],
    }
