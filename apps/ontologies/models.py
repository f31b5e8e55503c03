"""What may be labeled: an ontology and its frozen versions."""

from __future__ import annotations

from hashlib import sha256
from typing import ClassVar

from django.db import models

from apps.accounts.models import Organization, User
from apps.common.ids import new_id


class Ontology(models.Model):
    """Object classes, classifications and nested attributes. ``definition`` is the current version, ids filled in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="ontologies")
    name = models.CharField(max_length=200)
    version = models.PositiveIntegerField(default=1)
    definition = models.JSONField()
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization", "-id"], name="ontology_by_organization")]

    def __str__(self) -> str:
        return self.name

    @property
    def tag(self) -> str:
        """Changes with everything that an answer shows of this row."""
        return f"{self.version}-{sha256(f'{self.name}/{self.archived_at}'.encode()).hexdigest()[:12]}"


class OntologyVersion(models.Model):
    """A past or present state of an ontology, kept so that any save can be judged by the version it was made under."""

    id = models.BigAutoField(primary_key=True)
    ontology = models.ForeignKey(Ontology, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["ontology", "number"], name="ontology_version_once")]
