"""What must be known of a predictor to use it: a model's file says neither its classes nor how its numbers are meant.

A contract is the ``config`` of a ``ModelSpec``. Everything in it is checked; an error names the member that is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from apps.inference.service.refusals import Refusal

Side = Annotated[int, Meta(ge=8, le=4096)]
Share = Annotated[float, Meta(ge=0, le=1)]
Triple = tuple[float, float, float]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Activation = Literal["none", "sigmoid", "softmax"]
BoxForm = Literal["xyxy", "cxcywh", "xywh"]


class Input(Struct, frozen=True, forbid_unknown_fields=True):
    """How an image becomes the tensor: ``(pixel * scale - mean) / std``, of a picture of ``size`` (height, width).

    ``letterbox`` keeps proportions and fills up with ``pad``, at the sides or at the far ``corner``. ``crop`` keeps
    them too and takes the middle, ``crop_share`` of the shorter side. ``size_input`` names a second input that wants
    the picture's (width, height), as RT-DETR's exports do. A model of bytes gets the pixels as they are.
    """

    size: tuple[Side, Side]
    name: str = ""
    resize: Literal["letterbox", "stretch", "crop"] = "letterbox"
    place: Literal["centre", "corner"] = "centre"
    pad: Annotated[float, Meta(ge=0, le=255)] = 114.0
    crop_share: Annotated[float, Meta(gt=0, le=1)] = 1.0
    resample: Literal["bilinear", "area"] = "bilinear"
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)
    scale: Annotated[float, Meta(gt=0, le=1)] = 1 / 255
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    channels: Literal["RGB", "BGR"] = "RGB"
    size_input: str = ""


class Yolo(Struct, frozen=True, forbid_unknown_fields=True, tag_field="form", tag="yolo"):
    """One tensor: a box, perhaps an objectness, and a score per class, then perhaps a mask's coefficients.

    ``order`` columns is (1, 4 + k, n), rows (1, n, 4 + k); auto tells them apart by their lengths.
    """

    tensor: str = ""
    order: Literal["auto", "columns", "rows"] = "auto"
    box: BoxForm = "cxcywh"
    normalised: bool = False
    objectness: bool = False
    activation: Literal["none", "sigmoid"] = "none"
    has_nms: bool = False


class Boxes(Struct, frozen=True, forbid_unknown_fields=True, tag_field="form", tag="boxes"):
    """Boxes and scores apart, as from torchvision and DETR.

    ``scores`` is one per box with the class in ``labels`` (less ``label_offset``: 1 where 0 is the background), or one
    per box and class, then with a ``background`` column first or last, or none.
    """

    boxes: Name
    scores: Name
    labels: str = ""
    label_offset: int = 0
    box: BoxForm = "xyxy"
    normalised: bool = False
    activation: Activation = "none"
    background: Literal["none", "first", "last"] = "none"
    has_nms: bool = False


class Rows(Struct, frozen=True, forbid_unknown_fields=True, tag_field="form", tag="rows"):
    """A row per object, which the model has chosen itself: box, score, class, or with the batch's number first."""

    tensor: str = ""
    columns: Literal["box_score_class", "batch_box_class_score"] = "box_score_class"
    box: BoxForm = "xyxy"
    normalised: bool = False
    has_nms: bool = True


class PerBox(Struct, frozen=True, forbid_unknown_fields=True, tag_field="form", tag="per_box"):
    """A mask per box, over the ``area`` of the box (Mask R-CNN) or of the whole input."""

    tensor: Name
    area: Literal["box", "input"] = "box"
    activation: Literal["none", "sigmoid"] = "none"
    threshold: Share = 0.5


class Prototypes(Struct, frozen=True, forbid_unknown_fields=True, tag_field="form", tag="prototypes"):
    """(1, m, h, w) pictures whose sum, weighted by the m coefficients of each object's row, is its mask's logit."""

    tensor: Name
    threshold: Annotated[float, Meta(gt=0, lt=1)] = 0.5


class Scores(Struct, frozen=True, forbid_unknown_fields=True):
    """Of a classification. ``many``: every class from the threshold on, rather than the one best."""

    tensor: str = ""
    activation: Activation = "softmax"
    many: bool = False


Found = Yolo | Boxes | Rows
Masks = PerBox | Prototypes


class Shared(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    input: Input
    classes: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=10_000)]
    score_threshold: Share = 0.25
    iou_threshold: Share = 0.45
    most: Annotated[int, Meta(ge=1, le=1000)] = 300


class Detection(Shared, frozen=True, tag="detection", kw_only=True):
    output: Found


class Segmentation(Shared, frozen=True, tag="instance_segmentation", kw_only=True):
    output: Found
    masks: Masks


class Classification(Shared, frozen=True, tag="classification", kw_only=True):
    """``of`` is the name of the classification that the classes answer."""

    of: Name
    output: Scores = Scores()


Contract = Detection | Segmentation | Classification


class Vector(Struct, frozen=True, forbid_unknown_fields=True):
    """Which output is the vector. ``pool`` makes one of many: ``mean`` of a row of tokens (1, n, d) or of a map
    (1, d, h, w), or the ``first`` token; ``none`` takes (1, d) or (d,) as it is."""

    tensor: str = ""
    pool: Literal["none", "mean", "first"] = "none"


class Embedding(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="embedding"):
    """Of an embedder: it has no classes and says nothing, its output is what a picture looks like to it."""

    input: Input
    output: Vector = Vector()


class External(Struct, frozen=True, forbid_unknown_fields=True):
    """A predictor at ``url``. What it answers is checked against ``classes``, where they are given."""

    url: Annotated[str, Meta(min_length=1, max_length=2000)]
    kind: Literal["detection", "instance_segmentation", "classification"] | None = None
    classes: tuple[Name, ...] = ()
    of: str = ""
    image: Literal["png", "jpeg"] = "png"
    score_threshold: Share = 0.0
    timeout_seconds: Annotated[float, Meta(gt=0, le=300)] = 60.0


def bad_config(detail: str) -> Refusal:
    return Refusal("bad_config", detail)


def read_contract(config: Mapping[str, Any]) -> Contract:
    """Raises Refusal ``bad_config``, which names the member."""
    found: Contract = _converted(config, Contract)
    if len(set(found.classes)) != len(found.classes):
        raise bad_config("A class is there twice - at `$.classes`")
    if 0 in found.input.std:
        raise bad_config("Nothing can be divided by 0 - at `$.input.std`")
    if isinstance(found, Segmentation):
        _check_masks(found)
    return found


def read_embedding(config: Mapping[str, Any]) -> Embedding:
    """Raises Refusal ``bad_config``, which names the member."""
    found: Embedding = _converted(config, Embedding)
    if 0 in found.input.std:
        raise bad_config("Nothing can be divided by 0 - at `$.input.std`")
    return found


def read_external(config: Mapping[str, Any]) -> External:
    """Raises Refusal ``bad_config``."""
    found: External = _converted(config, External)
    return found


def _check_masks(contract: Segmentation) -> None:
    if isinstance(contract.masks, Prototypes) and isinstance(contract.output, Boxes):
        raise bad_config("Coefficients of prototypes stand in a `yolo` or `rows` tensor - at `$.masks.form`")


def _converted(config: Mapping[str, Any], kind: Any) -> Any:
    try:
        return msgspec.convert(dict(config), kind)
    except msgspec.ValidationError as error:
        raise bad_config(str(error)) from None
