"""Clicks on a GPU: prompts of different images in one batch."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from apps.inference.service.sam.packed import PackedDecoder
from apps.inference.service.sam.prompts import Floats, Prepared, chosen, prepared
from apps.inference.service.segmenter import DecodeAsk, Decoded


class TorchDecoder:
    """In float32: what a batch answers is what each ask alone would."""

    def __init__(self, sam: Any, device: str = "cpu") -> None:
        self._device = torch.device(device)
        self._model = PackedDecoder(sam).to(self._device).eval()
        self._side: int = sam.prompt_encoder.mask_input_size[0]
        self._lock = threading.Lock()

    def decode(self, asks: Sequence[DecodeAsk]) -> list[Decoded]:
        """Asks of as many points go together: a click and a box are both two tokens."""
        prompts = [prepared(ask, self._side) for ask in asks]
        groups: dict[int, list[int]] = defaultdict(list)
        for number, prompt in enumerate(prompts):
            groups[len(prompt.labels)].append(number)
        answers: dict[int, Decoded] = {}
        with self._lock:
            for numbers in groups.values():
                logits, scores = self._batch([asks[n] for n in numbers], [prompts[n] for n in numbers])
                for row, number in enumerate(numbers):
                    answers[number] = chosen(asks[number], logits[row], scores[row])
        return [answers[number] for number in range(len(asks))]

    def _batch(self, asks: list[DecodeAsk], prompts: list[Prepared]) -> tuple[Floats, Floats]:
        nothing = np.zeros((1, self._side, self._side), np.float32)
        masks = [nothing if prompt.mask is None else prompt.mask for prompt in prompts]
        with torch.inference_mode():
            logits, scores = self._model(
                self._embeddings(asks),
                self._tensor([prompt.points for prompt in prompts]),
                self._tensor([prompt.labels for prompt in prompts]),
                self._tensor(masks),
                torch.tensor([float(prompt.mask is not None) for prompt in prompts], device=self._device),
            )
        return logits.cpu().numpy(), scores.cpu().numpy()

    def _embeddings(self, asks: list[DecodeAsk]) -> Tensor:
        """They travel as bytes and become numbers there; prompts of one image share theirs."""
        if len({id(ask.embedding) for ask in asks}) == 1:
            asks = asks[:1]
        data = torch.from_numpy(np.stack([ask.embedding.data for ask in asks])).to(self._device)
        scales = self._tensor([ask.embedding.scales for ask in asks])
        return data.float() * scales[:, :, None, None]

    def _tensor(self, rows: Sequence[Floats]) -> Tensor:
        return torch.from_numpy(np.stack(rows)).to(self._device)
