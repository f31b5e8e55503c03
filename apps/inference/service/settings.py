"""What the process is told by its environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from apps.inference.service.store import FileStore, Store, bucket_store


class CannotStart(Exception):
    """The line to show."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where to listen (a socket's path, or host and port), and how much to keep in memory."""

    socket: Path | None
    host: str
    port: int
    token: str
    media_root: Path | None
    bucket: tuple[str, str, str] | None
    cache: Path
    most_pixels: int
    embedding_bytes: int
    picture_bytes: int
    models: int

    def store(self) -> Store:
        if self.bucket is not None:
            return bucket_store(*self.bucket, self.cache)
        assert self.media_root is not None  # noqa: S101 - read() has seen to it
        return FileStore(self.media_root)


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """Raises CannotStart."""
    url = environment.get("LAPIDARY_INFERENCE", "")
    token = _secret(environment, "LAPIDARY_INFERENCE_TOKEN")
    socket, host, port = _address(url, environment)
    if socket is None and len(token) < 20:
        raise CannotStart("Set LAPIDARY_INFERENCE_TOKEN (20 characters or more): over TCP others could reach it.")
    bucket = environment.get("LAPIDARY_S3_BUCKET", "")
    media = environment.get("LAPIDARY_MEDIA_ROOT", "")
    if not bucket and not media:
        raise CannotStart("Set LAPIDARY_MEDIA_ROOT or LAPIDARY_S3_BUCKET: where the images are.")
    where = (bucket, environment.get("LAPIDARY_S3_ENDPOINT", ""), environment.get("LAPIDARY_S3_REGION", ""))
    return Settings(
        socket=socket,
        host=host,
        port=port,
        token=token,
        media_root=Path(media) if media else None,
        bucket=where if bucket else None,
        cache=Path(environment.get("LAPIDARY_INFERENCE_CACHE") or "/var/cache/lapidary"),
        most_pixels=_number(environment, "LAPIDARY_MAX_MEGAPIXELS", 64) * 1_000_000,
        embedding_bytes=_number(environment, "LAPIDARY_INFERENCE_EMBEDDINGS_MB", 1_024) * 2**20,
        picture_bytes=_number(environment, "LAPIDARY_INFERENCE_PICTURES_MB", 256) * 2**20,
        models=_number(environment, "LAPIDARY_INFERENCE_MODELS", 3),
    )


def _address(url: str, environment: Mapping[str, str]) -> tuple[Path | None, str, int]:
    if url.startswith("unix:/"):
        return Path(url.removeprefix("unix:")), "", 0
    found = urlsplit(url)
    try:
        port = found.port
    except ValueError:
        port = None
    if found.scheme != "http" or not found.hostname or port is None:
        raise CannotStart("LAPIDARY_INFERENCE must look like unix:/path/to/socket or http://host:8100.")
    return None, environment.get("LAPIDARY_INFERENCE_HOST") or found.hostname, port


def _secret(environment: Mapping[str, str], name: str) -> str:
    path = environment.get(f"{name}_FILE", "").strip()
    return environment.get(name, "").strip() or (Path(path).read_text().strip() if path else "")


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 10**6:
        raise CannotStart(f"{name} must be a whole number above 0, not {text!r}.")
    return int(text)
