"""The masks of a detector's objects, in the image: one per box, or weighted sums of prototypes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from apps.inference.service.predictors.contract import PerBox, Prototypes, Segmentation
from apps.inference.service.predictors.objects import Objects, Outputs, activated, bad_answer, named
from apps.inference.service.predictors.pixels import Placed

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Piece:
    """A mask that is nothing outside ``crop``, whose first pixel is (left, top) of the image."""

    crop: NDArray[np.bool_]
    left: int
    top: int


def pieces(outputs: Outputs, found: Objects, contract: Segmentation, placed: Placed) -> list[Piece]:
    """One per object. Raises Refusal ``bad_answer``."""
    height, width = contract.input.size
    whole = np.array([[0, 0, width, height]], np.float32)
    areas = _unclipped(whole, placed).repeat(len(found.boxes), axis=0)
    match contract.masks:
        case Prototypes():
            grids, threshold = _weighted(outputs, found, contract.masks), contract.masks.threshold
        case PerBox():
            grids, threshold = _own(outputs, found, contract.masks), contract.masks.threshold
            if contract.masks.area == "box":
                areas = _unclipped(found.boxes, placed)
    boxes = placed.back(found.boxes)
    return [
        _piece(grid, area, box, threshold, placed.size) for grid, area, box in zip(grids, areas, boxes, strict=True)
    ]


def _weighted(outputs: Outputs, found: Objects, masks: Prototypes) -> Floats:
    prototypes = np.asarray(named(outputs, masks.tensor), np.float32)
    if prototypes.ndim == 4:
        prototypes = prototypes[0]
    rest = found.rest
    if prototypes.ndim != 3 or rest is None or rest.shape[1] != len(prototypes):
        given = 0 if rest is None else rest.shape[1]
        raise bad_answer(f"{masks.tensor!r} has the shape {prototypes.shape}; a row has {given} coefficients.")
    count, high, wide = prototypes.shape
    logits = rest @ prototypes.reshape(count, -1)
    return activated(logits, "sigmoid").reshape(-1, high, wide)


def _own(outputs: Outputs, found: Objects, masks: PerBox) -> Floats:
    grids = np.asarray(named(outputs, masks.tensor), np.float32)
    if grids.ndim == 5 or (grids.ndim == 4 and grids.shape[0] == 1 and grids.shape[1] != 1):
        grids = grids[0]
    if grids.ndim == 4 and grids.shape[1] == 1:
        grids = grids[:, 0]
    if grids.ndim != 3 or (len(found.rows) and int(found.rows.max()) >= len(grids)):
        raise bad_answer(f"{masks.tensor!r} has the shape {grids.shape}, which is not a mask per box.")
    return activated(grids[found.rows], masks.activation)


def _unclipped(boxes: Floats, placed: Placed) -> NDArray[np.float64]:
    scale, offset = np.array(placed.scale * 2), np.array(placed.offset * 2)
    found: NDArray[np.float64] = (boxes.astype(np.float64) - offset) / scale
    return found


def _piece(
    grid: Floats, area: NDArray[np.float64], box: NDArray[np.float64], threshold: float, size: tuple[int, int]
) -> Piece:
    """The part of ``grid``, which covers ``area`` of the image, that lies in ``box``, at the image's own size."""
    left, top = int(np.floor(box[0])), int(np.floor(box[1]))
    right, bottom = min(size[1], int(np.ceil(box[2]))), min(size[0], int(np.ceil(box[3])))
    wide, high = float(area[2] - area[0]), float(area[3] - area[1])
    if right <= left or bottom <= top or wide <= 0 or high <= 0:
        return Piece(np.zeros((0, 0), np.bool_), left, top)
    across, down = grid.shape[1] / wide, grid.shape[0] / high
    # Pixel i of the piece lies at (i + left + .5 - area's left) * scale - .5 of the grid.
    where = np.array(
        [
            [across, 0.0, (left + 0.5 - area[0]) * across - 0.5],
            [0.0, down, (top + 0.5 - area[1]) * down - 0.5],
        ]
    )
    drawn = cv2.warpAffine(
        np.ascontiguousarray(grid),
        where,
        (right - left, bottom - top),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return Piece(drawn > threshold, left, top)
