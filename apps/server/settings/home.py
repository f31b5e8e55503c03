"""LAPIDARY_HOME: where one machine keeps its database, media and secrets."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def home(default: Path) -> Path:
    """The folder named by LAPIDARY_HOME, made if it is not there; readable by its owner only. Raises OSError."""
    folder = Path(os.environ.get("LAPIDARY_HOME") or default).expanduser().absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def folder(parent: Path, name: str) -> Path:
    made = parent / name
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    return made


def secret(path: Path) -> str:
    """The secret kept in ``path`` with mode 600; made on the first call, also when several processes make it."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(64))
    return _read(path)


def _read(path: Path) -> str:
    value = path.read_text().strip()
    if len(value) < 50:
        raise RuntimeError(f"{path} holds no secret: delete it, and a new one is made (everybody signs in again).")
    return value
