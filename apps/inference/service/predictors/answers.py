"""Another program's labels, one by one: what is wrong is said of the very label."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from apps.inference import wire
from apps.inference.service.masks import BadMask, decode_mask
from apps.inference.service.outlines import extent
from apps.inference.service.predictors.contract import External
from apps.inference.service.refusals import Refusal

SHOWN = 5
"""Wrong labels that are named."""

LONGEST_NAME = 200
OVERSHOOT = 1.0
"""Pixels by which a box may lie beyond the border; it is cut there."""

SUM_TOLERANCE = 1e-3

SHAPES = {"detection": "bounding_box", "instance_segmentation": "bitmask", "classification": "classification"}


def checked(labels: Sequence[msgspec.Raw], contract: External, size: tuple[int, int]) -> list[wire.PredictedLabel]:
    """The labels of an image of ``size`` (height, width). Raises Refusal ``bad_answer``: all or nothing."""
    found, wrong = [], []
    for number, raw in enumerate(labels):
        try:
            found.append(_checked(msgspec.json.decode(raw, type=wire.PredictedLabel), contract, size))
        except (msgspec.MsgspecError, Refusal) as error:
            wrong.append(f"labels/{number}: {error}")
    if wrong:
        more = f" (and {len(wrong) - SHOWN} more)" if len(wrong) > SHOWN else ""
        raise Refusal("bad_answer", f"The predictor's answer is not as agreed: {'; '.join(wrong[:SHOWN])}{more}")
    return found


def _checked(label: wire.PredictedLabel, contract: External, size: tuple[int, int]) -> wire.PredictedLabel:
    _check_words(label, contract)
    for name, value in {"confidence": label.confidence, **label.probabilities}.items():
        if not (math.isfinite(value) and 0 <= value <= 1):
            raise _wrong(f"{name[:LONGEST_NAME]} is a number from 0 to 1")
    if label.probabilities and abs(math.fsum(label.probabilities.values()) - 1) > SUM_TOLERANCE:
        raise _wrong(f"probabilities sum to 1 within {SUM_TOLERANCE}")
    if label.shape == "classification":
        of = label.of or contract.of
        if not of:
            raise _wrong("a classification says which one in `of`")
        return msgspec.structs.replace(label, of=of, bbox=None, mask=None)
    if label.shape == "bitmask":
        return msgspec.structs.replace(label, bbox=_box_of(label.mask, size))
    if label.bbox is None:
        raise _wrong("a bounding_box has a bbox")
    return msgspec.structs.replace(label, bbox=_inside(label.bbox, size), mask=None)


def _check_words(label: wire.PredictedLabel, contract: External) -> None:
    if not 1 <= len(label.name) <= LONGEST_NAME or len(label.of) > LONGEST_NAME:
        raise _wrong(f"name has 1 to {LONGEST_NAME} characters")
    if contract.classes and label.name not in contract.classes:
        raise _wrong(f"{label.name!r} is not one of the contract's classes")
    if contract.kind is not None and label.shape != SHAPES[contract.kind]:
        raise _wrong(f"shape is {label.shape}; the contract says {SHAPES[contract.kind]}")


def _inside(box: tuple[float, float, float, float], size: tuple[int, int]) -> tuple[float, float, float, float]:
    """The box cut at the border."""
    height, width = size
    x, y, wide, high = box
    if not all(math.isfinite(value) for value in box) or wide <= 0 or high <= 0:
        raise _wrong("bbox is x, y, width, height, finite and with an area")
    beyond = max(-x, -y, x + wide - width, y + high - height)
    if beyond > OVERSHOOT:
        raise _wrong(f"bbox lies outside the image of {width} x {height} pixels")
    left, top = max(0.0, x), max(0.0, y)
    right, bottom = min(float(width), x + wide), min(float(height), y + high)
    if right <= left or bottom <= top:
        raise _wrong(f"bbox lies outside the image of {width} x {height} pixels")
    return left, top, right - left, bottom - top


def _box_of(mask: wire.Mask | None, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """The box around a mask, which must be one of this image."""
    if mask is None:
        raise _wrong("a bitmask has a mask")
    if tuple(mask.size) != size:
        raise _wrong(f"mask is of {list(mask.size)}; the image is {list(size)}")
    try:
        found = box_around(mask)
    except BadMask as error:
        raise _wrong(f"mask: {error.detail}") from None
    if found is None:
        raise _wrong("mask covers no pixel")
    return found


def box_around(mask: wire.Mask) -> tuple[float, float, float, float] | None:
    rows, columns = extent(decode_mask(mask))
    if rows is None or columns is None:
        return None
    left, top = float(columns.start), float(rows.start)
    return left, top, float(columns.stop) - left, float(rows.stop) - top


def _wrong(detail: str) -> Refusal:
    return Refusal("bad_answer", detail)
