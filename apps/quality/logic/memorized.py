"""What smells of a model that has seen the labels it is held against (QUALITY.md, rule 5)."""

from __future__ import annotations

MOST_AGREEMENT = 0.995
MOST_CONFIDENCE = 0.98
FEWEST = 30
"""Labels below which nothing is said."""


def looks_memorized(labels: int, agreed: int, confidence: float) -> bool:
    """Of ``labels`` the model agrees with ``agreed``, this sure: too well to have been out of sample."""
    return labels >= FEWEST and agreed > MOST_AGREEMENT * labels and confidence > MOST_CONFIDENCE
