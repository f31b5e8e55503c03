"""Checks of an image by itself: each a value in [0, 1], 1 for suspicious, and a sentence that says why.

Blur is measured on an image of at most 512 pixels a side, so that it does not depend on the camera's resolution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.quality.logic.checks import Array

NAMES = ("blur", "brightness", "contrast", "size", "corrupt")
SIDE = 512
TAPS = 9
SHARP, BLURRED = 0.4, 0.8
"""Crete's measure of a photograph in focus, and of one that nothing can be made out in."""

BALANCED, FLAT = 0.5, 0.3
SMALL, ENOUGH = 32, 256
LONG, LONGEST = 4, 16
GREY, NEAR_GREY = 128, 3


@dataclass(frozen=True, slots=True)
class Check:
    """``fact`` is what was measured."""

    value: float
    fact: float
    sentence: str


def check(light: Array, size: tuple[int, int]) -> dict[str, Check]:
    """``light`` (h, w) luma 0 to 255 of the image, at most 512 pixels a side; ``size`` its own width and height."""
    return {
        "blur": blur(light),
        "brightness": brightness(light),
        "contrast": contrast(light),
        "size": size_check(*size),
        "corrupt": corrupt(light),
    }


def unreadable(why: str) -> dict[str, Check]:
    """Of an image of which nothing else is known."""
    return {"corrupt": Check(1.0, 1.0, why)}


def blur(light: Array) -> Check:
    """How little is lost when it is blurred once more: Crete et al. 2007, "The Blur Effect"."""
    lost = [left(light, axis) for axis in (0, 1)]
    fact = max(lost)
    value = ramp(fact, SHARP, BLURRED)
    return Check(value, fact, f"Blurring it once more takes away {1 - fact:.0%} of its detail.")


def left(light: Array, axis: int) -> float:
    """The share of the differences between neighbours that is still there after a mean of nine; 1 for an even image."""
    if light.shape[axis] <= TAPS:
        return 0.0
    x = np.moveaxis(light.astype(np.float64), axis, 0)
    sums = np.cumsum(np.concatenate([np.zeros((1, x.shape[1])), x]), axis=0)
    softened = (sums[TAPS:] - sums[:-TAPS]) / TAPS
    middle = x[TAPS // 2 : TAPS // 2 + len(softened)]
    before, after = np.abs(np.diff(middle, axis=0)), np.abs(np.diff(softened, axis=0))
    total = float(before.sum())
    return 1.0 if total < 1e-9 else 1 - float(np.maximum(before - after, 0).sum()) / total


def brightness(light: Array) -> Check:
    mean = float(light.mean()) / 255
    word = "dark" if mean < 0.5 else "bright"
    value = ramp(abs(2 * mean - 1), BALANCED, 1)
    return Check(value, mean, f"Its mean brightness is {mean:.0%}{f': {word}' if value else ''}.")


def contrast(light: Array) -> Check:
    low, high = np.percentile(light, (2, 98)) / 255
    spread = float(high - low)
    return Check(
        1 - ramp(spread, 0, FLAT), spread, f"From its dark to its light parts it is {spread:.0%} of the range."
    )


def size_check(width: int, height: int) -> Check:
    side, ratio = min(width, height), max(width, height) / max(min(width, height), 1)
    small = 1 - ramp(np.log2(max(side, 1)), np.log2(SMALL), np.log2(ENOUGH))
    long = ramp(np.log2(ratio), np.log2(LONG), np.log2(LONGEST))
    return Check(max(small, long), float(side), f"It has {width} x {height} pixels.")


def corrupt(light: Array) -> Check:
    """The share of rows at the lower edge that are the even grey which decoders leave where data is missing."""
    even = (np.abs(light - GREY) <= NEAR_GREY).all(axis=1)
    rows = len(even) if even.all() else int(even[::-1].argmin())
    share = rows / max(len(even), 1)
    if share < 0.05 or share == 1:
        return Check(0.0, share, "It was decoded whole.")
    return Check(0.5 + share / 2, share, f"The lower {share:.0%} of it is even grey, as where data is missing.")


def ramp(x: float, low: float, high: float) -> float:
    return float(np.clip((x - low) / (high - low), 0, 1))
