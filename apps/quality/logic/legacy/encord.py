"""Encord Active's quality metrics as its source computes them (commit 5e724ce5); it does not install here."""

from __future__ import annotations

import numpy as np

from apps.quality.logic.boxes import Boxes, areas, overlapping
from apps.quality.logic.checks import Array, BadInput
from apps.quality.logic.numbers import group_max

NEIGHBOURS = 9
COPY = 1e-5
CHUNK = 1024


def pixels(image: Array) -> Array:
    if image.ndim != 3 or not image.size:
        raise BadInput(f"image: shape (h, w, channels) is needed, not {image.shape}.")
    return image.astype(np.float64)


def brightness(image: Array) -> float:
    """Mean over 255."""
    return float(pixels(image).mean() / 255)


def contrast(image: Array) -> float:
    """Standard deviation over 255."""
    return float(pixels(image).std() / 255)


def sharpness(image: Array) -> float:
    """Variance of the Laplacian over all channels, not scaled; edges are mirrored without repeating the last pixel."""
    x = pixels(image)
    pad = np.pad(x, ((1, 1), (1, 1), (0, 0)), mode="reflect" if min(x.shape[:2]) > 1 else "edge")
    around = pad[:-2, 1:-1] + pad[2:, 1:-1] + pad[1:-1, :-2] + pad[1:-1, 2:]
    return float((around - 4 * x).var())


def blur(image: Array) -> float:
    return 1 - sharpness(image)


def nearest(x: Array, count: int) -> tuple[Array, Array]:
    """(n, count) row numbers and Euclidean distances of the nearest others, nearest first."""
    x = x.astype(np.float64)
    n, take = len(x), min(count, len(x) - 1)
    index, found = np.zeros((n, max(take, 0)), np.int64), np.zeros((n, max(take, 0)))
    square = (x**2).sum(axis=1)
    for start in range(0, n if take > 0 else 0, CHUNK):
        gap = np.maximum(square[start : start + CHUNK, None] - 2 * x[start : start + CHUNK] @ x.T + square, 0)
        rows = np.arange(len(gap))
        gap[rows, rows + start] = np.inf
        order = np.argsort(gap, axis=1, kind="stable")[:, :take]
        index[start : start + CHUNK], found[start : start + CHUNK] = order, np.sqrt(gap[rows[:, None], order])
    return index, found


def annotation_quality(x: Array, y: Array) -> Array:
    """(n,) share of the 9 nearest that carry the same class."""
    index, _ = nearest(x, NEIGHBOURS)
    return np.asarray((y[index] == y[:, None]).mean(axis=1)) if index.shape[1] else np.ones(len(y))


def singularity(x: Array) -> Array:
    """(n,) distance to the nearest other; 0 for every copy (nearer than 1e-5) after the first."""
    index, distance = nearest(x, 30)
    if not index.shape[1]:
        return np.ones(len(x))
    copies = ((distance < COPY) & (index < np.arange(len(x))[:, None])).any(axis=1)
    return np.where(copies, 0.0, distance[:, 0])


def relative_area(labels: Boxes, size: Array) -> Array:
    return np.asarray(areas(labels.box) / size.prod(axis=1)[labels.image])


def border_closeness(labels: Boxes, size: Array) -> Array:
    """max(1 - x_min, 1 - y_min, x_max, y_max) as parts of the image."""
    box = labels.box / np.tile(size[labels.image], 2)
    return np.asarray(np.maximum(1 - box[:, :2].min(axis=1), box[:, 2:].max(axis=1)))


def duplicate_overlap(labels: Boxes, images: int) -> Array:
    """(n,) largest IoU with another label of its class."""
    two = overlapping(labels, labels, images)
    two = two.where((two.first != two.second) & (labels.kind[two.first] == labels.kind[two.second]))
    return group_max(len(labels), two.first, two.iou)
