"""What a promptable model must be able to do; a new kind of model is one file that does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from apps.inference.service.embeddings import Embedding


@dataclass(frozen=True, slots=True)
class DecodeAsk:
    """One set of prompts on one image, in its pixels as seen: ``points`` (n, 2), ``labels`` (n,) with 1 and 0, ``box``
    (4,) as x0 y0 x1 y1, ``mask_logits`` (256, 256) as an earlier answer gave them."""

    embedding: Embedding
    points: NDArray[np.float32]
    labels: NDArray[np.int32]
    box: NDArray[np.float32] | None = None
    mask_logits: NDArray[np.float32] | None = None
    multimask: bool = True


@dataclass(frozen=True, slots=True)
class Decoded:
    """``logits`` (m, 256, 256) of the square input, above 0 inside; ``scores`` (m,), the model's guess of the IoU."""

    logits: NDArray[np.float32]
    scores: NDArray[np.float32]


class Segmenter(Protocol):
    """A promptable model. ``encode`` is slow and done once per image; ``decode`` is fast and done at every click."""

    id: str

    def encode(self, image: NDArray[np.uint8]) -> Embedding:
        """Of an RGB image (h, w, 3)."""

    def decode(self, asks: Sequence[DecodeAsk]) -> list[Decoded]:
        """One answer per ask, in order; together where the device gains by it."""
