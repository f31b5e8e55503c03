"""Strangers' ONNX files and contracts: what is wrong is named, and nothing beside the file is ever opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from apps.inference.service.predictors import inspect
from apps.inference.service.predictors.contract import read_contract
from apps.inference.service.predictors.looking import look
from apps.inference.service.refusals import Refusal
from tests.inference import tiny_onnx

CONTRACT: dict[str, Any] = {
    "kind": "detection",
    "input": {"size": [64, 64]},
    "classes": ["red", "green", "blue"],
    "output": {"form": "yolo"},
}


def refused(path: Path, config: dict[str, Any] = CONTRACT) -> Refusal:
    with pytest.raises(Refusal) as caught:
        look(path, config)
    return caught.value


def test_a_sound_file_is_described(tmp_path: Path) -> None:
    """Through the process of its own, once."""
    answer = inspect(tiny_onnx.saved(tiny_onnx.yolo(), tmp_path), CONTRACT)
    assert answer.family == "onnx"
    assert answer.facts["kind"] == "detection"
    assert answer.facts["classes"] == 3
    assert answer.facts["inputs"] == [{"name": "images", "shape": ["1", "3", "64", "64"], "type": "tensor(float)"}]
    assert [one["name"] for one in answer.facts["outputs"]] == ["output0"]


def test_a_refusal_comes_out_of_the_other_process(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"\x80\x04hello")
    with pytest.raises(Refusal) as caught:
        inspect(path, CONTRACT)
    assert caught.value.code == "damaged_file"


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04" + b"x" * 100, b"\x00" * 64])
def test_what_is_no_onnx_file_is_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    assert refused(path).code == "damaged_file"


@pytest.mark.parametrize("share", [0.05, 0.5, 0.98])
def test_a_file_cut_short_is_damaged(tmp_path: Path, share: float) -> None:
    whole = tiny_onnx.saved(tiny_onnx.yolo(), tmp_path)
    content = whole.read_bytes()
    whole.write_bytes(content[: int(len(content) * share)])
    assert refused(whole).code in ("damaged_file", "bad_model")


def external(name: str, location: str) -> onnx.TensorProto:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[4])
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", "16")):
        tensor.external_data.add(key=key, value=value)
    return tensor


def test_weights_in_another_file_are_unsafe(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"\0" * 16)
    for location in ("weights.bin", "../../etc/passwd", "/etc/passwd"):
        model = tiny_onnx.yolo()
        model.graph.initializer.append(external("stolen", location))
        assert refused(tiny_onnx.saved(model, tmp_path)).code == "unsafe_file"


def test_weights_in_another_file_are_found_however_deep(tmp_path: Path) -> None:
    inner = helper.make_graph(
        [helper.make_node("Constant", [], ["x"], value=external("deep", "/etc/passwd"))],
        "inner",
        [],
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4])],
    )
    condition = numpy_helper.from_array(np.array(True))
    model = tiny_onnx.yolo()
    model.graph.node.append(helper.make_node("Constant", [], ["yes"], value=condition))
    model.graph.node.append(helper.make_node("If", ["yes"], ["y"], then_branch=inner, else_branch=inner))
    assert refused(tiny_onnx.saved(model, tmp_path)).code == "unsafe_file"


def test_an_operator_that_opens_files_is_unsafe(tmp_path: Path) -> None:
    model = tiny_onnx.yolo()
    model.graph.node.append(
        helper.make_node("EPContext", [], ["e"], domain="com.microsoft", embed_mode=0, ep_cache_context="/etc/passwd")
    )
    assert refused(tiny_onnx.saved(model, tmp_path)).code == "unsafe_file"


def test_an_operator_that_nobody_knows_is_named(tmp_path: Path) -> None:
    nodes = [helper.make_node("Sorcery", ["images"], ["output0"], domain="com.example")]
    model = tiny_onnx.built(nodes, {"output0": (1, 7, 64)}, {}, domains=["com.example"])
    found = refused(tiny_onnx.saved(model, tmp_path))
    assert found.code == "bad_model"
    assert "com.example::Sorcery" in found.detail
    plain = tiny_onnx.built([helper.make_node("Sorcery", ["images"], ["output0"])], {"output0": (1, 7, 64)}, {})
    assert refused(tiny_onnx.saved(plain, tmp_path)).code == "bad_model"


def test_functions_of_the_model_itself_are_fine(tmp_path: Path) -> None:
    body = [helper.make_node("Identity", ["a"], ["b"])]
    function = helper.make_function("local", "Same", ["a"], ["b"], body, [helper.make_opsetid("", 17)])
    model = tiny_onnx.yolo()
    model.functions.append(function)
    model.opset_import.append(helper.make_opsetid("local", 1))
    model.graph.node[0].input[0] = "same"
    model.graph.node.insert(0, helper.make_node("Same", ["images"], ["same"], domain="local"))
    assert look(tiny_onnx.saved(model, tmp_path), CONTRACT).family == "onnx"


def test_a_model_that_does_not_fit_its_contract_is_found_out_by_trying(tmp_path: Path) -> None:
    path = tiny_onnx.saved(tiny_onnx.yolo(), tmp_path)
    assert refused(path, {**CONTRACT, "classes": list("abcdefgh")}).code == "bad_answer"
    assert refused(path, {**CONTRACT, "output": {"form": "rows", "tensor": "boxes"}}).code == "bad_answer"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"size": [32, 32]}, r"\$.input.size"),
        ({"size": [64, 64], "layout": "NHWC"}, r"\$.input.size"),
        ({"size": [64, 64], "name": "pixels"}, r"\$.input.name"),
        ({"size": [64, 64], "size_input": "sizes"}, r"\$.input.size_input"),
    ],
)
def test_inputs_that_are_not_there_are_named(tmp_path: Path, given: dict[str, Any], words: str) -> None:
    path = tiny_onnx.saved(tiny_onnx.yolo(), tmp_path)
    with pytest.raises(Refusal, match=words) as caught:
        look(path, {**CONTRACT, "input": given})
    assert caught.value.code == "bad_config"


def test_an_input_that_the_contract_does_not_know_is_named(tmp_path: Path) -> None:
    model = tiny_onnx.yolo()
    model.graph.input.append(helper.make_tensor_value_info("sizes", TensorProto.INT64, [1, 2]))
    path = tiny_onnx.saved(model, tmp_path)
    assert "`$.input.name`" in refused(path).detail
    named = {**CONTRACT, "input": {"size": [64, 64], "name": "images"}}
    assert "sizes" in refused(path, named).detail
    whole = {**CONTRACT, "input": {"size": [64, 64], "size_input": "sizes"}}
    assert look(path, whole).facts["kind"] == "detection"


def test_an_input_of_words_is_no_picture(tmp_path: Path) -> None:
    nodes = [helper.make_node("Identity", ["images"], ["output0"])]
    model = tiny_onnx.built(nodes, {}, {}, picture=[1], kind=TensorProto.STRING)
    model.graph.output.append(helper.make_tensor_value_info("output0", TensorProto.STRING, [1]))
    found = refused(tiny_onnx.saved(model, tmp_path))
    assert found.code == "bad_config"
    assert "tensor(string)" in found.detail


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"kind": "telepathy"}, "$.kind"),
        ({"classes": []}, "$.classes"),
        ({"classes": ["a", "a"]}, "$.classes"),
        ({"input": {"size": [64]}}, "$.input.size"),
        ({"input": {"size": [64, 100_000]}}, "$.input.size"),
        ({"input": {"size": [64, 64], "std": [0, 1, 1]}}, "$.input.std"),
        ({"input": {"size": [64, 64], "resize": "fold"}}, "$.input.resize"),
        ({"input": {"size": [64, 64], "colour": 1}}, "$.input"),
        ({"output": {"form": "tea leaves"}}, "$.output.form"),
        ({"output": {"form": "yolo", "box": "round"}}, "$.output.box"),
        ({"score_threshold": 2}, "$.score_threshold"),
        ({"masks": {"form": "per_box", "tensor": "m"}}, "masks"),
        ({"kind": "instance_segmentation"}, "masks"),
    ],
)
def test_a_contract_names_the_member_that_is_wrong(change: dict[str, Any], place: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_contract({**CONTRACT, **change})
    assert caught.value.code == "bad_config"
    assert place in caught.value.detail


def test_prototypes_want_rows_with_coefficients() -> None:
    with pytest.raises(Refusal, match=r"\$.masks.form"):
        read_contract(
            {
                **CONTRACT,
                "kind": "instance_segmentation",
                "output": {"form": "boxes", "boxes": "b", "scores": "s"},
                "masks": {"form": "prototypes", "tensor": "p"},
            }
        )
