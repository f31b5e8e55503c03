"""Who may call the inference routes (API.md, "Who may do what": annotators never see predictions)."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from apps.common.ids import new_id
from apps.inference.operations import make_default
from apps.projects.models import Project
from tests.contracts.matrix import MANAGERS, Rule, World
from tests.factories.inference import make_model

OVERVIEW = MANAGERS | {"val"}


def prepare(world: World) -> None:
    make_default(model=make_model())


def choice(_: World) -> dict[str, Any]:
    return {"model": "classical", "enabled": True}


def models(world: World) -> list[tuple[Any, Any]]:
    """A model of another organization's project is like one that is not there."""
    home = Project.objects.get(pk=world.ids["project_id"])
    project = Project.objects.create(
        organization=world.people.elsewhere,
        name="Theirs",
        ontology=home.ontology,
        workflow=home.workflow,
        workflow_version=home.workflow_version,
    )
    foreign = make_model(project=project)
    return [({"model": str(pk), "enabled": True}, {"model": str(new_id()), "enabled": True}) for pk in (foreign.pk,)]


def embeds(world: World) -> list[tuple[Any, Any]]:
    return [({"model": theirs["model"]}, {"model": nobody["model"]}) for theirs, nobody in models(world)]


def predictions(world: World) -> dict[str, Any]:
    items = [{"data_unit": str(world.ids["data_unit_id"]), "labels": []}]
    return {"model": {"name": "yolo"}, "predictions": items}


PROJECT = "projects/<uuid:project_id>/"

RULES = [
    Rule("GET models/", open_to_all=True),
    # Only the instance's admin, who is in no organization here, adds models.
    Rule(
        "POST models/",
        allow=frozenset(),
        multipart=True,
        body=lambda _: {"file": SimpleUploadedFile("sam.pth", b"weights"), "name": "SAM"},
        open_to_all=True,
    ),
    Rule("GET " + PROJECT + "assistant/"),
    Rule("PUT " + PROJECT + "assistant/", allow=MANAGERS, body=choice, foreign=models),
    Rule("POST " + PROJECT + "embed/", allow=MANAGERS, foreign=embeds),
    # Whoever holds the task of the image reads it too: rex does.
    Rule("GET data-units/<uuid:data_unit_id>/embedding/", allow=OVERVIEW | {"rex"}),
    Rule("GET " + PROJECT + "predictions/", allow=OVERVIEW),
    Rule("POST " + PROJECT + "predictions/", allow=MANAGERS, body=predictions),
    Rule("GET " + PROJECT + "prediction-models/", allow=OVERVIEW),
]
