"""The process's two commands."""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import msgspec
import uvicorn

from apps.inference import wire
from apps.inference.service.app import application
from apps.inference.service.library import NotLoaded
from apps.inference.service.loaders import Loaders
from apps.inference.service.refusals import Refusal
from apps.inference.service.settings import CannotStart, read
from apps.inference.service.store import FileStore

T = TypeVar("T")


def main(arguments: Sequence[str]) -> int:
    reader = argparse.ArgumentParser(prog="python -m apps.inference.service")
    commands = reader.add_subparsers(dest="command")
    inspecting = commands.add_parser("inspect", help="says what a model's file is, as JSON")
    inspecting.add_argument("path", help="empty for a predictor that is an address")
    inspecting.add_argument("--kind", choices=["segmenter", "decoder", "predictor", "embedder"], default="segmenter")
    inspecting.add_argument("--sha256", default="", help="what the file's digest must be")
    inspecting.add_argument("--config", default="{}", help="of a predictor or embedder, as JSON")
    inspecting.add_argument("--base", default="", help="what a decoder was tuned from: a ModelSpec as JSON")
    asked = reader.parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.WARNING)
    try:
        return inspect(asked) if asked.command == "inspect" else serve()
    except CannotStart as error:
        sys.stderr.write(f"inference: {error}\n")
        return 1


def serve() -> int:
    """Until it is told to end."""
    settings = read()
    bound = [bind(settings.socket)] if settings.socket is not None else None
    config = uvicorn.Config(
        application(settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    uvicorn.Server(config).run(sockets=bound)
    return 0


def bind(path: Path) -> socket.socket:
    """A socket for ourselves alone, in the place of one that a dead process has left. Raises CannotStart.

    Ours stays behind as well: whoever knocks at it is refused at once, and nobody can delete a successor's.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _clear(path)
        return _bound(path)
    except OSError as error:
        raise CannotStart(f"{path} cannot be opened: {error.strerror or error}.") from error


def _clear(path: Path) -> None:
    if path.is_socket():
        with socket.socket(socket.AF_UNIX) as knock, suppress(ConnectionRefusedError, FileNotFoundError):
            knock.connect(str(path))
            raise CannotStart(f"Another inference process answers at {path}.")
        path.unlink(missing_ok=True)


def _bound(path: Path) -> socket.socket:
    ours = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        ours.bind(str(path))
    except OSError:
        ours.close()
        raise
    finally:
        os.umask(before)
    return ours


def inspect(asked: argparse.Namespace) -> int:
    """0 and an InspectAnswer, or 1 and a Trouble, on standard output."""
    try:
        answer: msgspec.Struct = _inspected(asked)
        status = 0
    except (Refusal, NotLoaded) as error:
        answer, status = wire.Trouble(code=error.code, detail=error.detail), 1
    except (OSError, ValueError) as error:
        answer, status = wire.Trouble(code="bad_file", detail=str(error)), 1
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    return status


def _inspected(asked: argparse.Namespace) -> wire.InspectAnswer:
    path = Path(asked.path).absolute() if asked.path else None
    sha256: str = asked.sha256
    if path is not None and not sha256:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    ask = wire.InspectAsk(
        key=path.name if path is not None else "",
        sha256=sha256,
        kind=asked.kind,
        base=_said(asked.base, wire.ModelSpec) if asked.base else None,
        config=_said(asked.config, dict[str, Any]),
    )
    with TemporaryDirectory(prefix="lapidary-inspect-") as cache:
        return Loaders(Beside(path), Path(cache)).inspect(ask)


def _said(text: str, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError as error:
        raise Refusal("bad_config", str(error)) from None


class Beside(FileStore):
    """The one file that was named, wherever it lies; all else is in the media storage."""

    def __init__(self, path: Path | None) -> None:
        super().__init__(Path(os.environ.get("LAPIDARY_MEDIA_ROOT", ".")))
        self._named = path

    def _path(self, key: str) -> Path:
        named = self._named
        return named if named is not None and key == named.name else super()._path(key)
