"""What a model and a project's labels are like, learned once and kept, so that one label is scored as among all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from apps.quality.logic.checks import Array, BadInput
from apps.quality.logic.neighbours import Crowd


@dataclass(frozen=True, eq=False)
class State:
    """``power`` () of the temperature; ``noise`` (k, k) P(given | true); ``usual`` (k,) mean p_k of labels k;
    ``offset`` () of the fixed formula; of the neighbours their ``typical`` () distance, the ``share`` (k,) of
    each class, and ``strength`` (), 0 where there were none."""

    power: Array
    noise: Array
    usual: Array
    offset: Array
    typical: Array
    share: Array
    strength: Array

    @property
    def classes(self) -> int:
        return len(self.noise)

    @property
    def crowd(self) -> Crowd:
        return Crowd(float(self.typical), self.share, float(self.strength))

    def arrays(self) -> dict[str, Array]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @staticmethod
    def of(arrays: Mapping[str, Array]) -> State:
        """From ``arrays()``, kept in a file or a row. Raises ``BadInput`` where one is missing."""
        names = [field.name for field in fields(State)]
        for name in names:
            if name not in arrays:
                raise BadInput(f"{name}: the array is missing.")
        return State(**{name: np.asarray(arrays[name], np.float64) for name in names})
