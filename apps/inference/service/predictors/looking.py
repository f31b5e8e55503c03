"""What an ONNX file is, found out in a process that may come to harm: the runtime is large, the file a stranger's."""

from __future__ import annotations

import resource
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from apps.inference import wire
from apps.inference.service.predictors.contract import read_contract, read_embedding
from apps.inference.service.predictors.files import need_runtime, open_session, read_model
from apps.inference.service.predictors.model import OnnxPredictor
from apps.inference.service.predictors.vectors import OnnxEmbedder
from apps.inference.service.refusals import Refusal
from apps.inference.service.sam.children import Child, ChildDied, settle

if TYPE_CHECKING:
    import onnx
    import onnxruntime

SECONDS = 120.0
MEMORY = 16 * 2**30
"""Address space of the process that looks; a file that makes the runtime want more ends that process only."""

GREY = 128


def look_aside(path: Path, config: Mapping[str, Any], *, embedder: bool = False) -> wire.InspectAnswer:
    """``look``, or ``look_at_embedder``, in a process of its own. Raises Refusal, NoRuntime."""
    need_runtime()
    if embedder:
        read_embedding(config)
    else:
        read_contract(config)
    child = Child(_main, path, dict(config), embedder)
    try:
        said = child.answer(SECONDS)
    except ChildDied:
        raise Refusal("bad_model", "The process that opened the model ended: memory or time ran out.") from None
    finally:
        child.stop()
    if isinstance(said, tuple):
        raise Refusal(*said)
    answer: wire.InspectAnswer = said
    return answer


def look(path: Path, config: Mapping[str, Any]) -> wire.InspectAnswer:
    """Reads the file, opens it, and tries the contract on a grey image. Raises Refusal."""
    contract = read_contract(config)
    content, model = read_model(path)
    session = open_session(content)
    predictor = OnnxPredictor(session, contract)
    height, width = contract.input.size
    began = perf_counter()
    predictor.predict(np.full((height, width, 3), GREY, np.uint8))
    facts = {"kind": str(config["kind"]), "classes": len(contract.classes), **_facts(session, model, began)}
    return wire.InspectAnswer(family="onnx", facts=facts)


def look_at_embedder(path: Path, config: Mapping[str, Any]) -> wire.InspectAnswer:
    """As ``look``, of a model whose output is a vector: on a picture of noise, since grey may well be nothing to it."""
    contract = read_embedding(config)
    content, model = read_model(path)
    session = open_session(content)
    embedder = OnnxEmbedder(session, contract)
    picture = np.random.default_rng(0).integers(0, 256, (*contract.input.size, 3), np.uint8)
    began = perf_counter()
    width = len(embedder.describe(picture))
    facts = {"kind": "embedding", "width": width, **_facts(session, model, began)}
    return wire.InspectAnswer(family="onnx", facts=facts)


def _facts(session: onnxruntime.InferenceSession, model: onnx.ModelProto, began: float) -> dict[str, Any]:
    return {
        "inputs": [_described(one) for one in session.get_inputs()],
        "outputs": [_described(one) for one in session.get_outputs()],
        "opset": {entry.domain or "ai.onnx": entry.version for entry in model.opset_import},
        "producer": model.producer_name[:200],
        "parameters": sum(int(np.prod(one.dims)) for one in model.graph.initializer),
        "milliseconds": round((perf_counter() - began) * 1e3, 1),
    }


def _main(connection: Connection, path: Path, config: dict[str, Any], embedder: bool) -> None:
    settle(threads=1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        connection.send(look_at_embedder(path, config) if embedder else look(path, config))
    except Refusal as refusal:
        connection.send((refusal.code, refusal.detail))


def _described(one: Any) -> dict[str, Any]:
    return {"name": str(one.name), "shape": [str(side) for side in one.shape], "type": str(one.type)}
