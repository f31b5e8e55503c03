"""Predictors: a project's own detector, classifier or segmenter, as an ONNX file or behind an address.

What such a model's numbers mean is its contract (``contract``), the ``config`` of its ``ModelSpec``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from apps.inference import wire
from apps.inference.service.predictors.contract import read_contract, read_embedding
from apps.inference.service.predictors.external import HttpPredictor
from apps.inference.service.predictors.files import open_session, read_model
from apps.inference.service.predictors.looking import look_aside
from apps.inference.service.predictors.model import OnnxPredictor
from apps.inference.service.predictors.vectors import OnnxEmbedder
from apps.inference.service.refusals import Refusal
from apps.inference.service.store import Store

__all__ = ["Predictor", "inspect", "inspect_embedder", "load", "load_embedder"]


class Predictor(Protocol):
    def predict(self, image: NDArray[np.uint8], /) -> list[wire.PredictedLabel]:
        """What it says of an RGB image (height, width, 3) as seen. Raises Refusal ``bad_answer``."""


def load(spec: wire.ModelSpec, store: Store, cache: Path) -> Predictor:
    """Raises Refusal (bad_config, bad_model, damaged_file, unsafe_file, wrong_family, host_not_allowed), NoRuntime, and
    what the store raises."""
    if spec.family == "http":
        return HttpPredictor(spec.config)
    if spec.family != "onnx":
        raise Refusal("wrong_family", "This model is no predictor.")
    contract = read_contract(spec.config)
    content, _ = read_model(store.local_path(spec.key, spec.sha256))
    return OnnxPredictor(open_session(content), contract)


def load_embedder(spec: wire.ModelSpec, store: Store) -> OnnxEmbedder:
    """Raises as ``load`` does."""
    if spec.family != "onnx":
        raise Refusal("wrong_family", "This model is no embedder.")
    contract = read_embedding(spec.config)
    content, _ = read_model(store.local_path(spec.key, spec.sha256))
    return OnnxEmbedder(open_session(content), contract)


def inspect_embedder(path: Path, config: Mapping[str, Any]) -> wire.InspectAnswer:
    """What the file is, tried out in a process of its own. Raises as ``load`` does."""
    return look_aside(path, config, embedder=True)


def inspect(path: Path | None, config: Mapping[str, Any]) -> wire.InspectAnswer:
    """What the file is, tried out in a process of its own; without one, what is agreed with the address in ``config``.

    Raises as ``load`` does.
    """
    if "url" in config:
        contract = HttpPredictor(config).contract
        return wire.InspectAnswer(family="http", facts={"kind": contract.kind or "", "classes": len(contract.classes)})
    if path is None:
        raise Refusal("bad_model", "There is neither a file nor an address.")
    return look_aside(path, config)
