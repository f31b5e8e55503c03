"""An ONNX model that finds, cuts out or sorts, by its contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from apps.inference import wire
from apps.inference.service.masks import encode_crop
from apps.inference.service.outlines import extent
from apps.inference.service.predictors.contract import Classification, Contract, Detection, Segmentation
from apps.inference.service.predictors.instances import Piece, pieces
from apps.inference.service.predictors.objects import Objects, Outputs, activated, bad_answer, named, objects
from apps.inference.service.predictors.pixels import Placed
from apps.inference.service.predictors.running import Runner

if TYPE_CHECKING:
    import onnxruntime


class OnnxPredictor:
    """Safe to call from one thread at a time."""

    def __init__(self, session: onnxruntime.InferenceSession, contract: Contract) -> None:
        """Raises Refusal ``bad_config`` where the model's inputs are not what the contract says."""
        self.contract = contract
        self._runner = Runner(session, contract.input)

    def predict(self, image: NDArray[np.uint8]) -> list[wire.PredictedLabel]:
        """What the model says of an RGB image. Raises Refusal ``bad_answer``."""
        outputs, placed = self._runner.run(image)
        match self.contract:
            case Classification():
                return _sorted(outputs, self.contract)
            case Detection():
                found = objects(outputs, self.contract)
                return _boxed(found, placed, self.contract)
            case Segmentation():
                found = objects(outputs, self.contract)
                return _cut_out(found, pieces(outputs, found, self.contract, placed), placed, self.contract)


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
