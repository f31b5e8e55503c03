"""Models as versions, who uses which, what they have computed (embeddings) and said (predictions), and their tuning."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.accounts.models import User
from apps.common.ids import new_id
from apps.datasets.models import DataUnit
from apps.inference import wire
from apps.inference.logic.versions import spec_id
from apps.projects.models import Project

FAMILIES = [(name, name) for name in ("vit_b", "vit_l", "vit_h", "sam_small", "sam2", "onnx", "http")]


class ModelKind(models.TextChoices):
    SEGMENTER = "segmenter"
    PREDICTOR = "predictor"
    EMBEDDER = "embedder"


class ModelVersion(models.Model):
    """A model that the inference process may load: named by its file's digest, and never changed afterwards.

    A tuned decoder is a version of its own over its ``base``; it and a project's own predictors belong to one project,
    all others (``project`` null) to the whole instance. ``config`` is the contract of a predictor or an embedder (input
    size, classes …), whose digest is part of the version; ``facts`` is what the process found in the file.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=ModelKind.choices, default=ModelKind.SEGMENTER)
    family = models.CharField(max_length=20, choices=FAMILIES)
    sha256 = models.CharField(max_length=64)
    key = models.CharField(max_length=300, blank=True, default="")
    decoder_sha256 = models.CharField(max_length=64, blank=True, default="")
    decoder_key = models.CharField(max_length=300, blank=True, default="")
    contract_sha256 = models.CharField(max_length=64, blank=True, default="")
    base = models.ForeignKey("self", on_delete=models.RESTRICT, null=True, blank=True, related_name="tuned")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True, blank=True, related_name="models")
    config = models.JSONField(default=dict, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    is_default = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            # Two constraints, because no database lets NULL equal NULL unless asked, and SQLite cannot be asked.
            models.UniqueConstraint(
                fields=["sha256", "decoder_sha256", "contract_sha256", "project"],
                name="model_once",
                condition=Q(project__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["sha256", "decoder_sha256", "contract_sha256"],
                name="model_once_for_all",
                condition=Q(project__isnull=True),
            ),
            models.UniqueConstraint(fields=["kind"], name="model_default_once", condition=Q(is_default=True)),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(project__isnull=True, archived_at__isnull=True, kind="segmenter"),
                name="model_default_is_for_all",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["project", "-id"], name="model_by_project")]

    def __str__(self) -> str:
        return self.name

    @property
    def spec_id(self) -> str:
        """What the process calls it, in cache keys too."""
        return spec_id(self.sha256, self.decoder_sha256, self.contract_sha256)

    def spec(self) -> wire.ModelSpec:
        """The version as the process needs it."""
        return wire.ModelSpec(
            id=self.spec_id,
            family=self.family,  # type: ignore[arg-type] # one of FAMILIES
            key=self.key,
            sha256=self.sha256,
            decoder_key=self.decoder_key,
            decoder_sha256=self.decoder_sha256,
            config=self.config,
        )


class AllowedFile(models.Model):
    """A file that the instance's admin trusts, by its digest: no other is opened when somebody uploads it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sha256 = models.CharField(max_length=64, unique=True)
    note = models.CharField(max_length=500, blank=True, default="")
    added_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.sha256


class Assistant(models.Model):
    """What answers the clicks of a project: ``model``; else the instance's default, unless ``classical`` is asked for.

    A project without a row has the instance's default, switched on.
    """

    id = models.BigAutoField(primary_key=True)
    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="assistant")
    model = models.ForeignKey(ModelVersion, on_delete=models.RESTRICT, null=True, blank=True, related_name="+")
    classical = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)
    updated_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)


class StoredEmbedding(models.Model):
    """One file ``embeddings/<model>/<image>.i8`` of the media storage. Both digests are of files' bytes, so a tuned
    decoder shares its base's, and data units with the same bytes share theirs."""

    id = models.BigAutoField(primary_key=True)
    model_sha256 = models.CharField(max_length=64)
    image_sha256 = models.CharField(max_length=64)
    bytes = models.PositiveBigIntegerField()
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["model_sha256", "image_sha256"], name="embedding_once")
        ]
        indexes: ClassVar = [models.Index(fields=["last_used_at"], name="embedding_by_use")]


class PredictionModel(models.Model):
    """Whose predictions these are: a name and version that a program gave, or one of our own models.

    ``out_of_sample`` says whether the predicted images were kept from its training (null: unknown), ``trained_on`` the
    snapshot that it was trained on.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="prediction_models")
    name = models.CharField(max_length=200)
    version = models.CharField(max_length=200, blank=True, default="")
    out_of_sample = models.BooleanField(null=True, blank=True)
    trained_on = models.CharField(max_length=200, blank=True, default="")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "name", "version"], name="prediction_model_once")
        ]
        indexes: ClassVar = [models.Index(fields=["project", "-id"], name="prediction_model_page")]

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


class PredictedUnit(models.Model):
    """A data unit that a model has predicted, with how many labels: none at all is an answer too."""

    id = models.BigAutoField(primary_key=True)
    model = models.ForeignKey(PredictionModel, on_delete=models.CASCADE, related_name="units", db_index=False)
    data_unit = models.ForeignKey(DataUnit, on_delete=models.CASCADE, related_name="+")
    labels = models.PositiveIntegerField(default=0)
    predicted_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["model", "data_unit"], name="predicted_unit_once")]


class Prediction(models.Model):
    """One label that a model predicts. Class, answers and ``probabilities`` are kept by ids, as labels keep them: a
    renamed class stays what it was."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="predictions", db_index=False)
    data_unit = models.ForeignKey(DataUnit, on_delete=models.CASCADE, related_name="predictions")
    model = models.ForeignKey(PredictionModel, on_delete=models.CASCADE, related_name="predictions", db_index=False)
    label_id = models.UUIDField()
    class_id = models.CharField(max_length=36)
    shape = models.CharField(max_length=24)
    geometry = models.JSONField(null=True, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    confidence = models.FloatField()
    probabilities = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["model", "data_unit", "label_id"], name="prediction_once"),
            models.CheckConstraint(condition=Q(confidence__gte=0, confidence__lte=1), name="prediction_confidence"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["project", "id"], name="prediction_page"),
            models.Index(fields=["model", "id"], name="prediction_by_model"),
        ]


class FinetuneRun(models.Model):
    """A tuning of a decoder on a project's approved labels; its id is its job's. ``state`` is ``wire.FinetuneState``,
    ``accepted`` the version that came of it."""

    id = models.UUIDField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="finetune_runs")
    base = models.ForeignKey(ModelVersion, on_delete=models.RESTRICT, related_name="+")
    state = models.JSONField(default=dict, blank=True)
    accepted = models.ForeignKey(ModelVersion, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["project", "-id"], name="finetune_by_project")]
