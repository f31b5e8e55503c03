"""What a save changes, and how states follow from deltas.

A row is a label's whole state as JSON: ``class shape geometry attributes origin created_by created_at updated_by
updated_at``, class and attributes by their ids, people by theirs, times as RFC 3339 in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.common.errors import FieldError, Invalid
from apps.labels.logic.geometry import Extent

Row = dict[str, Any]

CONTENT = ("class", "shape", "geometry", "attributes")
"""The members of a row that a person decides; a save that leaves all of them alone changes nothing."""

ADDED = ("created_by", "created_at", "updated_by", "updated_at")
"""The members that the server adds."""


IMPORT = "import"
"""The origin of labels from a file, whose importer has judged what it says of people and times."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One label as a save wants it, already checked: ``content`` has the members CONTENT.

    ``origin`` is what the client says of where it came from; ``echo`` the server's own members, when the client sent
    back what it had read; ``pointer`` where in the body it stood.
    """

    id: str
    content: Row
    extent: Extent | None
    origin: Mapping[str, Any] | None
    echo: Mapping[str, Any]
    pointer: str


@dataclass(frozen=True, slots=True)
class Edits:
    """A whole save. ``outdated``: it uses something that the ontology has archived."""

    upsert: Sequence[Edit]
    delete: Sequence[str]
    pointer: str
    outdated: bool = False

    @property
    def ids(self) -> list[str]:
        return [*(edit.id for edit in self.upsert), *self.delete]


@dataclass(frozen=True, slots=True)
class Change:
    """One label before and after; None where it did not exist."""

    id: str
    before: Row | None
    after: Row | None
    extent: Extent | None = None

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "before": self.before, "after": self.after}


def plan(edits: Edits, rows: Mapping[str, Row], *, author: str | None, now: str, origin_kind: str) -> list[Change]:
    """The changes that ``edits`` make to ``rows`` (at least those it names, by label id).

    Raises Invalid where a deleted label does not exist or where the client contradicts what the server keeps.
    """
    errors: list[FieldError] = []
    changes: list[Change] = []
    for i, label_id in enumerate(edits.delete):
        if label_id not in rows:
            errors.append(
                FieldError(f"{edits.pointer}/delete/{i}", "unknown_label", "There is no such label to delete.")
            )
        else:
            changes.append(Change(label_id, rows[label_id], None))
    for edit in edits.upsert:
        before = rows.get(edit.id)
        errors += _contradictions(edit, before, origin_kind)
        after = _after(edit, before, author=author, now=now, origin_kind=origin_kind)
        if after is not None:
            changes.append(Change(edit.id, before, after, edit.extent))
    if errors:
        raise Invalid("Some labels cannot be saved; nothing was.", errors=errors[:100])
    return changes


def _after(edit: Edit, before: Row | None, *, author: str | None, now: str, origin_kind: str) -> Row | None:
    """The row after the edit, or None when it stays as it is."""
    if before is None:
        made = {"created_by": author, "created_at": now, "updated_by": author, "updated_at": now}
        kept = edit.echo if origin_kind == IMPORT else {}
        return {**edit.content, "origin": _origin(edit.origin, origin_kind), **made, **kept}
    stated = edit.origin if edit.origin is not None and not _same_origin(edit.origin, before["origin"]) else None
    moved = any(edit.content[name] != before[name] for name in CONTENT)
    if not moved and stated is None:
        return None
    origin = _origin(stated, origin_kind) if stated is not None else {**before["origin"], "edited": True}
    return {**before, **edit.content, "origin": origin, "updated_by": author, "updated_at": now}


def _origin(stated: Mapping[str, Any] | None, kind: str) -> Row:
    stated = stated or {}
    return {
        "kind": stated.get("kind", kind),
        "model": stated.get("model"),
        "prompts": stated.get("prompts"),
        "edited": bool(stated.get("edited", False)),
    }


def _same_origin(stated: Mapping[str, Any], kept: Mapping[str, Any]) -> bool:
    return all(stated.get(name) == kept.get(name) for name in ("kind", "model", "prompts"))


def _contradictions(edit: Edit, before: Row | None, origin_kind: str) -> list[FieldError]:
    """The server's own members may come back as they were read, and not otherwise; an import brings them along."""
    if origin_kind == IMPORT:
        return []
    errors = [
        FieldError(f"{edit.pointer}/{name}", "read_only", f"{name} is the server's to say.")
        for name, value in edit.echo.items()
        if before is None or before.get(name) != value
    ]
    stated = edit.origin
    if stated is None or (before is not None and _same_origin(stated, before["origin"])):
        return errors
    if stated["kind"] not in ("model", origin_kind):
        errors.append(FieldError(f"{edit.pointer}/origin/kind", "bad_kind", f"kind is {origin_kind} or model."))
    return errors


def redo(rows: Mapping[str, Row], changes: Iterable[Mapping[str, Any]]) -> dict[str, Row]:
    """The state after a delta's changes."""
    return _replace(rows, ((change["id"], change["after"]) for change in changes))


def undo(rows: Mapping[str, Row], changes: Iterable[Mapping[str, Any]]) -> dict[str, Row]:
    """The state before a delta's changes."""
    return _replace(rows, ((change["id"], change["before"]) for change in changes))


def _replace(rows: Mapping[str, Row], replacements: Iterable[tuple[str, Row | None]]) -> dict[str, Row]:
    state = dict(rows)
    for label_id, row in replacements:
        if row is None:
            state.pop(label_id, None)
        else:
            state[label_id] = row
    return state


def differences(old: Mapping[str, Row], new: Mapping[str, Row]) -> list[Change]:
    """What differs in content between two states: removed and changed labels in the old order, then the added."""
    found = [
        Change(label_id, before, new.get(label_id))
        for label_id, before in old.items()
        if label_id not in new or any(before[name] != new[label_id][name] for name in CONTENT)
    ]
    return found + [Change(label_id, None, after) for label_id, after in new.items() if label_id not in old]
