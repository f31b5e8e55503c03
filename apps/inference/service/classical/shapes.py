"""Other readings of what GrabCut found, and how far it can be trusted."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from apps.inference.service.classical.grabcut import Bools, Cut

LITTLE = 0.15
"""Part of its box below which a mask is hardly the object: strokes of a hollow thing, letters, or a mistake."""

FULL = 0.985
"""Part of its box from which on nothing was told apart from the background."""

FAINT = 12.0
"""Distance in CIE Lab across the outline below which the outline is a guess."""

HOLES = 0.02
"""Part of a mask from which on its holes are worth an alternative without them."""

STRAY = 3.0
"""Spreads of the background's colour beyond which a pixel is something else."""

RIM = 7


def readings(cut: Cut) -> list[Bools]:
    """The masks to choose from, likeliest first: as cut, without holes; of hollow things what their strokes enclose."""
    if _share(cut) < LITTLE:
        return [mask for mask in (_enclosed(cut), cut.mask) if mask.any()]
    whole = _without_holes(cut.mask)
    if np.count_nonzero(whole & ~cut.mask) >= HOLES * np.count_nonzero(cut.mask):
        return [cut.mask, whole]
    return [cut.mask]


def contrast(cut: Cut) -> float:
    """Distance in colour between the bands inside and outside the outline; 0 where there is none."""
    mask = cut.mask.view(np.uint8)
    kernel = np.ones((RIM, RIM), np.uint8)
    outer = (cv2.dilate(mask, kernel) - mask).astype(np.bool_)
    inner = (mask - cv2.erode(mask, kernel)).astype(np.bool_)
    if not outer.any() or not inner.any():
        return 0.0
    lab = _lab(cut)
    return float(np.linalg.norm(lab[outer].mean(axis=0) - lab[inner].mean(axis=0)))


def touching(cut: Cut) -> float:
    """How much of the box's border the mask covers, 0..1: an object that was cut off by a box chosen too small."""
    left, top, right, bottom = cut.box
    inner = cut.mask[top:bottom, left:right]
    border = np.concatenate([inner[0], inner[-1], inner[:, 0], inner[:, -1]])
    return float(border.mean()) if border.size else 1.0


def doubt(cut: Cut | None) -> str:
    """Why the answer may be poor, in a sentence for the editor; empty where there is no reason to say so."""
    if cut is None or not cut.mask.any():
        return "Nothing stood out from its surroundings here. Without a model, outlines in one colour are not found."
    share = _share(cut)
    if share < LITTLE or np.count_nonzero(cut.mask) < np.count_nonzero(cut.raw) / 2:
        return "This looks hollow or like text, where colours alone do poorly. Check the outline, or trace it."
    if share > FULL:
        return "Nothing was told apart from the background: this is the box itself. Trace the outline instead."
    if contrast(cut) < FAINT:
        return "There is little contrast here, so the outline is a guess. Add clicks, or trace it."
    return ""


def _share(cut: Cut) -> float:
    left, top, right, bottom = cut.box
    return float(np.count_nonzero(cut.mask)) / max(1, (right - left) * (bottom - top))


def _lab(cut: Cut) -> NDArray[np.float32]:
    return cv2.cvtColor(cut.picture, cv2.COLOR_RGB2LAB).astype(np.float32)


def _without_holes(mask: Bools) -> Bools:
    outer, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    out = np.zeros(mask.shape, np.uint8)
    cv2.drawContours(out, outer, -1, 1, -1)
    return out.astype(np.bool_)


def _enclosed(cut: Cut) -> Bools:
    """What the largest connected thing in the box encloses that has not the colour around the box: a stamp, a frame."""
    left, top, right, bottom = cut.box
    around = np.ones(cut.mask.shape, np.bool_)
    around[top:bottom, left:right] = False
    out = np.zeros(cut.mask.shape, np.uint8)
    if not around.any():
        return out.astype(np.bool_)
    lab = _lab(cut)
    usual = np.median(lab[around], axis=0)
    spread = 1.5 * np.median(np.abs(lab[around] - usual), axis=0) + 4
    strange = (np.abs(lab - usual) / spread).max(axis=-1) > STRAY
    strange &= ~around
    joined = cv2.dilate(strange.view(np.uint8), np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    if count <= 1:
        return out.astype(np.bool_)
    widest = 1 + int((stats[1:, cv2.CC_STAT_WIDTH] * stats[1:, cv2.CC_STAT_HEIGHT]).argmax())
    rows, columns = np.nonzero((labels == widest) & strange)
    points = np.stack([columns, rows], axis=1).astype(np.int32)
    cv2.fillConvexPoly(out, cv2.convexHull(points), 1)
    return out.astype(np.bool_)
