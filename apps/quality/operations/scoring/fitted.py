"""What the scorers learned of a whole project: one file of arrays in the media storage, read once a process."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from apps.quality.descriptors.layout import METHOD
from apps.quality.logic import classification_state, detection_state, multilabel, unaided
from apps.quality.logic.unaided import State as AloneState
from apps.quality.shapes import located

Arrays = Mapping[str, Any]


@dataclass(slots=True)
class Fitted:
    """``classes``: ids of the object classes by number, the last number being everything else. ``radios`` and
    ``checklists`` by classification id, ``attributes`` by the id of an object's attribute, all with the ids of their
    ``options``; ``alone`` what alike images teach of a radio, or of an answer of a checklist (``question:option``).
    ``method`` is that of the vectors by which neighbours were found. ``second`` is of another model
    (``second_model``), for the labels that the first one made itself."""

    classes: tuple[str, ...]
    objects: detection_state.State | None = None
    outlines: located.State | None = None
    unaided: unaided.State | None = None
    radios: dict[str, classification_state.State] = field(default_factory=dict)
    checklists: dict[str, multilabel.State] = field(default_factory=dict)
    attributes: dict[str, classification_state.State] = field(default_factory=dict)
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    alone: dict[str, AloneState] = field(default_factory=dict)
    method: str = METHOD
    second: Fitted | None = None
    second_model: str = ""

    def number(self) -> dict[str, int]:
        return {class_id: number for number, class_id in enumerate(self.classes)}

    @property
    def count(self) -> int:
        return len(self.classes) + 1

    def arrays(self) -> dict[str, Any]:
        found: dict[str, Any] = {"classes": np.array(self.classes, dtype=np.str_)}
        found["method"] = np.array([self.method], dtype=np.str_)
        if self.second is not None:
            found["second_model"] = np.array([self.second_model], dtype=np.str_)
        parts: dict[str, Any] = {"objects": self.objects, "outlines": self.outlines, "unaided": self.unaided}
        parts["second"] = self.second
        parts |= {f"radio:{key}": state for key, state in self.radios.items()}
        parts |= {f"check:{key}": state for key, state in self.checklists.items()}
        parts |= {f"alone:{key}": state for key, state in self.alone.items()}
        parts |= {f"answer:{key}": state for key, state in self.attributes.items()}
        for part, state in parts.items():
            if state is not None:
                found |= {f"{part}/{name}": value for name, value in state.arrays().items()}
        return found | {f"options:{key}": np.array(ids, dtype=np.str_) for key, ids in self.options.items()}

    @staticmethod
    def of(arrays: Arrays) -> Fitted:
        """From ``arrays()``."""
        parts: dict[str, dict[str, Any]] = {}
        options: dict[str, tuple[str, ...]] = {}
        for name, value in arrays.items():
            part, slash, rest = name.partition("/")
            if slash:
                parts.setdefault(part, {})[rest] = value
            elif name.startswith("options:"):
                options[name.removeprefix("options:")] = tuple(str(one) for one in value)
        states = {part: STATES[part.partition(":")[0]](own) for part, own in parts.items()}
        return Fitted(
            tuple(str(one) for one in arrays["classes"]),
            objects=states.get("objects"),
            outlines=states.get("outlines"),
            unaided=states.get("unaided"),
            radios=keyed(states, "radio:"),
            checklists=keyed(states, "check:"),
            attributes=keyed(states, "answer:"),
            alone=keyed(states, "alone:"),
            method=str(arrays["method"][0]) if "method" in arrays else METHOD,
            second=states.get("second"),
            second_model=str(arrays["second_model"][0]) if "second_model" in arrays else "",
            options=options,
        )


STATES: dict[str, Any] = {
    "objects": detection_state.State.of,
    "outlines": located.State.of,
    "unaided": unaided.State.of,
    "radio": classification_state.State.of,
    "check": multilabel.State.of,
    "answer": classification_state.State.of,
    "alone": unaided.State.of,
    "second": Fitted.of,
}


def keyed(states: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {part.removeprefix(prefix): state for part, state in states.items() if part.startswith(prefix)}


def keep(fitted: Fitted, key: str) -> str:
    """Writes the file; answers the key that it got."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **fitted.arrays())
    return default_storage.save(key, ContentFile(buffer.getvalue()))


@lru_cache(maxsize=64)
def fetch(key: str) -> Fitted:
    """A file never changes under its key."""
    with default_storage.open(key, "rb") as file:
        content = io.BytesIO(file.read())
    with np.load(content, allow_pickle=False) as arrays:
        return Fitted.of({name: arrays[name] for name in arrays.files})
