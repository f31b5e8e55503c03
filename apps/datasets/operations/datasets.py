"""Datasets themselves, their units' metadata, storage roots, and the start of import jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.accounts.models import Organization, User
from apps.common.errors import Invalid
from apps.datasets.models import Dataset, DataUnit, Storage
from apps.jobs.models import Job
from apps.jobs.operations import enqueue

IMPORT_URLS = "import_urls"
IMPORT_FOLDER = "import_folder"
S3_OPTIONS = ("endpoint_url", "region_name")


def create_dataset(*, organization: Organization, name: str, created_by: User | None) -> Dataset:
    """A new, empty dataset."""
    return Dataset.objects.create(organization=organization, name=name, created_by=created_by)


def rename_dataset(*, dataset: Dataset, name: str) -> Dataset:
    """Gives the dataset another name; nothing refers to names."""
    dataset.name = name
    dataset.save(update_fields=["name"])
    return dataset


def change_metadata(*, data_unit: DataUnit, metadata: Mapping[str, Any]) -> DataUnit:
    """Replaces the (checked) metadata of a data unit as a whole."""
    data_unit.metadata = dict(metadata)
    data_unit.save(update_fields=["metadata"])
    return data_unit


@transaction.atomic
def start_url_import(*, dataset: Dataset, items: Sequence[Mapping[str, Any]], created_by: User | None) -> Job:
    """A job that fetches ``items`` (``url``, checked ``metadata``) and adds them."""
    params = {"dataset": str(dataset.pk), "items": list(items)}
    return enqueue(kind=IMPORT_URLS, organization_id=dataset.organization_id, params=params, created_by=created_by)


@transaction.atomic
def start_folder_import(*, dataset: Dataset, storage: Storage, prefix: str, created_by: User | None) -> Job:
    """A job that adds the images below ``prefix`` of a registered storage root."""
    params = {"dataset": str(dataset.pk), "storage": str(storage.pk), "prefix": prefix}
    return enqueue(kind=IMPORT_FOLDER, organization_id=dataset.organization_id, params=params, created_by=created_by)


def register_storage(
    *, name: str, kind: str, root: str, options: Mapping[str, Any], organization_id: UUID | None
) -> Storage:
    """Allows a folder or bucket to be read, by everybody or by one organization. Credentials are never kept here:
    a bucket is read with those of the environment. Raises Invalid."""
    if organization_id is not None and not Organization.objects.filter(pk=organization_id).exists():
        raise Invalid.at("/organization", "There is no such organization.", code="unknown_organization")
    if kind == "local":
        root = _checked_folder(root)
        if options:
            raise Invalid.at("/options", "A local folder has no options.", code="unknown_field")
    else:
        _check_bucket(root, options)
    return Storage.objects.create(
        name=name, kind=kind, root=root, options=dict(options), organization_id=organization_id
    )


def _checked_folder(root: str) -> str:
    """The real path of an existing folder, which neither holds nor lies in what the server keeps for itself."""
    path = Path(root)
    if not path.is_absolute() or not path.is_dir():
        raise Invalid.at("/root", "root is the absolute path of a folder that exists on the server.", code="no_folder")
    real = path.resolve()
    kept = [Path(place).resolve() for place in (settings.MEDIA_ROOT, getattr(settings, "HOME", None)) if place]
    if real == Path(real.anchor) or any(real in (own, *own.parents) or own in real.parents for own in kept):
        raise Invalid.at("/root", "This folder holds the server's own files.", code="own_folder")
    return str(real)


def _check_bucket(root: str, options: Mapping[str, Any]) -> None:
    if not root or "/" in root:
        raise Invalid.at("/root", "root is the name of a bucket.", code="no_bucket")
    for name, value in options.items():
        if name not in S3_OPTIONS or not isinstance(value, str) or len(value) > 500:
            raise Invalid.at(
                f"/options/{name}", f"options has the texts {', '.join(S3_OPTIONS)}.", code="unknown_field"
            )
    if not str(options.get("endpoint_url", "https://")).startswith(("https://", "http://")):
        raise Invalid.at("/options/endpoint_url", "endpoint_url is an http or https URL.", code="bad_url")
