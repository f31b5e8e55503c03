"""Changes: versions, what is in use, plans and the job that labels follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest

from apps.common.errors import NotFound
from apps.jobs.models import Job
from apps.jobs.registry import JobContext
from apps.ontologies import hooks
from apps.ontologies.logic import check_label
from apps.ontologies.logic.steps import Rewrite
from apps.ontologies.models import Ontology, OntologyVersion
from apps.ontologies.queries import index_at, index_for
from tests.factories.ontologies import make_ontology
from tests.factories.people import People

pytestmark = pytest.mark.django_db


class Labels:
    """Stands for the app that holds labels: rows of class id and attributes."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, dict[str, Any]]] = []

    def count(self, ontology_id: UUID, wanted: Mapping[str, str]) -> Mapping[str, int]:
        def uses(item: str, class_id: str) -> int:
            return sum(owner == class_id and (item == class_id or item in str(said)) for owner, said in self.rows)

        return {item: uses(item, class_id) for item, class_id in wanted.items()}

    def relabel(
        self, ctx: JobContext, *, ontology_id: UUID, class_ids: frozenset[str], rewrite: Rewrite
    ) -> dict[str, int]:
        after = [(row, rewrite(*row) if row[0] in class_ids else None) for row in self.rows]
        self.rows = [new or old for old, new in after]
        return {"labels": sum(new is not None for _, new in after)}


@pytest.fixture
def labels(monkeypatch: pytest.MonkeyPatch) -> Labels:
    kept = Labels()
    monkeypatch.setattr(hooks, "_usage", [kept.count])
    monkeypatch.setattr(hooks, "_relabelers", [kept.relabel])
    return kept


@pytest.fixture
def ontology(people: People) -> Ontology:
    return make_ontology(people.organization)


def use(labels: Labels, ontology: Ontology, class_name: str, attributes: dict[str, Any]) -> None:
    index = index_for(ontology.pk)
    entry = index.find(class_name)
    assert entry is not None
    found = check_label(index, class_name, entry.shape, attributes)
    assert not found.errors
    labels.rows.append((found.class_id, found.attributes))


def current(people: People, ontology: Ontology) -> tuple[dict[str, Any], str]:
    answer = people.caller("mia").get(f"/ontologies/{ontology.pk}/")
    return answer.json(), answer["ETag"]


def change(people: People, ontology: Ontology, body: dict[str, Any]) -> Any:
    _, tag = current(people, ontology)
    return people.caller("mia").patch(f"/ontologies/{ontology.pk}/", body, If_Match=tag)


def test_renaming_is_free(people: People, ontology: Ontology, labels: Labels) -> None:
    use(labels, ontology, "RBC", {"overlap": "none"})
    shown, _ = current(people, ontology)
    shown["objects"][0]["name"] = "Erythrocyte"
    answer = change(people, ontology, {"objects": shown["objects"], "name": "Cells"})
    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["version"]) == ("Cells", 2)
    assert answer.json()["objects"][0]["id"] == shown["objects"][0]["id"]
    assert index_at(ontology.pk, 1).find("RBC") is not None
    assert index_for(ontology.pk).find("Erythrocyte") is not None


def test_a_change_that_changes_nothing_makes_no_version(people: People, ontology: Ontology) -> None:
    shown, tag = current(people, ontology)
    answer = change(people, ontology, {"objects": shown["objects"]})
    assert (answer.status_code, answer["ETag"], answer.json()["version"]) == (200, tag, 1)
    assert OntologyVersion.objects.filter(ontology=ontology).count() == 1


def test_a_write_names_the_version_it_read(people: People, ontology: Ontology) -> None:
    mia, url = people.caller("mia"), f"/ontologies/{ontology.pk}/"
    _, tag = current(people, ontology)
    assert mia.patch(url, {"name": "x"}).status_code == 428
    assert mia.patch(url, {"name": "x"}, If_Match='"1-other"').status_code == 412
    assert mia.patch(url, {"name": "New"}, If_Match=f"W/{tag}").status_code == 200
    assert mia.patch(url, {"name": "y"}, If_Match=tag).status_code == 412
    ontology.refresh_from_db()
    assert (ontology.name, ontology.version) == ("New", 1)


@pytest.mark.parametrize("drop", ["class", "attribute", "option", "shape", "type", "classification"])
def test_what_is_used_cannot_be_dropped_or_remade(
    people: People, ontology: Ontology, labels: Labels, drop: str
) -> None:
    use(labels, ontology, "RBC", {"overlap": "none", "flags": ["cut"]})
    use(labels, ontology, "focus", {"focus": "sharp"})
    body, _ = current(people, ontology)
    objects, asked = body["objects"], body["classifications"]
    match drop:
        case "class":
            objects = objects[1:]
        case "attribute":
            objects[0]["attributes"] = objects[0]["attributes"][1:]
        case "option":
            objects[0]["attributes"][0]["options"] = objects[0]["attributes"][0]["options"][1:]
        case "shape":
            objects[0]["shape"] = "polygon"
        case "type":
            objects[0]["attributes"][1] = {"id": objects[0]["attributes"][1]["id"], "name": "flags", "type": "text"}
        case "classification":
            asked = []
    answer = change(people, ontology, {"objects": objects, "classifications": asked})
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert answer.json()["in_use"][0]["labels"] == 1
    ontology.refresh_from_db()
    assert ontology.version == 1


def test_what_is_unused_can_be_dropped_and_what_is_used_archived(
    people: People, ontology: Ontology, labels: Labels
) -> None:
    use(labels, ontology, "RBC", {"overlap": "none"})
    body, _ = current(people, ontology)
    body["objects"][0]["archived"] = True
    answer = change(people, ontology, {"objects": body["objects"][:1]})
    assert answer.status_code == 200
    assert [(item["name"], item["archived"]) for item in answer.json()["objects"]] == [("RBC", True)]


def test_a_plan_tells_what_a_change_touches_and_changes_nothing(
    people: People, ontology: Ontology, labels: Labels
) -> None:
    use(labels, ontology, "RBC", {"overlap": "none"})
    body, _ = current(people, ontology)
    body["objects"][0]["name"] = "Red"
    body["objects"].append({"name": "Platelets", "shape": "bounding_box"})
    body["objects"][0]["attributes"].append({"name": "stain", "type": "text", "required": True})
    del body["objects"][1]
    answer = people.caller("mia").post(f"/ontologies/{ontology.pk}/plan/", {"objects": body["objects"]})
    assert answer.status_code == 200
    plan = answer.json()
    told = {(item["action"], item["name"], item["to"], item["labels"]) for item in plan["changes"]}
    assert {
        ("renamed", "RBC", "Red", 1),
        ("added", "stain", None, 0),
        ("required", "stain", None, 1),
        ("added", "Platelets", None, 0),
        ("removed", "WBC", None, 0),
    } == told
    assert (plan["blocked"], plan["job"]) == (False, True)
    ontology.refresh_from_db()
    assert ontology.version == 1


def test_a_new_required_attribute_is_filled_by_a_job(
    people: People, ontology: Ontology, labels: Labels, run_jobs: Callable[[], list[Job]]
) -> None:
    use(labels, ontology, "WBC", {})
    body, _ = current(people, ontology)
    stain = {"name": "stain", "type": "radio", "required": True, "options": [{"value": "weak"}, {"value": "strong"}]}
    body["objects"][1]["attributes"] = [stain]
    fill = [{"class": "WBC", "attribute": "stain", "value": "weak"}]
    answer = change(people, ontology, {"objects": body["objects"], "fill": fill})
    assert answer.status_code == 202
    assert answer["Location"] == f"/api/v1/jobs/{answer.json()['job']}/"
    job: Any = run_jobs()[0]
    assert (job.state, job.result["labels"], job.result["unanswered"]) == ("succeeded", 1, 0)
    entry = index_for(ontology.pk).find("WBC")
    assert entry is not None
    attribute = entry.attributes.lookup["stain"]
    assert labels.rows == [(entry.id, {attribute.id: attribute.options["weak"].id})]


def test_without_a_fill_the_job_counts_what_is_unanswered(
    people: People, ontology: Ontology, labels: Labels, run_jobs: Callable[[], list[Job]]
) -> None:
    use(labels, ontology, "WBC", {})
    body, _ = current(people, ontology)
    body["objects"][1]["attributes"] = [{"name": "stain", "type": "text", "required": True}]
    assert change(people, ontology, {"objects": body["objects"]}).status_code == 202
    job: Any = run_jobs()[0]
    assert (job.state, job.result["unanswered"]) == ("succeeded", 1)


def test_a_merge_moves_labels_with_the_answers_that_fit(
    people: People, ontology: Ontology, labels: Labels, run_jobs: Callable[[], list[Job]]
) -> None:
    use(labels, ontology, "RBC", {"overlap": "none", "flags": ["cut"], "count": 3})
    body, _ = current(people, ontology)
    body["objects"][1]["attributes"] = [
        {"name": "flags", "type": "checklist", "options": [{"value": "cut"}]},
        {"name": "count", "type": "text"},
    ]
    sent = {"objects": body["objects"][1:], "merge": [{"from": "RBC", "into": "WBC"}]}
    answer = change(people, ontology, sent)
    assert answer.status_code == 202, answer.content
    job: Any = run_jobs()[0]
    assert (job.state, job.result["labels"]) == ("succeeded", 1)
    index = index_for(ontology.pk)
    wbc, rbc = index.find("WBC"), index.find("RBC")
    assert wbc is not None
    assert rbc is not None
    assert rbc.archived
    flags = wbc.attributes.lookup["flags"]
    assert labels.rows == [(wbc.id, {flags.id: [flags.options["cut"].id]})]


def test_a_split_sorts_labels_by_an_answer(
    people: People, ontology: Ontology, labels: Labels, run_jobs: Callable[[], list[Job]]
) -> None:
    use(labels, ontology, "RBC", {"overlap": "partial"})
    use(labels, ontology, "RBC", {"overlap": "none"})
    split = [{"class": "RBC", "attribute": "overlap", "into": {"partial": "WBC"}}]
    assert change(people, ontology, {"split": split}).status_code == 202
    job: Any = run_jobs()[0]
    assert (job.state, job.result["labels"]) == ("succeeded", 1)
    index = index_for(ontology.pk)
    assert [index.class_name(class_id) for class_id, _ in labels.rows] == ["WBC", "RBC"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"merge": [{"from": "RBC", "into": "RBC"}]}, "/merge/0/into"),
        ({"merge": [{"from": "RBC", "into": "hand"}]}, "/merge/0/into"),
        ({"merge": [{"from": "XBC", "into": "WBC"}]}, "/merge/0/from"),
        ({"merge": [{"from": "focus", "into": "WBC"}]}, "/merge/0/from"),
        ({"merge": [{"from": "RBC"}]}, "/merge/0"),
        ({"merge": "all"}, "/merge"),
        ({"merge": [{"from": "RBC", "into": "WBC"}, {"from": "WBC", "into": "RBC"}]}, "/merge"),
        ({"split": [{"class": "RBC", "attribute": "flags", "into": {"cut": "WBC"}}]}, "/split/0/attribute"),
        ({"split": [{"class": "RBC", "attribute": "overlap", "into": {"x": "WBC"}}]}, "/split/0/into/x"),
        ({"fill": [{"class": "RBC", "attribute": "sure", "value": "yes"}]}, "/fill/0/value"),
        ({"fill": [{"class": "RBC", "attribute": "sure", "value": None}]}, "/fill/0/value"),
        ({"objects": None}, "/objects"),
        ({"version": 4}, "/version"),
        ({"name": 4}, "/name"),
    ],
)
def test_a_bad_change_is_refused_by_pointer(
    people: People, ontology: Ontology, body: dict[str, Any], pointer: str
) -> None:
    answer = change(people, ontology, body)
    assert answer.status_code == 400
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    ontology.refresh_from_db()
    assert ontology.version == 1


def test_past_versions_can_be_read(people: People, ontology: Ontology) -> None:
    body, _ = current(people, ontology)
    change(people, ontology, {"objects": body["objects"][:1]})
    mia, url = people.caller("mia"), f"/ontologies/{ontology.pk}/"
    assert len(mia.get(f"{url}?version=1").json()["objects"]) == 3
    assert len(mia.get(f"{url}?version=2").json()["objects"]) == 1
    assert mia.get(f"{url}?version=3").status_code == 404
    assert mia.get(f"{url}?version=x").status_code == 400
    with pytest.raises(NotFound):
        index_at(ontology.pk, 9)
