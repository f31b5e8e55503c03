"""Lists, filters and metadata of data units; datasets themselves."""

from __future__ import annotations

from typing import Any

import pytest

from apps.datasets.models import Dataset, DataUnit
from tests.factories.datasets import make_dataset, make_units
from tests.factories.people import People

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(people: People) -> Dataset:
    return make_dataset(people.organization)


def test_datasets_are_made_listed_and_renamed(people: People) -> None:
    mia = people.caller("mia")
    made = mia.post("/datasets/", {"name": "Slides"}).json()
    assert mia.patch(f"/datasets/{made['id']}/", {"name": "Plates"}).json()["name"] == "Plates"
    assert [item["name"] for item in mia.get("/datasets/").json()["results"]] == ["Plates"]
    assert people.caller("olga").get("/datasets/").json()["results"] == []
    assert people.caller("ann").post("/datasets/", {"name": "x"}).status_code == 403
    assert mia.post("/datasets/", {"name": ""}).status_code == 400
    assert mia.post("/datasets/", {"name": "x", "created_by": "me"}).json()["errors"][0]["pointer"] == "/created_by"


def test_pages_go_through_all(people: People, dataset: Dataset) -> None:
    units = make_units(dataset, 5)
    mia, url, seen = people.caller("mia"), f"/datasets/{dataset.pk}/data-units/?limit=2&ordering=-name", []
    while url:
        found = mia.get(url.removeprefix("http://testserver/api/v1")).json()
        seen += [item["name"] for item in found["results"]]
        url = found["next"]
    assert seen == sorted((unit.name for unit in units), reverse=True)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("name=slide1.png", [1]),
        ("name=slide", []),
        ("metadata.stain=giemsa", [0, 2]),
        ("metadata.depth=3", [1]),
        ("metadata.ok=true", [2]),
        ("metadata.a%22b=q", [2]),
        ("metadata.0=zero", [0]),
        ("metadata.stain=giemsa&metadata.ok=true", [2]),
        ("metadata.nothing=1", []),
        ("metadata.stain=%27%20OR%201=1", []),
    ],
)
def test_filters(people: People, dataset: Dataset, query: str, expected: list[int]) -> None:
    units = make_units(dataset, 3)
    told: list[dict[str, Any]] = [
        {"stain": "giemsa", "0": "zero"},
        {"depth": 3},
        {"stain": "giemsa", "ok": True, 'a"b': "q"},
    ]
    for unit, metadata in zip(units, told, strict=True):
        DataUnit.objects.filter(pk=unit.pk).update(metadata=metadata)
    found = people.caller("mia").get(f"/datasets/{dataset.pk}/data-units/?{query}").json()["results"]
    assert [item["id"] for item in found] == [str(units[i].pk) for i in expected]


@pytest.mark.parametrize(
    "query",
    [
        "metadata=1",
        "metadata.=1",
        "metadata.a__b=1",
        "metadata__stain=1",
        "dataset__organization__name=x",
        "created_by__password=x",
        "ordering=sha256",
        "ordering=dataset__name",
        "cursor=abc",
        "limit=0",
        "limit=9999",
        "&".join(f"metadata.k{i}=1" for i in range(6)),
    ],
)
def test_unknown_filters_are_refused(people: People, dataset: Dataset, query: str) -> None:
    assert people.caller("mia").get(f"/datasets/{dataset.pk}/data-units/?{query}").status_code == 400


def test_metadata_is_replaced(people: People, dataset: Dataset) -> None:
    [unit] = make_units(dataset)
    mia, url = people.caller("mia"), f"/data-units/{unit.pk}/"
    assert mia.patch(url, {"metadata": {"a": [1, {"b": None}]}}).json()["metadata"] == {"a": [1, {"b": None}]}
    for bad in ({"metadata": 3}, {"metadata": None}, {}, {"name": "x"}, {"metadata": {}, "sha256": "x"}):
        assert mia.patch(url, bad).status_code == 400
    unit.refresh_from_db()
    assert unit.metadata == {"a": [1, {"b": None}]}
    assert people.caller("olga").patch(url, {"metadata": {}}).status_code == 404
