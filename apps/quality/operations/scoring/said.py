"""What a scorer found out about one subject, before it becomes rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.inference.models import PredictionModel


@dataclass(slots=True)
class Finding:
    """Of a label, or of a prediction that no label covers (``missing``).

    ``kinds`` are the values by kind of error, ``odds`` and ``vector`` what calibration takes, ``scorer`` the version
    that made them; ``p`` is filled in by calibration. ``hints`` are what the sentence is made of; ``speaker`` is
    another model than the run's, where that one may not speak.
    """

    subject: UUID
    class_id: str
    odds: float
    vector: list[float]
    scorer: str
    kinds: dict[str, float] = field(default_factory=dict)
    missing: bool = False
    hardness: float | None = None
    confidence: float | None = None
    hints: dict[str, Any] = field(default_factory=dict)
    speaker: PredictionModel | None = None
    p: float = 0.0
    calibrated: bool = False
    model_made: str = "fixed"

    @property
    def kind(self) -> str:
        """The likeliest kind of error; none where nothing is likely at all."""
        if self.missing:
            return "missing"
        if not self.kinds:
            return ""
        name, value = max(self.kinds.items(), key=lambda item: item[1])
        return name if value > 0.05 else ""
