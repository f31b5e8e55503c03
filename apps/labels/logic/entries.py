"""Reading the body of a save: ``{"upsert": [label…], "delete": [ids]}``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from apps.common.errors import FieldError, Invalid
from apps.labels.logic.changes import ADDED, Edit, Edits
from apps.labels.logic.geometry import check_geometry
from apps.labels.logic.numbers import escape, refuse
from apps.ontologies.logic import OntologyIndex, check_label

MAX_EDITS = 20_000
"""Labels that one save may name."""

MAX_ERRORS = 100
MAX_PROMPTS = 20_000
SENT = ("id", "class", "shape", "geometry", "attributes", "origin")
KNOWN = frozenset(SENT + ADDED)
ORIGIN = ("kind", "model", "prompts", "edited")


def read_edits(body: Mapping[str, Any], *, index: OntologyIndex, size: tuple[int, int], pointer: str = "") -> Edits:
    """The edits that ``body`` asks for in an image of ``size`` (width, height).

    Raises Invalid with every error found (at most MAX_ERRORS), pointers below ``pointer``, as
    ``/upsert/3/geometry/polygons/0/1``.
    """
    raw_upsert = _list(body.get("upsert", []), f"{pointer}/upsert")
    raw_delete = _list(body.get("delete", []), f"{pointer}/delete")
    if len(raw_upsert) + len(raw_delete) > MAX_EDITS:
        refuse(f"{pointer}/upsert", "too_many_labels", f"One save names at most {MAX_EDITS} labels.")
    errors: list[FieldError] = []
    seen: set[str] = set()
    upsert: list[Edit] = []
    outdated = False
    for i, raw in enumerate(raw_upsert):
        here = f"{pointer}/upsert/{i}"
        with _gathered(errors):
            edit, old = read_edit(raw, index=index, size=size, pointer=here)
            _once(edit.id, seen, f"{here}/id")
            upsert.append(edit)
            outdated = outdated or old
        if len(errors) >= MAX_ERRORS:
            break
    delete = _read_ids(raw_delete, seen, errors, f"{pointer}/delete")
    if errors:
        raise Invalid("Some labels are not sound; nothing was saved.", errors=errors[:MAX_ERRORS])
    return Edits(upsert, delete, pointer, outdated)


@contextmanager
def _gathered(errors: list[FieldError]) -> Iterator[None]:
    """Collects what one item's refusal says, so that the others are read too."""
    try:
        yield
    except Invalid as error:
        errors += error.errors


def _read_ids(raw: list[Any], seen: set[str], errors: list[FieldError], pointer: str) -> list[str]:
    found = []
    for i, value in enumerate(raw):
        with _gathered(errors):
            found.append(read_id(value, f"{pointer}/{i}"))
            _once(found[-1], seen, f"{pointer}/{i}")
    return found


def read_edit(raw: Any, *, index: OntologyIndex, size: tuple[int, int], pointer: str) -> tuple[Edit, bool]:
    """One label, and whether it uses what the ontology has archived. Raises Invalid."""
    if not isinstance(raw, dict):
        refuse(pointer, "not_an_object", "A label is an object.")
    for name in raw:
        if name not in KNOWN:
            refuse(f"{pointer}/{escape(name)}", "unknown_field", "A label has no such member.")
    label_id = read_id(_member(raw, "id", pointer), f"{pointer}/id")
    class_ref, shape = _text(raw, "class", pointer), _text(raw, "shape", pointer)
    answer = check_label(index, class_ref, shape, raw.get("attributes"), pointer=pointer)
    if answer.errors:
        raise Invalid("The label does not fit the ontology.", errors=answer.errors)
    geometry = raw.get("geometry")
    extent = check_geometry(shape, geometry, size=size, pointer=f"{pointer}/geometry", points=answer.points)
    content = {"class": answer.class_id, "shape": shape, "geometry": geometry, "attributes": answer.attributes}
    origin = read_origin(raw["origin"], f"{pointer}/origin") if "origin" in raw else None
    echo = {} if raw.keys().isdisjoint(ADDED) else {name: raw[name] for name in ADDED if name in raw}
    return Edit(label_id, content, extent, origin, echo, pointer), answer.outdated


def read_id(value: Any, pointer: str) -> str:
    """A label's id: any version of UUID, in its usual spelling. Raises Invalid."""
    try:
        if isinstance(value, UUID):
            return str(value)
        if not isinstance(value, str) or len(value) > 45:
            raise ValueError
        return str(UUID(value))
    except ValueError:
        refuse(pointer, "bad_id", "A label's id is a UUID that its client makes.")


def read_origin(raw: Any, pointer: str) -> dict[str, Any]:
    """Where the client says a label came from: ``kind``, with its ``model`` and ``prompts``. Raises Invalid."""
    if not isinstance(raw, dict):
        refuse(pointer, "not_an_object", "origin is an object with kind, model and prompts.")
    for name in raw:
        if name not in ORIGIN:
            refuse(f"{pointer}/{escape(name)}", "unknown_field", "origin has no such member.")
    kind, model, prompts, edited = (raw.get(name) for name in ORIGIN)
    if kind not in ("human", "model", "import", "agent"):
        refuse(f"{pointer}/kind", "bad_kind", "kind is human or model.")
    if model is not None and (not isinstance(model, str) or not 0 < len(model) <= 200):
        refuse(f"{pointer}/model", "bad_model", "model is the model's name, at most 200 characters.")
    if prompts is not None and (not isinstance(prompts, (list, dict)) or len(repr(prompts)) > MAX_PROMPTS):
        refuse(f"{pointer}/prompts", "bad_prompts", f"prompts is a list or object of at most {MAX_PROMPTS} characters.")
    if edited is not None and not isinstance(edited, bool):
        refuse(f"{pointer}/edited", "not_a_boolean", "edited is true or false.")
    return {"kind": kind, "model": model, "prompts": prompts, "edited": bool(edited)}


def _once(label_id: str, seen: set[str], pointer: str) -> None:
    if label_id in seen:
        refuse(pointer, "repeated_id", "One save names a label only once.")
    seen.add(label_id)


def _list(value: Any, pointer: str) -> list[Any]:
    if not isinstance(value, list):
        refuse(pointer, "not_a_list", "This is a list.")
    return value


def _member(raw: Mapping[str, Any], name: str, pointer: str) -> Any:
    if name not in raw:
        refuse(f"{pointer}/{name}", "missing", f"{name} is missing.")
    return raw[name]


def _text(raw: Mapping[str, Any], name: str, pointer: str) -> str:
    value = _member(raw, name, pointer)
    if not isinstance(value, str):
        refuse(f"{pointer}/{name}", "not_a_string", f"{name} is a text.")
    return value
