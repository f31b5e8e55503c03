"""Definitions: what is taken, what is refused and where."""

from __future__ import annotations

from typing import Any

import pytest

from apps.common.errors import Invalid
from apps.ontologies.logic import read_definition
from apps.ontologies.logic.limits import MAX_NESTING, PALETTE
from tests.factories.ontologies import blood, numbered_ids


def read(body: dict[str, Any], current: dict[str, Any] | None = None) -> dict[str, Any]:
    return read_definition(body, make_id=numbered_ids(), current=current)


def pointers(body: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        read(body)
    return [(error.pointer, error.code) for error in caught.value.errors]


def test_everything_gets_an_id_and_a_canonical_form() -> None:
    found = read(blood())
    rbc = found["objects"][0]
    assert rbc["color"] == "#c92a2a"
    assert rbc["skill"] is None
    assert [item["name"] for item in rbc["attributes"]] == ["overlap", "flags", "count", "sure"]
    nested = rbc["attributes"][0]["options"][1]["attributes"][0]
    assert (nested["name"], nested["type"], nested["required"]) == ("with", "text", True)
    assert found["objects"][2]["template"] == {"points": ["wrist", "thumb", "index"], "edges": [[0, 1], [0, 2]]}
    assert found["classifications"][0]["required"] is True
    ids = [rbc["id"], nested["id"], found["classifications"][0]["id"], rbc["attributes"][1]["options"][0]["id"]]
    assert len(set(ids)) == 4


def test_reading_the_canonical_form_again_changes_nothing() -> None:
    found = read(blood())
    assert read(found, found) == found
    assert read(blood(), found) == found
    assert read({}, found) == found


def test_classes_without_a_colour_get_free_ones() -> None:
    objects = [{"name": f"c{i}", "shape": "polygon"} for i in range(3)] + [
        {"name": "red", "shape": "polygon", "color": PALETTE[0]},
        {"name": "short", "shape": "polygon", "color": "#ABC"},
    ]
    colors = [item["color"] for item in read({"objects": objects})["objects"]]
    assert colors == [*PALETTE[1:4], PALETTE[0], "#aabbcc"]


def test_a_rename_by_id_keeps_the_id_and_a_swap_of_names_works() -> None:
    found = read(blood())
    a, b = found["objects"][:2]
    swapped = read({"objects": [{**a, "name": "WBC"}, {**b, "name": "RBC"}, found["objects"][2]]}, found)
    assert [(item["id"], item["name"]) for item in swapped["objects"][:2]] == [(a["id"], "WBC"), (b["id"], "RBC")]


def test_a_member_left_out_keeps_its_value_and_an_item_left_out_is_dropped() -> None:
    found = read(blood())
    again = read({"objects": [{"name": "RBC"}]}, found)
    assert again["objects"] == [found["objects"][0]]
    assert again["classifications"] == found["classifications"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": ""}, ("/objects/0/name", "bad_length")),
        ({"name": "x" * 201}, ("/objects/0/name", "bad_length")),
        ({"name": 7}, ("/objects/0/name", "not_text")),
        ({"name": "a\nb"}, ("/objects/0/name", "bad_characters")),
        ({"name": "0192f0c1-7d8e-7aaa-bbbb-1234567890ab"}, ("/objects/0/name", "looks_like_an_id")),
        ({"name": "WBC"}, ("/objects/1/name", "repeated_name")),
        ({"name": "focus"}, ("/classifications/0/name", "repeated_name")),
        ({"shape": "circle"}, ("/objects/0/shape", "unknown_choice")),
        ({"shape": "classification"}, ("/objects/0/shape", "unknown_choice")),
        ({"shape": "skeleton"}, ("/objects/0/template", "required")),
        ({"template": {"points": ["a"], "edges": []}}, ("/objects/0/template", "not_a_skeleton")),
        ({"color": "red"}, ("/objects/0/color", "bad_color")),
        ({"color": "#12345"}, ("/objects/0/color", "bad_color")),
        ({"skill": 3}, ("/objects/0/skill", "bad_text")),
        ({"archived": "no"}, ("/objects/0/archived", "not_a_boolean")),
        ({"attributes": {}}, ("/objects/0/attributes", "not_a_list")),
        ({"attributes": [3]}, ("/objects/0/attributes/0", "not_an_object")),
        ({"id": "0192f0c1-7d8e-7aaa-bbbb-1234567890ab"}, ("/objects/0/id", "unknown_id")),
        ({"id": []}, ("/objects/0/id", "unknown_id")),
        ({"x/y": 1}, ("/objects/0/x~1y", "unknown_field")),
    ],
)
def test_a_bad_class_is_refused_where_it_is_bad(change: dict[str, Any], expected: tuple[str, str]) -> None:
    body = blood()
    body["objects"][0] |= change
    assert expected in pointers(body)


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ({"type": "text"}, ("/classifications/0/name", "required")),
        ({"name": "a", "type": "date"}, ("/classifications/0/type", "unknown_choice")),
        ({"name": "a"}, ("/classifications/0/type", "unknown_choice")),
        ({"name": "a", "type": "radio"}, ("/classifications/0/options", "required")),
        ({"name": "a", "type": "text", "options": [{"value": "x"}]}, ("/classifications/0/options", "no_choice")),
        ({"name": "a", "type": "text", "required": 1}, ("/classifications/0/required", "not_a_boolean")),
        (
            {"name": "a", "type": "radio", "options": [{"value": "x"}, {"value": " x "}]},
            ("/classifications/0/options/1/value", "repeated_name"),
        ),
        (
            {"name": "a", "type": "radio", "options": [{"name": "x", "value": "x"}]},
            ("/classifications/0/options/0/name", "unknown_field"),
        ),
    ],
)
def test_a_bad_attribute_is_refused_where_it_is_bad(attribute: dict[str, Any], expected: tuple[str, str]) -> None:
    assert expected in pointers({"classifications": [attribute]})


@pytest.mark.parametrize("edge", [[0, 0], [0, 3], [-1, 0], [0], [0, 1, 2], ["0", 1], [True, 0], "01", None])
def test_a_bad_edge_is_refused(edge: Any) -> None:
    body = blood()
    body["objects"][2]["template"]["edges"] = [[0, 1], edge]
    assert ("/objects/2/template/edges/1", "bad_edge") in pointers(body)


@pytest.mark.parametrize("points", [[], ["a", "a"], None, [1]])
def test_bad_points_are_refused(points: Any) -> None:
    body = blood()
    body["objects"][2]["template"] = {"points": points, "edges": []}
    assert any(pointer.startswith("/objects/2/template/points") for pointer, _ in pointers(body))


def nested(levels: int) -> dict[str, Any]:
    attribute: dict[str, Any] = {"name": "leaf", "type": "text"}
    for level in range(levels - 1):
        attribute = {"name": f"l{level}", "type": "radio", "options": [{"value": "x", "attributes": [attribute]}]}
    return attribute


def test_attributes_nest_so_deep_and_no_deeper() -> None:
    read({"objects": [{"name": "a", "shape": "polygon", "attributes": [nested(MAX_NESTING)]}]})
    codes = {
        code
        for _, code in pointers(
            {"objects": [{"name": "a", "shape": "polygon", "attributes": [nested(MAX_NESTING + 1)]}]}
        )
    }
    assert codes == {"too_deep"}


def test_sizes_are_bounded_and_errors_too() -> None:
    many = [{"name": f"c{i}", "shape": "polygon"} for i in range(1_001)]
    assert pointers({"objects": many}) == [("/objects", "too_many")]
    wide = {"name": "a", "shape": "polygon", "attributes": [
        {"name": f"a{i}", "type": "radio", "options": [{"value": f"o{j}"} for j in range(1_000)]} for i in range(11)
    ]}  # fmt: skip
    assert "too_many" in {code for _, code in pointers({"objects": [wide]})}
    assert len(pointers({"objects": [{"name": "", "shape": ""}] * 900})) == 100


@pytest.mark.parametrize("body", [{"objects": 3}, {"objects": "abc"}, {"classifications": {}}, {"objects": [None]}])
def test_nonsense_is_refused(body: dict[str, Any]) -> None:
    assert pointers(body)
