"""The encoder in a process of its own: seconds of computing, during which clicks in this process go on undisturbed."""

from __future__ import annotations

import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from apps.inference.service.embeddings import Embedding
from apps.inference.service.sam.children import Child, ChildDied, Trouble, cores, settle
from apps.inference.service.sam.trouble import EncoderDied, ModelTrouble

ATTEMPTS = 2

Kind = Literal["sam", "sam2"]


class Encodes(Protocol):
    def encode(self, image: NDArray[np.uint8]) -> Embedding: ...


class EncoderProcess:
    """Encodes one image at a time. A process that died is started again, and the image is tried once more."""

    def __init__(self, path: Path, sha256: str, kind: Kind = "sam") -> None:
        self._path, self._sha256, self._kind = path, sha256, kind
        self._child: Child | None = None
        self._lock = threading.Lock()
        self._closed = False

    @property
    def pid(self) -> int | None:
        child = self._child
        return child.pid if child else None

    def start(self) -> None:
        """Raises the ModelTrouble for which the checkpoint cannot be read."""
        with self._lock:
            try:
                self._running()
            except ChildDied as error:
                raise EncoderDied("The encoder's process ended while it read the model.") from error

    def encode(self, image: NDArray[np.uint8]) -> Embedding:
        with self._lock:
            for _ in range(ATTEMPTS):
                try:
                    return self._ask(self._running(), np.ascontiguousarray(image))
                except ChildDied:
                    self._stop()
            raise EncoderDied("The encoder's process ended twice over this image.")

    def close(self) -> None:
        """An image that is being encoded is given up."""
        self._closed = True
        child = self._child
        if child is not None and self._lock.locked():
            child.interrupt()
        with self._lock:
            self._stop()

    def _running(self) -> Child:
        if self._closed:
            raise EncoderDied("The encoder was closed.")
        if self._child is not None and not self._child.alive():
            self._stop()
        if self._child is None:
            self._child = Child(serve, self._kind, str(self._path), self._sha256, max(1, cores() - 1))
            try:
                self._child.answer()
            except (ChildDied, ModelTrouble):
                self._stop()
                raise
        return self._child

    def _ask(self, child: Child, image: NDArray[np.uint8]) -> Embedding:
        try:
            child.connection.send(image.shape)
            child.connection.send_bytes(image.reshape(-1).data)
        except OSError as error:
            raise ChildDied from error
        return cast(Embedding, child.answer())

    def _stop(self) -> None:
        if self._child is not None:
            self._child.stop()
            self._child = None


def _encoder(kind: Kind, path: Path, sha256: str, threads: int) -> Encodes:
    import torch

    torch.set_num_threads(threads)
    if kind == "sam2":
        from apps.inference.service.sam.sam2 import Sam2, predictor

        return Sam2(predictor(path, sha256))
    from apps.inference.service.sam.encoder import Encoder
    from apps.inference.service.sam.loading import load

    return Encoder(load(path, sha256).sam)


def serve(connection: Connection, kind: Kind, path: str, sha256: str, threads: int) -> None:
    """The child: reads the model once, then images until the parent goes away."""
    settle(threads)
    try:
        encoder = _encoder(kind, Path(path), sha256, threads)
    except ModelTrouble as error:
        connection.send(Trouble(error))
        return
    connection.send("ready")
    while True:
        try:
            shape = connection.recv()
            image = np.frombuffer(connection.recv_bytes(), np.uint8).reshape(shape)
        except (EOFError, OSError):
            return
        try:
            connection.send(encoder.encode(image))
        except ModelTrouble as error:
            connection.send(Trouble(error))
