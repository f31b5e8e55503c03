"""Answers: checked, stored by ids, shown by names; and what is missing at submit."""

from __future__ import annotations

from typing import Any

import pytest

from apps.ontologies.logic import check_label, compile_index, missing_required, read_definition, show_attributes
from tests.factories.ontologies import blood, blood_index, numbered_ids

INDEX = blood_index()
WHOLE = {
    "overlap": {"value": "partial", "attributes": {"with": "platelet"}},
    "flags": ["cut"],
    "count": 2,
    "sure": False,
}


def errors(attributes: Any, class_ref: Any = "RBC", shape: Any = "bounding_box") -> list[tuple[str, str]]:
    found = check_label(INDEX, class_ref, shape, attributes, pointer="/upsert/0")
    return [(error.pointer, error.code) for error in found.errors]


def test_names_go_in_ids_are_stored_and_names_come_out() -> None:
    found = check_label(INDEX, "RBC", "bounding_box", WHOLE)
    assert found.errors == ()
    assert found.class_id == INDEX.objects[0].id
    assert not any(name in str(found.attributes) for name in ("overlap", "partial", "flags"))
    assert show_attributes(found.entry, found.attributes) == WHOLE


def test_ids_are_accepted_wherever_names_are() -> None:
    stored = check_label(INDEX, "RBC", "bounding_box", WHOLE)
    again = check_label(INDEX, stored.class_id, "bounding_box", stored.attributes)
    assert again.attributes == stored.attributes
    assert again.class_id == stored.class_id


def test_renaming_changes_what_is_shown_and_nothing_that_is_stored() -> None:
    old = read_definition(blood(), make_id=numbered_ids())
    body = read_definition({}, make_id=numbered_ids(), current=old)
    body["objects"][0]["attributes"][0]["name"] = "contact"
    body["objects"][0]["attributes"][0]["options"][1]["value"] = "touching"
    new = compile_index("o", 2, read_definition(body, make_id=numbered_ids(), current=old))
    stored = check_label(compile_index("o", 1, old), "RBC", "bounding_box", WHOLE)
    shown = show_attributes(new.find(stored.class_id), stored.attributes)
    assert shown["contact"] == {"value": "touching", "attributes": {"with": "platelet"}}


def test_a_classification_answers_itself() -> None:
    found = check_label(INDEX, "focus", "classification", {"focus": "sharp"})
    assert found.errors == ()
    assert show_attributes(found.entry, found.attributes) == {"focus": "sharp"}
    assert errors({"other": "x"}, "focus", "classification") == [("/upsert/0/attributes/other", "unknown_attribute")]


@pytest.mark.parametrize("attributes", [{}, None, {"overlap": None}])
def test_unanswered_is_allowed_before_submit(attributes: Any) -> None:
    assert check_label(INDEX, "RBC", "bounding_box", attributes).attributes == {}


def test_a_value_alone_and_a_value_with_nothing_nested_are_the_same() -> None:
    plain = check_label(INDEX, "RBC", "bounding_box", {"overlap": "partial"})
    wrapped = check_label(INDEX, "RBC", "bounding_box", {"overlap": {"value": "partial", "attributes": {}}})
    assert plain.attributes == wrapped.attributes
    assert show_attributes(plain.entry, plain.attributes) == {"overlap": "partial"}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ([], ("/upsert/0/attributes", "not_an_object")),
        ({"colour": 1}, ("/upsert/0/attributes/colour", "unknown_attribute")),
        ({"a/b~": 1}, ("/upsert/0/attributes/a~1b~0", "unknown_attribute")),
        ({"overlap": "whole"}, ("/upsert/0/attributes/overlap", "unknown_option")),
        ({"overlap": ["none"]}, ("/upsert/0/attributes/overlap", "unknown_option")),
        ({"overlap": {"value": "x"}}, ("/upsert/0/attributes/overlap/value", "unknown_option")),
        ({"overlap": {}}, ("/upsert/0/attributes/overlap/value", "unknown_option")),
        ({"overlap": {"value": "none", "more": 1}}, ("/upsert/0/attributes/overlap/more", "unknown_field")),
        (
            {"overlap": {"value": "none", "attributes": {"with": "x"}}},
            ("/upsert/0/attributes/overlap/attributes/with", "unknown_attribute"),
        ),
        (
            {"overlap": {"value": "partial", "attributes": {"with": 3}}},
            ("/upsert/0/attributes/overlap/attributes/with", "wrong_type"),
        ),
        ({"flags": "cut"}, ("/upsert/0/attributes/flags", "wrong_type")),
        ({"flags": ["cut", "cut"]}, ("/upsert/0/attributes/flags", "repeated_option")),
        ({"flags": ["cut"] * 3}, ("/upsert/0/attributes/flags", "repeated_option")),
        ({"flags": [["cut"]]}, ("/upsert/0/attributes/flags/0", "unknown_option")),
        ({"count": "2"}, ("/upsert/0/attributes/count", "wrong_type")),
        ({"count": True}, ("/upsert/0/attributes/count", "wrong_type")),
        ({"count": 10**400}, ("/upsert/0/attributes/count", "wrong_type")),
        ({"count": float("nan")}, ("/upsert/0/attributes/count", "wrong_type")),
        ({"sure": 1}, ("/upsert/0/attributes/sure", "wrong_type")),
        ({"overlap": {"value": "partial", "attributes": {"with": "x" * 10_001}}},
         ("/upsert/0/attributes/overlap/attributes/with", "too_long")),
        ({"sure": True, INDEX.objects[0].attributes.entries[3].id: True},
         (f"/upsert/0/attributes/{INDEX.objects[0].attributes.entries[3].id}", "repeated_attribute")),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_refused_by_pointer(attributes: Any, expected: tuple[str, str]) -> None:
    assert errors(attributes) == [expected]


def test_unknown_classes_and_wrong_shapes_are_refused() -> None:
    assert errors({}, "XBC") == [("/upsert/0/class", "unknown_class")]
    assert errors({}, ["RBC"]) == [("/upsert/0/class", "unknown_class")]
    assert errors({}, "RBC", "polygon") == [("/upsert/0/shape", "wrong_shape")]
    assert errors({}, "RBC", None) == [("/upsert/0/shape", "wrong_shape")]
    assert errors({}, "focus", "bounding_box") == [("/upsert/0/shape", "wrong_shape")]


def test_what_is_archived_is_taken_and_flagged() -> None:
    body = blood()
    body["objects"][0]["attributes"][0]["options"][0]["archived"] = True
    body["objects"][1]["archived"] = True
    index = compile_index("o", 2, read_definition(body, make_id=numbered_ids()))
    assert check_label(index, "RBC", "bounding_box", {"overlap": "none"}).outdated
    assert not check_label(index, "RBC", "bounding_box", {"overlap": "partial"}).outdated
    assert check_label(index, "WBC", "bounding_box", {}).outdated


def row(class_ref: str, attributes: dict[str, Any]) -> dict[str, Any]:
    shape = "classification" if class_ref == "focus" else "bounding_box"
    found = check_label(INDEX, class_ref, shape, attributes)
    return {"class": found.class_id, "attributes": found.attributes}


def test_missing_required_answers_are_named() -> None:
    labels = {
        "whole": row("RBC", WHOLE),
        "bare": row("RBC", {"overlap": "partial"}),
        "blank": row("RBC", {"overlap": {"value": "partial", "attributes": {"with": ""}}, "sure": True}),
        "other": row("WBC", {}),
    }
    found = [(item.label_id, item.pointer) for item in missing_required(INDEX, labels)]
    assert found == [
        ("bare", "/labels/bare/attributes/sure"),
        ("bare", "/labels/bare/attributes/overlap/attributes/with"),
        ("blank", "/labels/blank/attributes/overlap/attributes/with"),
        (None, "/classifications/focus"),
    ]
    assert {item.code for item in missing_required(INDEX, labels)} == {"required"}


def test_a_classification_without_its_answer_is_missing_too() -> None:
    assert [item.pointer for item in missing_required(INDEX, {"f": row("focus", {})})] == ["/labels/f/attributes/focus"]
    assert missing_required(INDEX, {"f": row("focus", {"focus": "sharp"})}) == []


def test_nothing_archived_is_required() -> None:
    body = blood()
    body["objects"][0]["attributes"][3]["archived"] = True
    body["classifications"][0]["archived"] = True
    index = compile_index("o", 2, read_definition(body, make_id=numbered_ids()))
    assert missing_required(index, {"a": {"class": index.objects[0].id, "attributes": {}}}) == []
