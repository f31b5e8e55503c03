"""What ontologies ask of the apps above them, which hold the labels: how much is used, and to rewrite labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from uuid import UUID

from apps.jobs.registry import JobContext
from apps.ontologies.logic.steps import Rewrite

UsageProvider = Callable[[UUID, Mapping[str, str]], Mapping[str, int]]
"""(ontology id, {item id: class id}) → how many labels use each item: a class or classification (its own id is then
its class id), or an attribute or option, whose id occurs in the stored attributes. What has no use may be left out."""


class Relabeler(Protocol):
    """Applies ``rewrite`` to every label of ``class_ids`` in every project of the ontology, in batches, as revisions.

    Runs inside a job: reports progress, checkpoints, may be resumed. Answers counts such as ``{"labels": 12}``.
    """

    def __call__(
        self, ctx: JobContext, *, ontology_id: UUID, class_ids: frozenset[str], rewrite: Rewrite
    ) -> Mapping[str, Any]: ...


_usage: list[UsageProvider] = []
_relabelers: list[Relabeler] = []


def register_usage(provider: UsageProvider) -> None:
    """Called from ``AppConfig.ready`` of an app that holds labels."""
    if provider not in _usage:
        _usage.append(provider)


def register_relabeler(relabeler: Relabeler) -> None:
    """Called from ``AppConfig.ready`` of an app that holds labels."""
    if relabeler not in _relabelers:
        _relabelers.append(relabeler)


def count_uses(ontology_id: UUID, wanted: Mapping[str, str]) -> Mapping[str, int]:
    """The uses of all providers together; an id without any counts 0."""
    total: Counter[str] = Counter()
    if wanted:
        for provider in _usage:
            total.update(provider(ontology_id, wanted))
    return total


def relabel(ctx: JobContext, *, ontology_id: UUID, class_ids: frozenset[str], rewrite: Rewrite) -> dict[str, Any]:
    """Has every app rewrite its labels; answers their counts together."""
    total: Counter[str] = Counter()
    for relabeler in _relabelers:
        total.update(relabeler(ctx, ontology_id=ontology_id, class_ids=class_ids, rewrite=rewrite))
    return dict(total)
