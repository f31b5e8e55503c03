"""Between outlines and masks, as COCO draws them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pycocotools import mask as coco_mask

from apps.inference import wire
from apps.labels.logic.areas import rotated_corners
from apps.labels.logic.masks import compress, read_runs

Pixels = npt.NDArray[np.bool_]

Size = tuple[int, int]
"""Width and height of the image."""

SLACK = 1.0
"""Pixels by which the outline of a mask may miss its staircase."""


def rasterised(polygons: Sequence[Sequence[Sequence[Any]]], size: Size) -> wire.Mask:
    """The pixels inside ``polygons`` (parts of an outer ring and holes), which are sound."""
    width, height = size
    parts = []
    for outer, *holes in polygons:
        drawn = _drawn([outer], size)
        if holes:
            cut = pixels_of(_as_mask(drawn)) & ~pixels_of(_as_mask(_drawn(holes, size)))
            drawn = {"size": [height, width], "counts": mask_of(cut).counts.encode("ascii")}
        parts.append(drawn)
    return _as_mask(coco_mask.merge(parts))


def _as_mask(packed: Any) -> wire.Mask:
    return wire.Mask(tuple(packed["size"]), packed["counts"].decode("ascii"))


def pixels_of(mask: wire.Mask) -> Pixels:
    """The mask as an array of the image's size. Raises Invalid for one that is none."""
    height, width = mask.size
    runs = read_runs(mask.counts, pixels=height * width, pointer="")
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(width, height).T


def mask_of(pixels: Pixels) -> wire.Mask:
    """The array as a mask: runs go down the columns and begin with background."""
    height, width = pixels.shape
    flat = np.concatenate([[False], pixels.T.ravel()])
    ends = np.append(np.flatnonzero(flat[1:] != flat[:-1]), flat.size - 1)
    runs = np.diff(ends, prepend=0).tolist()
    return wire.Mask((height, width), compress(runs, width=width, height=height))


def _drawn(rings: Sequence[Sequence[Any]], size: Size) -> Any:
    flat = [[float(value) for vertex in ring for value in vertex] for ring in rings]
    return coco_mask.merge(coco_mask.frPyObjects(flat, size[1], size[0]))


def turned_box(geometry: Any) -> list[list[list[tuple[float, float]]]]:
    """A rotatable box as polygons."""
    return [[rotated_corners(*(geometry[name] for name in ("cx", "cy", "width", "height", "angle")))]]


def area_of(mask: wire.Mask) -> int:
    return int(coco_mask.area({"size": list(mask.size), "counts": mask.counts.encode("ascii")}))


def outlines(mask: wire.Mask) -> list[list[list[list[float]]]]:
    """The mask as polygons: its columns' runs joined, and the staircase smoothed."""
    columns = np.pad(pixels_of(mask).astype(np.int8), ((1, 1), (0, 0)))
    steps = np.diff(columns, axis=0)
    xs, tops = np.nonzero((steps == 1).T)
    _, ends = np.nonzero((steps == -1).T)
    joined = shapely.union_all(shapely.box(xs, tops, xs + 1, ends))
    smooth = shapely.simplify(joined, SLACK, preserve_topology=True)
    parts = [part for part in shapely.get_parts(smooth) if part.area > 0]
    return [[_ring(part.exterior), *(_ring(hole) for hole in part.interiors)] for part in parts]


def _ring(line: Any) -> list[list[float]]:
    return [[float(x), float(y)] for x, y in line.coords[:-1]]
