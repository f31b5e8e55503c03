"""A few held-out objects for people to look at: truth, before, after; the largest gains and the largest losses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apps.inference.service.embeddings import Embedding
from apps.inference.service.masks import candidates, encode_mask
from apps.inference.service.segmenter import Decoded
from apps.inference.wire import Example, Mask, TrainingObject

MOST = 12

Logits = NDArray[np.float32]


def chosen(gains: NDArray[np.float64]) -> list[int]:
    """Up to half of them the largest gains, the rest the largest losses."""
    order = [int(n) for n in np.argsort(-gains, kind="stable")]
    if len(order) <= MOST:
        return order
    return order[: MOST // 2] + order[-(MOST - MOST // 2) :]


def example(
    one: TrainingObject,
    embedding: Embedding,
    logits: tuple[Logits, Logits],
    ious: tuple[float, float],
) -> Example:
    before, after = (shown(each, embedding) for each in logits)
    return Example(
        image=one.image,
        class_name=one.class_name,
        bbox=one.bbox,
        truth=one.mask or _boxed(one.bbox, embedding),
        before=before,
        after=after,
        iou_before=ious[0],
        iou_after=ious[1],
    )


def shown(logits: Logits, embedding: Embedding) -> Mask:
    """At the image's size; nothing at all is an empty mask."""
    found = candidates(Decoded(logits[None], np.ones(1, np.float32)), embedding)
    return found[0].mask if found else encode_mask(np.zeros(embedding.size, bool))


def _boxed(bbox: tuple[float, float, float, float], embedding: Embedding) -> Mask:
    x, y, width, height = bbox
    mask = np.zeros(embedding.size, bool)
    mask[round(y) : round(y + height), round(x) : round(x + width)] = True
    return encode_mask(mask)
