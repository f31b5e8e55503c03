"""How well errors are found, and whether probabilities mean what they say: digits and boxes with injected errors."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.quality.logic import classification, detection, published
from apps.quality.logic.boxes import Boxes
from apps.quality.logic.calibration import Verdicts
from apps.quality.logic.legacy import objectlab
from tests.bench import quality_errors, quality_legacy
from tests.bench.quality_errors import Image
from tests.bench.quality_measures import auroc, average_precision, calibration_error, precision_at_n, skill, slope
from tests.bench.report import Report, Row

Array = NDArray[Any]
SHARED = Path(os.environ.get("LAPIDARY_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
CONFUSED = {0: 6, 1: 8, 2: 3, 3: 9, 4: 7, 5: 9, 6: 5, 7: 1, 8: 1, 9: 3}
VERDICTS = 100


def digits(seed: int) -> tuple[Array, Array, Array, Array]:
    """Out-of-sample probabilities, noisy labels, pixels, and which labels are wrong.

    1,797 real digits, 5 % flipped to any class and 5 % to the most similar one; five-fold logistic regression.
    """
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    found = load_digits()
    x, true = found.data / 16.0, found.target.astype(int)
    rng, n = np.random.default_rng([seed, 11]), len(true)
    chosen, tenth = rng.permutation(n), round(0.05 * n)
    given = true.copy()
    given[chosen[:tenth]] = (true[chosen[:tenth]] + rng.integers(1, 10, tenth)) % 10
    pairs = chosen[tenth : 2 * tenth]
    given[pairs] = [CONFUSED[int(c)] for c in true[pairs]]
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    model = LogisticRegression(max_iter=500)
    return cross_val_predict(model, x, given, cv=folds, method="predict_proba"), given, x, given != true


def run_digits(report: Report, *, quick: bool, full: bool) -> None:
    ours, margin, fiftyone, honest = [], [], [], []
    for seed in range(2 if quick else 10):
        p, y, x, wrong = digits(seed)
        ours.append(average_precision(wrong, classification.score(p, y, x).mistakenness))
        margin.append(average_precision(wrong, published.normalized_margin(p, y)))
        fiftyone.append(average_precision(wrong, published.fiftyone_logits(p, y)))
        at = np.random.default_rng(seed).choice(len(y), VERDICTS, replace=False)
        fitted = classification.score(p, y, x, Verdicts.of(at, wrong[at])).p_error
        honest.append(honesty(wrong, fitted, at))
    report.add(Row("digits-ap", mean(ours), "AP", 0.991, "normalized margin", mean(margin), True))
    report.add(Row("digits-ap-fiftyone", mean(ours), "AP", None, "FiftyOne's formula", mean(fiftyone)))
    add_honesty(report, "digits", honest)


def honesty(wrong: Array, p: Array, at: Array) -> tuple[float, float, float, float]:
    """On the rows without verdicts: skill over the constant rate, slope, ECE, and that of the verdicts' mean."""
    rest = np.setdiff1d(np.arange(len(p)), at)
    constant = np.full(len(rest), wrong[at].mean())
    found = wrong[rest], p[rest]
    return skill(*found), slope(*found), calibration_error(*found), calibration_error(wrong[rest], constant)


def add_honesty(report: Report, name: str, found: list[tuple[float, float, float, float]]) -> None:
    skills, slopes, errors, constants = (mean([one[part] for one in found]) for part in range(4))
    report.add(Row(f"{name}-calibration-skill", skills, "skill", 0.15, at_least=True))
    report.add(Row(f"{name}-calibration-slope", slopes, "slope", 1.3))
    report.add(Row(f"{name}-calibration-slope-low", slopes, "slope", 0.7, at_least=True))
    report.add(Row(f"{name}-calibration-ece", errors, "ECE", None, "the verdicts' mean for all", constants))


def mean(values: list[float]) -> float:
    return float(np.mean(values))


def load_voc(path: Path) -> tuple[list[Image], list[Image], int]:
    """The true boxes and a real detector's, by image, and how many classes there are."""
    with np.load(path, allow_pickle=False) as found:
        z = {name: found[name] for name in found.files}
    size = [(float(w), float(h)) for w, h in z["size"]]

    def take(prefix: str, number: int) -> tuple[Array, Array, Array]:
        rows = z[f"{prefix}_image"] == number
        return z[f"{prefix}_box"][rows].astype(float), z[f"{prefix}_class"][rows].astype(int), rows

    clean, seen = [], []
    for number, shape in enumerate(size):
        box, cls, _ = take("clean", number)
        clean.append(Image(box, cls, shape))
        box, cls, rows = take("pred", number)
        seen.append(Image(box, cls, shape, z["pred_score"][rows].astype(float)))
    return clean, seen, len(z["class_name"])


def run_boxes(report: Report, *, quick: bool, full: bool) -> None:
    """VOC: any box, every kind and the image level, beside FiftyOne's formulas; calibration after 100 verdicts."""
    path = SHARED / "quality" / "detection_voc100.npz"
    if not path.exists():
        print("  voc-any-box left out: detection_voc100.npz is not here (LAPIDARY_SHARED_DATA)")
        return
    clean, seen, classes = load_voc(path)
    ours, theirs, honest = list[dict[str, float]](), list[dict[str, float]](), []
    beside_us, looks = list[dict[str, float]](), list[dict[str, float]]()
    for seed in range(3 if quick else 20):
        noisy = quality_errors.inject(clean, classes, seed, **quality_errors.HIGH_RATES)
        labels, predictions = quality_errors.flat(noisy), quality_errors.flat(seen, scored=True)
        size, truth = quality_errors.sizes(noisy), Truth(noisy, seen)
        found = detection.score(labels, predictions, size, classes)
        ours.append(
            truth.judge(dict(zip(KINDS, found.kinds.values(), strict=True)), found.p_error, found.image_p_error)
        )
        ours[-1]["missing"] = auroc(truth.missing, found.p_missing)
        looks.append(found_per_look(truth, labels, predictions, found))
        beside_us.append(of_objectlab(truth, labels, predictions, len(noisy)))
        legacy = quality_legacy.fiftyone_boxes(labels, predictions, len(noisy))
        theirs.append(
            truth.judge(legacy.kinds, legacy.any, legacy.image) | {"missing": auroc(truth.missing, legacy.missing)}
        )
        at = np.random.default_rng(seed).choice(len(labels), VERDICTS, replace=False)
        fitted = detection.score(labels, predictions, size, classes, {"any": Verdicts.of(at, truth.wrong[at])}).p_error
        honest.append(honesty(truth.wrong, fitted, at))
    for name, target in {"any": 0.55, **dict.fromkeys([*KINDS, "missing", "image"])}.items():
        value, fiftyone, other = (mean([one[name] for one in found]) for found in (ours, theirs, beside_us))
        peer, beside = max((("FiftyOne's formula", fiftyone), ("ObjectLab", other)), key=lambda pair: pair[1])
        if name == "image":
            peer, beside = "FiftyOne's formula", fiftyone
        goal = target if target is not None else round(beside, 3)
        unit = "P@n" if name == "any" else "AUROC"
        title = "voc-any-box" if name == "any" else f"voc-{name}"
        report.add(Row(title, value, unit, goal, peer, beside, True))
    add_looks(report, looks)
    add_honesty(report, "voc", honest)


KINDS = ("swap", "loc", "spurious", "dup")
BUDGETS = (5, 10, 20)


def of_objectlab(truth: Truth, labels: Boxes, predictions: Boxes, images: int) -> dict[str, float]:
    """ObjectLab has no score of spurious and doubled boxes: they stay at chance."""
    found = objectlab.scores(labels, predictions, images)
    none = np.zeros(len(labels))
    kinds = {"swap": 1 - found.swapped, "loc": 1 - found.badly_located, "spurious": none, "dup": none}
    some = 1 - np.minimum(found.swapped, found.badly_located)
    missing = auroc(truth.missing, 1 - np.nan_to_num(found.overlooked, nan=1.0))
    return truth.judge(kinds, some, 1 - found.image) | {"missing": missing}


def found_per_look(truth: Truth, labels: Boxes, predictions: Boxes, found: detection.Scores) -> dict[str, float]:
    """Wrong boxes found per look at the first 5, 10 and 20 % of all boxes, in four orders."""
    legacy = quality_legacy.fiftyone_boxes(labels, predictions, len(found.image_p_error))
    orders = {"ours": found.p_error, "FiftyOne's order": legacy.any, "the oracle": truth.wrong.astype(float)}
    out = {}
    for budget in BUDGETS:
        top = max(1, round(len(labels) * budget / 100))
        for name, score in orders.items():
            out[f"{name} {budget}"] = float(truth.wrong[np.argsort(-score, kind="stable")[:top]].mean())
        out[f"random {budget}"] = float(truth.wrong.mean())
    return out


def add_looks(report: Report, looks: list[dict[str, float]]) -> None:
    for budget in BUDGETS:
        ours = mean([one[f"ours {budget}"] for one in looks])
        for peer in ("random", "FiftyOne's order", "the oracle"):
            beside = mean([one[f"{peer} {budget}"] for one in looks])
            slug = {"random": "", "FiftyOne's order": "-fiftyone", "the oracle": "-oracle"}[peer]
            report.add(Row(f"voc-errors-per-look-{budget}{slug}", ours, "share", None, peer, beside, True))


class Truth:
    """What is wrong: by label, by prediction (an object that was deleted), and by image."""

    def __init__(self, noisy: list[Image], seen: list[Image]) -> None:
        self.kind = np.concatenate([image.kind for image in noisy])
        self.wrong = self.kind != "ok"
        self.missing = np.concatenate([self._missing(a, b) for a, b in zip(noisy, seen, strict=True)])
        self.image = np.array([bool((image.kind != "ok").any() or len(image.deleted)) for image in noisy])

    @staticmethod
    def _missing(noisy: Image, seen: Image) -> Array:
        """The one prediction that covers each deleted box best, with IoU >= 0.5."""
        found = np.zeros(len(seen.boxes), bool)
        if len(noisy.deleted) and len(seen.boxes):
            iou = quality_errors.iou_matrix(noisy.deleted, seen.boxes)
            best = iou.argmax(axis=1)
            found[best[iou.max(axis=1) >= 0.5]] = True
        return found

    def judge(self, kinds: dict[str, Array], some: Array, image: Array) -> dict[str, float]:
        result = {"any": precision_at_n(self.wrong, some), "image": auroc(self.image, image)}
        for name, values in kinds.items():
            rows = (self.kind == "ok") | (self.kind == name)
            result[name] = auroc(self.kind[rows] == name, values[rows])
        return result
