"""Images: storage roots, datasets, data units."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.accounts.models import Organization, User
from apps.common.ids import new_id


class Storage(models.Model):
    """A root that the instance's admin allowed to be read: a local folder or an S3-compatible bucket."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, blank=True, related_name="storages"
    )
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=[("local", "local"), ("s3", "s3")], default="local")
    root = models.CharField(max_length=1000)
    options = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)


class Dataset(models.Model):
    """A named set of data units of one organization."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="datasets")
    name = models.CharField(max_length=200)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization", "-id"], name="dataset_by_organization")]

    def __str__(self) -> str:
        return self.name


class DataUnit(models.Model):
    """One image of a dataset. Width and height are in pixels of the image as seen (EXIF orientation applied)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="data_units")
    name = models.CharField(max_length=500)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=40)
    media_key = models.CharField(max_length=300)
    # A PNG shown in place of what browsers cannot show, or would show differently. Blank: the original is shown.
    rendition_key = models.CharField(max_length=300, blank=True, default="")
    thumbnail_key = models.CharField(max_length=300, blank=True, default="")
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["dataset", "sha256"], name="data_unit_bytes_once")]
        indexes: ClassVar = [
            models.Index(fields=["dataset", "id"], name="data_unit_page"),
            models.Index(fields=["dataset", "name"], name="data_unit_name"),
        ]
