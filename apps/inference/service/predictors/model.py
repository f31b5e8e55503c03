"""An ONNX model that finds, cuts out or sorts, by its contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from apps.inference import wire
from apps.inference.service.masks import encode_crop
from apps.inference.service.outlines import extent
from apps.inference.service.predictors.contract import Classification, Contract, Detection, Segmentation, bad_config
from apps.inference.service.predictors.files import brief
from apps.inference.service.predictors.instances import Piece, pieces
from apps.inference.service.predictors.objects import Objects, Outputs, activated, bad_answer, named, objects
from apps.inference.service.predictors.pixels import Placed, prepared, tensor
from apps.inference.service.refusals import Refusal

if TYPE_CHECKING:
    import onnxruntime

KINDS: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
}


class OnnxPredictor:
    """Safe to call from one thread at a time."""

    def __init__(self, session: onnxruntime.InferenceSession, contract: Contract) -> None:
        """Raises Refusal ``bad_config`` where the model's inputs are not what the contract says."""
        self.contract = contract
        self._session = session
        given = {one.name: one for one in session.get_inputs()}
        self._picture = _picture_input(given, contract)
        self._kind = KINDS[given[self._picture].type]
        self._extra = _size_input(given, self._picture, contract)

    def predict(self, image: NDArray[np.uint8]) -> list[wire.PredictedLabel]:
        """What the model says of an RGB image. Raises Refusal ``bad_answer``."""
        picture, placed = prepared(image, self.contract.input)
        outputs = self._run(tensor(picture, self.contract.input, self._kind))
        match self.contract:
            case Classification():
                return _sorted(outputs, self.contract)
            case Detection():
                found = objects(outputs, self.contract)
                return _boxed(found, placed, self.contract)
            case Segmentation():
                found = objects(outputs, self.contract)
                return _cut_out(found, pieces(outputs, found, self.contract, placed), placed, self.contract)

    def _run(self, pixels: NDArray[np.generic]) -> Outputs:
        given: dict[str, Any] = {self._picture: pixels, **self._extra}
        try:
            values = self._session.run(None, given)
        except Exception as error:  # noqa: BLE001 - the runtime's exceptions have no base of their own
            raise Refusal("bad_answer", f"The model failed: {brief(error)}") from None
        names = [output.name for output in self._session.get_outputs()]
        found = {name: value for name, value in zip(names, values, strict=True) if isinstance(value, np.ndarray)}
        for name, value in found.items():
            if value.dtype.kind not in "fiub":
                raise bad_answer(f"The output {name!r} is of {value.dtype}.")
        return found


def _picture_input(given: Mapping[str, Any], contract: Contract) -> str:
    """The name of the input that takes the picture, checked against the contract's size."""
    wanted = contract.input
    others = [name for name in given if name != wanted.size_input]
    name = wanted.name or (others[0] if len(others) == 1 else "")
    if name not in given:
        raise bad_config(f"Name the input, one of {', '.join(given)} - at `$.input.name`")
    one = given[name]
    if one.type not in KINDS:
        raise bad_config(f"The input {name!r} is of {one.type}, not of {', '.join(KINDS)} - at `$.input.name`")
    sides = [1, 3, *wanted.size] if wanted.layout == "NCHW" else [1, *wanted.size, 3]
    shape = list(one.shape)
    fits = len(shape) == 4 and all(
        not isinstance(is_, int) or is_ == side for is_, side in zip(shape, sides, strict=True)
    )
    if not fits:
        raise bad_config(f"The input {name!r} takes {shape}; size and layout make {sides} - at `$.input.size`")
    return name


def _size_input(given: Mapping[str, Any], picture: str, contract: Contract) -> dict[str, Any]:
    """What a second input wants, which the contract must know of."""
    name = contract.input.size_input
    if unknown := [one for one in given if one not in (picture, name)]:
        raise bad_config(f"The model has inputs that the contract does not know: {', '.join(unknown)} - at `$.input`")
    if not name:
        return {}
    if name not in given:
        raise bad_config(f"There is no input {name!r} - at `$.input.size_input`")
    height, width = contract.input.size
    kind = {"tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(float)": np.float32}.get(given[name].type)
    if kind is None:
        raise bad_config(f"The input {name!r} is of {given[name].type} - at `$.input.size_input`")
    return {name: np.array([[width, height]], kind)}


def _sorted(outputs: Outputs, contract: Classification) -> list[wire.PredictedLabel]:
    output, classes = contract.output, contract.classes
    values = np.asarray(named(outputs, output.tensor), np.float32).reshape(-1)
    if len(values) != len(classes):
        raise bad_answer(f"There are {len(values)} scores for {len(classes)} classes.")
    shares = activated(values, output.activation)
    if not np.isfinite(shares).all() or shares.min() < 0 or shares.max() > 1 + 1e-3:
        raise bad_answer("The scores are no probabilities: name the activation.")
    chosen = np.argsort(-shares, kind="stable") if output.many else [int(shares.argmax())]
    probabilities = {} if output.many else shared_out(shares, classes)
    return [
        wire.PredictedLabel(
            name=classes[number],
            confidence=min(1.0, float(shares[number])),
            shape="classification",
            of=contract.of,
            probabilities=probabilities,
        )
        for number in chosen
        if shares[number] >= contract.score_threshold
    ]


def shared_out(shares: NDArray[np.float32], classes: tuple[str, ...]) -> dict[str, float]:
    """Scores of all classes as probabilities that sum to 1: independent ones are taken in proportion."""
    total = float(shares.astype(np.float64).sum())
    if total <= 0:
        return {}
    return {name: float(share) / total for name, share in zip(classes, shares, strict=True)}


def _boxed(found: Objects, placed: Placed, contract: Detection) -> list[wire.PredictedLabel]:
    labels = []
    for number, (left, top, right, bottom) in enumerate(placed.back(found.boxes).tolist()):
        if right > left and bottom > top:
            box = (left, top, right - left, bottom - top)
            labels.append(_label(found, number, contract, "bounding_box", box, None))
    return labels


def _cut_out(found: Objects, cuts: list[Piece], placed: Placed, contract: Segmentation) -> list[wire.PredictedLabel]:
    labels = []
    for number, piece in enumerate(cuts):
        rows, columns = extent(piece.crop)
        if rows is None or columns is None:
            continue
        tight = piece.crop[rows, columns]
        left, top = piece.left + columns.start, piece.top + rows.start
        box = (float(left), float(top), float(tight.shape[1]), float(tight.shape[0]))
        mask = encode_crop(tight, left, top, placed.size)
        labels.append(_label(found, number, contract, "bitmask", box, mask))
    return labels


def _label(
    found: Objects,
    number: int,
    contract: Detection | Segmentation,
    shape: Any,
    box: tuple[float, float, float, float],
    mask: wire.Mask | None,
) -> wire.PredictedLabel:
    return wire.PredictedLabel(
        name=contract.classes[int(found.labels[number])],
        confidence=float(np.clip(found.scores[number], 0, 1)),
        shape=shape,
        bbox=box,
        mask=mask,
        probabilities={} if found.shares is None else shared_out(found.shares[number], contract.classes),
    )
