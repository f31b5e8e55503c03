"""Tables that belong to no noun: stored answers of retried requests, and the worker's sign of life."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class IdempotencyRecord(models.Model):
    """The stored 2xx answer of one unsafe request, kept for 24 hours.

    Unique per (organization, person, route, key): a twin request waits on that index until the first commits.
    ``organization`` and ``person`` are plain ids, because accounts stand above this app.
    """

    id = models.BigAutoField(primary_key=True)
    organization = models.CharField(max_length=36, blank=True, default="")
    person = models.UUIDField()
    route = models.CharField(max_length=300)
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.TextField(default="")
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "person", "route", "key"], name="idempotency_once")
        ]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="idempotency_age")]


class WorkerBeat(models.Model):
    """The last time a worker answered: proof that broker, worker and database work together."""

    name = models.CharField(max_length=100, primary_key=True)
    seen_at = models.DateTimeField()
