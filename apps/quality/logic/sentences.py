"""Evidence in one sentence, for the person who is to judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

MOST = 1000
Name = Callable[[str], str]
"""A class or option id to its present name."""

WORDS = {
    "missing": "{found} where nothing is labeled",
    "duplicate": "another {label} lies on the same object; {found} once",
    "badly_located": "{found}, but elsewhere or of another size ({overlap})",
    "wrong_attribute": "{found} too ({overlap}), with another {asked}",
}


def percent(share: float) -> str:
    return f"{share:.2f}"


def sentence(kind: str, class_id: str, hints: Mapping[str, Any], name: Name, model: str) -> str:
    """What speaks against a label (or for a missing object), strongest first. ``model`` is the model's name."""
    parts = [part for part in (of_model(kind, class_id, hints, name, model), of_neighbours(hints, name)) if part]
    if not parts:
        parts = [alone(class_id, hints, name)]
    if hints.get("own"):
        parts.insert(0, "a model made this label, so that model's agreement does not count")
    said = "; ".join(parts)
    return (said[:1].upper() + said[1:] if hints.get("own") else said)[: MOST - 1] + "."


def of_model(kind: str, class_id: str, hints: Mapping[str, Any], name: Name, model: str) -> str:
    if "said" in hints:
        return of_answer(hints, name, model)
    seen = hints.get("model")
    if seen is None:
        return f"{model} sees nothing here" if hints.get("unseen") else ""
    found = f"{model} sees {name(seen['class'])} at {percent(seen['confidence'])}"
    overlap = f"overlap {percent(hints.get('iou', 0.0))}"
    if kind in WORDS and (kind != "wrong_attribute" or "asked" in hints):
        other = {"label": name(class_id), "asked": name(hints["asked"]) if "asked" in hints else ""}
        return WORDS[kind].format(found=found, overlap=overlap, **other)
    if seen["class"] != class_id:
        return f"{found} ({overlap}); the label says {name(class_id)}"
    return f"{found} {'only beside it' if kind == 'spurious' else 'too'} ({overlap})"


def of_answer(hints: Mapping[str, Any], name: Name, model: str) -> str:
    said, confidence = name(hints["said"]), percent(hints["confidence"])
    if "wanted" in hints:
        return f"{model} {'expects' if hints['wanted'] else 'does not expect'} {said}, at {confidence}"
    if hints["said"] == hints.get("answer"):
        return f"{model} says {said} too, at {confidence}"
    return f"{model} says {said} at {confidence}; the label says {name(hints['answer'])}"


def of_neighbours(hints: Mapping[str, Any], name: Name) -> str:
    near = hints.get("near")
    if not near:
        return ""
    (commonest, count), *_ = Counter(one["class"] for one in near).most_common(1)
    return f"{count} of the {len(near)} nearest crops are {name(commonest)}" if commonest else ""


def alone(class_id: str, hints: Mapping[str, Any], name: Name) -> str:
    if hints.get("odd", 0) > 0:
        return f"its size or shape is unusual for {name(class_id)}"
    if hints.get("by_shape", 0) > 0 and hints.get("suggested"):
        return f"its size and place are more like {name(hints['suggested'])}'s"
    return "nothing speaks against it"
