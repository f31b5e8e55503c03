"""Having a model's file looked at by who alone may open it: the inference process, or one started for that."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

import msgspec
from django.conf import settings
from django.core.files.storage import default_storage

from apps.common.errors import Invalid
from apps.inference import wire
from apps.inference.gateway import Done, Refused, Reply, Unavailable, gateway, unwrap

log = logging.getLogger(__name__)

PATIENCE = 600
CHUNK = 2**20
NOBODY = ("unreachable", "not_configured")
# What the process says when it is not the file's fault.
OURS = ("model_missing", "no_torch", "starting", "internal")
KEPT = (
    *("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONPATH", "OMP_NUM_THREADS"),
    "LAPIDARY_PREDICTOR_HOSTS",
)


def inspect_file(ask: wire.InspectAsk) -> wire.InspectAnswer:
    """What the file is. Raises Invalid at /file for one that is not to be had, Unavailable, Throttled."""
    reply = gateway().inspect(ask)
    if isinstance(reply, Unavailable) and reply.code in NOBODY:
        with local_path(ask.key) as path:
            reply = inspect_by_program(ask, path)
    if isinstance(reply, Refused):
        raise Invalid.at("/file", reply.detail, code=reply.code)
    return unwrap(reply)


def inspect_by_program(ask: wire.InspectAsk, path: str) -> Reply[wire.InspectAnswer]:
    """The same by a process of its own, which knows neither our database nor our secrets."""
    command = [sys.executable, "-m", "apps.inference.service", "inspect", path, "--kind", ask.kind]
    command += ["--sha256", ask.sha256, "--config", msgspec.json.encode(ask.config).decode()]
    if ask.base is not None:
        command += ["--base", msgspec.json.encode(ask.base).decode()]
    given = {name: os.environ[name] for name in KEPT if name in os.environ}
    given["LAPIDARY_MEDIA_ROOT"] = str(settings.MEDIA_ROOT)
    try:
        # Every word is ours but the configuration, which is one argument.
        done = subprocess.run(  # noqa: S603
            command, env=given, cwd=settings.BASE_DIR, capture_output=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        log.warning("the file could not be looked at", extra={"error": repr(error)})
        return Unavailable("unreachable", "The file could not be looked at; the reason is in the log.", 60)
    return read_answer(done.returncode, done.stdout, done.stderr)


def read_answer(code: int, out: bytes, err: bytes) -> Reply[wire.InspectAnswer]:
    """What the program printed last: its answer, or its trouble."""
    said = (out.strip().splitlines() or [b""])[-1]
    try:
        if code == 0:
            return Done(msgspec.json.decode(said, type=wire.InspectAnswer))
        trouble = msgspec.json.decode(said, type=wire.Trouble)
    except msgspec.MsgspecError:
        log.error("the inspecting program failed", extra={"code": code, "said": err[-2_000:].decode(errors="replace")})
        return Unavailable("failed", "The file could not be looked at; the reason is in the log.", 60)
    if trouble.code in OURS:
        return Unavailable(trouble.code, trouble.detail, 60)
    return Refused(trouble.code, trouble.detail)


@contextmanager
def local_path(key: str) -> Iterator[str]:
    """A file of the media storage as a path: its own, or a copy's where the storage has none."""
    if not key:
        yield ""
        return
    try:
        path = default_storage.path(key)
    except NotImplementedError:
        with NamedTemporaryFile(suffix=Path(key).suffix) as copy, default_storage.open(key, "rb") as file:
            while chunk := file.read(CHUNK):
                copy.write(chunk)
            copy.flush()
            yield copy.name
    else:
        yield path
