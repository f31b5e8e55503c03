"""What a model says of an image, as labels of the project's ontology. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from apps.common.errors import Invalid
from apps.inference import wire
from apps.labels.logic.entries import read_edit
from apps.ontologies.logic import ClassEntry, OntologyIndex
from apps.tasks.assist.masks import Size, outlines

MOST = 1_000
"""Labels of one image."""

SUM_TOLERANCE = 1e-3
Label = dict[str, Any]


@dataclass(slots=True)
class Translated:
    """``labels`` as a save takes them, ``predictions`` as they are kept for quality; ``lost`` maps a reason to how
    many it kept away."""

    labels: list[Label] = field(default_factory=list)
    predictions: list[Label] = field(default_factory=list)
    lost: dict[str, int] = field(default_factory=dict)

    def lose(self, reason: str) -> None:
        self.lost[reason] = self.lost.get(reason, 0) + 1

    @property
    def shuffled(self) -> list[Label]:
        """The labels in the order of their ids, which says nothing of how sure the model is of each."""
        return sorted(self.labels, key=lambda label: str(label["id"]))


@dataclass(frozen=True, slots=True)
class Language:
    """How a model's words become the ontology's: its ``name``, and the ``classes`` that are called otherwise there.

    ``namespace`` makes the labels' ids: the same image gets the same ones at another attempt.
    """

    index: OntologyIndex
    name: str
    size: Size
    namespace: UUID
    classes: Mapping[str, str] = field(default_factory=dict)

    def predicted(self, said: Sequence[wire.PredictedLabel]) -> Translated:
        """A predictor's labels, the surest first; one answer to each classification."""
        found, answered = Translated(), set()
        for one in sorted(said, key=lambda label: -label.confidence)[:MOST]:
            name = one.of if one.shape == "classification" else one.name
            entry = self.index.find(self.classes.get(name, name))
            if entry is None or entry.archived:
                found.lose(f"no class {name[:60]!r}")
            elif entry.is_classification and entry.id in answered:
                found.lose("answered twice")
            # A predictor's confidence is evidence, which people who label do not see: it stays with the prediction.
            elif self._add(found, entry, self._content(entry, one), one.confidence, said=None):
                answered.add(entry.id)
                found.predictions[-1] |= self._probabilities(entry, one.probabilities)
        return found

    def _content(self, entry: ClassEntry, one: wire.PredictedLabel) -> Label | None:
        """Geometry and attributes, or None where the class has another shape than the model speaks of."""
        if entry.is_classification or one.shape == "classification":
            if not entry.is_classification or one.shape != "classification":
                return None
            return {"geometry": None, "attributes": {entry.name: self.classes.get(one.name, one.name)}}
        geometry = shape_of(entry.shape, one.bbox, one.mask, None, self.size)
        return geometry and {"geometry": geometry, "attributes": {}}

    def everything(self, candidates: Iterable[wire.Candidate], class_ref: str) -> Translated:
        """Every object of an image under one class."""
        found, entry = Translated(), self.index.find(class_ref)
        if entry is None or entry.is_classification or entry.archived:
            found.lose(f"no class {class_ref[:60]!r}")
            return found
        for one in list(candidates)[:MOST]:
            geometry = shape_of(entry.shape, one.bbox, one.mask, one.polygons, self.size)
            said = {"score": round(one.score, 4)} if one.score is not None else None
            self._add(found, entry, geometry and {"geometry": geometry, "attributes": {}}, one.score, said=said)
        return found

    def _add(
        self, found: Translated, entry: ClassEntry, content: Label | None, score: float | None, *, said: Any
    ) -> bool:
        """``said`` is what the label's origin tells of how it was made."""
        if content is None:
            found.lose(f"{entry.name[:60]!r} is of another shape")
            return False
        number = len(found.labels) + sum(found.lost.values())
        label = {"id": str(uuid5(self.namespace, str(number))), "class": entry.id, "shape": entry.shape, **content}
        saved = label | {"origin": {"kind": "model", "model": self.name, "prompts": said}}
        try:
            read_edit(saved, index=self.index, size=self.size, pointer="")
        except Invalid as error:
            found.lose(error.errors[0].code if error.errors else error.code)
            return False
        found.labels.append(saved)
        found.predictions.append(label | {"confidence": 1.0 if score is None else min(1.0, max(0.0, score))})
        return True

    def _probabilities(self, entry: ClassEntry, said: Mapping[str, float]) -> dict[str, Any]:
        """Only where every name is known and they still sum to 1."""
        known: dict[str, float] = {}
        for name, value in said.items():
            ident = self._ident(entry, self.classes.get(name, name))
            if ident is None or ident in known:
                return {}
            known[ident] = value
        whole = known and abs(sum(known.values()) - 1) <= SUM_TOLERANCE
        return {"probabilities": known} if whole else {}

    def _ident(self, entry: ClassEntry, name: str) -> str | None:
        if entry.is_classification:
            option = entry.attributes.entries[0].options.get(name)
            return option.id if option else None
        found = self.index.find(name)
        return found.id if found and not found.is_classification else None


Box = tuple[float, float, float, float]
Outlines = Sequence[Sequence[Sequence[Sequence[float]]]]


def shape_of(shape: str, bbox: Box | None, mask: wire.Mask | None, drawn: Outlines | None, size: Size) -> Any:
    """The geometry of a class of ``shape`` from what a model gives; None where it gives too little for that."""
    box = _inside(bbox, size) if bbox else None
    match shape:
        case "bounding_box":
            return box
        case "rotatable_bounding_box" if box:
            w, h = box["width"], box["height"]
            return {"cx": box["x"] + w / 2, "cy": box["y"] + h / 2, "width": w, "height": h, "angle": 0}
        case "bitmask" if mask:
            return {"size": list(mask.size), "counts": mask.counts}
        case "polygon" if mask:
            parts = drawn or (outlines(mask) if mask.size == size[::-1] else [])
            return (
                {"polygons": [[[list(point) for point in ring] for ring in part] for part in parts]} if parts else None
            )
    return None


def _inside(box: Box, size: Size) -> dict[str, float] | None:
    """The part of the box that lies in the image."""
    left, top = max(0.0, box[0]), max(0.0, box[1])
    right, bottom = min(float(size[0]), box[0] + box[2]), min(float(size[1]), box[1] + box[3])
    if right <= left or bottom <= top:
        return None
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}
