"""Live-wire: an outline through a few anchors that runs along the edges between them.

Each stretch is traced in a crop of its own, reduced so that it costs the same whatever the image's size: the map of
paths that a stretch needs is of the whole picture it is given.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 160
"""Pixels of a stretch's reduced crop."""

MARGIN = 0.35
"""How far around a stretch the way may lead, as a part of its length."""

LEAST_MARGIN = 8
CANNY = (32, 100)
GRADIENT_LIMIT = 200
SLACK = 0.75
"""Reduced pixels by which the way may be straightened: it runs from pixel to pixel."""

Points = NDArray[np.float64]


def traced(image: NDArray[np.uint8], anchors: list[tuple[float, float]], *, closed: bool) -> list[tuple[float, float]]:
    """The way through ``anchors`` in pixels of the image, back to the first where it is closed (not repeated)."""
    height, width = image.shape[:2]
    stops = [(min(max(x, 0.0), float(width)), min(max(y, 0.0), float(height))) for x, y in anchors]
    stops = [stop for number, stop in enumerate(stops) if number == 0 or stop != stops[number - 1]]
    if closed and len(stops) > 1 and stops[0] == stops[-1]:
        stops.pop()
    legs = list(pairwise(stops))
    if closed and len(stops) > 2:
        legs.append((stops[-1], stops[0]))
    way = [stops[0]] if stops else []
    for start, end in legs:
        way += _leg(image, start, end)
    return way[:-1] if closed and len(stops) > 2 else way


def _leg(image: NDArray[np.uint8], start: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
    """The points after ``start`` up to and with ``end``."""
    height, width = image.shape[:2]
    margin = LEAST_MARGIN + MARGIN * float(np.hypot(end[0] - start[0], end[1] - start[1]))
    left, top = max(0, int(min(start[0], end[0]) - margin)), max(0, int(min(start[1], end[1]) - margin))
    right, bottom = min(width, int(max(start[0], end[0]) + margin)), min(height, int(max(start[1], end[1]) + margin))
    crop = image[top:bottom, left:right]
    if min(crop.shape[:2]) < 4:
        return [end]
    factor = min(1.0, SIDE / max(crop.shape[:2]))
    size = (max(4, round(crop.shape[1] * factor)), max(4, round(crop.shape[0] * factor)))
    picture = cv2.resize(crop, size, interpolation=cv2.INTER_AREA) if factor < 1 else np.ascontiguousarray(crop)
    scale = np.array([(right - left) / size[0], (bottom - top) / size[1]])
    corner = np.array([left, top])
    most = np.array(size) - 1
    first, last = (
        np.clip(((np.array(stop) - corner) / scale).astype(np.int64), 0, most).tolist() for stop in (start, end)
    )
    found = _shortest(picture.astype(np.uint8, copy=False), first, last)
    inner = (found[1:-1] + 0.5) * scale + corner
    return [(float(x), float(y)) for x, y in inner] + [end]


def _shortest(picture: NDArray[np.uint8], first: list[int], last: list[int]) -> Points:
    """The cheapest way between two pixels, corners only."""
    tool = cv2.segmentation.IntelligentScissorsMB()
    tool.setEdgeFeatureCannyParameters(*CANNY)
    tool.setGradientMagnitudeMaxLimit(GRADIENT_LIMIT)
    tool.applyImage(picture)
    tool.buildMap((first[0], first[1]))
    chain = np.asarray(tool.getContour((last[0], last[1]))).reshape(-1, 1, 2).astype(np.int32)
    if len(chain) < 3:
        return np.array([first, last], np.float64)
    return cv2.approxPolyDP(chain, SLACK, closed=False)[:, 0].astype(np.float64)
