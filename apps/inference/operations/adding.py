"""Models come and go: added from a file that is trusted, chosen as default, archived; decoders come of tuning."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q

from apps.accounts.models import User
from apps.common.errors import Conflict, Invalid
from apps.datasets import store
from apps.inference import wire
from apps.inference.logic.versions import SUFFIXES, contract_digest, is_digest, model_key, suffix_of
from apps.inference.models import AllowedFile, FinetuneRun, ModelKind, ModelVersion
from apps.inference.operations.opening import inspect_file
from apps.projects.models import Project

CHUNK = 2**20


def add_model(
    *,
    file: IO[bytes],
    file_name: str,
    name: str,
    kind: ModelKind,
    config: Mapping[str, Any] | None = None,
    base: ModelVersion | None = None,
    project: Project | None = None,
    actor: User | None,
    allowed_only: bool = True,
    as_default: bool = False,
) -> ModelVersion:
    """A new version of the file's bytes, which lie in the media storage afterwards; ``base`` makes it a tuned decoder.

    ``allowed_only`` refuses a file that is not on the list of allowed ones before anything looks into it. Then the
    inference process says what the file is. Whatever is refused leaves nothing behind. Raises Invalid at /file,
    Conflict for one that is there already, Unavailable when nobody could look into the file.
    """
    if as_default and (kind != ModelKind.SEGMENTER or project is not None):
        raise Invalid.at("/default", "The default is a segmenter of the whole instance.", code="not_for_all")
    suffix = suffix_of(file_name, kind)
    if suffix is None:
        endings = ", ".join(SUFFIXES[kind])
        raise Invalid.at("/file", f"A {kind} is a file that ends in {endings}.", code="unknown_suffix")
    digest = digest_of(file)
    if allowed_only and not AllowedFile.objects.filter(sha256=digest).exists():
        raise not_allowed(digest)
    made = ModelVersion(
        name=name, kind=kind, sha256=digest, key=model_key(digest, suffix), project=project, created_by=actor
    )
    if base is not None:
        made.sha256, made.key, made.base = base.sha256, base.key, base
        made.decoder_sha256, made.decoder_key = digest, model_key(digest, suffix)
    made.config = dict(config or {})
    made.contract_sha256 = contract_digest(made.config) if kind != ModelKind.SEGMENTER else ""
    require_new(made)
    key = made.decoder_key or made.key
    keep_file(key, file)
    try:
        return look_and_save(made, inspection(made, key, digest), as_default=as_default)
    except BaseException:
        if not is_named(key):
            store.remove([key])
        raise


def inspection(made: ModelVersion, key: str, digest: str) -> wire.InspectAsk:
    kind = "decoder" if made.base is not None else made.kind
    return wire.InspectAsk(
        key=key,
        sha256=digest,
        kind=kind,  # type: ignore[arg-type] # a ModelKind's value
        base=made.base.spec() if made.base is not None else None,
        config=made.config,
    )


def look_and_save(made: ModelVersion, ask: wire.InspectAsk, *, as_default: bool = False) -> ModelVersion:
    """Has the file looked at, then writes the row. Raises as ``inspect_file`` does, and Conflict."""
    found = inspect_file(ask)
    made.family, made.facts = found.family, found.facts
    with transaction.atomic():
        require_new(made)
        made.save(force_insert=True)
        return make_default(model=made) if as_default else made


def add_http_predictor(
    *, url: str, name: str, config: Mapping[str, Any], project: Project | None, actor: User | None
) -> ModelVersion:
    """A predictor behind an address that the instance's admin names; its version is the digest of its contract.

    Raises Invalid, Conflict, Unavailable.
    """
    contract = {**config, "url": url}
    digest = contract_digest(contract)
    made = ModelVersion(name=name, kind=ModelKind.PREDICTOR, sha256=digest, project=project, created_by=actor)
    made.config = contract
    require_new(made)
    return look_and_save(made, inspection(made, "", digest))


def digest_of(file: IO[bytes]) -> str:
    """SHA-256 of the bytes, which is all that is read of a file before it is trusted. Raises Invalid when empty."""
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(CHUNK):
        size += len(chunk)
        digest.update(chunk)
    file.seek(0)
    if not size:
        raise Invalid.at("/file", "The file is empty.", code="empty")
    return digest.hexdigest()


def not_allowed(digest: str) -> Invalid:
    detail = f"The admin of this instance has not allowed a file with the digest {digest}."
    return Invalid.at("/file", detail, code="not_allowed")


def require_new(made: ModelVersion) -> None:
    """Raises Conflict for a version that is there, archived or not."""
    there = ModelVersion.objects.filter(
        sha256=made.sha256,
        decoder_sha256=made.decoder_sha256,
        contract_sha256=made.contract_sha256,
        project=made.project,
    ).first()
    if there is not None:
        state = "archived" if there.archived_at else "there"
        raise Conflict(f"This model is {state} already: {there.name}.", code="model_exists", model=str(there.pk))


def is_named(key: str) -> bool:
    """Whether a version's file lies there."""
    return ModelVersion.objects.filter(Q(key=key) | Q(decoder_key=key)).exists()


def keep_file(key: str, file: IO[bytes]) -> None:
    """Stores the bytes under their key, unless a version has them there; what a crash left is replaced."""
    if default_storage.exists(key):
        if is_named(key):
            return
        default_storage.delete(key)
    file.seek(0)
    default_storage.save(key, File(file, name=key))


@transaction.atomic
def make_default(*, model: ModelVersion) -> ModelVersion:
    """The segmenter of every project that chooses none. Raises Conflict for one that not all may use."""
    fresh = ModelVersion.objects.select_for_update().get(pk=model.pk)
    if fresh.kind != ModelKind.SEGMENTER or fresh.project_id is not None or fresh.archived_at is not None:
        raise Conflict("The default is a segmenter of the whole instance that is not archived.", code="not_for_all")
    ModelVersion.objects.filter(kind=fresh.kind, is_default=True).exclude(pk=fresh.pk).update(is_default=False)
    fresh.is_default = True
    fresh.save(update_fields=["is_default"])
    return fresh


@transaction.atomic
def archive_model(*, model: ModelVersion, now: datetime) -> ModelVersion:
    """Nobody may use it any more; projects that did have the instance's default. Its file stays. Again is harmless."""
    fresh = ModelVersion.objects.select_for_update().get(pk=model.pk)
    fresh.is_default, fresh.archived_at = False, fresh.archived_at or now
    fresh.save(update_fields=["is_default", "archived_at"])
    return fresh


def restore_model(*, model: ModelVersion) -> ModelVersion:
    """It may be used again."""
    ModelVersion.objects.filter(pk=model.pk).update(archived_at=None)
    model.archived_at = None
    return model


def allow_file(*, sha256: str, note: str, actor: User | None) -> AllowedFile:
    """Puts a file on the list of those that may be opened when somebody uploads them. Raises Invalid at /sha256."""
    digest = sha256.strip().lower()
    if not is_digest(digest):
        raise Invalid.at("/sha256", "A SHA-256 is 64 hexadecimal digits.", code="bad_digest")
    values = {"note": note[:500], "added_by": actor}
    found, _ = AllowedFile.objects.get_or_create(sha256=digest, defaults=values)
    return found


def forget_allowed(*, allowed: AllowedFile) -> None:
    """Takes a file from the list; a model that came of it stays."""
    allowed.delete()


@transaction.atomic
def add_tuned_decoder(*, run: FinetuneRun, decoder_key: str, decoder_sha256: str, now: datetime) -> ModelVersion:
    """The version that an accepted tuning made: the base with another decoder, for the run's project alone. Nothing
    chooses it by itself, and the base stays. Again is harmless."""
    fresh = FinetuneRun.objects.select_for_update().select_related("base").get(pk=run.pk)
    base, same = fresh.base, Q(project_id=fresh.project_id, decoder_sha256=decoder_sha256)
    made = ModelVersion.objects.filter(same, sha256=base.sha256).first()
    if made is None:
        tuned = ModelVersion.objects.filter(project_id=fresh.project_id, sha256=base.sha256).count()
        made = ModelVersion.objects.create(
            name=f"{base.name.split(', tuned')[0][:180]}, tuned {tuned + 1}",
            kind=base.kind,
            family=base.family,
            sha256=base.sha256,
            key=base.key,
            decoder_sha256=decoder_sha256,
            decoder_key=decoder_key,
            base=base,
            project_id=fresh.project_id,
            facts={**base.facts, "tuned_by": str(fresh.pk)},
            created_by_id=fresh.created_by_id,
        )
    fresh.accepted, fresh.finished_at = made, fresh.finished_at or now
    fresh.save(update_fields=["accepted", "finished_at"])
    return made
