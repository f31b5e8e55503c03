"""Running an ONNX model on a picture: which input takes it, checked against the contract, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from apps.inference.service.predictors.contract import Input, bad_config
from apps.inference.service.predictors.files import brief
from apps.inference.service.predictors.objects import Outputs, bad_answer
from apps.inference.service.predictors.pixels import Placed, prepared, tensor
from apps.inference.service.refusals import Refusal

if TYPE_CHECKING:
    import onnxruntime

KINDS: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
}


class Runner:
    """Safe to call from one thread at a time."""

    def __init__(self, session: onnxruntime.InferenceSession, wanted: Input) -> None:
        """Raises Refusal ``bad_config`` where the model's inputs are not what the contract says."""
        self._session, self._wanted = session, wanted
        given = {one.name: one for one in session.get_inputs()}
        self._picture = picture_input(given, wanted)
        self._kind = KINDS[given[self._picture].type]
        self._extra = size_input(given, self._picture, wanted)

    def run(self, image: NDArray[np.uint8]) -> tuple[Outputs, Placed]:
        """Of an RGB image (height, width, 3): the outputs by name, and where the image lay in the input.

        Raises Refusal ``bad_answer``.
        """
        picture, placed = prepared(image, self._wanted)
        given: dict[str, Any] = {self._picture: tensor(picture, self._wanted, self._kind), **self._extra}
        try:
            values = self._session.run(None, given)
        except Exception as error:  # noqa: BLE001 - the runtime's exceptions have no base of their own
            raise Refusal("bad_answer", f"The model failed: {brief(error)}") from None
        names = [output.name for output in self._session.get_outputs()]
        found = {name: value for name, value in zip(names, values, strict=True) if isinstance(value, np.ndarray)}
        for name, value in found.items():
            if value.dtype.kind not in "fiub":
                raise bad_answer(f"The output {name!r} is of {value.dtype}.")
        return found, placed


def picture_input(given: Mapping[str, Any], wanted: Input) -> str:
    """The name of the input that takes the picture, checked against the contract's size."""
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


def size_input(given: Mapping[str, Any], picture: str, wanted: Input) -> dict[str, Any]:
    """What a second input wants, which the contract must know of."""
    name = wanted.size_input
    if unknown := [one for one in given if one not in (picture, name)]:
        raise bad_config(f"The model has inputs that the contract does not know: {', '.join(unknown)} - at `$.input`")
    if not name:
        return {}
    if name not in given:
        raise bad_config(f"There is no input {name!r} - at `$.input.size_input`")
    height, width = wanted.size
    kind = {"tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(float)": np.float32}.get(given[name].type)
    if kind is None:
        raise bad_config(f"The input {name!r} is of {given[name].type} - at `$.input.size_input`")
    return {name: np.array([[width, height]], kind)}
