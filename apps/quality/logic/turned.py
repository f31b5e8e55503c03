"""Rotated boxes: how a label's centre, sides and angle lie beside the predicted box's."""

from __future__ import annotations

import numpy as np

from apps.quality.logic.checks import Array
from apps.quality.logic.numbers import sigmoid
from apps.quality.logic.robust import Usual, fit, standardised

MEASURES = ("along", "across", "width", "height", "angle")
FLOOR = np.array([0.01, 0.01, 0.02, 0.02, 0.02])
STEP_AT, STEP_WIDTH = 6.0, 1.5


def measures(label: Array, prediction: Array) -> Array:
    """(n, 5) of two (n, 5) ``cx cy width height angle`` (degrees, clockwise): the shift along and across the predicted
    box in its sides, log ratios of the sides, and the turn in parts of 45 degrees.

    A box turned by 90 degrees with its sides changed over is the same box, and one turned by 180 degrees too.
    """
    turn = (label[:, 4] - prediction[:, 4]) % 180.0
    over = (turn > 45) & (turn < 135)
    turn = np.where(over, turn - 90, np.where(turn >= 135, turn - 180, turn))
    sides = np.where(over[:, None], label[:, [3, 2]], label[:, [2, 3]])
    whole = np.maximum(prediction[:, 2:4], 1e-9)
    angle, shift = np.deg2rad(prediction[:, 4]), label[:, :2] - prediction[:, :2]
    along = shift[:, 0] * np.cos(angle) + shift[:, 1] * np.sin(angle)
    across = shift[:, 1] * np.cos(angle) - shift[:, 0] * np.sin(angle)
    ratio = np.log(np.maximum(sides, 1e-9) / whole)
    return np.column_stack([along / whole[:, 0], across / whole[:, 1], ratio, turn / 45])


def badly_turned(found: Array, kind: Array, classes: int, usual: Usual | None = None) -> tuple[Array, Usual]:
    """(n,) in [0, 1], nan where a pair was not measured: a step of the largest measure in robust sd of the class."""
    known = usual or fit(found, kind, classes)
    far = np.abs(standardised(found, kind, known, FLOOR)).max(axis=1)
    return np.asarray(sigmoid((far - STEP_AT) / STEP_WIDTH)), known
