"""All objects of an image: a grid of clicks, of whose masks the sure, the stable and the different ones are kept.

As ``SamAutomaticMaskGenerator`` does it, without its crops. It is judged on the low-resolution masks; only what is kept
is brought to the image's size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.inference import wire
from apps.inference.service.embeddings import Embedding
from apps.inference.service.masks import candidates
from apps.inference.service.segmenter import DecodeAsk, Decoded

Floats = NDArray[np.float32]
Decode = Callable[[Sequence[DecodeAsk]], Sequence[Decoded]]

OFFSET = 1.0
"""A mask is stable if it stays the same where its threshold is this much higher or lower."""

MARGIN = 2
OUTSIDE = -32.0


@dataclass(frozen=True)
class Found:
    """A mask's part of the low-resolution logits, with a rim of ``MARGIN`` that is outside. ``box`` is x0 y0 x1 y1."""

    logits: Floats
    rows: slice
    columns: slice
    box: tuple[float, float, float, float]
    score: float


def find_everything(
    ask: wire.EverythingAsk, embedding: Embedding, decode: Decode, *, at_once: int = 1
) -> list[wire.Candidate]:
    """Best first. ``decode`` is the model's, or goes through its queue; it is given ``at_once`` clicks at a time."""
    found: list[Found] = []
    side = 0
    for points in _batches(grid(ask.points_per_side, embedding.size), at_once):
        asks = [DecodeAsk(embedding, point[None], np.array([1], np.int32)) for point in points]
        for decoded in decode(asks):
            side = decoded.logits.shape[-1]
            found += sure(decoded, embedding, ask)
    out: list[wire.Candidate] = []
    for number in suppressed(np.array([one.box for one in found]).reshape(-1, 4), [f.score for f in found], ask.iou):
        if len(out) >= ask.most:
            break
        out += [one for one in whole(found[number], side, embedding) if one.area >= ask.min_area]
    return out


def grid(per_side: int, size: tuple[int, int]) -> Floats:
    """The centres of ``per_side`` x ``per_side`` cells, (n, 2) in pixels of the image."""
    along = (np.arange(per_side) + 0.5) / per_side
    x, y = np.meshgrid(along * size[1], along * size[0])
    return np.stack([x.ravel(), y.ravel()], 1).astype(np.float32)


def sure(decoded: Decoded, embedding: Embedding, ask: wire.EverythingAsk) -> list[Found]:
    """The masks of one click that are good enough, cut to what is image."""
    side, whole_side = decoded.logits.shape[-1], max(embedding.input_size)
    height, width = (max(1, round(length * side / whole_side)) for length in embedding.input_size)
    out = []
    for logits, score in zip(decoded.logits, decoded.scores, strict=True):
        seen = logits[:height, :width]
        inside = seen > 0
        if score < ask.min_score or not inside.any() or stability(seen) < ask.min_stability:
            continue
        rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
        box = (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
        across, down = _span(columns, side), _span(rows, side)
        out.append(Found(logits[down, across].copy(), down, across, box, float(score)))
    return out


def stability(logits: Floats) -> float:
    """IoU of the mask at a higher and at a lower threshold."""
    union = np.count_nonzero(logits > -OFFSET)
    return np.count_nonzero(logits > OFFSET) / union if union else 0.0


def whole(found: Found, side: int, embedding: Embedding) -> list[wire.Candidate]:
    logits = np.full((1, side, side), OUTSIDE, np.float32)
    logits[0, found.rows, found.columns] = found.logits
    return candidates(Decoded(logits, np.array([found.score], np.float32)), embedding)


def suppressed(boxes: NDArray[np.float64], scores: Sequence[float], iou: float) -> list[int]:
    """Row numbers, best first, without those that overlap a better one by more than ``iou``."""
    order, kept = np.argsort(-np.asarray(scores), kind="stable"), []
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(int(best))
        size = np.minimum(boxes[best, 2:], boxes[rest, 2:]) - np.maximum(boxes[best, :2], boxes[rest, :2])
        shared = size.clip(min=0).prod(1)
        order = rest[shared <= iou * (area[best] + area[rest] - shared)]
    return kept


def _span(hit: NDArray[np.intp], most: int) -> slice:
    return slice(max(0, int(hit[0]) - MARGIN), min(most, int(hit[-1]) + 1 + MARGIN))


def _batches(points: Floats, at_once: int) -> Iterator[Floats]:
    for start in range(0, len(points), at_once):
        yield points[start : start + at_once]
