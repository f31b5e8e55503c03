"""Who may call the dataset routes. The world's project comes to use this dataset, so its viewers may read it."""

from __future__ import annotations

from typing import Any

from apps.common.ids import new_id
from apps.datasets.operations import register_storage
from tests.contracts.matrix import MANAGERS, Rule, World
from tests.factories.datasets import make_dataset, make_units


def prepare(world: World) -> None:
    dataset = make_dataset(world.people.organization)
    world.ids["dataset_id"] = dataset.pk
    world.ids["data_unit_id"] = make_units(dataset)[0].pk


def organizations(world: World) -> list[tuple[Any, Any]]:
    return [
        ({"name": "x", "organization": str(world.people.elsewhere.pk)}, {"name": "x", "organization": str(new_id())})
    ]


def storages(world: World) -> list[tuple[Any, Any]]:
    foreign = register_storage(
        name="x", kind="s3", root="bucket", options={}, organization_id=world.people.elsewhere.pk
    )
    return [({"storage": str(foreign.pk)}, {"storage": str(new_id())})]


def urls(world: World) -> Any:
    return {"items": [{"url": "https://images.example/a.png"}]}


# Who labels sees the data units of their tasks, and lists nothing.
READERS = MANAGERS | {"val"}

RULES = [
    Rule("GET datasets/", open_to_all=True),
    Rule("POST datasets/", allow=MANAGERS, body=lambda world: {"name": "x"}, foreign=organizations, open_to_all=True),
    Rule("GET datasets/<uuid:dataset_id>/", allow=READERS),
    Rule("PATCH datasets/<uuid:dataset_id>/", allow=MANAGERS, body=lambda world: {"name": "x"}),
    Rule("GET datasets/<uuid:dataset_id>/data-units/", allow=READERS),
    Rule("POST datasets/<uuid:dataset_id>/data-units/", allow=MANAGERS, body=urls, foreign=storages),
    Rule("GET data-units/<uuid:data_unit_id>/", allow=READERS),
    Rule("PATCH data-units/<uuid:data_unit_id>/", allow=MANAGERS, body=lambda world: {"metadata": {}}),
    Rule("GET storages/", open_to_all=True),
    # Only the instance's admin, who is in no organization here, registers storage roots.
    Rule("POST storages/", allow=frozenset(), body=lambda world: {"name": "x", "root": "/nowhere"}, open_to_all=True),
]
