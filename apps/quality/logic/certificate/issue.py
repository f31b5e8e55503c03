"""The certificate itself: for every kind and class what is still wrong, or why that cannot be said.

What is missing is certified apart, as the share of rows of that kind where something is still missing: only units that
were searched exhaustively can tell. It never enters the share of wrong labels.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from apps.quality.logic.certificate.estimate import FEWEST_TASKS, Estimate, assumed_effect, estimate, strata
from apps.quality.logic.certificate.frame import MISSING, Frame
from apps.quality.logic.certificate.intervals import looks_needed
from apps.quality.logic.checks import Array

FORMAT = 1
ALL = "all"


def certificate(frame: Frame, *, confidence: float = 0.95, target: float = 0.01) -> dict[str, Any]:
    """JSON-ready. ``target`` is the share under which the manager wants the upper bound; looks are planned for it."""
    labels = frame.where(frame.kind != MISSING)
    main = labels if len(labels) else frame
    plan = {"confidence": confidence, "target": target}
    parts = [
        {"kind": kind, "class": of_class, **statement(part, confidence=confidence, target=target)}
        for kind, of_class, part in cells(frame)
    ]
    return {
        "format": FORMAT,
        "about": "share of labels still wrong after corrections, as judged by the reviewers"
        if len(labels)
        else MISSING,
        **plan,
        "tasks": len(np.unique(frame.task)),
        **statement(main, confidence=confidence, target=target),
        "parts": parts,
    }


def cells(frame: Frame) -> list[tuple[str, str, Frame]]:
    """Every kind as a whole and, where there are several classes, by class."""
    found = []
    for kind in np.unique(frame.kind):
        of_kind = frame.where(frame.kind == kind)
        found.append((str(kind), ALL, of_kind))
        classes = np.unique(of_kind.of_class)
        if len(classes) > 1:
            found += [(str(kind), str(name), of_kind.where(of_kind.of_class == name)) for name in classes]
    return found


def statement(frame: Frame, *, confidence: float, target: float) -> dict[str, Any]:
    """One line of the certificate: an estimate with its interval, or a refusal with the looks that would do."""
    if why := refusal(frame):
        return {
            "certified": False,
            "reason": why,
            "labels": len(frame),
            "reviewed": int(frame.reviewed.sum()),
            "looks_needed": looks_after_refusal(frame, confidence, target),
        }
    found = estimate(frame, confidence)
    return {
        **figures_of(frame, found, target),
        "looks_needed": more_looks(frame, found, confidence, target),
        "strata": [stratum(frame, name) for name in np.unique(frame.stratum)],
    }


def figures_of(frame: Frame, found: Estimate, target: float) -> dict[str, Any]:
    """What a line says of its estimate, whichever instruments it rests on."""
    return {
        "certified": True,
        "estimate": found.share,
        "lower": found.lower,
        "upper": found.upper,
        "live_upper": found.live_upper,
        "labels": found.labels,
        "reviewed": found.reviewed,
        "still_wrong_known": int(frame.still_wrong[frame.reviewed].sum()),
        "still_wrong_estimate": found.share * found.labels,
        "random_looks": found.looks,
        "effective_looks": found.effective,
        "design_effect": found.design_effect,
        "meets_target": found.upper <= target,
    }


def refusal(frame: Frame) -> str | None:
    """Why nothing can be certified, or None."""
    if not len(frame):
        return "There are no labels in the frame."
    if (frame.kind == MISSING).all() and not frame.reviewed.any():
        return "No unit was searched exhaustively."
    if frame.hopeless.any():
        never = int((frame.hopeless & (frame.probability <= 0)).sum())
        waiting = int(frame.hopeless.sum()) - never
        if never:
            return f"{never} of {len(frame)} labels had no chance of being looked at."
        return f"{waiting} labels were drawn with certainty and have not been reviewed."
    if any(len(np.unique(part.task)) < FEWEST_TASKS for part in strata(frame)):
        what = "searched exhaustively" if (frame.kind == MISSING).all() else "looked at"
        return f"Fewer than {FEWEST_TASKS} randomly drawn tasks were {what}."
    return None


def stratum(frame: Frame, name: str) -> dict[str, Any]:
    part = frame.where(frame.stratum == name)
    certain = part.probability >= 1
    return {
        "stratum": str(name),
        "labels": len(part),
        "with_certainty": int((part.reviewed & certain).sum()),
        "at_random": int((part.reviewed & ~certain & (part.probability > 0)).sum()),
        "was_wrong": int((part.reviewed & part.was_wrong).sum()),
        "still_wrong": int((part.reviewed & part.still_wrong).sum()),
    }


def more_looks(frame: Frame, found: Estimate, confidence: float, target: float) -> int:
    """Tasks still to be drawn at random for an upper bound within the target, if the share seen so far stays."""
    unseen = ~frame.reviewed
    if found.upper <= target or not unseen.any():
        return 0
    parts = strata(frame)
    per_task = max(found.looks / max(len(np.unique(np.concatenate([part.task for part in parts]))), 1), 1e-9)
    worth = per_task * min(found.effective / max(found.looks, 1), 1.0)
    known = int(frame.still_wrong[frame.reviewed].sum())
    room = (target * len(frame) - known) / int(unseen.sum())
    wanted = looks_needed(found.unseen_share, room, confidence) if room > 0 else math.inf
    return capped((wanted - found.effective) / worth, frame.task[unseen])


def looks_after_refusal(frame: Frame, confidence: float, target: float) -> int:
    """Tasks to draw at random for an upper bound within the target, if half the target is wrong, as planned for."""
    unseen = frame.task[~frame.reviewed]
    if not len(unseen):
        return 0
    sizes = np.unique(unseen, return_counts=True)[1]
    wanted = looks_needed(target / 2, target, confidence) * assumed_effect(sizes)
    return capped(wanted / float(sizes.mean()), unseen)


def capped(looks: float, unseen: Array) -> int:
    """Whole tasks, at least two, and never more than there are."""
    there = len(np.unique(unseen))
    return there if math.isinf(looks) else max(min(FEWEST_TASKS, there), min(there, math.ceil(looks)))
