"""Blood cells: an ontology with every shape, one project with data units, and labels to save in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from apps.accounts.models import Organization, User
from apps.common.ids import new_id
from apps.datasets.models import Dataset, DataUnit
from apps.flows.models import Workflow, WorkflowVersion
from apps.labels.operations import SavedLabels, save_labels
from apps.ontologies.logic import OntologyIndex, compile_index, read_definition
from apps.ontologies.models import Ontology
from apps.projects.models import Project, ProjectDataset

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SIZE = (640, 480)

BLOOD_CELLS: dict[str, Any] = {
    "objects": [
        {
            "name": "RBC",
            "shape": "bounding_box",
            "attributes": [
                {
                    "name": "overlap",
                    "type": "radio",
                    "options": [
                        {"value": "none"},
                        {"value": "partial", "attributes": [{"name": "with", "type": "text"}]},
                    ],
                },
                {"name": "flags", "type": "checklist", "options": [{"value": "cut"}, {"value": "blurred"}]},
                {"name": "truncated", "type": "boolean"},
            ],
        },
        {"name": "WBC", "shape": "bounding_box"},
        {"name": "Platelets", "shape": "bounding_box"},
        {"name": "tilted", "shape": "rotatable_bounding_box"},
        {"name": "nucleus", "shape": "polygon"},
        {"name": "vessel", "shape": "polyline"},
        {"name": "centre", "shape": "keypoint"},
        {
            "name": "hand",
            "shape": "skeleton",
            "template": {"points": ["wrist", "thumb", "index"], "edges": [[0, 1], [0, 2]]},
        },
        {"name": "stain", "shape": "bitmask"},
    ],
    "classifications": [
        {"name": "focus", "type": "radio", "options": [{"value": "sharp"}, {"value": "blurred"}]},
    ],
}

_numbers = count(1)


def blood_cells(version: int = 1) -> OntologyIndex:
    """The ontology compiled, without a database: ids are numbered names."""
    ids = count(1)
    definition = read_definition(BLOOD_CELLS, make_id=lambda: str(UUID(int=next(ids))))
    return compile_index("00000000-0000-7000-8000-000000000000", version, definition)


@dataclass
class LabelWorld:
    """One project with one data unit, and ann who labels it."""

    ann: User
    project: Project
    unit: DataUnit
    index: OntologyIndex

    def save(self, upsert: list[Any] | None = None, delete: list[Any] | None = None, **more: Any) -> SavedLabels:
        """Saves as ann at the annotate stage, without comparing revisions unless told."""
        arguments: dict[str, Any] = {
            "label_set_key": (self.project.id, self.unit.id, "main"),
            "base_revision": None,
            "author": self.ann,
            "stage": "annotate",
            "stage_type": "annotate",
            "round": 1,
            "ontology_index": self.index,
            "size": (self.unit.width, self.unit.height),
            "now": NOW,
        }
        with transaction.atomic():
            return save_labels(upsert=upsert or [], delete=delete or [], **{**arguments, **more})


def label_world() -> LabelWorld:
    """A fresh organization with all that labels need beneath them."""
    number = next(_numbers)
    organization = Organization.objects.create(name=f"Haematology {number}")
    ann = User.objects.create_user(f"ann{number}@labels.test", name="Ann")
    definition = read_definition(BLOOD_CELLS, make_id=lambda: str(new_id()))
    ontology = Ontology.objects.create(organization=organization, name="Blood cells", definition=definition)
    workflow = Workflow.objects.create(organization=organization, name="Label")
    version = WorkflowVersion.objects.create(workflow=workflow, number=1, graph={}, digest="0")
    project = Project.objects.create(
        organization=organization, name="Cells", ontology=ontology, workflow=workflow, workflow_version=version
    )
    dataset = Dataset.objects.create(organization=organization, name="Smears")
    ProjectDataset.objects.create(project=project, dataset=dataset)
    return LabelWorld(ann, project, make_unit(dataset), compile_index(ontology.id, 1, definition))


def make_unit(dataset: Dataset, name: str | None = None, size: tuple[int, int] = SIZE) -> DataUnit:
    """A data unit without a file behind it."""
    number = next(_numbers)
    return DataUnit.objects.create(
        dataset=dataset,
        name=name or f"smear-{number}.png",
        width=size[0],
        height=size[1],
        sha256=f"{number:064x}",
        size_bytes=1,
        content_type="image/png",
        media_key=f"test/{number}.png",
    )


def box(x: float = 10, y: float = 20, width: float = 30, height: float = 40, **more: Any) -> dict[str, Any]:
    """A red blood cell as a client sends it."""
    return {
        "id": str(uuid4()),
        "class": "RBC",
        "shape": "bounding_box",
        "geometry": {"x": x, "y": y, "width": width, "height": height},
        "attributes": {},
        **more,
    }
