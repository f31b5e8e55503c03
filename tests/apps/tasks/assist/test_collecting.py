"""What a decoder may learn from, and what not."""

from __future__ import annotations

from typing import Any

import pytest

from apps.common.errors import Conflict
from apps.datasets.models import DataUnit
from apps.inference.models import ModelVersion
from apps.labels.models import Label
from apps.ontologies.queries import index_for
from apps.tasks.assist import collecting
from apps.tasks.assist.collecting import Collected, Wanted, collect, require_enough
from apps.tasks.models import Task
from apps.tasks.operations.corrections import correct_labels
from apps.tasks.operations.labeling import LabelChanges
from tests.factories.inference import make_model
from tests.factories.labels import BLOOD_CELLS, box
from tests.factories.tasks import World, graph, make_world
from tests.fakes.inference import square

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world(tasks=3, ontology=BLOOD_CELLS, workflow=graph(review={"allow_edit": True}))


def finished(world: World, *labels: dict[str, Any], **step: Any) -> Task:
    """A task with these labels that rex has approved."""
    task = world.must_claim("ann").task
    world.step("ann", task, "submit", changes=LabelChanges(upsert=list(labels)))
    world.must_claim("rex", "review")
    return world.step("rex", task, "approve", **step).task


def collected(world: World, base: ModelVersion | None = None, **wanted: Any) -> Collected:
    index = index_for(world.project.ontology_id)
    return collect(Wanted(world.project.id, **wanted), base or make_model(), index)


def outline(shape: str, geometry: Any, name: str) -> dict[str, Any]:
    return box() | {"class": name, "shape": shape, "geometry": geometry}


POLYGON = outline("polygon", {"polygons": [[[[10, 10], [50, 10], [50, 50], [10, 50]]]]}, "nucleus")
TURNED = outline("rotatable_bounding_box", {"cx": 50, "cy": 50, "width": 20, "height": 10, "angle": 30}, "tilted")
MASK = outline("bitmask", {"size": [480, 640], "counts": square().mask.counts}, "stain")
CENTRE = outline("keypoint", {"x": 5, "y": 5}, "centre")


def test_every_shape_with_an_area_is_an_object_and_outlines_are_drawn(world: World) -> None:
    task = finished(world, box(), POLYGON, TURNED, MASK, CENTRE)
    found = {one.class_name: one for one in collected(world).objects}
    assert set(found) == {"RBC", "nucleus", "tilted", "stain"}
    assert {name for name, one in found.items() if one.mask is None} == {"RBC", "tilted"}
    assert found["stain"].mask == square().mask
    assert list(found["RBC"].bbox) == [10, 20, 30, 40]
    assert {one.image.sha256 for one in found.values()} == {task.data_unit.sha256}


def test_only_complete_tasks_count(world: World) -> None:
    world.submitted()
    assert collected(world).objects == []


def test_labels_that_were_changed_after_the_verdict_are_nobodys_word(world: World) -> None:
    first, second = box(), box(x=90)
    task = finished(world, first, second)
    correct_labels(
        task_id=task.id,
        actor=world.people["mia"],
        upsert=[first | {"geometry": {"x": 1, "y": 1, "width": 5, "height": 5}}],
        delete=[],
        base_revision=None,
        operation="correct",
        origin_kind="human",
    )
    found = collected(world)
    assert [one.bbox[0] for one in found.objects] == [90]
    assert found.unjudged == 1


def test_what_a_reviewer_put_right_or_added_counts(world: World) -> None:
    wrong = box()
    right = wrong | {"geometry": {"x": 11, "y": 21, "width": 31, "height": 41}}
    finished(world, wrong, changes=LabelChanges(upsert=[right, box(x=200)]))
    assert sorted(one.bbox[0] for one in collected(world).objects) == [11, 200]


def test_what_the_base_or_its_decoders_made_and_nobody_edited_is_left_out(world: World) -> None:
    base = make_model("SAM")
    make_model("SAM, tuned 1", sha256=base.sha256, decoder_sha256="d" * 64, base=base, project=world.project)
    made = [box(x=20 * i, origin={"kind": "model", "model": name}) for i, name in enumerate(["SAM", "SAM, tuned 1"])]
    edited = box(x=100, origin={"kind": "model", "model": "SAM", "edited": True})
    other = box(x=200, origin={"kind": "model", "model": "Another"})
    finished(world, *made, edited, other, box(x=300))
    found = collected(world, base)
    assert sorted(one.bbox[0] for one in found.objects) == [100, 200, 300]
    assert (found.approved, found.of_base) == (3, 2)


def test_classes_narrow(world: World) -> None:
    finished(world, box(), POLYGON)
    entry = index_for(world.project.ontology_id).find("nucleus")
    assert entry is not None
    assert [one.class_name for one in collected(world, classes=[entry.id]).objects] == ["nucleus"]


def test_images_of_one_metadata_value_are_one_group(world: World) -> None:
    units = [finished(world, box()).data_unit for _ in range(3)]
    DataUnit.objects.filter(id__in=[units[0].id, units[1].id]).update(metadata={"slide": 7})
    assert collected(world).groups == 3
    assert {one.group for one in collected(world, group="slide").objects} == {"slide=7", units[2].sha256}


def test_of_too_many_the_same_ones_are_drawn_each_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        finished(world, *(box(x=10 * i) for i in range(5)))
    monkeypatch.setattr(collecting, "MOST", 4)
    monkeypatch.setattr(collecting, "CHUNK", 1)
    base = make_model()
    first, again, other = (collected(world, base, seed=seed).objects for seed in (1, 1, 2))
    assert len(first) == 4
    assert first == again
    assert first != other


def test_too_little_is_refused_with_the_counts(world: World) -> None:
    finished(world, box())
    with pytest.raises(Conflict) as refusal:
        require_enough(collected(world))
    assert refusal.value.code == "too_few_objects"
    assert (refusal.value.extra["objects"], refusal.value.extra["groups"]) == (1, 1)
    one_group = Collected(objects=collected(world).objects * collecting.LEAST)
    with pytest.raises(Conflict) as refusal:
        require_enough(one_group)
    assert refusal.value.code == "too_few_groups"
    assert Label.objects.filter(label_set__project=world.project).count() == 1
