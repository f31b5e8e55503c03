"""Labels and their ontology: what is used is known, and a merge is one revision of each label set."""

from __future__ import annotations

from typing import Any

import pytest

from apps.common.errors import Conflict
from apps.labels.models import Revision
from apps.labels.queries import labels_at, labels_of
from apps.labels.queries.usage import count_uses
from apps.ontologies.operations import change_ontology
from tests.factories.jobs import run_all_jobs
from tests.factories.labels import LabelWorld, box, label_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> LabelWorld:
    return label_world()


def white() -> dict[str, Any]:
    return {**box(), "class": "WBC"}


def change(world: LabelWorld, **body: Any) -> Any:
    ontology = world.project.ontology
    return change_ontology(ontology=ontology, body=body, name=None, changed_by=world.ann, check=lambda locked: None)


def test_uses_are_counted_by_class_attribute_and_option(world: LabelWorld) -> None:
    nested = {"overlap": {"value": "partial", "attributes": {"with": "platelet"}}}
    saved = [box(attributes=nested), box(attributes={"overlap": "none"}), white()]
    world.save(saved)
    rbc, wbc, platelets = (world.index.find(name) for name in ("RBC", "WBC", "Platelets"))
    assert rbc is not None
    assert wbc is not None
    assert platelets is not None
    overlap, flags = (rbc.attributes.lookup[name] for name in ("overlap", "flags"))
    inner = overlap.options["partial"].attributes.lookup["with"]
    wanted = {
        **{entry.id: entry.id for entry in (rbc, wbc, platelets)},
        **{item.id: rbc.id for item in (overlap, flags, inner, overlap.options["none"], flags.options["cut"])},
    }
    assert count_uses(world.project.ontology_id, wanted) == {
        rbc.id: 2,
        wbc.id: 1,
        platelets.id: 0,
        overlap.id: 2,
        flags.id: 0,
        inner.id: 1,
        overlap.options["none"].id: 1,
        flags.options["cut"].id: 0,
    }
    assert set(count_uses(label_world().project.ontology_id, wanted).values()) == {0}


def test_a_used_class_cannot_be_dropped(world: LabelWorld) -> None:
    world.save([box()])
    objects = world.project.ontology.definition["objects"]
    with pytest.raises(Conflict, match="RBC"):
        change(world, objects=objects[1:])
    change(world, objects=objects[:1])


def test_a_merge_is_a_revision_that_keeps_geometry_and_origin(world: LabelWorld) -> None:
    first, other = box(attributes={"overlap": "none"}), white()
    saved = world.save([first, other])
    before = labels_of(saved.label_set)
    changed, job = change(world, merge=[{"from": "RBC", "into": "WBC"}])
    assert job is not None
    done: Any = run_all_jobs()[0]
    assert (done.state, done.result["labels"], done.result["label_sets"]) == ("succeeded", 1, 1)
    saved.label_set.refresh_from_db()
    assert (saved.label_set.revision, saved.label_set.ontology_version) == (2, changed.version)
    wbc = world.index.find("WBC")
    assert wbc is not None
    after = labels_of(saved.label_set)
    assert {row["class"] for row in after.values()} == {wbc.id}
    for name in ("geometry", "origin", "created_by", "created_at", "shape"):
        assert after[first["id"]][name] == before[first["id"]][name]
    assert after[other["id"]] == before[other["id"]]
    assert labels_at(saved.label_set, 1) == before
    assert Revision.objects.get(label_set=saved.label_set, number=2).operation == "ontology"


def test_a_split_that_matches_nothing_writes_nothing(world: LabelWorld) -> None:
    saved = world.save([box() for _ in range(3)])
    change(world, split=[{"class": "RBC", "attribute": "overlap", "into": {"none": "WBC"}}])
    done: Any = run_all_jobs()[0]
    assert (done.state, done.result["labels"], done.result["label_sets"]) == ("succeeded", 0, 0)
    saved.label_set.refresh_from_db()
    assert saved.label_set.revision == 1
