"""Files of the commands: arrays without pickles, and nothing half-written is left behind."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from django.core.management.base import CommandError
from numpy.typing import NDArray


def read(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as found:
            if not isinstance(found, np.lib.npyio.NpzFile):
                raise CommandError(f"{path}: one .npz file with named arrays is needed.")
            return {name: found[name] for name in found.files}
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from error
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise CommandError(f"{path}: this is no .npz file of plain arrays; objects (pickles) are not read.") from error


def write(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    with whole(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def write_text(path: Path, text: str) -> None:
    with whole(path) as file:
        file.write(text.encode())


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """Writes beside the target and moves it there, so that the target is never half there."""
    draft = path.with_name(f".{path.name}.part")
    try:
        with draft.open("wb") as file:
            yield file
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise CommandError(f"{path}: {error.strerror or error}") from error
