"""An ONNX model whose output is a vector: what a picture looks like to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from apps.inference.service.predictors.contract import Embedding, Vector
from apps.inference.service.predictors.objects import Outputs, bad_answer, named
from apps.inference.service.predictors.running import Runner

if TYPE_CHECKING:
    import onnxruntime

MOST = 4096
"""Numbers of a vector: more would make an index of a million images larger than a machine."""

Floats = NDArray[np.float32]


class OnnxEmbedder:
    """Safe to call from one thread at a time."""

    def __init__(self, session: onnxruntime.InferenceSession, contract: Embedding) -> None:
        """Raises Refusal ``bad_config`` where the model's inputs are not what the contract says."""
        self.contract = contract
        self._runner = Runner(session, contract.input)

    def describe(self, image: NDArray[np.uint8]) -> Floats:
        """(d,) of an RGB image (height, width, 3), of the length that the model gave it. Raises Refusal
        ``bad_answer``."""
        outputs, _ = self._runner.run(image)
        return pooled(outputs, self.contract.output)


def pooled(outputs: Outputs, wanted: Vector) -> Floats:
    """(d,) by the contract. Raises Refusal ``bad_answer``."""
    values = np.asarray(named(outputs, wanted.tensor), np.float32)
    shape = "×".join(map(str, values.shape))
    if values.ndim > 1:
        if len(values) != 1:
            raise bad_answer(f"The output is of {len(values)} pictures; one was given.")
        values = values[0]
    if wanted.pool == "mean":
        # Tokens (n, d) lie row by row, a map (d, h, w) channel by channel.
        values = values.mean(axis=0) if values.ndim == 2 else values.mean(axis=tuple(range(1, values.ndim)))
    elif wanted.pool == "first":
        values = values[0] if values.ndim == 2 else values
    elif values.ndim == 3 and values.shape[1:] == (1, 1):
        values = values[:, 0, 0]
    if values.ndim != 1 or not 2 <= len(values) <= MOST:
        raise bad_answer(f"The output of {shape} is no vector of 2 to {MOST} numbers; pool says how it becomes one.")
    if not np.isfinite(values).all() or not values.any():
        raise bad_answer("The vector is nothing, or not of finite numbers.")
    return np.asarray(values, np.float32)
