"""Models of a few nodes in the forms of common exports. What they find depends on the picture they are given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SIDE, CELL = 64, 8
CELLS = SIDE // CELL
"""The detectors see a picture of 64 x 64 as 8 x 8 cells, and take the bright ones for objects."""


def built(
    nodes: Sequence[onnx.NodeProto],
    outputs: dict[str, Sequence[Any]],
    constants: dict[str, NDArray[Any]],
    *,
    picture: Sequence[Any] = (1, 3, SIDE, SIDE),
    kind: int = TensorProto.FLOAT,
    domains: Sequence[str] = (),
) -> onnx.ModelProto:
    graph = helper.make_graph(
        list(nodes),
        "tiny",
        [helper.make_tensor_value_info("images", kind, list(picture))],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name, shape in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", 17), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def saved(model: onnx.ModelProto, folder: Path, name: str = "model.onnx") -> Path:
    path = folder / name
    path.write_bytes(model.SerializeToString())
    return path


def cell_boxes(form: str = "cxcywh", normalised: bool = False) -> NDArray[np.float32]:
    """(64, 4): the cells, row by row."""
    rows, columns = np.divmod(np.arange(CELLS * CELLS), CELLS)
    left, top = columns * CELL, rows * CELL
    full = np.full_like(left, CELL)
    boxes = {
        "cxcywh": np.stack([left + CELL / 2, top + CELL / 2, full, full], axis=1),
        "xyxy": np.stack([left, top, left + CELL, top + CELL], axis=1),
        "xywh": np.stack([left, top, full, full], axis=1),
    }[form]
    return (boxes / (SIDE if normalised else 1)).astype(np.float32)


def brightness(classes: int = 1) -> list[onnx.NodeProto]:
    """``shares`` (1, classes, 64): the mean of each cell in the first channels."""
    return [
        helper.make_node("AveragePool", ["images"], ["pooled"], kernel_shape=[CELL, CELL], strides=[CELL, CELL]),
        helper.make_node("Slice", ["pooled", "zero", "classes", "one"], ["channels"]),
        helper.make_node("Reshape", ["channels", "flat"], ["shares"]),
    ]


def brightness_constants(classes: int) -> dict[str, NDArray[Any]]:
    return {
        "zero": np.array([0], np.int64),
        "one": np.array([1], np.int64),
        "classes": np.array([classes], np.int64),
        "flat": np.array([1, classes, CELLS * CELLS], np.int64),
    }


def yolo(
    classes: int = 3, *, columns: bool = True, objectness: bool = False, coefficients: NDArray[np.float32] | None = None
) -> onnx.ModelProto:
    """Bright cells, a class per channel, as (1, 4 + k, n) or (1, n, 4 + k); with prototypes where there are any."""
    constants = brightness_constants(classes) | {"boxes": cell_boxes().T[None]}
    parts = ["boxes", "shares"]
    width = 4 + classes
    if objectness:
        constants["sure"] = np.ones((1, 1, CELLS * CELLS), np.float32) / 2
        parts.insert(1, "sure")
        width += 1
    outputs: dict[str, Sequence[Any]] = {}
    nodes = brightness(classes)
    if coefficients is not None:
        constants["coefficients"] = coefficients
        parts.append("coefficients")
        width += coefficients.shape[1]
        nodes += _prototypes()
        outputs["protos"] = (1, 2, 16, 16)
    nodes.append(helper.make_node("Concat", parts, ["columns" if not columns else "output0"], axis=1))
    if not columns:
        nodes.append(helper.make_node("Transpose", ["columns"], ["output0"], perm=[0, 2, 1]))
    shape = (1, width, CELLS * CELLS) if columns else (1, CELLS * CELLS, width)
    return built(nodes, {"output0": shape, **outputs}, constants)


def _prototypes() -> list[onnx.NodeProto]:
    """``protos`` (1, 2, 16, 16): brightness of red above .5, and the same negated; as logits."""
    half = numpy_helper.from_array(np.array([0.5], np.float32))
    ten = numpy_helper.from_array(np.array([20.0], np.float32))
    return [
        helper.make_node("Constant", [], ["half"], value=half),
        helper.make_node("Constant", [], ["ten"], value=ten),
        helper.make_node("AveragePool", ["images"], ["small"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Slice", ["small", "zero", "one", "one"], ["red"]),
        helper.make_node("Sub", ["red", "half"], ["centred"]),
        helper.make_node("Mul", ["centred", "ten"], ["logit"]),
        helper.make_node("Neg", ["logit"], ["other"]),
        helper.make_node("Concat", ["logit", "other"], ["protos"], axis=1),
    ]


def detr(classes: int = 3) -> onnx.ModelProto:
    """Normalised boxes and logits with the background last, as DETR: a cell is an object where it is bright."""
    constants = brightness_constants(classes) | {
        "boxes": cell_boxes("cxcywh", normalised=True)[None],
        "steep": np.array([20.0], np.float32),
        "background": np.full((1, CELLS * CELLS, 1), 10.0, np.float32),
    }
    nodes = [
        *brightness(classes),
        helper.make_node("Mul", ["shares", "steep"], ["steeper"]),
        helper.make_node("Transpose", ["steeper"], ["rows"], perm=[0, 2, 1]),
        helper.make_node("Concat", ["rows", "background"], ["logits"], axis=2),
        helper.make_node("Identity", ["boxes"], ["pred_boxes"]),
    ]
    count = CELLS * CELLS
    return built(nodes, {"logits": (1, count, classes + 1), "pred_boxes": (1, count, 4)}, constants)


def torchvision(masks: NDArray[np.float32] | None = None) -> onnx.ModelProto:
    """Boxes, labels from 1 on, scores, perhaps a mask (n, 1, h, w) per box: two objects, whatever the picture."""
    constants: dict[str, NDArray[Any]] = {
        "b": np.array([[8, 8, 24, 24], [32, 16, 64, 48]], np.float32),
        "l": np.array([1, 3], np.float32),
        "s": np.array([0.9, 0.6], np.float32),
    }
    outputs: dict[str, Sequence[Any]] = {"boxes": (2, 4), "labels": (2,), "scores": (2,)}
    names = {"b": "boxes", "l": "labels", "s": "scores"}
    if masks is not None:
        constants["m"], outputs["masks"], names["m"] = masks, masks.shape, "masks"
    # Constants alone would not need the picture; adding nothing of it keeps the input.
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0),
        helper.make_node("Sub", ["mean", "mean"], ["nothing"]),
        *(helper.make_node("Add", [short, "nothing"], [long]) for short, long in names.items()),
    ]
    return built(nodes, outputs, constants)


def rows(table: NDArray[np.float32]) -> onnx.ModelProto:
    """A row per object, chosen by the model itself."""
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0),
        helper.make_node("Sub", ["mean", "mean"], ["nothing"]),
        helper.make_node("Add", ["table", "nothing"], ["output0"]),
    ]
    return built(nodes, {"output0": table.shape}, {"table": table})


def colours(*, kind: int = TensorProto.FLOAT, layout: str = "NCHW") -> onnx.ModelProto:
    """A classifier whose three logits are the means of the channels."""
    picture = (1, 3, SIDE, SIDE) if layout == "NCHW" else (1, SIDE, SIDE, 3)
    axes = [2, 3] if layout == "NCHW" else [1, 2]
    nodes = [
        helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats"], ["logits"], axes=axes, keepdims=0),
    ]
    return built(nodes, {"logits": (1, 3)}, {}, picture=picture, kind=kind)


def look(form: str = "vector", *, channels: int = 3) -> onnx.ModelProto:
    """An embedder: the means of a picture's channels over an 8 x 8 map of it, as a vector (1, d), a map (1, d, 8, 8) or
    tokens (1, n, d)."""
    nodes = [helper.make_node("AveragePool", ["images"], ["map"], kernel_shape=[CELL, CELL], strides=[CELL, CELL])]
    if form == "map":
        return built(nodes, {"map": (1, channels, CELLS, CELLS)}, {})
    nodes.append(helper.make_node("Reshape", ["map", "flat"], ["rows"]))
    constants = {"flat": np.array([1, channels, CELLS * CELLS], np.int64)}
    if form == "tokens":
        nodes.append(helper.make_node("Transpose", ["rows"], ["tokens"], perm=[0, 2, 1]))
        return built(nodes, {"tokens": (1, CELLS * CELLS, channels)}, constants)
    nodes.append(helper.make_node("ReduceMean", ["rows"], ["vector"], axes=[2], keepdims=0))
    return built(nodes, {"vector": (1, channels)}, constants)
