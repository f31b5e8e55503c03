"""Procedurally drawn pictures with the true mask of every object: what the small SAM learns from and is measured on.

The ``common`` domain has bright smooth shapes on dark smooth grounds; in the ``shifted`` one the ground is speckled and
the shapes are a little lighter pieces of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Domain = Literal["common", "shifted"]
KINDS = ("ellipse", "blob", "star", "ring")


@dataclass(frozen=True)
class Scene:
    """``image`` (side, side, 3) uint8; ``masks`` (side, side) of what is seen of each object; ``kinds`` their names."""

    image: NDArray[np.uint8]
    masks: list[NDArray[np.bool_]]
    kinds: list[str]


def scene(seed: int, *, side: int = 128, domain: Domain = "common", objects: int = 2) -> Scene:
    rng = np.random.default_rng((seed, 0 if domain == "common" else 1))
    image = _ground(rng, side) if domain == "common" else _speckled(rng, side)
    masks: list[NDArray[np.bool_]] = []
    kinds: list[str] = []
    for _ in range(objects):
        kind = KINDS[int(rng.integers(len(KINDS)))]
        mask = _apart(rng, side, kind, masks)
        image = _filled(rng, image, mask) if domain == "common" else _lighter(rng, image, mask)
        masks = [other & ~mask for other in masks] + [mask]
        kinds.append(kind)
    noisy = image + rng.normal(0, 4, image.shape)
    seen = [(mask, kind) for mask, kind in zip(masks, kinds, strict=True) if mask.sum() >= 0.008 * side * side]
    return Scene(np.clip(noisy, 0, 255).astype(np.uint8), [mask for mask, _ in seen], [kind for _, kind in seen])


def _ground(rng: np.random.Generator, side: int) -> NDArray[np.float64]:
    coarse = (rng.uniform(30, 110, 3) + rng.uniform(-20, 20, (3, 3, 3))).astype(np.float32)
    return cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float64)


def _speckled(rng: np.random.Generator, side: int) -> NDArray[np.float64]:
    base = rng.uniform(80, 170, 3)
    grain = cv2.GaussianBlur(rng.normal(0, 60, (side, side)), (0, 0), 1.0)
    return np.repeat(grain[:, :, None], 3, 2) + base


def _apart(rng: np.random.Generator, side: int, kind: str, others: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Mostly: the last of a few tries may lie over another."""
    mask = _shape(rng, side, kind)
    for _ in range(4):
        if not any((mask & other).any() for other in others):
            break
        mask = _shape(rng, side, kind)
    return mask


def _shape(rng: np.random.Generator, side: int, kind: str) -> NDArray[np.bool_]:
    canvas = np.zeros((side, side), np.uint8)
    x, y = rng.uniform(0.2, 0.8, 2) * side
    radius = rng.uniform(0.13, 0.26) * side
    if kind in ("ellipse", "ring"):
        axes = (int(radius), int(radius * rng.uniform(0.55, 1)))
        angle = float(rng.uniform(0, 180))
        cv2.ellipse(canvas, (int(x), int(y)), axes, angle, 0, 360, 1, -1)
        if kind == "ring":
            hole = (max(1, int(axes[0] * 0.5)), max(1, int(axes[1] * 0.5)))
            cv2.ellipse(canvas, (int(x), int(y)), hole, angle, 0, 360, 0, -1)
        return canvas.astype(bool)
    corners = 10 if kind == "star" else 8
    turns = np.linspace(0, 2 * np.pi, corners, endpoint=False) + rng.uniform(0, 6)
    reach = radius * (np.where(np.arange(corners) % 2, 0.5, 1.1) if kind == "star" else rng.uniform(0.7, 1.1, corners))
    points = np.stack([x + reach * np.cos(turns), y + reach * np.sin(turns)], 1)
    cv2.fillPoly(canvas, [points.round().astype(np.int32)], 1)
    return canvas.astype(bool)


def _filled(rng: np.random.Generator, image: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    color = rng.uniform(130, 235, 3)
    rows, columns = np.indices(mask.shape) / len(mask)
    shade = rng.normal(0, 25) * rows + rng.normal(0, 25) * columns
    out = image.copy()
    out[mask] = color + shade[mask][:, None]
    return out


def _lighter(rng: np.random.Generator, image: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The same stuff as its ground, under a light."""
    out = image.copy()
    out[mask] += rng.uniform(25, 60, 3)
    return out
