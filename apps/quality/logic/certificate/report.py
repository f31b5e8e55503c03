"""The certificate of a project: lines by kind and class, beside them what the experts' own errors make of the share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.quality.logic.certificate.cuts import Cut, Material
from apps.quality.logic.certificate.frame import ANY, MISSING, Frame
from apps.quality.logic.certificate.intervals import clopper_pearson
from apps.quality.logic.certificate.issue import ALL, FORMAT, looks_after_refusal
from apps.quality.logic.certificate.stated import instrument, sentence, stated

KINDS = ("wrong_class", "badly_located", "spurious", "duplicate", "wrong_attribute")
CERTAIN, PEOPLE, MODEL = 0, 1, 2
STRATA = {"0": "with certainty", "1": "at random", "2": "at random, made by a model"}
FEWEST_REPEATS = 30
TOO_MANY_SILENT = 0.1
MOST_CLASSES, MANY_CLASSES = 200, 12


@dataclass(frozen=True)
class Repeats:
    """``labels`` that two experts judged blind, ``agreed`` of them alike."""

    labels: int = 0
    agreed: int = 0


def document(material: Material, *, confidence: float, target: float, repeats: Repeats) -> dict[str, Any]:
    """JSON-ready. Class lines carry the ids of the frame; kind and class together only where there are few classes."""
    options = {"confidence": confidence, "target": target}
    whole = line(material, Cut.of(material), options)
    kinds = [
        {"kind": kind, "class": ALL, **line(material, Cut.of(material, kind), options)} for kind in kinds_of(material)
    ]
    units = Cut(material.units, np.full(len(material.units), ""))
    kinds.append({"kind": MISSING, "class": ALL, **line(material, units, options)})
    names = largest(material.labels)
    every = Cut.of(material)
    classes = [{"kind": ANY, "class": name, **line(material, every.of_class(name), options)} for name in names]
    parts = []
    for kind in kinds_of(material) if len(names) <= MANY_CLASSES else ():
        wanted = Cut.of(material, kind)
        parts += [{"kind": kind, "class": name, **line(material, wanted.of_class(name), options)} for name in names]
    return {
        "format": FORMAT,
        "about": "share of labels still wrong after corrections, as judged by experts and reviewers",
        **options,
        "tasks": len(np.unique(material.units.task)),
        **whole,
        "corrected": corrected(whole, repeats, confidence),
        "repeats": repeated(repeats, confidence),
        "grid": instrument(material.grid, confidence),
        "kinds": kinds,
        "classes": classes,
        "parts": parts,
    }


def largest(frame: Frame) -> list[str]:
    """The classes with most labels, by name; beyond ``MOST_CLASSES`` none has a line."""
    names, counts = np.unique(frame.of_class, return_counts=True)
    kept = np.argsort(-counts, kind="stable")[:MOST_CLASSES]
    return sorted(str(name) for name in names[kept])


def kinds_of(material: Material) -> list[str]:
    """Those that verdicts can name, and whatever else they did name."""
    named = {str(kind) for kind in np.unique(material.found[material.labels.was_wrong])}
    return [*KINDS, *sorted(named - {*KINDS, ""}), *(["unnamed"] if "" in named else [])]


def line(material: Material, cut: Cut, options: Mapping[str, float]) -> dict[str, Any]:
    """One statement under the names of the API."""
    frame = cut.frame
    said = stated(cut, options["confidence"], options["target"])
    reviewed = frame.reviewed
    random = reviewed & (frame.probability < 1)
    said |= {"n_reviewed": int(reviewed.sum()), "n_audited": int(random.sum()), "n_labels": len(frame)}
    if said["certified"] and is_silent(material) and random.any():
        said = refused(frame, said, silence(material), options)
    said["n_needed"] = said.pop("looks_needed")
    heard = said.pop("by_grid", False)
    said["n_grid"] = len(cut.grid.words) if cut.grid and heard else 0
    if not said["certified"]:
        said["rests_on"] = said["reason"]
        return said
    for one in said["strata"]:
        one["stratum"] = STRATA.get(one["stratum"], one["stratum"])
    said |= {"low": said.pop("lower"), "high": said.pop("upper"), "live_high": said.pop("live_upper")}
    said["rests_on"] = sentence(cut, said) if heard else rests_on(frame, said)
    return said


def is_silent(material: Material) -> bool:
    return material.silent > TOO_MANY_SILENT * max(material.drawn, 1)


def silence(material: Material) -> str:
    return (
        f"{material.silent} of {material.drawn} tasks drawn at random were closed without a word on each of their "
        "labels: nobody can say whether those are right."
    )


def refused(frame: Frame, said: Mapping[str, Any], why: str, options: Mapping[str, float]) -> dict[str, Any]:
    counts = {name: said[name] for name in ("labels", "reviewed", "n_reviewed", "n_audited", "n_labels")}
    needed = looks_after_refusal(frame, options["confidence"], options["target"])
    return {"certified": False, "reason": why, **counts, "looks_needed": needed}


def rests_on(frame: Frame, said: Mapping[str, Any]) -> str:
    """A sentence that says where the numbers come from."""
    what = "units" if len(frame) and (frame.kind == MISSING).all() else "labels"
    certain, random = said["n_reviewed"] - said["n_audited"], said["n_audited"]
    unseen = len(frame) - said["n_reviewed"]
    parts = [f"{certain:,} {what} reviewed with certainty", f"{random:,} looked at in random draws"]
    text = " and ".join(part for part, n in zip(parts, (certain, random), strict=True) if n)
    if not unseen:
        return f"All {len(frame):,} {what} were looked at: {text}."
    tasks = len(np.unique(frame.task[frame.reviewed & (frame.probability < 1)]))
    effect = said["design_effect"]
    return (
        f"{text[:1].upper()}{text[1:]} ({tasks:,} tasks, design effect {effect:.1f}) speak for {unseen:,} {what} that "
        "nobody looked at."
    )


def expert_error(repeats: Repeats, confidence: float) -> tuple[float, float, float]:
    """How often one expert errs on a label, with its interval.

    Two who err independently with chance e disagree with chance d = 2 e (1 - e); both wrong at once looks like
    agreement. So e = (1 - sqrt(1 - 2 d)) / 2.
    """
    apart = repeats.labels - repeats.agreed
    low, high = clopper_pearson(apart, repeats.labels, confidence)
    middle = apart / max(repeats.labels, 1)
    return latent(middle), latent(low), latent(high)


def latent(disagreement: float) -> float:
    return (1 - math.sqrt(max(0.0, 1 - 2 * disagreement))) / 2


def repeated(repeats: Repeats, confidence: float) -> dict[str, Any]:
    if not repeats.labels:
        return {"labels": 0, "agreed": 0, "expert_error": None, "low": None, "high": None, "n_needed": FEWEST_REPEATS}
    error, low, high = expert_error(repeats, confidence)
    needed = max(0, FEWEST_REPEATS - repeats.labels)
    return {
        "labels": repeats.labels,
        "agreed": repeats.agreed,
        "expert_error": error,
        "low": low,
        "high": high,
        "n_needed": needed,
    }


def corrected(whole: Mapping[str, Any], repeats: Repeats, confidence: float) -> dict[str, Any] | None:
    """The share of the unseen part by Rogan and Gladen (1978), (q - e) / (1 - 2 e), and what that makes of the whole.

    The ends of the interval pair the least favourable ends of both. None without a certificate or ``FEWEST_REPEATS``.
    """
    if not whole["certified"] or repeats.labels < FEWEST_REPEATS:
        return None
    error, error_low, error_high = expert_error(repeats, confidence)
    total, known = whole["labels"], whole["still_wrong_known"]
    rest = total - whole["reviewed"]

    def of(share: float, error: float) -> float:
        if not rest:
            return share
        unseen = (share * total - known) / rest
        right = 0.5 if error >= 0.5 else (unseen - error) / (1 - 2 * error)
        return float((known + rest * min(max(right, 0.0), 1.0)) / total)

    low, high = of(whole["low"], error_high), of(whole["high"], error_low)
    middle = min(max(of(whole["estimate"], error), low), high)
    return {"estimate": middle, "low": low, "high": high, "expert_error": error, "n_repeated": repeats.labels}


def frame_from(columns: Mapping[str, Any], kind: str) -> Frame:
    """Columns ``task stratum probability reviewed was_wrong still_wrong of_class`` as arrays."""
    n = len(columns["task"])
    return Frame(
        np.asarray(columns["task"], dtype=np.int64),
        np.full(n, kind),
        np.asarray(columns["stratum"], dtype=np.int64),
        np.asarray(columns["probability"], dtype=np.float64),
        np.asarray(columns["reviewed"], dtype=bool),
        np.asarray(columns["was_wrong"], dtype=bool),
        np.asarray(columns["still_wrong"], dtype=bool),
        np.asarray(columns["of_class"], dtype=np.str_),
    )
