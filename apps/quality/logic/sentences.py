"""Evidence in one sentence, for the person who is to judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    """What speaks against a label (or for a missing object), strongest first, and then what supports it, named as
    that. ``model`` is the model's name."""
    against: list[str] = []
    supporting: list[str] = []
    for speaks, said in voices(kind, class_id, hints, name, model):
        (against if speaks else supporting).append(said)
    if not against:
        against = ["only weak signs speak against it" if kind else "nothing speaks against it"]
    parts = [*against, *supporting]
    if hints.get("own"):
        parts.insert(0, "a model made this label, so that model's agreement does not count")
    whole = "; ".join(parts)
    return (whole[:1].upper() + whole[1:] if hints.get("own") else whole)[: MOST - 1] + "."


def voices(kind: str, class_id: str, hints: Mapping[str, Any], name: Name, model: str) -> Iterator[tuple[bool, str]]:
    """(whether it speaks against the label, what it says) of the model, the neighbours, the label's own shape."""
    found = of_model(kind, class_id, hints, name, model)
    if found:
        yield not agrees(kind, class_id, hints), found
    near = [one["class"] for one in hints.get("near") or () if one["class"]]
    if near:
        yield any(one != class_id for one in near), of_neighbours(class_id, near, name)
    if hints.get("alike"):
        yield of_alike(hints, name)
    if hints.get("odd", 0) > 0:
        yield True, f"its size or shape is unusual for {name(class_id)}"
    if hints.get("by_shape", 0) > 0 and hints.get("suggested"):
        yield True, f"its size and place are more like {name(hints['suggested'])}'s"


def agrees(kind: str, class_id: str, hints: Mapping[str, Any]) -> bool:
    """Whether the model says what the label says."""
    if "wanted" in hints:
        return not kind
    if "said" in hints:
        return bool(hints["said"] == hints.get("answer"))
    seen = hints.get("model")
    told = kind in WORDS and (kind != "wrong_attribute" or "asked" in hints)
    return seen is not None and seen["class"] == class_id and kind != "spurious" and not told


def of_model(kind: str, class_id: str, hints: Mapping[str, Any], name: Name, model: str) -> str:
    if "said" in hints:
        return of_answer(kind, hints, name, model)
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


def of_answer(kind: str, hints: Mapping[str, Any], name: Name, model: str) -> str:
    said, confidence = name(hints["said"]), percent(hints["confidence"])
    if "wanted" in hints and not kind:
        return f"{model} ticks the same"
    if "wanted" in hints:
        return f"{model} {'expects' if hints['wanted'] else 'does not expect'} {said}, at {confidence}"
    if hints["said"] == hints.get("answer"):
        return f"{model} says {said} too, at {confidence}"
    return f"{model} says {said} at {confidence}; the label says {name(hints['answer'])}"


def of_neighbours(class_id: str, near: Sequence[str], name: Name) -> str:
    """``near``: classes of the nearest crops. Those that contradict are named first, those that agree as such."""
    agreeing, crops = near.count(class_id), f"the {len(near)} nearest crops"
    others = Counter(one for one in near if one != class_id).most_common(1)
    if not others:
        return f"{agreeing} of {crops} {'agrees' if agreeing == 1 else 'agree'}"
    other, count = others[0]
    said = f"{count} of {crops} {'is' if count == 1 else 'are'} {name(other)}"
    return f"{said}, {agreeing} agree" if agreeing >= count and agreeing > 1 else said


def of_alike(hints: Mapping[str, Any], name: Name) -> tuple[bool, str]:
    """What the images that look most alike say to a classification's question, and whether that contradicts it."""
    said, images = [one["answer"] for one in hints["alike"]], f"the {len(hints['alike'])} most alike images"
    if "option" in hints:
        ticked, option = said.count(hints["option"]), name(hints["option"])
        against = len(said) - ticked if hints["ticked"] else ticked
        return 2 * against > len(said), f"{ticked} of {images} {'has' if ticked == 1 else 'have'} {option}"
    agreeing = said.count(hints["answer"])
    others = Counter(one for one in said if one and one != hints["answer"]).most_common(1)
    if not others:
        return False, f"{agreeing} of {images} {'agrees' if agreeing == 1 else 'agree'}"
    other, count = others[0]
    told = f"{count} of {images} {'says' if count == 1 else 'say'} {name(other)}"
    return True, f"{told}, {agreeing} agree" if agreeing >= count and agreeing > 1 else told
