"""Changing how a project's quality is looked after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import Invalid
from apps.flows.queries import compiled_graph
from apps.inference.models import PredictionModel
from apps.inference.operations.describing import why_not_ready
from apps.ontologies.queries import index_for
from apps.projects.models import Project
from apps.quality.models import QualitySettings
from apps.quality.operations.curating import curate_anew
from apps.quality.queries.audits import settings_of
from apps.quality.queries.embedding import read_setting
from workflows.graph import EXPERT_REVIEW, REVIEW


def change_settings(*, project: Project, actor: User, values: Mapping[str, Any]) -> QualitySettings:
    """``values`` are fields of QualitySettings; ``class_costs`` by class name or id, ``model`` an id or None. Another
    ``embedding`` has a curated project described anew, by a job.

    Raises Invalid for an unknown stage, class or model, and at /embedding for one that cannot describe images now.
    """
    # Before the transaction: the inference process may take a second to say nothing.
    if "embedding" in values:
        check_embedding(project, values["embedding"])
    return write_settings(project, actor, dict(values))


@transaction.atomic
def write_settings(project: Project, actor: User, given: dict[str, Any]) -> QualitySettings:
    if "stage" in given:
        check_stage(project, given["stage"])
    if "class_costs" in given:
        given["class_costs"] = by_id(project, given["class_costs"])
    if "model" in given:
        given["model"] = model_of(project, given["model"])
    settings = locked_settings(project.id)
    described_by = settings.embedding
    for name, value in given.items():
        setattr(settings, name, value)
    settings.updated_by = actor
    settings.save()
    if settings.embedding != described_by:
        curate_anew(project, actor)
    return settings


def check_embedding(project: Project, setting: str) -> None:
    """What is chosen already may stay, whatever has become of it."""
    if setting == settings_of(project.id).embedding:
        return
    found = read_setting(project.id, setting)
    if found is None:
        message = "It is layout-1, sam: and the id of a segmenter, or onnx: and the id of an embedder of this project."
        raise Invalid.at("/embedding", message, code="unknown_embedding")
    why = why_not_ready(found.model) if found.model is not None else ""
    if why:
        raise Invalid.at("/embedding", f"This model cannot describe images now: {why}", code="not_ready")


def locked_settings(project_id: UUID) -> QualitySettings:
    """The project's row under lock, made if there was none: who holds it draws, plans or changes alone."""
    QualitySettings.objects.bulk_create([QualitySettings(project_id=project_id)], ignore_conflicts=True)
    return QualitySettings.objects.select_for_update().get(project_id=project_id)


def check_stage(project: Project, stage_id: str) -> None:
    stage = compiled_graph(project.workflow_version_id).stages.get(stage_id)
    if stage_id and (stage is None or stage.type not in (EXPERT_REVIEW, REVIEW)):
        raise Invalid.at(
            "/stage", "Audits are looked at by a review or expert stage of the workflow.", code="bad_stage"
        )


def by_id(project: Project, costs: Mapping[str, float]) -> dict[str, float]:
    index = index_for(project.ontology_id)
    found = {}
    for name, cost in costs.items():
        entry = index.find(name)
        if entry is None:
            raise Invalid.at(f"/class_costs/{name}", "The ontology has no such class.", code="unknown_class")
        found[entry.id] = cost
    return found


def model_of(project: Project, model_id: UUID | None) -> PredictionModel | None:
    if model_id is None:
        return None
    model = PredictionModel.objects.filter(project=project, id=model_id).first()
    if model is None:
        raise Invalid.at("/model", "The project has no predictions of such a model.", code="unknown_model")
    return model
