"""What an uploaded file is, found out in a process that may come to harm."""

from __future__ import annotations

from pathlib import Path

from apps.inference.service.sam.children import call
from apps.inference.service.sam.trouble import WrongFamily
from apps.inference.wire import InspectAnswer


def inspect_segmenter(path: Path, sha256: str) -> InspectAnswer:
    """Raises ModelTrouble: wrong_family, damaged_file, unsafe_file, no_torch, model_missing."""
    return call(_segmenter, path, sha256)


def inspect_decoder(base: Path, base_sha256: str, path: Path, sha256: str) -> InspectAnswer:
    """A tuned decoder, and whether it fits ``base``. Raises ModelTrouble."""
    return call(_decoder, base, base_sha256, path, sha256)


def _segmenter(path: Path, sha256: str) -> InspectAnswer:
    from apps.inference.service.sam import loading, sam2

    try:
        return loading.inspect(path, sha256)
    except WrongFamily:
        answer = sam2.inspect(path, sha256)
        if answer is None:
            raise
        return answer


def _decoder(base: Path, base_sha256: str, path: Path, sha256: str) -> InspectAnswer:
    from apps.inference.service.sam import loading

    return loading.inspect_decoder(base, base_sha256, path, sha256)
