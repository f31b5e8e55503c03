"""A loaded predictor in service: one image after the other."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from apps.inference import wire
from apps.inference.service.encoding import attempt
from apps.inference.service.pictures import Picture
from apps.inference.service.scheduler import Lane


class Predictor(Protocol):
    def predict(self, image: Picture, /) -> list[wire.PredictedLabel]: ...


class Predicting:
    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self._threads = ThreadPoolExecutor(1, "predict")
        self.lane: Lane[Picture, list[wire.PredictedLabel]] = Lane("predict", self._work, executor=self._threads)

    def _work(self, pictures: Sequence[Picture]) -> list[list[wire.PredictedLabel] | Exception]:
        return [attempt(self._predictor.predict, picture) for picture in pictures]

    def close(self) -> None:
        self.lane.close()
        self._threads.shutdown(wait=False, cancel_futures=True)
