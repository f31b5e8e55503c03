"""From named arrays to named arrays: what the commands and the server both call. Every input is checked here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from apps.quality.logic import checks, classification, detection
from apps.quality.logic.boxes import Boxes
from apps.quality.logic.calibration import FEW, Verdicts
from apps.quality.logic.checks import Array, BadInput

Tables = Mapping[str, Array]


@dataclass(frozen=True)
class Result:
    """Arrays to be written, and sentences for the person who asked."""

    arrays: dict[str, Array]
    warnings: list[str]


def score_classification(tables: Tables, verdicts: Tables | None = None) -> Result:
    """In ``pred_probs`` (n, k), ``given_label`` (n,), optional ``embeddings`` (n, d).

    Out (n,) ``mistakenness``, ``p_error``, ``suggested_label``. Raises ``BadInput``.
    """
    p = checks.probabilities(tables, "pred_probs")
    y = checks.integers(tables, "given_label", below=p.shape[1], what="class")
    checks.same_length("pred_probs", p, "given_label", y)
    x = None
    if "embeddings" in tables:
        x = checks.numbers(tables, "embeddings", None)
        checks.same_length("pred_probs", p, "embeddings", x)
    warnings = []
    if classification.looks_memorized(p, y):
        warnings.append(
            "pred_probs: they agree with the given labels almost everywhere; if the model was trained on these labels, "
            "the scores mean nothing. Use out-of-sample probabilities."
        )
    heard = read_verdicts(verdicts, {"any": len(y)}, ("wrong_class",)).get("any") if verdicts is not None else None
    found = classification.score(p, y, x, heard)
    warnings += too_few(found.model, verdicts)
    arrays = {name: getattr(found, name) for name in ("mistakenness", "p_error", "suggested_label")}
    return Result(arrays | provenance(classification.VERSION, found.model), warnings)


def score_detection(tables: Tables, verdicts: Tables | None = None) -> Result:
    """In ``label_image label_box label_class``, ``pred_image pred_box pred_class pred_score`` (xyxy pixels), ``size``
    (images, 2) width and height; optional ``class_name`` (k,): without it the classes are those that occur.

    Out per label ``p_error p_wrong_class p_badly_located p_spurious p_duplicate``, per prediction ``p_missing``, per
    image ``image_p_error``. Raises ``BadInput``.
    """
    size = checks.numbers(tables, "size", 2).astype(np.float64)
    checks.refuse("size", (size <= 0).any(axis=1), "is not larger than 0")
    named = len(checks.take(tables, "class_name")) if "class_name" in tables else None
    labels = read_boxes(tables, "label", size, named)
    predictions = read_boxes(tables, "pred", size, named)
    classes = named or 1 + max(int(of.kind.max(initial=0)) for of in (labels, predictions))
    lengths = {"any": len(labels), "missing": len(predictions)}
    heard = read_verdicts(verdicts, lengths, (*detection.LABEL_KINDS, "missing")) if verdicts is not None else None
    found = detection.score(labels, predictions, size, classes, heard)
    arrays = {"p_error": found.p_error} | {f"p_{name}": value for name, value in found.kinds.items()}
    arrays |= {"p_missing": found.p_missing, "image_p_error": found.image_p_error}
    return Result(arrays | provenance(detection.VERSION, found.model), too_few(found.model, verdicts))


def read_boxes(tables: Tables, prefix: str, size: Array, classes: int | None) -> Boxes:
    image = checks.integers(tables, f"{prefix}_image", below=len(size), what="image")
    box = checks.numbers(tables, f"{prefix}_box", 4).astype(np.float64)
    kind = checks.integers(tables, f"{prefix}_class", below=classes, what="class")
    names = {f"{prefix}_box": box, f"{prefix}_class": kind}
    score = None
    if prefix == "pred":
        score = checks.numbers(tables, "pred_score").astype(np.float64)
        names["pred_score"] = score
    for name, column in names.items():
        checks.same_length(f"{prefix}_image", image, name, column)
    if score is not None:
        checks.refuse("pred_score", (score < 0) | (score > 1), "is not between 0 and 1", score)
    checks.refuse(f"{prefix}_box", (box[:, 2:] < box[:, :2]).any(axis=1), "ends before it begins (xyxy is needed)", box)
    away = (box[:, :2] > size[image]).any(axis=1) | (box[:, 2:] < 0).any(axis=1)
    checks.refuse(f"{prefix}_box", away, "lies outside its image", box)
    return Boxes(image, box, kind, score)


def read_verdicts(verdicts: Tables, lengths: dict[str, int], kinds: tuple[str, ...]) -> dict[str, Verdicts]:
    """``index``, ``is_error``, optional ``kind`` ("" where none) and ``probability`` of having been chosen.

    A verdict of the kind "missing" points at a prediction, all others at a label.
    """
    index = checks.integers(verdicts, "index")
    wrong = checks.flags(verdicts, "is_error")
    kind = checks.words(verdicts, "kind") if "kind" in verdicts else np.full(len(index), "", dtype=np.str_)
    chance = checks.numbers(verdicts, "probability") if "probability" in verdicts else np.ones(len(index))
    for name, column in {"is_error": wrong, "kind": kind, "probability": chance}.items():
        checks.same_length("index", index, name, column)
    checks.refuse("probability", (chance <= 0) | (chance > 1), "is not in (0, 1]", chance)
    checks.refuse("kind", ~np.isin(kind, ["", *kinds]), f"is an unknown kind ({', '.join(kinds)} exist)", kind)
    of_label = kind != "missing"
    for subject, concerned in {"any": of_label, "missing": ~of_label}.items():
        beyond = concerned & (index >= lengths.get(subject, 0))
        checks.refuse("index", beyond, f"points beyond the {lengths.get(subject, 0)} rows there are", index)
    heard = {"any": Verdicts.of(index[of_label], wrong[of_label], 1 / chance[of_label])}
    for name in kinds:
        if name == "missing" and (~of_label).any():
            heard[name] = Verdicts.of(index[~of_label], wrong[~of_label], 1 / chance[~of_label])
        elif (kind == name).any() and name != "missing":
            hit = wrong[of_label] & (kind[of_label] == name)
            heard[name] = Verdicts.of(index[of_label], hit, 1 / chance[of_label])
    return heard


def provenance(version: str, model: str) -> dict[str, Array]:
    return {
        "scorer_version": np.array(version),
        "model": np.array(model),
        "calibrated": np.array(model != "fixed"),
    }


def too_few(model: str, verdicts: Tables | None) -> list[str]:
    if verdicts is None or model != "fixed":
        return []
    return [f"verdicts: too few to calibrate ({FEW} of both outcomes are needed); p_error is the fixed formula's."]


__all__ = ["BadInput", "Result", "score_classification", "score_detection"]
