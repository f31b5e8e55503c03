"""What the hand said, as the arrays that both decoders take. The same arithmetic as ``SamPredictor.predict``."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from apps.inference.service.segmenter import DecodeAsk, Decoded

NOTHING, CORNER, OTHER_CORNER = -1, 2, 3

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Prepared:
    """``points`` (k, 2) in pixels of the model's input, ``labels`` (k,), ``mask`` (1, side, side) or none."""

    points: Floats
    labels: Floats
    mask: Floats | None


def prepared(ask: DecodeAsk, side: int) -> Prepared:
    """``side`` is that of the low-resolution masks. Points without a box are followed by one that says nothing, as the
    model learned it."""
    points = np.asarray(ask.points, np.float64).reshape(-1, 2)
    labels = np.asarray(ask.labels, np.float32).reshape(-1)
    if ask.box is not None:
        points = np.concatenate([points, np.asarray(ask.box, np.float64).reshape(2, 2)])
        labels = np.concatenate([labels, np.array([CORNER, OTHER_CORNER], np.float32)])
    height, width = ask.embedding.size
    inner_height, inner_width = ask.embedding.input_size
    points = points * [inner_width / width, inner_height / height]
    if ask.box is None and len(points):
        points = np.concatenate([points, np.zeros((1, 2))])
        labels = np.concatenate([labels, np.array([NOTHING], np.float32)])
    return Prepared(points.astype(np.float32), labels, previous(ask.mask_logits, side))


def previous(logits: Floats | None, side: int) -> Floats | None:
    """An earlier answer, (1, side, side), of whatever size it was."""
    if logits is None:
        return None
    logits = np.asarray(logits, np.float32)
    if logits.shape != (side, side):
        shrinks = logits.shape[0] > side
        way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        logits = cv2.resize(logits, (side, side), interpolation=way).astype(np.float32)
    return logits[None]


def chosen(ask: DecodeAsk, logits: Floats, scores: Floats) -> Decoded:
    """SAM answers by four tokens: the first where one mask is asked for, the others where the choice is."""
    which = slice(1, None) if ask.multimask else slice(0, 1)
    return Decoded(logits=logits[which], scores=scores[which])
