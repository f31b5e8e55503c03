"""Saving labels by revision."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.common.errors import Invalid, NotFound, StaleVersion
from apps.labels.models import Label, LabelSet, Revision
from apps.labels.operations import SNAPSHOT_EVERY
from apps.labels.queries import diff, labels_at, labels_of, render_labels
from tests.factories.labels import LabelWorld, box, label_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> LabelWorld:
    return label_world()


def pointers(error: Invalid) -> list[tuple[str, str]]:
    return [(item.pointer, item.code) for item in error.errors]


def test_first_save_makes_the_label_set_and_revision_one(world: LabelWorld) -> None:
    label = box(attributes={"overlap": {"value": "partial", "attributes": {"with": "platelet"}}, "flags": ["cut"]})
    saved = world.save([label], base_revision=0)
    assert (saved.revision, saved.label_set.label_count, len(saved.changed)) == (1, 1, 1)
    stored = LabelSet.objects.get()
    assert (stored.id, stored.revision, stored.label_count) == (saved.label_set.id, 1, 1)
    (shown,) = render_labels(labels_of(stored), world.index)
    assert {name: shown[name] for name in label} == label
    assert shown["created_by"] == shown["updated_by"] == str(world.ann.id)
    assert shown["created_at"] == "2026-03-01T12:00:00.000000Z"
    assert shown["origin"] == {"kind": "human", "model": None, "prompts": None, "edited": False}
    row = Label.objects.get()
    assert (row.x, row.y, row.width, row.height, row.changed_in) == (10, 20, 30, 40, 1)


def test_changed_and_deleted_labels_make_one_revision(world: LabelWorld) -> None:
    kept, moved, gone = box(), box(50), box(90)
    world.save([kept, moved, gone])
    moved["geometry"] = {**moved["geometry"], "x": 51}
    saved = world.save([moved, box(200)], [gone["id"]], base_revision=1)
    assert (saved.revision, saved.label_set.label_count) == (2, 3)
    assert [(c.before is None, c.after is None) for c in saved.changed] == [
        (False, True),
        (False, False),
        (True, False),
    ]
    assert Label.objects.get(label_id=kept["id"]).changed_in == 1
    assert Label.objects.get(label_id=moved["id"]).changed_in == 2
    assert Label.objects.get(label_id=moved["id"]).origin["edited"] is True
    assert Revision.objects.get(number=2).delta["changes"][0]["after"] is None


def test_a_save_that_changes_nothing_makes_no_revision(world: LabelWorld) -> None:
    label = box()
    world.save([label])
    saved = world.save([label], base_revision=1)
    assert (saved.revision, saved.changed) == (1, ())
    assert Revision.objects.count() == 1


def test_a_stale_base_is_refused_with_the_current_revision(world: LabelWorld) -> None:
    world.save([box()])
    with pytest.raises(StaleVersion) as caught:
        world.save([box()], base_revision=0)
    assert caught.value.extra == {"current": 1}
    assert (Label.objects.count(), Revision.objects.count()) == (1, 1)


def test_a_write_between_read_and_write_is_refused(world: LabelWorld) -> None:
    saved = world.save([box()])
    old = LabelSet.objects.get(id=saved.label_set.id)
    world.save([box()])
    with pytest.raises(StaleVersion) as caught:
        world.save([box()], known=old)
    assert caught.value.extra == {"current": 2}
    assert LabelSet.objects.get().label_count == 2


def test_one_bad_label_refuses_the_whole_save(world: LabelWorld) -> None:
    known = box()
    world.save([known])
    bad = [
        box(),
        box(630),
        {**box(), "class": "Monocyte"},
        box(attributes={"overlap": "total"}),
        {**box(), "owner": "me"},
        box(id="not a uuid"),
        box(shape="polygon"),
        {**box(), "created_by": str(uuid4())},
        "label",
    ]
    with pytest.raises(Invalid) as caught:
        world.save(bad, ["?"], base_revision=1)
    assert pointers(caught.value) == [
        ("/upsert/1/geometry", "outside_image"),
        ("/upsert/2/class", "unknown_class"),
        ("/upsert/3/attributes/overlap", "unknown_option"),
        ("/upsert/4/owner", "unknown_field"),
        ("/upsert/5/id", "bad_id"),
        ("/upsert/6/shape", "wrong_shape"),
        ("/upsert/8", "not_an_object"),
        ("/delete/0", "bad_id"),
    ]
    assert (Label.objects.count(), Revision.objects.count(), LabelSet.objects.get().revision) == (1, 1, 1)


def test_ids_are_named_once_and_deletions_exist(world: LabelWorld) -> None:
    label = box()
    with pytest.raises(Invalid) as twice:
        world.save([label, label], [label["id"]], pointer="/labels")
    assert pointers(twice.value) == [("/labels/upsert/1/id", "repeated_id"), ("/labels/delete/0", "repeated_id")]
    with pytest.raises(Invalid) as missing:
        world.save([], [str(uuid4())])
    assert pointers(missing.value) == [("/delete/0", "unknown_label")]
    assert not LabelSet.objects.exists()


def test_server_members_may_come_back_as_they_were_read(world: LabelWorld) -> None:
    world.save([box()])
    (shown,) = render_labels(labels_of(LabelSet.objects.get()), world.index)
    shown["geometry"] = {**shown["geometry"], "width": 31}
    assert world.save([shown], base_revision=1).revision == 2
    with pytest.raises(Invalid) as caught:
        world.save([{**shown, "created_by": str(uuid4())}])
    assert pointers(caught.value) == [("/upsert/0/created_by", "read_only")]


def test_the_origin_of_an_assisted_label_is_kept(world: LabelWorld) -> None:
    label = box(origin={"kind": "model", "model": "sam-b", "prompts": [{"x": 1, "y": 2, "label": 1}]})
    world.save([label])
    assert Label.objects.get().origin == {**label["origin"], "edited": False}
    world.save([{**label, "geometry": {"x": 1, "y": 1, "width": 5, "height": 5}}])
    assert Label.objects.get().origin == {**label["origin"], "edited": True}
    with pytest.raises(Invalid) as caught:
        world.save([box(origin={"kind": "import"})])
    assert pointers(caught.value) == [("/upsert/0/origin/kind", "bad_kind")]


def test_label_ids_are_unique_in_their_set_only(world: LabelWorld) -> None:
    other, label = label_world(), box()
    world.save([label])
    other.save([label])
    world.save([label], label_set_key=(world.project.id, world.unit.id, "copy-1"))
    assert Label.objects.filter(label_id=UUID(label["id"])).count() == 3


def test_a_save_under_an_older_ontology_is_flagged(world: LabelWorld) -> None:
    world.save([box()], ontology_index=replace(world.index, version=3), ontology_version=2)
    revision = Revision.objects.get()
    assert (revision.ontology_version, revision.outdated_ontology) == (2, True)
    world.save([box()], ontology_index=replace(world.index, version=3))
    assert Revision.objects.get(number=2).outdated_ontology is False


def test_every_past_revision_can_be_had(world: LabelWorld) -> None:
    labels = [box(i) for i in range(5)]
    world.save(labels)
    states = {0: {}, 1: labels_of(LabelSet.objects.get())}
    for number in range(2, SNAPSHOT_EVERY + 6):
        label = labels[number % 5]
        label["geometry"] = {**label["geometry"], "y": number}
        saved = world.save([label, *([box(300, number)] if number % 7 == 0 else [])])
        states[number] = labels_of(saved.label_set)
    label_set = LabelSet.objects.get()
    assert list(Revision.objects.filter(snapshot__isnull=False).values_list("number", flat=True)) == [SNAPSHOT_EVERY]
    for number, state in states.items():
        assert labels_at(label_set, number) == state
    with pytest.raises(NotFound):
        labels_at(label_set, label_set.revision + 1)


def test_two_revisions_can_be_compared(world: LabelWorld) -> None:
    kept, moved, gone, new = box(), box(50), box(90), box(130)
    world.save([kept, moved, gone])
    world.save([{**moved, "geometry": {**moved["geometry"], "x": 55}}])
    world.save([new], [gone["id"]])
    found = {c.id: (c.before is None, c.after is None) for c in diff(LabelSet.objects.get(), 1, 3)}
    assert found == {moved["id"]: (False, False), gone["id"]: (False, True), new["id"]: (True, False)}
    assert [c.id for c in diff(LabelSet.objects.get(), 3, 3)] == []


def test_the_cost_does_not_grow_with_the_labels(world: LabelWorld) -> None:
    labels = [box(i % 500, i // 5) for i in range(1000)]
    saved = world.save(labels)
    with CaptureQueriesContext(connection) as queries:
        world.save([{**labels[7], "geometry": {"x": 1, "y": 1, "width": 2, "height": 2}}], known=saved.label_set)
    statements = [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]
    assert len(statements) <= (2 if connection.vendor == "postgresql" else 4)
    assert "snapshot" not in statements[0]


def focus(value: str = "sharp") -> dict[str, Any]:
    """An answer to the classification of blood cells."""
    return {
        "id": str(uuid4()),
        "class": "focus",
        "shape": "classification",
        "geometry": None,
        "attributes": {"focus": value},
    }


def test_a_classification_is_answered_once(world: LabelWorld) -> None:
    first = focus()
    world.save([first])
    with pytest.raises(Invalid) as refused:
        world.save([box(), focus("blurred")])
    assert [error.pointer for error in refused.value.errors] == ["/upsert/1/class"]
    assert world.save([first | {"attributes": {"focus": "blurred"}}]).revision == 2
    assert world.save([focus()], delete=[first["id"]]).revision == 3
