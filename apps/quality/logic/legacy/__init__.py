"""The published scores by name, ``legacy.<package>.<score>``, as the packages compute them.

They are here to compare with and to move over from; what they get wrong is in the README's list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from apps.quality.logic.legacy import cleanlab, confident_learning, encord, fiftyone, objectlab

LABEL, PREDICTION, DATA_UNIT = "label", "prediction", "data_unit"


@dataclass(frozen=True)
class Published:
    """``subject`` of each value; ``needs``, the names of the arguments of ``compute``; whether more is worse.

    Arguments: ``p`` (n, k) probabilities, ``y`` (n,) classes, ``x`` (n, d) embeddings, ``labels predictions`` boxes,
    ``size`` (images, 2), ``images`` their number, ``image`` pixels (h, w, channels) of one image.
    """

    subject: str
    needs: tuple[str, ...]
    more_is_worse: bool
    compute: Callable[..., Any]


def of(compute: Callable[..., Any], name: str) -> Callable[..., Any]:
    return lambda *arguments: getattr(compute(*arguments), name)


def flagged(by: str) -> Callable[..., Any]:
    return lambda p, y: confident_learning.issues(p, y, by=by).astype(np.float64)


BOXES = ("labels", "predictions", "images")
CLASSES = ("p", "y")
_FIFTYONE = {
    "mistakenness": Published(LABEL, CLASSES, True, fiftyone.mistakenness),
    "mistakenness_confidence": Published(LABEL, CLASSES, True, fiftyone.mistakenness_confidence),
    "mistakenness_boxes": Published(LABEL, BOXES, True, of(fiftyone.detections, "mistakenness")),
    "mistakenness_loc": Published(LABEL, BOXES, True, of(fiftyone.detections, "mistakenness_loc")),
    "possible_spurious": Published(LABEL, BOXES, True, of(fiftyone.detections, "possible_spurious")),
    "possible_missing": Published(PREDICTION, BOXES, True, of(fiftyone.detections, "possible_missing")),
    "mistakenness_image": Published(DATA_UNIT, BOXES, True, of(fiftyone.detections, "image")),
    "hardness": Published(LABEL, ("p",), True, fiftyone.hardness),
    "uniqueness": Published(DATA_UNIT, ("x",), False, fiftyone.uniqueness),
    "representativeness": Published(DATA_UNIT, ("x",), False, fiftyone.representativeness),
}
_CLEANLAB = {
    **{name: Published(LABEL, CLASSES, False, method) for name, method in cleanlab.METHODS.items()},
    "adjusted_self_confidence": Published(LABEL, CLASSES, False, cleanlab.adjusted_self_confidence),
    "adjusted_normalized_margin": Published(LABEL, CLASSES, False, cleanlab.adjusted_normalized_margin),
    **{f"issue_{by}": Published(LABEL, CLASSES, True, flagged(by)) for by in confident_learning.FILTERS},
    "objectlab_overlooked": Published(PREDICTION, BOXES, False, of(objectlab.scores, "overlooked")),
    "objectlab_badly_located": Published(LABEL, BOXES, False, of(objectlab.scores, "badly_located")),
    "objectlab_swapped": Published(LABEL, BOXES, False, of(objectlab.scores, "swapped")),
    "objectlab_image": Published(DATA_UNIT, BOXES, False, of(objectlab.scores, "image")),
}
_ENCORD = {
    "annotation_quality": Published(LABEL, ("x", "y"), False, encord.annotation_quality),
    "relative_area": Published(LABEL, ("labels", "size"), False, encord.relative_area),
    "border_closeness": Published(LABEL, ("labels", "size"), True, encord.border_closeness),
    "duplicate_overlap": Published(LABEL, ("labels", "images"), True, encord.duplicate_overlap),
    "singularity": Published(DATA_UNIT, ("x",), False, encord.singularity),
    "brightness": Published(DATA_UNIT, ("image",), False, encord.brightness),
    "contrast": Published(DATA_UNIT, ("image",), False, encord.contrast),
    "sharpness": Published(DATA_UNIT, ("image",), False, encord.sharpness),
    "blur": Published(DATA_UNIT, ("image",), True, encord.blur),
}
SCORES: Mapping[str, Published] = MappingProxyType(
    {
        f"legacy.{package}.{name}": score
        for package, scores in (("fiftyone", _FIFTYONE), ("cleanlab", _CLEANLAB), ("encord", _ENCORD))
        for name, score in scores.items()
    }
)


def compute(name: str, arguments: Mapping[str, Any]) -> Any:
    """The score of that name from its arguments by name; KeyError for an unknown name or a missing argument."""
    score = SCORES[name]
    return score.compute(*(arguments[need] for need in score.needs))
