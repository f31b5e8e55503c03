"""FiftyOne's published formulas for boxes, over flat arrays: the baseline that is always there.

Equal to fiftyone-brain 0.25 to 8e-15 on 286 boxes when they were first compared; fiftyone itself wants a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.quality.logic.boxes import Boxes, overlapping
from apps.quality.logic.numbers import group_max

Array = NDArray[Any]
MISSED = 0.95


@dataclass(frozen=True)
class Legacy:
    kinds: dict[str, Array]
    any: Array
    missing: Array
    image: Array


def fiftyone_boxes(labels: Boxes, predictions: Boxes, images: int) -> Legacy:
    """Greedy COCO matching at IoU 0.5 regardless of class, then mistakenness of class and place, spurious, missing."""
    assert predictions.score is not None
    pairs = overlapping(labels, predictions, images)
    hit, overlap = np.full(len(labels), -1), np.zeros(len(labels))
    order = np.lexsort((-pairs.iou, pairs.second, -predictions.score[pairs.second]))
    used = np.zeros(len(predictions), bool)
    for number in order:
        i, j, iou = pairs.first[number], pairs.second[number], pairs.iou[number]
        if iou >= 0.5 and hit[i] < 0 and not used[j]:
            hit[i], overlap[i], used[j] = j, iou, True
    matched = hit >= 0
    score = np.where(matched, predictions.score[hit] if len(predictions) else 0, 0)
    same = matched & (predictions.kind[hit] == labels.kind if len(predictions) else False)
    swap = np.where(matched, (np.where(same, -1, 1) * score + 1) / 2, -1.0)
    loc = np.where(matched, (score * (4 * (1 - overlap) - 1) + 1) / 2, -1.0)
    spurious = (~matched).astype(float)
    two = overlapping(labels, labels, images)
    two = two.where((two.first != two.second) & (labels.kind[two.first] == labels.kind[two.second]))
    kinds = {"swap": swap, "loc": loc, "spurious": spurious, "dup": group_max(len(labels), two.first, two.iou)}
    image = np.full(images, -1.0)
    np.maximum.at(image, labels.image, swap)
    missing = (~used & (predictions.score > MISSED)).astype(float)
    return Legacy(kinds, np.maximum(np.maximum(swap, loc), spurious), missing, image)
