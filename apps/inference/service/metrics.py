"""What Prometheus reads of this process: queues, latencies, cache hits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from apps.inference.service.scheduler import RANKS, Lane

if TYPE_CHECKING:
    from apps.inference.service.desk import Desk

PREFIX = "lapidary_inference"
BUCKETS = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 15, 60)


class Meters:
    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            f"{PREFIX}_seconds",
            "Time to answer an ask.",
            ["ask"],
            buckets=BUCKETS,
            registry=self._registry,
        )

    @contextmanager
    def timed(self, ask: str) -> Iterator[None]:
        began = perf_counter()
        try:
            yield
        finally:
            self._seconds.labels(ask).observe(perf_counter() - began)

    def text(self, desk: Desk) -> bytes:
        moment = CollectorRegistry()
        depth = gauge("queue", "Asks that wait.", ["lane", "priority"], moment)
        wait = gauge("wait_seconds", "From asking to the answer, of the last 512.", ["lane", "quantile"], moment)
        done = gauge("done_total", "Asks that were carried out.", ["lane"], moment)
        for name, lanes in _lanes(desk).items():
            done.labels(name).set(sum(lane.figures.done for lane in lanes))
            for priority in RANKS:
                depth.labels(name, priority).set(sum(lane.depth(priority) for lane in lanes))
            waits = sorted(value for lane in lanes for value in lane.figures.waits)
            for quantile in (0.5, 0.95):
                if waits:
                    wait.labels(name, str(quantile)).set(waits[min(len(waits) - 1, int(quantile * len(waits)))])
        kept = desk.embeddings
        looks = Counter(f"{PREFIX}_embedding_looks", "Embeddings looked for in memory.", ["found"], registry=moment)
        looks.labels("yes").inc(kept.hits)
        looks.labels("no").inc(kept.misses)
        gauge("embedding_bytes", "Embeddings in memory.", [], moment).set(kept.total)
        gauge("models_loaded", "Models that are loaded.", [], moment).set(len(desk.segmenters.values()))
        return generate_latest(self._registry) + generate_latest(moment)


def gauge(name: str, help_text: str, labels: list[str], registry: CollectorRegistry) -> Gauge:
    return Gauge(f"{PREFIX}_{name}", help_text, labels, registry=registry)


def _lanes(desk: Desk) -> dict[str, list[Lane[Any, Any]]]:
    models, predictors = desk.segmenters.values(), desk.predictors.values()
    return {
        # Decoders that were tuned from one base share its lane.
        "encode": list({id(model.encoding): model.encoding for model in models}.values()),
        "decode": [model.decoding for model in models],
        "classical": [desk.classical],
        "predict": [predictor.lane for predictor in predictors],
        "describe": [serving.lane for serving in desk.describing.embedders.values()],
    }
