"""What answers the clicks of a project: chosen by its managers, and what else when nobody chose."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.common.errors import Invalid
from apps.inference import queries
from apps.inference.models import Assistant, ModelKind, ModelVersion
from apps.inference.operations import archive_model, make_default
from apps.inference.queries import image_ref, models_visible, predictor_for, segmenter_for
from apps.projects.models import ProjectDataset
from tests.factories.datasets import make_dataset, make_units
from tests.factories.inference import allow, digest, make_model, store_embedding
from tests.factories.people import People
from tests.factories.projects import Lab, make_lab
from tests.fakes.inference_process import serving

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab(people: People) -> Lab:
    return make_lab(people)


def choose(lab: Lab, model: Any, by: str = "mia", **more: Any) -> Any:
    return lab.people.caller(by).put(lab.path + "assistant/", {"model": model, "enabled": True, **more})


def seen(lab: Lab, by: str = "mia") -> Any:
    answer = lab.people.caller(by).get(lab.path + "assistant/")
    assert answer.status_code == 200
    return answer.json()


def test_without_any_model_the_assistant_is_classical(lab: Lab) -> None:
    assert seen(lab) == {"model": None, "enabled": True, "answers": None, "coverage": None}
    assert segmenter_for(lab.project.pk) is None


def test_whoever_chose_nothing_has_the_default(lab: Lab) -> None:
    make_model("other")
    default = make_default(model=make_model("default"))
    assert segmenter_for(lab.project.pk) == default
    assert seen(lab)["answers"]["id"] == str(default.pk)


def test_a_project_chooses(lab: Lab) -> None:
    default, own = make_default(model=make_model()), make_model(project=lab.project)
    assert choose(lab, str(own.pk)).json()["answers"]["id"] == str(own.pk)
    assert segmenter_for(lab.project.pk) == own
    answer = choose(lab, "classical", enabled=False).json()
    assert (answer["model"], answer["enabled"], answer["answers"]) == ("classical", False, None)
    assert segmenter_for(lab.project.pk) is None
    assert not queries.assistant_enabled(lab.project.pk)
    assert choose(lab, None).json()["model"] is None
    assert segmenter_for(lab.project.pk) == default
    choose(lab, str(own.pk))
    archive_model(model=own, now=timezone.now())
    assert segmenter_for(lab.project.pk) == default


def test_what_one_may_ask_for(lab: Lab, people: People) -> None:
    own, foreign = make_model(project=lab.project), make_model(project=make_lab(people).project)
    predictor, gone = make_model(kind=ModelKind.PREDICTOR), make_model(archived_at=timezone.now())
    assert segmenter_for(lab.project.pk, str(own.pk)) == own
    assert segmenter_for(lab.project.pk, "classical") is None
    assert predictor_for(lab.project.pk, str(predictor.pk)) == predictor
    for asked in (foreign.pk, predictor.pk, gone.pk, digest(), "", "x"):
        with pytest.raises(Invalid) as caught:
            segmenter_for(lab.project.pk, str(asked))
        assert caught.value.errors[0].pointer == "/model"
        refused = choose(lab, str(asked)[:36])
        assert refused.status_code == 400
    with pytest.raises(Invalid):
        predictor_for(lab.project.pk, str(own.pk))
    assert not Assistant.objects.exists()


def test_managers_choose_and_everybody_knows(lab: Lab) -> None:
    model = make_default(model=make_model())
    for name, status in (("ann", 403), ("rex", 403), ("eve", 403), ("val", 403), ("olga", 404)):
        assert choose(lab, None, by=name).status_code == status
    assert not Assistant.objects.exists()
    assert seen(lab, by="ann")["answers"]["id"] == str(model.pk)
    assert lab.people.caller("olga").get(lab.path + "assistant/").status_code == 404


def test_how_far_the_embeddings_are(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_default(model=make_model())
    first, second, _ = lab.dataset.data_units.order_by("pk")
    store_embedding(model, first.sha256)
    store_embedding(make_model(), second.sha256)
    store_embedding(model, digest())
    assert seen(lab)["coverage"] == seen(lab, by="val")["coverage"] == {"embedded": 1, "units": 3, "exact": True}
    assert seen(lab, by="ann")["coverage"] is None
    monkeypatch.setattr(queries, "COUNTED", 2)
    assert seen(lab)["coverage"] == {"embedded": 1, "units": 2, "exact": False}


def test_a_rendition_is_what_the_process_reads(people: People) -> None:
    unit = make_units(make_dataset(people.organization))[0]
    assert image_ref(unit).key == unit.media_key
    unit.rendition_key = "units/x-shown.png"
    ref = image_ref(unit)
    assert (ref.key, ref.sha256, ref.width, ref.height) == ("units/x-shown.png", unit.sha256, 40, 30)


def embedding(lab: Lab, query: str = "", by: str = "mia", **headers: str) -> Any:
    unit = lab.dataset.data_units.order_by("pk")[0]
    return lab.people.caller(by).get(f"/data-units/{unit.pk}/embedding/{query}", **headers)


def test_an_embedding_for_the_browser(lab: Lab) -> None:
    unit = lab.dataset.data_units.order_by("pk")[0]
    assert embedding(lab).json()["code"] == "no_model"
    model = make_default(model=make_model())
    assert (embedding(lab).status_code, embedding(lab).json()["code"]) == (409, "not_encoded")
    store_embedding(model, unit.sha256, b"LAPE and much more")
    answer = embedding(lab)
    assert b"".join(answer.streaming_content) == b"LAPE and much more"
    assert (answer["Content-Type"], answer["ETag"]) == (
        "application/octet-stream",
        f'"{model.sha256}-{unit.sha256}"',
    )
    assert "immutable" in answer["Cache-Control"]
    again = embedding(lab, if_none_match=answer["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    tuned = make_model(sha256=model.sha256, decoder_sha256=digest(), base=model, project=lab.project)
    other = embedding(lab, f"?model={tuned.pk}")
    assert b"".join(other.streaming_content) == b"LAPE and much more"
    assert other["ETag"] == answer["ETag"]


def test_embeddings_are_for_who_reads_the_data(lab: Lab, people: People) -> None:
    model = make_default(model=make_model())
    other = make_lab(people).project
    other.collaborators.all().delete()
    foreign = make_model(project=other)
    store_embedding(model, lab.dataset.data_units.order_by("pk")[0].sha256)
    for name, status in (("val", 200), ("ann", 404), ("olga", 404)):
        answer = embedding(lab, by=name)
        assert answer.status_code == status, name
        if status == 200:
            assert b"".join(answer.streaming_content) == b"LAPE"
    assert embedding(lab, f"?model={foreign.pk}", by="val").status_code == 400
    assert embedding(lab, "?model=x").status_code == 400
    assert embedding(lab, "?luck=1").status_code == 400


def names(people: People, who: str, query: str = "", **narrowed: Any) -> list[str]:
    answer = people.caller(who).get(f"/models/{query}")
    assert answer.status_code == 200
    return [row["name"] for row in answer.json()["results"]]


def test_models_are_listed_to_those_whose_projects_may_use_them(lab: Lab, people: People) -> None:
    make_model("all"), make_model("own", project=lab.project)
    make_model("gone", archived_at=timezone.now())
    make_model("cells", kind=ModelKind.PREDICTOR, config={"url": "http://inside:9000", "classes": ["RBC"]})
    assert names(people, "ann") == names(people, "oskar") == names(people, "admin") == ["cells", "own", "all"]
    assert names(people, "olga") == []
    assert names(people, "mia", "?kind=predictor") == ["cells"]
    assert people.caller("mia").get("/models/?kind=tree").status_code == 400
    row = people.caller("ann").get("/models/").json()["results"][0]
    assert row["config"] == {"classes": ["RBC"]}
    other = make_lab(people).project
    assert set(models_visible(people.principal("ann", project_id=other.pk)).values_list("name", flat=True)) == {
        "all",
        "cells",
    }


def upload(people: People, content: bytes, by: str = "admin", **parts: Any) -> Any:
    sent = {"file": SimpleUploadedFile("sam.pth", content), "name": "SAM", **parts}
    return people.caller(by).client.post("/api/v1/models/", sent)


def test_the_admin_uploads_an_allowed_file(people: People, settings: Any) -> None:
    content = b"weights"
    with serving() as process:
        settings.INFERENCE_URL = process.url
        process.answers["POST /inspect"] = (200, {"family": "vit_b", "facts": {"parameters": 3}})
        refused = upload(people, content)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "not_allowed")
        assert (process.asked, ModelVersion.objects.count()) == ([], 0)
        allow(hashlib.sha256(content).hexdigest())
        for name in ("oskar", "mia", "ann"):
            assert upload(people, content, by=name).status_code == 403
        made = upload(people, content, default="true")
        assert made.status_code == 201, made.content
        assert (made.json()["family"], made.json()["is_default"]) == ("vit_b", True)
        assert upload(people, content).json()["code"] == "model_exists"
    assert ModelVersion.objects.count() == 1


@pytest.mark.parametrize(
    "parts", [{"config": "{"}, {"config": "[]"}, {"kind": "tree"}, {"luck": "1"}, {"default": "yes"}]
)
def test_an_upload_that_is_none(people: People, parts: dict[str, str]) -> None:
    assert upload(people, b"weights", **parts).status_code == 400
    assert not ModelVersion.objects.exists()


def test_units_of_detached_datasets_do_not_count(lab: Lab) -> None:
    ProjectDataset.objects.all().delete()
    make_default(model=make_model())
    assert seen(lab)["coverage"] == {"embedded": 0, "units": 0, "exact": True}
