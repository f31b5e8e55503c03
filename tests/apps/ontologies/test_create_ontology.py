"""Creating, listing and archiving ontologies."""

from __future__ import annotations

from uuid import UUID

import pytest

from apps.accounts import visibility
from apps.common.errors import Forbidden, NotFound
from apps.ontologies.models import Ontology
from apps.ontologies.policies import get_ontology_for
from tests.factories.ontologies import blood, make_ontology
from tests.factories.people import People

pytestmark = pytest.mark.django_db


def test_a_manager_creates_one_and_reads_it_back(people: People) -> None:
    answer = people.caller("mia").post("/ontologies/", {"name": "Blood cells", **blood()})
    assert answer.status_code == 201
    made = answer.json()
    assert UUID(made["id"]).version == 7
    assert UUID(made["objects"][0]["id"]).version == 7
    assert made["version"] == 1
    assert answer["ETag"].startswith('"')
    read = people.caller("mia").get(f"/ontologies/{made['id']}/")
    assert (read.json(), read["ETag"]) == (made, answer["ETag"])
    assert [item["id"] for item in people.caller("mia").get("/ontologies/").json()["results"]] == [made["id"]]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/name"),
        ({"name": "x", "objects": [{"name": "a"}]}, "/objects/0/shape"),
        ({"name": "x", "id": "1"}, "/id"),
        ({"name": "x", "version": 3}, "/version"),
        ({"name": "x", "organization": "mine"}, "/organization"),
    ],
)
def test_a_bad_one_is_refused_by_pointer(people: People, body: dict[str, object], pointer: str) -> None:
    answer = people.caller("mia").post("/ontologies/", body)
    assert answer.status_code == 400
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert not Ontology.objects.exists()


def test_members_do_not_create(people: People) -> None:
    assert people.caller("ann").post("/ontologies/", {"name": "x"}).status_code == 403
    sent = {"name": "x", "organization": str(people.elsewhere.pk)}
    assert people.caller("mia").post("/ontologies/", sent).status_code == 404
    assert not Ontology.objects.exists()


def test_who_sees_what(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = make_ontology(people.organization), make_ontology(people.elsewhere)
    monkeypatch.setitem(
        visibility._providers, "ontology", lambda user, project: [mine.pk] if user == people.ann.pk else []
    )
    assert get_ontology_for(people.principal("mia"), mine.pk, manage=True) == mine
    assert get_ontology_for(people.principal("ann"), mine.pk) == mine
    with pytest.raises(Forbidden):
        get_ontology_for(people.principal("ann"), mine.pk, manage=True)
    for name, ontology in (("bob", mine), ("mia", other), ("ann", other), ("olga", mine), ("admin", mine)):
        with pytest.raises(NotFound):
            get_ontology_for(people.principal(name), ontology.pk)
    with pytest.raises(NotFound):  # a key that is limited to a project which does not use it
        get_ontology_for(people.principal("mia", project_id=other.pk), mine.pk)


def test_archiving_hides_from_the_list_only(people: People) -> None:
    mia, ontology = people.caller("mia"), make_ontology(people.organization)
    for _ in range(2):
        assert mia.post(f"/ontologies/{ontology.pk}/archive/").status_code == 200
    assert mia.get("/ontologies/").json()["results"] == []
    assert len(mia.get("/ontologies/?archived=true").json()["results"]) == 1
    assert mia.get(f"/ontologies/{ontology.pk}/").json()["archived_at"]
    assert mia.post(f"/ontologies/{ontology.pk}/restore/").json()["archived_at"] is None
    assert len(mia.get("/ontologies/").json()["results"]) == 1
    assert mia.get("/ontologies/?archived=maybe").status_code == 400
    assert mia.get("/ontologies/?name=x").status_code == 400
