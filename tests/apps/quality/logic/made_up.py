"""Made-up sets with known errors, from a seed."""

from __future__ import annotations

import numpy as np

from apps.quality.logic.boxes import Boxes
from apps.quality.logic.checks import Array
from tests.bench import quality_errors


def classified(seed: int, n: int = 120, k: int = 4) -> tuple[Array, Array, Array, Array]:
    """Probabilities, labels of which a tenth are wrong, embeddings around class centres, and which are wrong."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, k, n)
    z = rng.normal(0, 1, (n, k))
    z[np.arange(n), true] += 3
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    wrong = rng.random(n) < 0.1
    given_label = np.where(wrong, (true + rng.integers(1, k, n)) % k, true)
    x = np.eye(k)[true] * 3 + rng.normal(0, 0.4, (n, k))
    return p, given_label, x, wrong


def detected(seed: int, images: int = 40, classes: int = 5) -> tuple[Boxes, Boxes, Array, Array]:
    """Labels with injected errors, a detector's output, sizes, and what was done to each label."""
    clean = quality_errors.make_scenes(images, 6, classes, seed)
    noisy = quality_errors.inject(clean, classes, seed, **quality_errors.HIGH_RATES)
    seen = quality_errors.detect(clean, classes, seed)
    kind = np.concatenate([image.kind for image in noisy])
    return quality_errors.flat(noisy), quality_errors.flat(seen, scored=True), quality_errors.sizes(noisy), kind


def of_images(boxes: Boxes, images: Array) -> tuple[Boxes, Array]:
    """The boxes of some images, numbered anew, and their rows."""
    rows = np.flatnonzero(np.isin(boxes.image, images))
    place = np.searchsorted(images, boxes.image[rows])
    score = None if boxes.score is None else boxes.score[rows]
    return Boxes(place, boxes.box[rows], boxes.kind[rows], score), rows
