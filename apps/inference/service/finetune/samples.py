"""Objects as the decoder sees them: their masks on its low-resolution grid, and prompts that a hand might give."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from apps.inference.service.embeddings import Embedding
from apps.inference.service.masks import decode_mask, mask_prompt
from apps.inference.service.sam.prompts import CORNER, NOTHING, OTHER_CORNER
from apps.inference.wire import TrainingObject

JITTER = 0.08
"""How far a drawn box is off, as a part of its sides."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sample:
    """One object on the grid (side, side), whose cells are ``cell`` pixels of the model's input; ``box`` is in those
    pixels. ``only_box``: its true mask is not known, ``truth`` is the filled box. ``seen`` rows and columns are image,
    the others padding that nobody is ever shown."""

    truth: NDArray[np.bool_]
    cell: float
    box: tuple[float, float, float, float]
    only_box: bool
    seen: tuple[int, int] | None = None

    def inside(self, grid: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The image's part of a grid."""
        return grid if self.seen is None else grid[: self.seen[0], : self.seen[1]]


@dataclass(frozen=True, slots=True)
class Prompt:
    """Tokens, by pixels of the model's input: a click and one that says nothing, a box's corners, or click and box."""

    points: Floats
    labels: Floats

    @property
    def is_click(self) -> bool:
        """And no more."""
        return bool(self.labels[-1] == NOTHING)


def cell_of(embedding: Embedding) -> float:
    """Pixels of the model's input to a pixel of its low-resolution masks: 4 for SAM."""
    return float(max(embedding.input_size) / (4 * embedding.data.shape[1]))


def sample_of(one: TrainingObject, embedding: Embedding) -> Sample | None:
    """None for an object too small to be seen on the grid."""
    if one.mask is not None:
        truth = mask_prompt(decode_mask(one.mask), embedding) > 0
        only_box = False
    else:
        truth = _filled(one.bbox, embedding)
        only_box = True
    rows, columns = np.flatnonzero(truth.any(1)), np.flatnonzero(truth.any(0))
    if not len(rows):
        return None
    cell = cell_of(embedding)
    x0, y0, x1, y1 = (float(edge) * cell for edge in (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
    height, width = (max(1, round(length / cell)) for length in embedding.input_size)
    return Sample(truth, cell, (x0, y0, x1, y1), only_box, (height, width))


def _filled(bbox: tuple[float, float, float, float], embedding: Embedding) -> NDArray[np.bool_]:
    height, width = embedding.size
    inner_height, inner_width = embedding.input_size
    side = 4 * embedding.data.shape[1]
    x, y, w, h = bbox
    cell = cell_of(embedding)
    across, down = inner_width / width / cell, inner_height / height / cell
    truth = np.zeros((side, side), bool)
    truth[round(y * down) : round((y + h) * down), round(x * across) : round((x + w) * across)] = True
    return truth


def middle(sample: Sample) -> tuple[float, float]:
    """The point deepest inside, in pixels of the input: where a careful hand clicks."""
    padded = np.pad(sample.truth, 1).astype(np.uint8)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return (float(column) - 0.5) * sample.cell, (float(row) - 0.5) * sample.cell


def click(x: float, y: float) -> Prompt:
    return Prompt(np.array([[x, y], [0, 0]], np.float32), np.array([1, NOTHING], np.float32))


def boxed(box: tuple[float, float, float, float]) -> Prompt:
    return Prompt(np.array([box[:2], box[2:]], np.float32), np.array([CORNER, OTHER_CORNER], np.float32))


def fixed_click(sample: Sample) -> Prompt:
    """What an object is judged by, before and after."""
    return click(*middle(sample))


def fixed_box(sample: Sample) -> Prompt:
    return boxed(sample.box)


def random_click(sample: Sample, rng: np.random.Generator) -> Prompt:
    """Anywhere inside, more often deep than near the edge."""
    rows, columns = np.nonzero(sample.truth)
    picks = rng.integers(0, len(rows), 3)
    x0, y0 = middle(sample)
    away = [abs(columns[n] * sample.cell - x0) + abs(rows[n] * sample.cell - y0) for n in picks]
    best = picks[int(np.argmin(away))] if rng.random() < 0.5 else picks[0]
    return click((float(columns[best]) + 0.5) * sample.cell, (float(rows[best]) + 0.5) * sample.cell)


def random_box(sample: Sample, rng: np.random.Generator) -> Prompt:
    x0, y0, x1, y1 = sample.box
    off = rng.normal(0, JITTER, 4) * [x1 - x0, y1 - y0, x1 - x0, y1 - y0]
    return boxed((x0 + off[0], y0 + off[1], x1 + off[2], y1 + off[3]))


def random_both(sample: Sample, rng: np.random.Generator) -> Prompt:
    clicked, box = random_click(sample, rng), random_box(sample, rng)
    return Prompt(np.concatenate([clicked.points[:1], box.points]), np.concatenate([clicked.labels[:1], box.labels]))


def anywhere(embedding: Embedding, rng: np.random.Generator) -> Prompt:
    """A click or a box anywhere in the image: what the base answers there is to be kept."""
    height, width = embedding.input_size
    x, y = rng.random(2) * [width, height]
    if rng.random() < 0.5:
        return click(float(x), float(y))
    w, h = rng.uniform(0.08, 0.5, 2) * [width, height]
    return boxed((max(0, x - w / 2), max(0, y - h / 2), min(width, x + w / 2), min(height, y + h / 2)))
