"""Why a model cannot be had. The codes are those of ``wire.Trouble``."""

from __future__ import annotations

from importlib import metadata
from importlib.util import find_spec

OLDEST_TORCH = (2, 10)
"""Older ones can be made to run code by a file of weights (CVE-2025-32434, CVE-2026-24747)."""


class ModelTrouble(Exception):
    """``detail`` is for people."""

    code = "model_missing"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class ModelMissing(ModelTrouble):
    """The file is not where it should be."""


class WrongFamily(ModelTrouble):
    """The weights are of another kind of model."""

    code = "wrong_family"


class DamagedFile(ModelTrouble):
    """Not a checkpoint, cut short, or not the file whose sha256 was named."""

    code = "damaged_file"


class UnsafeFile(ModelTrouble):
    """The file asks for more than weights on being opened; nothing of it was run."""

    code = "unsafe_file"


class NoTorch(ModelTrouble):
    """What the model needs is not installed, or too old to open files safely."""

    code = "no_torch"


class EncoderDied(ModelTrouble):
    """The encoder's process ended twice over the same image (memory, most likely)."""

    code = "encoder_died"


KINDS = {kind.code: kind for kind in (ModelMissing, WrongFamily, DamagedFile, UnsafeFile, NoTorch, EncoderDied)}


def trouble(code: str, detail: str) -> ModelTrouble:
    """The exception of a code that came from another process."""
    return KINDS.get(code, ModelTrouble)(detail)


def need_torch(*names: str) -> None:
    """Raises NoTorch unless torch and these packages, or else all that SAM needs, are here; imports none of them."""
    for name in ("torch", *(names or ("segment_anything", "onnx", "onnxruntime"))):
        if find_spec(name) is None:
            raise NoTorch(f"This model needs {name}, which is not installed here.")
    found = metadata.version("torch")
    if tuple(int(part) for part in found.split("+")[0].split(".")[:2]) < OLDEST_TORCH:
        oldest = ".".join(map(str, OLDEST_TORCH))
        raise NoTorch(f"torch {found} does not open checkpoints safely; {oldest} or newer does.")
