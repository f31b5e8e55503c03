"""Which function does which kind of job: handlers register with ``@job("kind")`` in their app's ``jobs.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from django.utils.module_loading import autodiscover_modules

from apps.jobs.models import Job


class JobContext(Protocol):
    """What a handler may ask of the runner. Every call may raise ``JobCancelled`` or ``LeaseLost``: let them pass."""

    @property
    def job(self) -> Job: ...

    @property
    def params(self) -> Mapping[str, Any]: ...

    @property
    def saved(self) -> Mapping[str, Any]:
        """The last checkpoint: {} in the first attempt."""

    def progress(self, fraction: float, detail: str = "") -> None:
        """Says how far it is, 0..1. Written at most about once a second; extends the lease."""

    def checkpoint(self, state: Mapping[str, Any]) -> None:
        """Keeps ``state`` for the next attempt; inside a transaction, together with its effect."""

    def raise_if_cancelled(self) -> None:
        """Raises JobCancelled when somebody asked to stop, LeaseLost when another worker has the job."""


Handler = Callable[[JobContext], dict[str, Any] | None]

_handlers: dict[str, Handler] = {}


def job(kind: str) -> Callable[[Handler], Handler]:
    """Registers the handler of ``kind``. It must be idempotent and go on from ``ctx.saved``; its answer is the result.

    A DomainError that it raises is the job's error; any other exception is tried again until the attempts are used up.
    """

    def register(handler: Handler) -> Handler:
        if kind in _handlers and _handlers[kind] is not handler:
            raise RuntimeError(f"two handlers for jobs of kind {kind}")
        _handlers[kind] = handler
        return handler

    return register


def handler_of(kind: str) -> Handler | None:
    """The handler, or None. The apps' ``jobs`` modules are loaded when the first one is asked for."""
    if kind not in _handlers:
        autodiscover_modules("jobs")
    return _handlers.get(kind)
