"""What Prometheus reads. Counters live in files when there are several processes; gauges are asked of the database."""

from __future__ import annotations

import os
from collections.abc import Iterator

from django.conf import settings

# prometheus_client chooses between memory and files when it is first imported, by this variable.
if getattr(settings, "METRICS_FOLDER", None):
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(settings.METRICS_FOLDER))

from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from apps.common.clock import database_now
from apps.common.models import WorkerBeat
from apps.inference import gateway as inference
from apps.jobs.models import Job, JobState

REQUESTS = Counter("lapidary_http_requests", "Answered requests.", ["method", "route", "status"])
SECONDS = Histogram(
    "lapidary_http_request_seconds",
    "Time to answer a request.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def observe(*, method: str, route: str, status: int, seconds: float) -> None:
    """One answered request. Made-up methods share a label, so that nobody can grow the series."""
    known = method if method in METHODS else "other"
    REQUESTS.labels(known, route, str(status)).inc()
    SECONDS.labels(known, route).observe(seconds)


class Gauges(Collector):
    """Open jobs, how long ago a worker answered, and whether the inference process does. Nothing here grows with a
    project."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        jobs = GaugeMetricFamily("lapidary_open_jobs", "Jobs that are not finished.", labels=["state"])
        open_states = [JobState.QUEUED.value, JobState.RUNNING.value]
        rows = Job.objects.filter(state__in=open_states).values_list("state").annotate(n=Count("pk"))
        counts = dict(rows)
        for state in open_states:
            jobs.add_metric([state], counts.get(state, 0))
        yield jobs
        seen = WorkerBeat.objects.aggregate(at=Max("seen_at"))["at"]
        if seen is not None:
            age = (database_now() - seen).total_seconds()
            yield GaugeMetricFamily("lapidary_worker_age_seconds", "Since a worker last answered.", value=age)
        if getattr(settings, "INFERENCE_URL", ""):
            # What it does is in its own /metrics; without it the server works on, so /readyz does not ask.
            up = float(inference.gateway().ready())
            yield GaugeMetricFamily("lapidary_inference_up", "Whether the inference process takes work.", value=up)


def view(request: HttpRequest) -> HttpResponse:
    """GET /metrics. The proxy does not pass it on: it is for the inside."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        text = generate_latest(registry)
    else:
        text = generate_latest(REGISTRY)
    gauges = CollectorRegistry()
    gauges.register(Gauges())
    return HttpResponse(text + generate_latest(gauges), content_type=CONTENT_TYPE_LATEST)
