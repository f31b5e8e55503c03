"""Which computed facts this installation provides: apps above register theirs from ``AppConfig.ready``."""

from __future__ import annotations

_names: set[str] = set()


def register_fact_provider(name: str) -> None:
    """From now on, graphs whose routers read the fact may be published."""
    _names.add(name)


def fact_providers() -> frozenset[str]:
    return frozenset(_names)
