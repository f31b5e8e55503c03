"""Uploads: good files are kept, bad ones named, the same bytes are one unit."""

from __future__ import annotations

import hashlib
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.datasets import hooks
from apps.datasets.models import Dataset, DataUnit
from apps.datasets.operations import Incoming, add_data_units
from tests.factories.datasets import image_bytes, make_dataset, png_claiming, turned_jpeg, upload
from tests.factories.people import Caller, People

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(people: People) -> Dataset:
    return make_dataset(people.organization)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What listeners heard."""
    heard: list[Any] = []
    monkeypatch.setattr(hooks, "on_units_added", [lambda dataset, units, now: heard.append((dataset, list(units)))])
    return heard


def stored_files(settings: Any) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_an_upload_answers_its_data_units(people: People, dataset: Dataset, told: list[Any]) -> None:
    content = turned_jpeg(6)
    metadata = json.dumps({"a.jpg": {"slide": "7", "depth": 3}})
    answer = upload(people.caller("mia"), dataset, {"a.jpg": content}, metadata=metadata)
    assert answer.status_code == 201, answer.content
    assert answer.json()["errors"] == []
    [unit] = answer.json()["created"]
    assert (unit["name"], unit["width"], unit["height"], unit["existing"]) == ("a.jpg", 20, 40, False)
    assert unit["sha256"] == hashlib.sha256(content).hexdigest()
    assert unit["metadata"] == {"slide": "7", "depth": 3}
    assert told == [(dataset.pk, [DataUnit.objects.get().pk])]
    shown = people.caller("mia").get(f"/data-units/{unit['id']}/").json()
    assert {**shown, "existing": False} == unit


def test_bad_files_are_named_and_good_ones_kept(people: People, dataset: Dataset, settings: Any) -> None:
    settings.DATA_UNIT_MAX_BYTES = 200_000
    files = {
        "good.png": image_bytes(),
        "x.svg": b"<svg/>",
        "bomb.png": png_claiming(50_000, 50_000),
        "big.png": bytes(300_000),
        "empty.png": b"",
    }
    answer = upload(people.caller("mia"), dataset, files)
    assert answer.status_code == 201
    assert [unit["name"] for unit in answer.json()["created"]] == ["good.png"]
    assert {error["name"]: error["code"] for error in answer.json()["errors"]} == {
        "x.svg": "not_an_image",
        "bomb.png": "too_many_pixels",
        "big.png": "too_large",
        "empty.png": "empty",
    }


def test_when_none_is_good_nothing_is_kept(people: People, dataset: Dataset, told: list[Any], settings: Any) -> None:
    answer = upload(people.caller("mia"), dataset, {"a.html": b"<html>", "b.png": b"x"})
    assert (answer.status_code, answer.json()["code"]) == (400, "no_good_file")
    assert [file["name"] for file in answer.json()["files"]] == ["a.html", "b.png"]
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/files/0", "/files/1"]
    assert (DataUnit.objects.count(), told, stored_files(settings)) == (0, [], [])


def test_the_same_bytes_are_one_unit(people: People, dataset: Dataset, told: list[Any], settings: Any) -> None:
    content, mia = image_bytes(), people.caller("mia")
    [first, twin] = upload(mia, dataset, {"a.png": content, "b.png": content}).json()["created"]
    [again] = upload(mia, dataset, {"c.png": content}).json()["created"]
    assert first["id"] == twin["id"] == again["id"]
    assert [first["existing"], twin["existing"], again["existing"]] == [False, True, True]
    assert len(told) == 1
    assert len(stored_files(settings)) == 2  # the image and its thumbnail
    other = make_dataset(people.organization, "Other")
    assert upload(mia, other, {"c.png": content}).json()["created"][0]["existing"] is False


def test_a_listener_that_refuses_leaves_nothing_behind(
    dataset: Dataset, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(hooks, "on_units_added", [refuse])
    incoming = [Incoming("a.png", BytesIO(image_bytes())), Incoming("b.tif", BytesIO(image_bytes("TIFF")))]
    with pytest.raises(RuntimeError):
        add_data_units(dataset=dataset, incoming=incoming, now=timezone.now())
    assert (DataUnit.objects.count(), stored_files(settings)) == (0, [])


def test_a_retried_upload_is_done_once(people: People, dataset: Dataset) -> None:
    mia, content = people.caller("mia"), image_bytes()
    mia.client.defaults["HTTP_IDEMPOTENCY_KEY"] = "again"
    first, second = (upload(mia, dataset, {"a.png": content}) for _ in range(2))
    assert (first.json(), second["Idempotency-Replayed"]) == (second.json(), "true")
    assert upload(mia, dataset, {"a.png": image_bytes()}).status_code == 409
    assert DataUnit.objects.count() == 1


def test_a_browser_uploads_with_its_session(people: People, dataset: Dataset, settings: Any) -> None:
    """The token check reads the form before the view does; limits and files are the same."""
    settings.DATA_UNIT_MAX_BYTES = 200_000
    caller, token = Caller(), "x" * 32
    caller.client = Client(enforce_csrf_checks=True)
    caller.client.force_login(people.mia)
    caller.client.cookies["csrftoken"] = token
    files = {"a.png": image_bytes(), "big.png": bytes(300_000)}
    assert upload(caller, dataset, files).status_code == 403
    caller.client.defaults["HTTP_X_CSRFTOKEN"] = token
    answer = upload(caller, dataset, files)
    assert answer.status_code == 201
    assert [error["code"] for error in answer.json()["errors"]] == ["too_large"]
    assert upload(caller, dataset, {f"{i}.png": b"x" for i in range(250)}).status_code in (400, 413)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.png", "passwd.png"),
        ("C:\\slides\\a.png", "a.png"),
        ('"><img src=x onerror=alert(1)>.png', None),
        ("ünï.png", "ünï.png"),
        ("x" * 300 + ".png", None),
    ],
)
def test_a_file_name_is_only_a_name(
    people: People, dataset: Dataset, settings: Any, name: str, shown: str | None
) -> None:
    [unit] = upload(people.caller("mia"), dataset, {name: image_bytes()}).json()["created"]
    assert "/" not in unit["name"]
    assert shown is None or unit["name"] == shown
    for path in stored_files(settings):
        assert path.stem.split("-")[0] == unit["id"].replace("-", "")


def test_at_most_a_hundred_files(people: People, dataset: Dataset) -> None:
    for number in (101, 250):
        answer = upload(people.caller("mia"), dataset, {f"{i}.png": b"x" for i in range(number)})
        assert (answer.status_code, answer.json()["code"]) == (413, "too_many_files")
    assert not DataUnit.objects.exists()


@pytest.mark.parametrize(
    ("parts", "pointer"),
    [
        ({"metadata": "{"}, "/metadata"),
        ({"metadata": "[]"}, "/metadata"),
        ({"metadata": '{"a.png": 3}'}, "/metadata/a.png"),
        ({"metadata": '{"b.png": {}}'}, "/metadata/b.png"),
        ({"metadata": '{"a.png": {"x": NaN}}'}, "/metadata"),
        ({"metadata": json.dumps({"a.png": {"x": "y" * 40_000}})}, "/metadata/a.png"),
        ({"metadata": json.dumps({"a.png": {str(i): i for i in range(300)}})}, "/metadata/a.png"),
        ({"project": "x"}, "/project"),
    ],
)
def test_bad_parts_are_refused(people: People, dataset: Dataset, parts: dict[str, str], pointer: str) -> None:
    answer = upload(people.caller("mia"), dataset, {"a.png": image_bytes()}, **parts)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not DataUnit.objects.exists()


def test_no_file_is_no_upload(people: People, dataset: Dataset) -> None:
    mia, url = people.caller("mia"), f"/api/v1/datasets/{dataset.pk}/data-units/"
    assert mia.client.post(url, {"metadata": "{}"}).json()["errors"][0]["pointer"] == "/files"
    assert mia.client.post(url, {"files": "text"}).json()["errors"][0]["code"] == "not_a_file"
    broken = mia.client.post(url, b"--x\r\nnonsense", content_type="multipart/form-data; boundary=x")
    assert broken.status_code == 400
    assert mia.client.post(url, b"a", content_type="text/plain").status_code in (400, 415)


def test_who_may_upload(people: People, dataset: Dataset) -> None:
    for name in ("ann", "val", "olga"):
        assert upload(people.caller(name), dataset, {"a.png": image_bytes()}).status_code == 404
    assert not DataUnit.objects.exists()
