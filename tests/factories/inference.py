"""Models without files behind them, and files that stand for models."""

from __future__ import annotations

from io import BytesIO
from itertools import count
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from apps.inference.logic.versions import embedding_key
from apps.inference.models import AllowedFile, ModelVersion, StoredEmbedding

# Far from the digests that data units without files are given.
_numbers = count(2**200)


def digest() -> str:
    """A digest of nothing, each its own."""
    return f"{next(_numbers):064x}"


def make_model(name: str = "SAM", **fields: Any) -> ModelVersion:
    sha256 = fields.pop("sha256", None) or digest()
    values = {"family": "vit_b", "key": f"models/{sha256}.pth", **fields}
    return ModelVersion.objects.create(name=name, sha256=sha256, **values)


def model_file(content: bytes | None = None) -> BytesIO:
    """A file that nobody could mistake for a model, each with bytes of its own."""
    return BytesIO(content or f"weights {next(_numbers)}".encode())


def allow(sha256: str) -> AllowedFile:
    return AllowedFile.objects.create(sha256=sha256)


def store_embedding(model: ModelVersion, image_sha256: str, content: bytes = b"LAPE", **fields: Any) -> StoredEmbedding:
    """A file in the media storage, and its row."""
    default_storage.save(embedding_key(model.sha256, image_sha256), ContentFile(content))
    now = timezone.now()
    values = {"bytes": len(content), "created_at": now, "last_used_at": now, **fields}
    return StoredEmbedding.objects.create(model_sha256=model.sha256, image_sha256=image_sha256, **values)
