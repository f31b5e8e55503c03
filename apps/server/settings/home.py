"""LAPIDARY_HOME: where one machine keeps its database, media and secrets."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from pathlib import Path

# What the system allows for the path of a socket, less a little.
SOCKET_PATH_BYTES = 100


def home(default: Path) -> Path:
    """The folder named by LAPIDARY_HOME, made if it is not there; readable by its owner only. Raises OSError."""
    folder = Path(os.environ.get("LAPIDARY_HOME") or default).expanduser().absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def folder(parent: Path, name: str) -> Path:
    made = parent / name
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    return made


def socket(home: Path, name: str) -> Path:
    """Where a socket of this home is: in it, or where its path would be too long, in a folder only we may enter."""
    path = home / f"{name}.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_BYTES:
        return path
    short = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return folder(Path(tempfile.gettempdir()), f"lapidary-{os.getuid()}-{short}") / f"{name}.sock"


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
