"""Masks: how the outline of a label lies beside the one a model predicts (QUALITY.md, section 7.9).

A pair of crops gives nine measures. Lengths are parts of the instance's diagonal, so that resolution does not matter.
The boundary's value is a step of the length of the first five, in robust standard deviations of the same class, the
band doubled: what this model always does with this class is no error of the person.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from apps.quality.logic.checks import Array, BadInput
from apps.quality.logic.components import holes_and_parts
from apps.quality.logic.numbers import sigmoid
from apps.quality.logic.robust import Usual, fit, standardised

BAND = 0.02  # of the instance's diagonal, to either side of the outline
POINTS = 256
MEASURES = ("signed", "shift_x", "shift_y", "distance", "band", "inside", "outside", "parts", "holes")
BOUNDARY = np.array([1.0, 1.0, 1.0, 1.0, 2.0])
FLOOR = np.array([0.002, 0.002, 0.002, 0.002, 0.02, 0.02, 0.02, 0.25, 0.25])
ONE_WAY = np.array([False, False, False, True, True, True, True, False, False])  # agreeing better is no error
STEP_AT, STEP_WIDTH = 6.0, 1.0


def measures(label: Array, prediction: Array) -> Array:
    """(9,) of two masks (h, w) in the same frame, ``prediction`` boolean or a probability per pixel.

    ``signed`` mean distance of the label's outline from the predicted one, outside positive; ``shift_x shift_y`` of the
    centres; ``distance`` mean of both outlines from each other; ``band inside outside`` the share of pixels that differ
    near the outline, within the label, and around it; ``parts holes`` how many more the label has. All nan where either
    mask is empty.
    """
    if label.shape != prediction.shape or label.ndim != 2:
        raise BadInput(f"prediction: shape {label.shape} is needed, not {prediction.shape}.")
    own, chance = pad(label.astype(bool)), pad(prediction.astype(np.float64))
    seen = chance >= 0.5
    if not own.any() or not seen.any():
        return np.full(len(MEASURES), np.nan)
    diagonal = diagonal_of(own)
    mine, other = outline(own), outline(seen)
    there, back = nearest(mine, other), nearest(other, mine)
    outside = ~seen[mine[:, 0], mine[:, 1]]
    signed = (np.where(outside, there, -there).mean() - np.where(own[other[:, 0], other[:, 1]], -back, back).mean()) / 2
    shift = centre(own) - centre(seen)
    parts, holes = (a - b for a, b in zip(holes_and_parts(own), holes_and_parts(seen), strict=True))
    far = [signed / diagonal, shift[1] / diagonal, shift[0] / diagonal, (there.mean() + back.mean()) / 2 / diagonal]
    return np.array([*far, *zones(own, chance, diagonal), float(parts), float(holes)])


def zones(own: Array, chance: Array, diagonal: float) -> list[float]:
    """Mean disagreement in the band around the outline, inside of it, and around it."""
    reach = max(1, round(BAND * diagonal))
    grown, kept = grow(own, reach), ~grow(~own, reach)
    wrong = np.where(own, 1 - chance, chance)
    return [float(wrong[zone].mean()) if zone.any() else 0.0 for zone in (grown & ~kept, kept, ~grown)]


def pad(mask: Array) -> Array:
    return np.pad(mask, 1)


def diagonal_of(mask: Array) -> float:
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return float(np.hypot(rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1))


def centre(mask: Array) -> Array:
    return np.array([place.mean() for place in np.nonzero(mask)])


def outline(mask: Array) -> Array:
    """(m, 2) rows and columns of pixels that have a neighbour outside, at most ``POINTS`` of them, evenly."""
    whole = mask[1:-1, 1:-1]
    around = mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    found = np.argwhere(whole & ~around) + 1
    return found if len(found) <= POINTS else found[np.linspace(0, len(found) - 1, POINTS).astype(int)]


def nearest(one: Array, other: Array) -> Array:
    """(m,) distance of each point of ``one`` from the nearest of ``other``."""
    gap = (one[:, None, :] - other[None, :, :]).astype(np.float64)
    return np.asarray(np.sqrt((gap**2).sum(axis=2).min(axis=1)))


def grow(mask: Array, reach: int) -> Array:
    """Everything within ``reach`` rows and columns of the mask."""
    for axis in (0, 1):
        total = np.cumsum(np.pad(mask, [(reach + 1, reach) if a == axis else (0, 0) for a in (0, 1)]), axis=axis)
        ahead = np.take(total, np.arange(2 * reach + 1, total.shape[axis]), axis=axis)
        mask = ahead > np.take(total, np.arange(ahead.shape[axis]), axis=axis)
    return mask


def many(pairs: Sequence[tuple[Array, Array]]) -> Array:
    """(n, 9) of a list of pairs."""
    return np.array([measures(*pair) for pair in pairs]).reshape(-1, len(MEASURES))


def boundary(found: Array, kind: Array, classes: int, usual: Usual | None = None) -> tuple[Array, Usual]:
    """(n,) in [0, 1], nan where a pair was not measured: how unusual the outline is for its class; and what is usual.

    ``found`` (n, 9) as ``many`` gives it; ``usual`` what an earlier call on the whole set answered.
    """
    known = usual or fit(found, kind, classes)
    far = standardised(found, kind, known, FLOOR)
    far = np.where(ONE_WAY & (far < 0), 0, far)[:, : len(BOUNDARY)] * BOUNDARY
    return np.asarray(sigmoid((np.sqrt((far**2).sum(axis=1)) - STEP_AT) / STEP_WIDTH)), known


def pieces(found: Array, kind: Array, usual: Usual) -> Array:
    """(n,) in [0, 1]: parts and holes that the model does not see and that are unusual for the class."""
    z = np.abs(standardised(found, kind, usual, FLOOR))[:, -2:]
    return np.asarray(1 - np.exp(-np.maximum(z.max(axis=1) - 1, 0) / 4))
