"""From an image to a model's input, and the way back for what it finds."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from apps.inference.service.predictors.contract import Input

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the image lies in the input: ``input = image * scale + offset``, x before y. ``size`` is the image's
    (height, width)."""

    scale: tuple[float, float]
    offset: tuple[float, float]
    size: tuple[int, int]

    def back(self, boxes: Floats) -> NDArray[np.float64]:
        """Boxes x0 y0 x1 y1 of the input in pixels of the image, cut at its border."""
        height, width = self.size
        scale, offset = np.array(self.scale * 2), np.array(self.offset * 2)
        limits = np.array([width, height, width, height])
        found: NDArray[np.float64] = np.clip((boxes.astype(np.float64) - offset) / scale, 0, limits)
        return found


def prepared(image: NDArray[np.uint8], wanted: Input) -> tuple[NDArray[np.uint8], Placed]:
    """The picture of the input's size, still as bytes in RGB, and where the image lies in it."""
    if wanted.resize == "stretch":
        height, width = wanted.size
        picture = _resized(image, (height, width), wanted)
        scale = (width / image.shape[1], height / image.shape[0])
        return picture, Placed(scale, (0.0, 0.0), (image.shape[0], image.shape[1]))
    return _boxed(image, wanted) if wanted.resize == "letterbox" else _cropped(image, wanted)


def tensor(picture: NDArray[np.uint8], wanted: Input, kind: type[np.generic]) -> NDArray[np.generic]:
    """The picture as the one item of a batch."""
    ordered = picture if wanted.channels == "RGB" else picture[..., ::-1]
    if kind is np.uint8:
        values: NDArray[np.generic] = ordered
    else:
        mean, std = np.array(wanted.mean, np.float32), np.array(wanted.std, np.float32)
        values = ((ordered.astype(np.float32) * np.float32(wanted.scale) - mean) / std).astype(kind)
    if wanted.layout == "NCHW":
        values = values.transpose(2, 0, 1)
    return np.ascontiguousarray(values[None])


def _boxed(image: NDArray[np.uint8], wanted: Input) -> tuple[NDArray[np.uint8], Placed]:
    height, width = image.shape[:2]
    factor = min(wanted.size[0] / height, wanted.size[1] / width)
    inner = (max(1, round(height * factor)), max(1, round(width * factor)))
    top, left = 0, 0
    if wanted.place == "centre":
        # As the common exports do it: an odd pixel is left over below and at the right.
        top, left = (wanted.size[0] - inner[0]) // 2, (wanted.size[1] - inner[1]) // 2
    picture = np.full((*wanted.size, 3), round(wanted.pad), np.uint8)
    picture[top : top + inner[0], left : left + inner[1]] = _resized(image, inner, wanted)
    scale = (inner[1] / width, inner[0] / height)
    return picture, Placed(scale, (float(left), float(top)), (height, width))


def _cropped(image: NDArray[np.uint8], wanted: Input) -> tuple[NDArray[np.uint8], Placed]:
    height, width = image.shape[:2]
    factor = max(wanted.size[0] / height, wanted.size[1] / width) / wanted.crop_share
    whole = (max(wanted.size[0], round(height * factor)), max(wanted.size[1], round(width * factor)))
    top, left = (whole[0] - wanted.size[0]) // 2, (whole[1] - wanted.size[1]) // 2
    # A panorama is cut before it is enlarged: what falls away is not computed.
    rows = slice(int(top / whole[0] * height), min(height, int((top + wanted.size[0]) / whole[0] * height) + 2))
    columns = slice(int(left / whole[1] * width), min(width, int((left + wanted.size[1]) / whole[1] * width) + 2))
    across, down = whole[1] / width, whole[0] / height
    part = image[rows, columns]
    size = (max(wanted.size[0], round(part.shape[0] * down)), max(wanted.size[1], round(part.shape[1] * across)))
    shift = (round(top - rows.start * down), round(left - columns.start * across))
    shift = (min(max(shift[0], 0), size[0] - wanted.size[0]), min(max(shift[1], 0), size[1] - wanted.size[1]))
    picture = _resized(part, size, wanted)[shift[0] : shift[0] + wanted.size[0], shift[1] : shift[1] + wanted.size[1]]
    return picture, Placed((across, down), (-float(left), -float(top)), (height, width))


def _resized(image: NDArray[np.uint8], size: tuple[int, int], wanted: Input) -> NDArray[np.uint8]:
    if image.shape[:2] == size:
        return image
    shrinking = size[0] < image.shape[0]
    how = cv2.INTER_AREA if wanted.resample == "area" and shrinking else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(image), (size[1], size[0]), interpolation=how).astype(np.uint8, copy=False)
