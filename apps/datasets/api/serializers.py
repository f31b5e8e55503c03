"""Bodies and answers of the dataset routes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.common.serializers import StrictSerializer, Text
from apps.datasets.models import Dataset, DataUnit, Storage
from apps.datasets.queries import media_urls


class DatasetBody(StrictSerializer):
    name = Text()
    organization = serializers.UUIDField(required=False)


class RenameBody(StrictSerializer):
    name = Text()


class UnitBody(StrictSerializer):
    metadata = serializers.JSONField()


class StorageBody(StrictSerializer):
    name = Text()
    kind = serializers.ChoiceField(choices=["local", "s3"], default="local")
    root = Text(max_length=1000)  # type: ignore[assignment]  # a member of the body, not the property
    options = serializers.DictField(default=dict)
    organization = serializers.UUIDField(required=False, allow_null=True)


class UrlItem(serializers.Serializer[Any]):
    url = serializers.CharField()
    metadata = serializers.DictField(required=False)


class ImportBody(serializers.Serializer[Any]):
    """Either ``items`` or ``storage`` with ``prefix``."""

    items = UrlItem(many=True, required=False)
    storage = serializers.UUIDField(required=False)
    prefix = serializers.CharField(required=False)


class UploadBody(serializers.Serializer[Any]):
    """One or more ``files``; ``metadata`` is JSON by file name."""

    files = serializers.ListField(child=serializers.FileField())
    metadata = serializers.CharField(required=False)


class DatasetAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    organization = serializers.UUIDField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()


class UnitAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    dataset = serializers.UUIDField()
    name = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    sha256 = serializers.CharField()
    size_bytes = serializers.IntegerField()
    content_type = serializers.CharField()
    media_url = serializers.CharField()
    thumbnail_url = serializers.CharField()
    metadata = serializers.DictField()
    created_at = serializers.DateTimeField()


class AddedUnitAnswer(UnitAnswer):
    existing = serializers.BooleanField()


class FileErrorAnswer(serializers.Serializer[Any]):
    name = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class AddedAnswer(serializers.Serializer[Any]):
    created = AddedUnitAnswer(many=True)
    errors = FileErrorAnswer(many=True)  # type: ignore[assignment]  # the same


class StorageAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    organization = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    kind = serializers.CharField()
    root = serializers.CharField(required=False)  # type: ignore[assignment]  # the same
    options = serializers.DictField(required=False)
    created_at = serializers.DateTimeField()


def shown_dataset(dataset: Dataset) -> dict[str, Any]:
    return {
        "id": dataset.pk,
        "organization": dataset.organization_id,
        "name": dataset.name,
        "created_at": dataset.created_at,
    }


def shown_unit(unit: DataUnit) -> dict[str, Any]:
    """The data unit as the API answers it; size in pixels as seen, addresses signed."""
    media, thumbnail = media_urls(unit)
    return {
        "id": unit.pk,
        "dataset": unit.dataset_id,
        "name": unit.name,
        "width": unit.width,
        "height": unit.height,
        "sha256": unit.sha256,
        "size_bytes": unit.size_bytes,
        "content_type": unit.content_type,
        "media_url": media,
        "thumbnail_url": thumbnail,
        "metadata": unit.metadata,
        "created_at": unit.created_at,
    }


def shown_storage(storage: Storage, *, whole: bool) -> dict[str, Any]:
    """The storage root; where it lies (``whole``) is for the instance's admin only."""
    shown = {
        "id": storage.pk,
        "organization": storage.organization_id,
        "name": storage.name,
        "kind": storage.kind,
        "created_at": storage.created_at,
    }
    return {**shown, "root": storage.root, "options": storage.options} if whole else shown
