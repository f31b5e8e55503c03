"""How model versions and their files are called, here and in the inference process."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

SUFFIXES = {"segmenter": (".pth", ".pt", ".safetensors"), "predictor": (".onnx",), "embedder": (".onnx",)}
DIGEST = re.compile(r"[0-9a-f]{64}")


def spec_id(sha256: str, decoder_sha256: str = "", contract_sha256: str = "") -> str:
    """The name of a version: its file's digest, and that of its tuned decoder or of its contract."""
    if decoder_sha256:
        return f"{sha256}.{decoder_sha256}"
    return f"{sha256}:{contract_sha256[:16]}" if contract_sha256 else sha256


def contract_digest(config: Mapping[str, Any]) -> str:
    """Of a predictor's contract: the same file with other classes is another version. Empty for none."""
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest() if config else ""


def model_key(sha256: str, suffix: str) -> str:
    """Where a model's file lies in the media storage."""
    return f"models/{sha256}{suffix}"


def embedding_key(model_sha256: str, image_sha256: str) -> str:
    """Where the embedding of an image lies in the media storage; written by the inference process."""
    return f"embeddings/{model_sha256}/{image_sha256}.i8"


def suffix_of(name: str, kind: str) -> str | None:
    """The ending that a file of this kind keeps; None for one that no such file has."""
    return next((suffix for suffix in SUFFIXES.get(kind, ()) if name.lower().endswith(suffix)), None)


def is_digest(text: str) -> bool:
    return DIGEST.fullmatch(text) is not None
