"""Predictors from ONNX files: the forms of common exports, and pixels that come back to where they were."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto

from apps.inference import wire
from apps.inference.service.masks import decode_mask
from apps.inference.service.predictors import Predictor, load
from apps.inference.service.refusals import Refusal
from apps.inference.service.store import FileStore
from tests.inference import tiny_onnx

COLOURS = ["red", "green", "blue"]


@pytest.fixture
def loaded(tmp_path: Path) -> Any:
    """Puts a model into a media storage and loads it from there."""

    def put(model: onnx.ModelProto, **config: Any) -> Predictor:
        content = model.SerializeToString()
        digest = hashlib.sha256(content).hexdigest()
        store = FileStore(tmp_path)
        store.write(f"models/{digest}.onnx", content)
        spec = wire.ModelSpec(digest, "onnx", key=f"models/{digest}.onnx", sha256=digest, config=config)
        return load(spec, store, tmp_path / "cache")

    return put


def detection(output: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {"size": [64, 64], **more.pop("input", {})}
    return {"kind": "detection", "input": given, "classes": COLOURS, "output": output, **more}


def scene(height: int, width: int, *blocks: tuple[int, int, int, int, int]) -> NDArray[np.uint8]:
    """Black, with blocks x, y, width, height of one channel."""
    image = np.zeros((height, width, 3), np.uint8)
    for x, y, wide, high, channel in blocks:
        image[y : y + high, x : x + wide, channel] = 255
    return image


def boxes(labels: list[wire.PredictedLabel]) -> dict[str, tuple[float, ...]]:
    return {label.name: tuple(round(value, 3) for value in label.bbox or ()) for label in labels}


@pytest.mark.parametrize("columns", [True, False])
@pytest.mark.parametrize("order", ["auto", "told"])
def test_yolo_in_both_orders(loaded: Any, columns: bool, order: str) -> None:
    told = {"auto": "auto", "told": "columns" if columns else "rows"}[order]
    predictor = loaded(tiny_onnx.yolo(columns=columns), **detection({"form": "yolo", "order": told}))
    found = predictor.predict(scene(64, 64, (8, 16, 8, 8, 0), (40, 48, 8, 8, 2)))
    assert boxes(found) == {"red": (8, 16, 8, 8), "blue": (40, 48, 8, 8)}
    assert all(label.shape == "bounding_box" and label.confidence > 0.99 for label in found)


@pytest.mark.parametrize("size", [(320, 640), (640, 320), (16, 32), (64, 128)])
def test_a_letterboxed_image_gets_its_own_pixels_back(loaded: Any, size: tuple[int, int]) -> None:
    """A cell of the input is size/64 of the image's longer side, below or beside the padding."""
    height, width = size
    cell = max(size) // 8
    column, row = (5, 1) if width > height else (1, 5)
    predictor = loaded(tiny_onnx.yolo(), **detection({"form": "yolo"}, input={"pad": 0}))
    found = predictor.predict(scene(height, width, (column * cell, row * cell, cell, cell, 1)))
    left, top, wide, high = found[0].bbox
    assert found[0].name == "green"
    assert (left, top) == pytest.approx((column * cell, row * cell), abs=0.6)
    assert (wide, high) == pytest.approx((cell, cell), abs=0.6)


def test_a_picture_in_the_corner_has_its_padding_below(loaded: Any) -> None:
    predictor = loaded(tiny_onnx.yolo(), **detection({"form": "yolo"}, input={"pad": 0, "place": "corner"}))
    assert boxes(predictor.predict(scene(32, 64, (8, 8, 8, 8, 0)))) == {"red": (8, 8, 8, 8)}


def test_padding_is_as_bright_as_was_said_and_boxes_in_it_are_cut_off(loaded: Any) -> None:
    predictor = loaded(tiny_onnx.yolo(), **detection({"form": "yolo"}, input={"pad": 255}))
    assert predictor.predict(scene(32, 64)) == []


def test_a_stretched_image_gets_its_own_pixels_back(loaded: Any) -> None:
    predictor = loaded(tiny_onnx.yolo(), **detection({"form": "yolo"}, input={"resize": "stretch"}))
    found = predictor.predict(scene(128, 320, (40, 16, 40, 16, 0)))
    assert boxes(found) == {"red": (40, 16, 40, 16)}


def test_a_cropped_image_gets_its_own_pixels_back(loaded: Any) -> None:
    predictor = loaded(tiny_onnx.yolo(), **detection({"form": "yolo"}, input={"resize": "crop"}))
    found = predictor.predict(scene(128, 256, (64 + 16, 32, 16, 16, 0), (0, 0, 60, 128, 1)))
    assert boxes(found) == {"red": (80, 32, 16, 16)}  # the green at the side is not seen


def test_objectness_counts(loaded: Any) -> None:
    predictor = loaded(tiny_onnx.yolo(objectness=True), **detection({"form": "yolo", "objectness": True}))
    (found,) = predictor.predict(scene(64, 64, (8, 16, 8, 8, 0)))
    assert found.confidence == pytest.approx(0.5)


def test_all_classes_scores_become_probabilities(loaded: Any) -> None:
    image = scene(64, 64, (8, 16, 8, 8, 0))
    image[16:24, 8:16, 1] = 51
    (found,) = loaded(tiny_onnx.yolo(), **detection({"form": "yolo"})).predict(image)
    assert found.probabilities == pytest.approx({"red": 1 / 1.2, "green": 0.2 / 1.2, "blue": 0})


def test_doubles_are_suppressed_within_a_class_only(loaded: Any) -> None:
    table = np.array(
        [[8, 8, 40, 40, 0.9, 0], [9, 9, 41, 41, 0.8, 0], [8, 8, 40, 40, 0.7, 1], [0, 0, 8, 8, 0.6, 0]], np.float32
    )[None]
    raw = detection({"form": "rows", "has_nms": False})
    found = loaded(tiny_onnx.rows(table), **raw).predict(scene(64, 64))
    assert [(label.name, round(label.confidence, 2)) for label in found] == [("red", 0.9), ("green", 0.7), ("red", 0.6)]
    chosen = loaded(tiny_onnx.rows(table), **detection({"form": "rows"})).predict(scene(64, 64))
    assert len(chosen) == 4


def test_the_threshold_and_the_most_are_kept(loaded: Any) -> None:
    table = np.array([[i, 0, i + 1, 1, 0.1 * i, 0] for i in range(10)], np.float32)[None]
    raw = detection({"form": "rows"}, score_threshold=0.45, most=3)
    found = loaded(tiny_onnx.rows(table), **raw).predict(scene(64, 64))
    assert [round(label.confidence, 1) for label in found] == [0.9, 0.8, 0.7]


def test_rows_with_the_number_of_the_image(loaded: Any) -> None:
    table = np.array([[0, 8, 8, 40, 40, 2, 0.9]], np.float32)
    raw = detection({"form": "rows", "columns": "batch_box_class_score"})
    assert boxes(loaded(tiny_onnx.rows(table), **raw).predict(scene(64, 64))) == {"blue": (8, 8, 32, 32)}


def test_detr_drops_the_background_and_its_boxes_are_shares(loaded: Any) -> None:
    output = {
        "form": "boxes", "boxes": "pred_boxes", "scores": "logits", "box": "cxcywh", "normalised": True,
        "activation": "softmax", "background": "last",
    }  # fmt: skip
    found = loaded(tiny_onnx.detr(), **detection(output, input={"resize": "stretch"}))
    labels = found.predict(scene(128, 64, (8, 32, 8, 16, 1)))
    assert boxes(labels) == {"green": (8, 32, 8, 16)}
    assert sum(labels[0].probabilities.values()) == pytest.approx(1)


def test_torchvision_counts_classes_from_one(loaded: Any) -> None:
    output = {"form": "boxes", "boxes": "boxes", "scores": "scores", "labels": "labels", "label_offset": 1}
    found = loaded(tiny_onnx.torchvision(), **detection(output)).predict(scene(64, 64))
    assert boxes(found) == {"red": (8, 8, 16, 16), "blue": (32, 16, 32, 32)}
    assert all(not label.probabilities for label in found)


def segmentation(output: dict[str, Any], masks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**detection(output, **more), "kind": "instance_segmentation", "masks": masks}


def test_prototypes_become_masks_in_their_boxes(loaded: Any) -> None:
    weights = np.zeros((1, 2, 64), np.float32)
    weights[:, 0] = 1
    raw = segmentation({"form": "yolo"}, {"form": "prototypes", "tensor": "protos"}, input={"pad": 0})
    predictor = loaded(tiny_onnx.yolo(coefficients=weights), **raw)
    image = scene(64, 128, (32, 16, 16, 16, 0), (100, 30, 8, 8, 0))
    first = predictor.predict(image)[0]
    assert first.shape == "bitmask"
    assert first.name == "red"
    mask = decode_mask(first.mask or wire.Mask((1, 1), "1"))
    truth = image[..., 0] > 0
    truth[:, 64:] = False
    assert mask.shape == (64, 128)
    assert (mask & truth).sum() / (mask | truth).sum() > 0.8
    assert not mask[:, 64:].any()  # the other object is not this box's
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    assert first.bbox == (x, y, width, height)


@pytest.mark.parametrize("area", ["box", "input"])
def test_a_mask_per_box_is_drawn_over_the_box_or_the_picture(loaded: Any, area: str) -> None:
    masks = np.zeros((2, 1, 64, 64), np.float32)
    if area == "box":
        masks[:, :, :, :32] = 1  # the left half of each box
    else:
        masks[0, 0, 8:24, 8:16] = masks[1, 0, 16:48, 32:48] = 1
    output = {"form": "boxes", "boxes": "boxes", "scores": "scores", "labels": "labels", "label_offset": 1}
    raw = segmentation(output, {"form": "per_box", "tensor": "masks", "area": area}, input={"resize": "stretch"})
    found = loaded(tiny_onnx.torchvision(masks), **raw).predict(scene(128, 64))
    assert boxes(found) == {"red": (8, 16, 8, 32), "blue": (32, 32, 16, 64)}
    for label in found:
        x, y, width, height = (int(value) for value in label.bbox or ())
        mask = decode_mask(label.mask or wire.Mask((1, 1), "1"))
        assert mask[y : y + height, x : x + width].all()
        assert mask.sum() == width * height


def classification(**more: Any) -> dict[str, Any]:
    given = {"size": [64, 64], "resize": "stretch", **more.pop("input", {})}
    return {"kind": "classification", "input": given, "classes": COLOURS, "of": "colour", **more}


def test_a_classifier_gives_its_best_answer_with_probabilities(loaded: Any) -> None:
    (found,) = loaded(tiny_onnx.colours(), **classification(input={"scale": 1.0})).predict(
        scene(64, 64, (0, 0, 64, 64, 1))
    )
    assert (found.name, found.of, found.shape, found.bbox, found.mask) == (
        "green",
        "colour",
        "classification",
        None,
        None,
    )
    assert found.confidence == pytest.approx(1)
    assert sum(found.probabilities.values()) == pytest.approx(1)


def test_a_classifier_that_is_not_sure_says_nothing(loaded: Any) -> None:
    raw = classification(score_threshold=0.5)
    assert loaded(tiny_onnx.colours(), **raw).predict(scene(64, 64)) == []  # a third each


def test_many_answers_at_once(loaded: Any) -> None:
    image = scene(64, 64, (0, 0, 64, 64, 0), (0, 0, 64, 64, 2))
    raw = classification(output={"activation": "sigmoid", "many": True}, score_threshold=0.6)
    found = loaded(tiny_onnx.colours(), **raw).predict(image)
    assert [label.name for label in found] == ["red", "blue"]
    assert all(label.probabilities == {} for label in found)


def test_mean_spread_and_order_of_channels(loaded: Any) -> None:
    image = scene(64, 64, (0, 0, 64, 64, 0))
    shared = {"output": {"activation": "none"}, "score_threshold": 0.0}
    raw = classification(input={"mean": [0.5, 0.0, 0.0], "std": [0.5, 1.0, 1.0]}, **shared)
    assert loaded(tiny_onnx.colours(), **raw).predict(image)[0].confidence == pytest.approx(1)
    raw = classification(input={"channels": "BGR"}, **shared)
    assert loaded(tiny_onnx.colours(), **raw).predict(image)[0].name == "blue"


@pytest.mark.parametrize(("kind", "layout"), [(TensorProto.FLOAT16, "NCHW"), (TensorProto.UINT8, "NHWC")])
def test_models_of_halves_and_of_bytes(loaded: Any, kind: int, layout: str) -> None:
    model = tiny_onnx.colours(kind=kind, layout=layout)
    found = loaded(model, **classification(input={"layout": layout})).predict(scene(64, 64, (0, 0, 64, 64, 2)))
    assert found[0].name == "blue"


def test_the_middle_of_the_image_is_what_a_cropping_classifier_sees(loaded: Any) -> None:
    image = scene(100, 300, (0, 0, 300, 100, 0), (100, 0, 100, 100, 1))
    image[:, 100:200, 0] = 0
    raw = classification(input={"resize": "crop", "scale": 1.0})
    assert loaded(tiny_onnx.colours(), **raw).predict(image)[0].name == "green"


@pytest.mark.parametrize(
    ("model", "output", "words"),
    [
        (tiny_onnx.yolo(2), {"form": "yolo"}, "A row has 6 numbers"),
        (tiny_onnx.detr(), {"form": "boxes", "boxes": "pred_boxes", "scores": "scores"}, "no output 'scores'"),
        (tiny_onnx.detr(), {"form": "boxes", "boxes": "pred_boxes", "scores": "logits"}, "takes 3 numbers"),
        (
            tiny_onnx.detr(),
            {"form": "boxes", "boxes": "pred_boxes", "scores": "logits", "background": "last"},
            "name the activation",
        ),
        (tiny_onnx.torchvision(), {"form": "yolo"}, "Name the output"),
        (tiny_onnx.rows(np.array([[0, 0, 5, 5, 0.9, 7]], np.float32)), {"form": "rows"}, "There is a class 7"),
        (tiny_onnx.rows(np.array([[0, 0, 5, 5, np.nan, 1]], np.float32)), {"form": "rows"}, "not finite"),
        (tiny_onnx.rows(np.array([[0, 0, np.inf, 5, 0.9, 1]], np.float32)), {"form": "rows"}, "not finite"),
        (tiny_onnx.rows(np.array([[0, 0, 5, 5]], np.float32)), {"form": "rows"}, "A row has 4 numbers"),
    ],
)
def test_an_answer_that_is_not_as_agreed_is_refused(
    loaded: Any, model: onnx.ModelProto, output: dict[str, Any], words: str
) -> None:
    predictor = loaded(model, **detection(output))
    with pytest.raises(Refusal, match=words) as refused:
        predictor.predict(scene(64, 64, (8, 8, 8, 8, 0)))
    assert refused.value.code == "bad_answer"


def test_a_model_of_another_kind_is_no_predictor(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        load(wire.CLASSICAL, FileStore(tmp_path), tmp_path)
    assert refused.value.code == "wrong_family"
