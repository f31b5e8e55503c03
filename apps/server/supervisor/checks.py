"""What can be wrong before anything starts; each gives one clear line."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO


class CannotStart(Exception):
    """The line to show."""


@dataclass(frozen=True)
class Address:
    host: str
    port: int

    @property
    def url(self) -> str:
        shown = {"0.0.0.0": "localhost", "::": "localhost"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"http://[{shown}]:{self.port}" if ":" in shown else f"http://{shown}:{self.port}"


def address() -> Address:
    """From HOST and PORT, if it is free. Raises CannotStart."""
    host, text = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65_536:
        raise CannotStart(f"PORT must be a number from 1 to 65535, not {text!r}.")
    port = int(text)
    try:
        family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except socket.gaierror:
        raise CannotStart(f"HOST {host!r} is not known here.") from None
    except OSError as error:
        reason = "is in use: stop what runs there, or choose another with PORT=8001 make run"
        if error.errno not in (98, 48):
            reason = f"cannot be used: {error.strerror}"
        raise CannotStart(f"Port {port} on {host} {reason}.") from None
    return Address(host, port)


def home(default: Path) -> Path:
    """LAPIDARY_HOME, made and writable. Raises CannotStart."""
    folder = Path(os.environ.get("LAPIDARY_HOME") or default).expanduser().absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CannotStart(f"LAPIDARY_HOME {folder} cannot be written: {error.strerror}.") from None
    return folder


def alone(folder: Path) -> IO[str]:
    """Holds the home for this process; keep the answer open. Raises CannotStart when another has it."""
    file = (folder / "run.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise CannotStart(f"Lapidary already runs with the home {folder}.") from None
    return file
