"""By which vectors a project's images and crops are compared: what its settings ask for, and what is in use.

The two differ from a change of the settings until a curation has described everything anew. Vectors of different
methods are never compared: each has its own rows, and each index holds one method's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.inference.models import ModelKind, ModelVersion
from apps.inference.queries import describer_for
from apps.quality.descriptors.layout import METHOD
from apps.quality.models import SweepMark
from apps.quality.queries.audits import settings_of

LAYOUT, SAM, ONNX = METHOD, "sam", "onnx"
KINDS = {SAM: ModelKind.SEGMENTER, ONNX: ModelKind.EMBEDDER}
VERSIONS = {SAM: "sam-1", ONNX: "onnx-1"}
"""Of how vectors are made of what the models say: averaged over cells, and of crops with their margin."""

MARGINS = {SAM: 0.0, ONNX: 0.1}
"""Of the box's width and height, on every side. An encoder's cells have seen what is around them already."""


@dataclass(frozen=True)
class Embedding:
    """``setting`` as the settings have it; ``method`` is stored with every vector: how it is made, with that one's
    version, and the digest of the model's file. ``model`` is None for the descriptor without weights."""

    setting: str
    method: str
    model: ModelVersion | None = None
    margin: float = 0.1

    @property
    def name(self) -> str:
        return f"{self.model.name} ({self.method})" if self.model is not None else self.method


PLAIN = Embedding(LAYOUT, METHOD)


def read_setting(project_id: UUID, setting: str) -> Embedding | None:
    """None for what no method is called, and for a model that the project may not use (any more)."""
    if setting == LAYOUT:
        return PLAIN
    kind, _, ident = setting.partition(":")
    if kind not in KINDS:
        return None
    model = describer_for(project_id, KINDS[kind], ident)
    return None if model is None else Embedding(setting, method_of(kind, model), model, MARGINS[kind])


def method_of(kind: str, model: ModelVersion) -> str:
    """A tuned decoder has its base's encoder, and so its vectors; an embedder's contract is a part of it."""
    contract = f":{model.contract_sha256[:16]}" if kind == ONNX and model.contract_sha256 else ""
    return f"{VERSIONS[kind]}:{model.sha256[:32]}{contract}"


def wanted_embedding(project_id: UUID) -> Embedding | None:
    """What the settings ask for; None where their model may not be used any more."""
    return read_setting(project_id, settings_of(project_id).embedding)


def use_mark(project_id: UUID) -> str:
    """The mark that says which method is in use: ``{"method", "name", "trouble"}``."""
    return f"embedding:{project_id}"


def in_use(project_id: UUID) -> dict[str, Any]:
    """``method`` of the vectors that are compared at present, its ``name`` for people, and the ``trouble`` that kept
    the last attempt from using another one, in a sentence."""
    found = SweepMark.objects.filter(name=use_mark(project_id)).values_list("position", flat=True).first() or {}
    return {"method": METHOD, "name": METHOD, "trouble": ""} | found


def method_in_use(project_id: UUID) -> str:
    return str(in_use(project_id)["method"])
