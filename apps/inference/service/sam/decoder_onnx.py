"""Clicks without a GPU: one prompt at a time, one thread each.

On a processor a batch of prompts costs more than the prompts one by one. The session computes in the thread that calls
it, so that as many clicks run at once as there are threads that ask, over one copy of the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np

from apps.inference.service.sam.export import OUTPUTS
from apps.inference.service.sam.prompts import chosen, prepared
from apps.inference.service.sam.trouble import DamagedFile
from apps.inference.service.segmenter import DecodeAsk, Decoded


class OnnxDecoder:
    """Safe to call from many threads."""

    def __init__(self, path: Path) -> None:
        """Raises DamagedFile."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except _errors(onnxruntime.capi.onnxruntime_pybind11_state) as error:
            raise DamagedFile("The decoder's ONNX file cannot be read.") from error
        mask = next(given for given in self._session.get_inputs() if given.name == "masks")
        self._side = int(mask.shape[-1])

    def decode(self, asks: Sequence[DecodeAsk]) -> list[Decoded]:
        return [self._one(ask) for ask in asks]

    def _one(self, ask: DecodeAsk) -> Decoded:
        prompt = prepared(ask, self._side)
        nothing = np.zeros((1, self._side, self._side), np.float32)
        given = {
            "embeddings": ask.embedding.dense()[None],
            "points": prompt.points[None],
            "labels": prompt.labels[None],
            "masks": (nothing if prompt.mask is None else prompt.mask)[None],
            "has_mask": np.array([prompt.mask is not None], np.float32),
        }
        logits, scores = self._session.run(list(OUTPUTS), given)
        return chosen(ask, logits[0], scores[0])


def _errors(module: ModuleType) -> tuple[type[Exception], ...]:
    """The runtime's exceptions have no common base of their own."""
    return tuple(kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, Exception))
