"""A SAM ready to answer.

Without a GPU the encoder is a process of its own and the decoder is ONNX in this one, which then never imports torch.
With one, both are here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from apps.inference.service.embeddings import Embedding
from apps.inference.service.sam.children import cores
from apps.inference.service.sam.decoder_onnx import OnnxDecoder
from apps.inference.service.sam.export import decoder_file
from apps.inference.service.sam.trouble import DamagedFile, ModelTrouble, need_torch
from apps.inference.service.sam.worker import EncoderProcess
from apps.inference.service.segmenter import DecodeAsk, Decoded
from apps.inference.wire import ModelSpec

GPU_BATCH = 16
GPU_SIGNS = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")


class Files(Protocol):
    """The store's part that is needed here."""

    def local_path(self, key: str, sha256: str, /) -> Path:
        """The file as it lies on this machine, its sha256 checked."""


class AnEncoder(Protocol):
    def encode(self, image: NDArray[np.uint8]) -> Embedding: ...

    def close(self) -> None: ...


class ADecoder(Protocol):
    def decode(self, asks: Sequence[DecodeAsk]) -> list[Decoded]: ...


@dataclass
class SamEngine:
    """A ``Segmenter``. Its embeddings are those of ``base_sha256``: tuned decoders read the base's.

    Call ``encode`` from ``encode_workers`` threads and ``decode`` from ``decode_workers``, with ``max_batch`` asks.
    """

    id: str
    base_sha256: str
    device: str
    encode_workers: int
    decode_workers: int
    max_batch: int
    encoder: AnEncoder
    decoder: ADecoder

    def encode(self, image: NDArray[np.uint8]) -> Embedding:
        return self.encoder.encode(image)

    def decode(self, asks: Sequence[DecodeAsk]) -> list[Decoded]:
        return self.decoder.decode(asks)

    def close(self) -> None:
        """The encoder ends with the last model that uses it."""
        SHARED.give_back(self.base_sha256)


def load(spec: ModelSpec, store: Files, cache: Path) -> SamEngine:
    """Raises ModelTrouble. Takes seconds; the encoder may still be starting afterwards, and the first image waits."""
    need_torch()
    checkpoint = store.local_path(spec.key, spec.sha256)
    tuned = store.local_path(spec.decoder_key, spec.decoder_sha256) if spec.decoder_key else None
    device = best_device()
    decoder: ADecoder
    if device == "cpu":
        decoder = _cpu_decoder(cache, checkpoint, spec, tuned)
        encoder = SHARED.take(spec.sha256, lambda: in_background(EncoderProcess(checkpoint, spec.sha256)))
    else:
        decoder = _gpu_decoder(checkpoint, spec, tuned, device)
        encoder = SHARED.take(spec.sha256, lambda: _gpu_encoder(checkpoint, spec.sha256, device))
    return SamEngine(
        id=spec.id,
        base_sha256=spec.sha256,
        device=device,
        encode_workers=1,
        decode_workers=cores() if device == "cpu" else 1,
        max_batch=1 if device == "cpu" else GPU_BATCH,
        encoder=encoder,
        decoder=decoder,
    )


def best_device() -> str:
    """ "cuda" where a GPU can be used. torch is imported only where something looks like one."""
    if not any(Path(sign).exists() for sign in GPU_SIGNS):
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def in_background(encoder: EncoderProcess) -> EncoderProcess:
    """While it starts, encoded images can be clicked on. What goes wrong is said to the first image that is not."""

    def start() -> None:
        try:
            encoder.start()
        except ModelTrouble:
            return

    threading.Thread(target=start, daemon=True).start()
    return encoder


def _cpu_decoder(cache: Path, checkpoint: Path, spec: ModelSpec, tuned: Path | None) -> ADecoder:
    """A file of the cache that cannot be read is written again."""
    for _ in range(2):
        path = decoder_file(cache, checkpoint, spec.sha256, tuned, spec.decoder_sha256)
        try:
            return OnnxDecoder(path)
        except DamagedFile:
            path.unlink(missing_ok=True)
    raise DamagedFile("The decoder of this model cannot be written for this machine.")


def _gpu_encoder(checkpoint: Path, sha256: str, device: str) -> AnEncoder:
    from apps.inference.service.sam.encoder import Encoder
    from apps.inference.service.sam.loading import load as load_checkpoint

    return Encoder(load_checkpoint(checkpoint, sha256).sam, device)


def _gpu_decoder(checkpoint: Path, spec: ModelSpec, tuned: Path | None, device: str) -> ADecoder:
    from apps.inference.service.sam.decoder_torch import TorchDecoder
    from apps.inference.service.sam.loading import load as load_checkpoint
    from apps.inference.service.sam.loading import load_decoder

    sam = load_checkpoint(checkpoint, spec.sha256).sam
    if tuned is not None:
        load_decoder(sam, tuned, spec.decoder_sha256)
    return TorchDecoder(sam, device)


class Shared:
    """Encoders in use, by the sha256 of their checkpoint."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[AnEncoder, int]] = {}

    def take(self, sha256: str, make: Callable[[], AnEncoder]) -> AnEncoder:
        with self._lock:
            encoder, users = self._held.get(sha256) or (make(), 0)
            self._held[sha256] = encoder, users + 1
            return encoder

    def give_back(self, sha256: str) -> None:
        with self._lock:
            encoder, users = self._held.pop(sha256)
            if users > 1:
                self._held[sha256] = encoder, users - 1
        if users == 1:
            encoder.close()

    def held(self) -> set[str]:
        with self._lock:
            return set(self._held)


SHARED = Shared()
