"""Figures of a decoder on objects: by the same click and the same box each time, before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from apps.inference.service.embeddings import Embedding
from apps.inference.service.finetune.gain import Figures
from apps.inference.service.finetune.samples import Prompt, Sample, fixed_box, fixed_click
from apps.inference.service.sam.packed import PackedDecoder

AT_ONCE = 8

Logits = NDArray[np.float32]


def answers(
    sam: Any, samples: Sequence[Sample], pictures: Sequence[Embedding], *, by_box: bool
) -> Iterator[tuple[Logits, float]]:
    """Per object the low-resolution logits that the editor would show first, and the decoder's own score."""
    model, side = PackedDecoder(sam), sam.prompt_encoder.mask_input_size[0]
    ask = fixed_box if by_box else fixed_click
    for start in range(0, len(samples), AT_ONCE):
        rows = range(start, min(len(samples), start + AT_ONCE))
        prompts: list[Prompt] = [ask(samples[n]) for n in rows]
        with torch.inference_mode():
            logits, scores = model(
                torch.from_numpy(np.stack([pictures[n].dense() for n in rows])),
                torch.from_numpy(np.stack([prompt.points for prompt in prompts])),
                torch.from_numpy(np.stack([prompt.labels for prompt in prompts])),
                torch.zeros(len(rows), 1, side, side),
                torch.zeros(len(rows)),
            )
        for row in range(len(rows)):
            token = 0 if by_box else 1 + int(scores[row, 1:].argmax())
            yield logits[row, token].numpy(), float(scores[row, token])


def figures(
    sam: Any,
    samples: Sequence[Sample],
    pictures: Sequence[Embedding],
    *,
    by_box: bool,
    tick: Callable[[], None] = lambda: None,
) -> Figures:
    """IoU per object: of the masks, or where only a box is known, of the boxes. ``tick`` is called at each."""
    overlaps = []
    for sample, (logits, _) in zip(samples, answers(sam, samples, pictures, by_box=by_box), strict=True):
        tick()
        overlaps.append(overlap(logits > 0, sample))
    return np.array(overlaps)


def overlap(found: NDArray[np.bool_], sample: Sample) -> float:
    """Within the image: what a decoder says of the padding is cut off before anybody sees it."""
    found, truth = sample.inside(found), sample.inside(sample.truth)
    if sample.only_box:
        return _box_overlap(found, sample)
    union = int((found | truth).sum())
    return int((found & truth).sum()) / union if union else 0.0


def _box_overlap(found: NDArray[np.bool_], sample: Sample) -> float:
    rows, columns = np.flatnonzero(found.any(1)), np.flatnonzero(found.any(0))
    if not len(rows):
        return 0.0
    x0, y0, x1, y1 = (float(edge) * sample.cell for edge in (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
    left, top, right, bottom = sample.box
    both = max(0.0, min(x1, right) - max(x0, left)) * max(0.0, min(y1, bottom) - max(y0, top))
    return both / ((x1 - x0) * (y1 - y0) + (right - left) * (bottom - top) - both)
