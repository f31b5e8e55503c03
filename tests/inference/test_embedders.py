"""Embedders from ONNX files: an output that is a vector or becomes one, and what is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from apps.inference import wire
from apps.inference.service.describing import Embedder
from apps.inference.service.loaders import Loaders
from apps.inference.service.predictors import inspect, inspect_embedder, load_embedder
from apps.inference.service.refusals import Refusal
from apps.inference.service.store import FileStore
from tests.inference import tiny_onnx

CONTRACT: dict[str, Any] = {"kind": "embedding", "input": {"size": [64, 64], "resize": "stretch"}}


def contract(pool: str = "none", **output: Any) -> dict[str, Any]:
    return CONTRACT | {"output": {"pool": pool, **output}}


def loaded(folder: Path, model: onnx.ModelProto, config: dict[str, Any]) -> Embedder:
    content = model.SerializeToString()
    digest = hashlib.sha256(content).hexdigest()
    store = FileStore(folder)
    store.write(f"models/{digest}.onnx", content)
    return load_embedder(wire.ModelSpec(digest, "onnx", f"models/{digest}.onnx", digest, config=config), store)


@pytest.mark.parametrize(("form", "pool"), [("vector", "none"), ("map", "mean"), ("tokens", "mean")])
def test_a_vector_is_taken_and_many_become_one(tmp_path: Path, form: str, pool: str) -> None:
    image = np.zeros((40, 80, 3), np.uint8)
    image[..., 0], image[..., 2] = 51, 204
    vector = loaded(tmp_path, tiny_onnx.look(form), contract(pool)).describe(image)
    np.testing.assert_allclose(vector, [0.2, 0, 0.8], atol=1e-5)


def test_the_first_token_is_the_corners(tmp_path: Path) -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[:8, :8] = (255, 0, 51)
    image[8:] = 90
    vector = loaded(tmp_path, tiny_onnx.look("tokens"), contract("first")).describe(image)
    np.testing.assert_allclose(vector, [1, 0, 0.2], atol=1e-5)


@pytest.mark.parametrize(
    ("form", "config", "said"),
    [
        ("map", contract("none"), "pool"),
        ("tokens", contract("none"), "pool"),
        ("vector", contract("none", tensor="other"), "no output 'other'"),
    ],
)
def test_an_output_that_is_no_vector_is_refused(tmp_path: Path, form: str, config: dict[str, Any], said: str) -> None:
    with pytest.raises(Refusal, match=said) as caught:
        loaded(tmp_path, tiny_onnx.look(form), config).describe(np.full((64, 64, 3), 7, np.uint8))
    assert caught.value.code == "bad_answer"


def test_a_vector_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="nothing"):
        loaded(tmp_path, tiny_onnx.look(), contract()).describe(np.zeros((64, 64, 3), np.uint8))


def test_a_sound_file_is_described_with_the_width_of_its_vectors(tmp_path: Path) -> None:
    """Through the process of its own, once."""
    path = tiny_onnx.saved(tiny_onnx.look(), tmp_path)
    facts = inspect_embedder(path, CONTRACT).facts
    assert (facts["kind"], facts["width"]) == ("embedding", 3)
    assert [one["name"] for one in facts["outputs"]] == ["vector"]
    asked = wire.InspectAsk(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), "embedder", config=CONTRACT)
    assert Loaders(FileStore(tmp_path), tmp_path / "cache").inspect(asked).facts["width"] == 3


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"kind": "detection", "input": {"size": [64, 64]}}, r"\$.kind"),
        (CONTRACT | {"classes": ["a"]}, "classes"),
        (CONTRACT | {"output": {"pool": "max"}}, r"\$.output.pool"),
        (CONTRACT | {"input": {"size": [64, 64], "std": [1, 0, 1]}}, r"\$.input.std"),
        ({}, "input"),
    ],
)
def test_a_wrong_contract_is_named_before_the_file_is_opened(
    tmp_path: Path, config: dict[str, Any], named: str
) -> None:
    with pytest.raises(Refusal, match=named) as caught:
        inspect_embedder(tmp_path / "not there.onnx", config)
    assert caught.value.code == "bad_config"


def test_a_predictor_is_no_embedder_and_an_embedder_no_predictor(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="kind"):
        inspect(tmp_path / "not there.onnx", CONTRACT)
    with pytest.raises(Refusal) as caught:
        load_embedder(wire.ModelSpec("a", "vit_b"), FileStore(tmp_path))
    assert caught.value.code == "wrong_family"
