"""Masks between their forms: low-resolution logits, boolean pictures, COCO RLE, polygons, and prompts for a model.

All work is done in a mask's bounding box, so that an object of a large photograph costs what the object is large.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from apps.inference import wire
from apps.inference.service.embeddings import Embedding
from apps.inference.service.outlines import extent, polygons, polygons_in
from apps.inference.service.refusals import Refusal
from apps.inference.service.segmenter import Decoded

MOST_PIXELS = 1_000_000_000
"""Of a mask that comes in; the images themselves have a lower limit of their own."""

MOST_COUNTS = 4_000_000
"""Characters of one compressed mask."""

LONGEST_RUN = 7
"""Characters of one run: 35 bits, more than any image has pixels."""

WARP_COST = 5
"""How much more a pixel costs in a part that is cut out than in a whole that is resized (measured, one thread)."""

PROMPT_LOGIT = 10.0
"""What a mask prompt says of a pixel inside, and negated outside. Models are trained on their own logits of the round
before, and take zeros and ones for "unsure" (segment-anything issues 169, 447). SAM 2 itself turns a given mask into
logits by ``mask * 20 - 10``; ±10 is a sigmoid of 0.99995, within the range of the logits that SAM gives."""

__all__ = [
    "BadMask",
    "candidate_from_mask",
    "candidates",
    "decode_mask",
    "encode_crop",
    "encode_mask",
    "mask_prompt",
    "polygons",
]


class BadMask(Refusal):
    """A mask that is none, or not of this image: ``bad_mask``."""

    def __init__(self, detail: str) -> None:
        super().__init__("bad_mask", detail)


def candidates(decoded: Decoded, embedding: Embedding) -> list[wire.Candidate]:
    """What the model answered, best score first; empty masks are left out."""
    found = []
    for number in np.argsort(-decoded.scores, kind="stable"):
        crop, left, top = _full_size(decoded.logits[number], embedding)
        candidate = _candidate(crop, left, top, embedding.size, float(decoded.scores[number]))
        if candidate is not None:
            found.append(candidate)
    return found


def candidate_from_mask(mask: NDArray[np.bool_], score: float | None) -> wire.Candidate:
    """A mask of the whole image, which must not be empty, as an answer."""
    height, width = mask.shape
    candidate = _candidate(mask, 0, 0, (height, width), score)
    if candidate is None:
        raise BadMask("The mask covers no pixel.")
    return candidate


def _candidate(
    crop: NDArray[np.bool_], left: int, top: int, size: tuple[int, int], score: float | None
) -> wire.Candidate | None:
    rows, columns = extent(crop)
    if rows is None or columns is None:
        return None
    tight = crop[rows, columns]
    left, top = left + columns.start, top + rows.start
    height, width = tight.shape
    return wire.Candidate(
        mask=encode_crop(tight, left, top, size),
        bbox=(float(left), float(top), float(width), float(height)),
        polygons=polygons_in(tight, left, top),
        area=int(np.count_nonzero(tight)),
        score=score,
    )


def _full_size(logits: NDArray[np.float32], embedding: Embedding) -> tuple[NDArray[np.bool_], int, int]:
    """The mask at the image's size, cut out: (crop, left, top).

    As SAM does it: up to the size of the model's input, cut to what is image there, then to the image's own size, each
    bilinear. The second step is done around the object only.
    """
    side = max(embedding.input_size)
    inner_height, inner_width = embedding.input_size
    height, width = embedding.size
    if not (logits > 0).any():
        return np.zeros((0, 0), np.bool_), 0, 0
    enlarged = cv2.resize(logits, (side, side), interpolation=cv2.INTER_LINEAR)[:inner_height, :inner_width]
    rows, columns = extent(enlarged > 0)
    if rows is None or columns is None:
        return np.zeros((0, 0), np.bool_), 0, 0
    across, down = inner_width / width, inner_height / height
    left, right = _reach(columns, across, width)
    top, bottom = _reach(rows, down, height)
    if (right - left) * (bottom - top) * WARP_COST > width * height:
        whole = cv2.resize(enlarged, (width, height), interpolation=cv2.INTER_LINEAR)
        return whole[top:bottom, left:right] > 0, left, top
    # Output pixel i lies at (i + left + .5) * scale - .5 of what is read; the border is repeated, as in a resize.
    where = np.array([[across, 0.0, (left + 0.5) * across - 0.5], [0.0, down, (top + 0.5) * down - 0.5]])
    part = cv2.warpAffine(
        enlarged,
        where,
        (right - left, bottom - top),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return part > 0, left, top


def _reach(span: slice, scale: float, most: int) -> tuple[int, int]:
    """The image's pixels that anything of ``span`` of the model's input can colour."""
    return max(0, int((span.start - 1) / scale) - 1), min(most, int((span.stop + 1) / scale) + 2)


def encode_mask(mask: NDArray[np.bool_]) -> wire.Mask:
    """COCO's compressed run lengths of a mask of the whole image."""
    height, width = mask.shape
    rows, columns = extent(mask)
    if rows is None or columns is None:
        return encode_crop(mask[:0, :0], 0, 0, (height, width))
    return encode_crop(mask[rows, columns], columns.start, rows.start, (height, width))


def encode_crop(crop: NDArray[np.bool_], left: int, top: int, size: tuple[int, int]) -> wire.Mask:
    """The same of a mask that is nothing outside ``crop``, whose first pixel is (left, top)."""
    height, width = size
    inner_height, inner_width = crop.shape
    if crop.size:
        # Down the columns, each between two rows of nothing, a run begins or ends where neighbours differ.
        standing = np.zeros((inner_width, inner_height + 2), np.uint8)
        standing[:, 1:-1] = cv2.transpose(np.ascontiguousarray(crop).view(np.uint8))
        flat = standing.ravel()
        changes = np.flatnonzero(flat[1:] != flat[:-1])
        column, row = np.divmod(changes, inner_height + 2)
        bounds = (column + left) * height + row + top
    else:
        bounds = np.empty(0, np.int64)
    # A run down to the last row goes on in the next column: the end that is a beginning is neither.
    ends, starts = bounds[1:-1:2], bounds[2::2]
    apart = ends != starts
    inner = np.stack([ends[apart], starts[apart]], axis=1).ravel()
    edges = np.concatenate([[0], bounds[:1], inner, bounds[-1:], [height * width]])
    runs = np.diff(edges)
    if runs[-1] == 0:
        runs = runs[:-1]
    packed = coco_mask.frPyObjects({"size": [height, width], "counts": runs.tolist()}, height, width)
    return wire.Mask(size=(height, width), counts=packed["counts"].decode("ascii"))


def decode_mask(mask: wire.Mask, most_pixels: int = MOST_PIXELS) -> NDArray[np.bool_]:
    """The mask as a picture (height, width). Raises BadMask, before memory is taken for what adds up to nothing."""
    height, width = mask.size
    if height < 1 or width < 1 or height * width > most_pixels:
        raise BadMask(f"A mask's size is [height, width] of at most {most_pixels} pixels together.")
    runs = _runs(mask.counts)
    if bool((runs < 0).any()) or bool((runs > height * width).any()) or int(runs.sum()) != height * width:
        raise BadMask(f"The runs of counts do not add up to {height} x {width} pixels.")
    out = np.zeros((height, width), np.uint8)
    bounds = np.cumsum(runs)
    starts, ends = bounds[:-1:2], bounds[1::2]
    used = starts < ends
    if not used.any():
        return out.view(np.bool_)
    left, right = int(starts[used][0]) // height, (int(ends[used][-1]) - 1) // height + 1
    clipped = np.clip(bounds, left * height, right * height)
    lengths = np.concatenate([clipped[:1] - left * height, clipped[1:] - clipped[:-1]])
    values = (np.arange(len(lengths)) & 1).astype(np.uint8)
    out[:, left:right] = cv2.transpose(np.repeat(values, lengths).reshape(right - left, height))
    return out.view(np.bool_)


def _runs(counts: str) -> NDArray[np.int64]:
    """Run lengths of the compressed text: groups of five bits, 0x20 "more follow", 0x10 of the last the sign."""
    if not counts or len(counts) > MOST_COUNTS or not counts.isascii():
        raise BadMask(f"counts is 1 to {MOST_COUNTS} characters of COCO's compressed form.")
    bits = np.frombuffer(counts.encode("ascii"), np.uint8).astype(np.int64) - 48
    ends = np.flatnonzero((bits & 32) == 0)
    if bool((bits < 0).any()) or bool((bits > 63).any()) or not len(ends) or ends[-1] != len(bits) - 1:
        raise BadMask("counts is not COCO's compressed form.")
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if int(lengths.max()) > LONGEST_RUN:
        raise BadMask("counts is not COCO's compressed form.")
    place = np.arange(len(bits)) - np.repeat(starts, lengths)
    runs: NDArray[np.int64] = np.add.reduceat((bits & 31) << (5 * place), starts)
    runs = np.where(bits[ends] & 16, runs - (np.int64(1) << (5 * lengths)), runs)
    # From the fourth run on (index 3) each is the difference to the run two before it.
    runs[1::2] = np.cumsum(runs[1::2])
    runs[2::2] = np.cumsum(runs[2::2])
    return runs


def mask_prompt(mask: NDArray[np.bool_], embedding: Embedding) -> NDArray[np.float32]:
    """A saved mask as the low-resolution logits that a model takes for its own answer of the round before.

    (side, side), four to a cell of the embedding: 256 for SAM. Cells that the outline cuts lie in between, by the share
    of them that is inside; the padding is outside.
    """
    if mask.shape != tuple(embedding.size):
        raise BadMask(
            f"The mask is {mask.shape[0]} x {mask.shape[1]}, the image {embedding.size[0]} x {embedding.size[1]}."
        )
    side = 4 * embedding.data.shape[1]
    whole = max(embedding.input_size)
    inner_height, inner_width = (max(1, round(length * side / whole)) for length in embedding.input_size)
    # Four samples along each side of a cell say its share well enough: of a large mask, not every pixel is read.
    step = max(1, min(mask.shape[0] // inner_height, mask.shape[1] // inner_width) // 4)
    read = np.ascontiguousarray(mask[step // 2 :: step, step // 2 :: step]).view(np.uint8) * np.uint8(255)
    share = cv2.resize(read, (inner_width, inner_height), interpolation=cv2.INTER_AREA)
    logits = np.full((side, side), -PROMPT_LOGIT, np.float32)
    logits[:inner_height, :inner_width] = share.astype(np.float32) * (2 * PROMPT_LOGIT / 255) - PROMPT_LOGIT
    return logits
