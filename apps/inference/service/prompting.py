"""From the prompts of the wire to what a segmenter is asked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import msgspec
import numpy as np
from numpy.typing import NDArray

from apps.inference import wire
from apps.inference.service.embeddings import Embedding
from apps.inference.service.kept import Kept
from apps.inference.service.masks import decode_mask, mask_prompt
from apps.inference.service.outlines import extent
from apps.inference.service.refusals import Refusal
from apps.inference.service.segmenter import DecodeAsk

TOKENS = 64
MOST_POINTS = 256
MOST_BOXES = 100


@dataclass(frozen=True, slots=True)
class Left:
    """The logits (m, 256, 256) of an answer, best first, and what they are of."""

    base_sha256: str
    image_sha256: str
    logits: NDArray[np.float32]


class Tokens:
    """Names for the logits of the last answers. ``name`` or ``name.k`` stands for the best, or the k-th, of them."""

    def __init__(self) -> None:
        self._kept: Kept[Left] = Kept(TOKENS)

    def leave(self, left: Left) -> str:
        name = uuid4().hex
        self._kept.put(name, left)
        return name

    def logits(self, token: str, base_sha256: str, image_sha256: str) -> NDArray[np.float32]:
        """Raises Refusal ``token_gone``: the editor then sends the mask itself."""
        name, _, which = token.partition(".")
        left = self._kept.get(name)
        index = int(which[:3]) if which.isascii() and which.isdigit() else 0
        of = (left.base_sha256, left.image_sha256) if left is not None else None
        if left is None or of != (base_sha256, image_sha256) or index >= len(left.logits):
            raise Refusal("token_gone", "That answer is no longer kept; send its mask instead.")
        logits: NDArray[np.float32] = left.logits[index]
        return logits


def each(prompts: wire.Prompts) -> list[wire.Prompts]:
    """One per box where several are asked, else the prompts themselves. Raises Refusal ``bad_prompts``."""
    numbers = [value for point in prompts.points for value in (point.x, point.y)]
    numbers += [value for box in (*prompts.boxes, *([prompts.box] if prompts.box else [])) for value in box]
    numbers += [value for anchor in prompts.anchors for value in anchor]
    if not all(math.isfinite(value) for value in numbers):
        raise Refusal("bad_prompts", "Coordinates are finite numbers.")
    if len(prompts.points) > MOST_POINTS or len(prompts.boxes) > MOST_BOXES:
        raise Refusal("bad_prompts", f"At most {MOST_POINTS} points and {MOST_BOXES} boxes at once.")
    if prompts.boxes:
        return [wire.Prompts(box=box) for box in prompts.boxes]
    if not (prompts.points or prompts.box or prompts.mask or prompts.token or prompts.anchors):
        raise Refusal("bad_prompts", "Point, box, mask or outline: something must be asked.")
    return [prompts]


def without_token(prompts: Sequence[wire.Prompts]) -> list[wire.Prompts]:
    """For an assistant that keeps nothing between answers."""
    return [msgspec.structs.replace(one, token="") for one in prompts]


def decode_ask(prompts: wire.Prompts, embedding: Embedding, previous: NDArray[np.float32] | None = None) -> DecodeAsk:
    """Three candidates for a single click, which may mean a part or the whole; one where the prompts say more.

    Kirillov et al. 2023, section 3, "resolving ambiguity". Raises Refusal for a mask of another size.
    """
    logits, around = previous, prompts.box
    if logits is None and prompts.mask is not None:
        mask = decode_mask(prompts.mask)
        logits = mask_prompt(mask, embedding)
        if around is None and not prompts.points:
            around = bounds(mask)
    box = None
    if around is not None:
        x, y, width, height = around
        box = np.array([x, y, x + width, y + height], np.float32)
    return DecodeAsk(
        embedding=embedding,
        points=np.array([(point.x, point.y) for point in prompts.points], np.float32).reshape(-1, 2),
        labels=np.array([point.label for point in prompts.points], np.int32),
        box=box,
        mask_logits=logits,
        multimask=logits is None and box is None and len(prompts.points) == 1,
    )


def bounds(mask: NDArray[np.bool_]) -> tuple[float, float, float, float] | None:
    """The box around a mask. A mask alone tells the model little: it has learned masks beside points and boxes."""
    rows, columns = extent(mask)
    if rows is None or columns is None:
        return None
    return columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start
