"""A descriptor without weights: where it is light and coloured, which way its edges run, which colours it has.

Of a 64 x 64 thumbnail: lightness on an 8 x 8 grid less its mean (64), two opponent colours on 4 x 4 (32), orientations
of edges in 8 unsigned bins on 4 x 4 (128, as in histograms of oriented gradients), and a joint histogram of lightness
and colour, which knows no place (80). Every part has a fixed share of the unit length.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from apps.quality.descriptors.pictures import Pixels, squared

METHOD = "layout-1"
SIDE, WIDTH = 64, 64 + 32 + 128 + 80
BINS, CELLS = 8, 4
LIGHT, HUES, EDGES, COLORS = 1.0, 0.7, 1.0, 0.7
"""How long each part is before the whole is made 1 long."""

EPSILON = 1e-6
Array = npt.NDArray[Any]


def thumbnail(pixels: Pixels) -> Pixels:
    """(64, 64, 3): all that the descriptor reads."""
    return squared(pixels, SIDE)


def describe(images: Sequence[Pixels]) -> npt.NDArray[np.float32]:
    """(n, 304) of images of any size, unit length."""
    return describe_thumbnails(np.stack([thumbnail(one) for one in images])) if images else np.zeros((0, WIDTH), "f4")


def describe_thumbnails(thumbs: Array) -> npt.NDArray[np.float32]:
    """(n, 304) of (n, 64, 64, 3)."""
    color = thumbs.astype(np.float32) / 255
    red, green, blue = np.moveaxis(color, -1, 0)
    light = 0.299 * red + 0.587 * green + 0.114 * blue
    warm, fresh = red - blue, green - (red + blue) / 2
    places = pooled(light, 8).reshape(len(color), -1)
    hues = np.concatenate([pooled(one, 4).reshape(len(color), -1) for one in (warm, fresh)], axis=1)
    parts = [
        LIGHT * unit(places - places.mean(axis=1, keepdims=True), 0.02),
        HUES * unit(hues, 0.3),
        EDGES * unit(np.sqrt(edges(light)), EPSILON),
        COLORS * unit(np.sqrt(colors(light, warm, fresh)), EPSILON),
    ]
    return np.asarray(unit(np.concatenate(parts, axis=1), EPSILON), np.float32)


def unit(x: Array, floor: float) -> Array:
    """Rows of length 1; rows much shorter than ``floor`` per value stay short, so that noise counts for little."""
    length = np.linalg.norm(x, axis=1, keepdims=True)
    return np.asarray(x / (length + floor * np.sqrt(x.shape[1]) if floor > EPSILON else np.maximum(length, floor)))


def pooled(x: Array, cells: int) -> Array:
    """(n, cells, cells) means of (n, side, side)."""
    n, side = len(x), x.shape[1] // cells
    return np.asarray(x.reshape(n, cells, side, cells, side).mean(axis=(2, 4)))


def edges(light: Array) -> Array:
    """(n, 128) strength of edges by cell and direction, shared between neighbouring directions."""
    n = len(light)
    down, right = np.gradient(light, axis=(1, 2))
    strength = np.hypot(down, right)
    turn = np.mod(np.arctan2(down, right) * np.float32(BINS / np.pi), BINS)
    low = turn.astype(np.int32) % BINS
    share = np.clip(turn - low, 0, 1)
    band = np.arange(SIDE) // (SIDE // CELLS)
    cell = (np.arange(n)[:, None, None] * CELLS**2 + band[:, None] * CELLS + band) * BINS
    size = n * CELLS**2 * BINS
    out = np.bincount((cell + low).ravel(), (strength * (1 - share)).ravel(), size)
    out += np.bincount((cell + (low + 1) % BINS).ravel(), (strength * share).ravel(), size)
    return np.asarray(out.reshape(n, -1) / light[0].size)


def colors(light: Array, warm: Array, fresh: Array) -> Array:
    """(n, 80) shares of 5 lightnesses by 4 x 4 colours, each pixel shared between neighbouring bins of lightness."""
    n = len(light)
    place = np.clip(light, 0, 1) * 4
    low = np.minimum(place.astype(np.int32), 3)
    share = place - low
    hue = 4 * sum((warm >= edge).astype(np.int32) for edge in (-0.1, 0.1, 0.3))
    hue += sum((fresh >= edge).astype(np.int32) for edge in (-0.15, 0.0, 0.15))
    cell = np.arange(n)[:, None, None] * 80 + low * 16 + hue
    flat = np.bincount(cell.ravel(), (1 - share).ravel(), n * 80)
    flat += np.bincount((cell + 16).ravel(), share.ravel(), n * 80)
    return np.asarray(flat.reshape(n, 80) / light[0].size)


def turning(across: bool, down: bool) -> npt.NDArray[np.int64]:
    """Which value of a vector stands where in that of the mirrored image (``across``: left and right change places)."""
    place = np.arange(WIDTH)
    light = mirrored(place[:64].reshape(1, 8, 8), across, down)
    hues = mirrored(place[64:96].reshape(2, 4, 4), across, down)
    bins = mirrored(place[96:224].reshape(4, 4, 8).transpose(2, 0, 1), across, down)
    if across != down:  # an edge's direction is mirrored too; twice is a half turn, which it does not feel
        bins = bins[(-np.arange(BINS)) % BINS]
    return np.concatenate([light.ravel(), hues.ravel(), bins.transpose(1, 2, 0).ravel(), place[224:]])


def mirrored(grid: Array, across: bool, down: bool) -> Array:
    grid = grid[:, ::-1] if down else grid
    return grid[:, :, ::-1] if across else grid
