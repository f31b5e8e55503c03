"""Workflows: a graph that works, and graphs that nobody should send."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from apps.accounts.models import Organization, User
from apps.flows.models import WorkflowVersion
from apps.flows.operations import create_workflow
from workflows.templates import SIMPLE_REVIEW


def simple_graph(**review: Any) -> dict[str, Any]:
    """annotate → review → complete; ``review`` is the review stage's config."""
    graph = deepcopy(SIMPLE_REVIEW.graph)
    graph["stages"][1]["config"] = review
    return graph


def renamed_graph(title: str) -> dict[str, Any]:
    """The simple graph with another title on its first stage: another version."""
    graph = simple_graph()
    graph["stages"][0]["title"] = title
    return graph


def routed_graph(fact: str, **config: Any) -> dict[str, Any]:
    """A router on ``fact`` between annotate and review."""
    when = {"fact": fact, "op": ">=", "value": 0.5}
    router = {"branches": [{"outcome": "high", "when": when}], "otherwise": "low", **config}
    graph = simple_graph()
    graph["stages"].append({"id": "router", "type": "router", "title": "Risky?", "config": router})
    graph["pathways"][0]["to"] = "router"
    graph["pathways"] += [{"from": "router", "outcome": name, "to": "review"} for name in ("high", "low")]
    return graph


def make_workflow(
    organization: Organization, graph: dict[str, Any] | None = None, *, created_by: User | None = None
) -> WorkflowVersion:
    """A workflow's first version; the workflow is its ``workflow``."""
    return create_workflow(
        organization=organization, name="Review", graph=graph or simple_graph(), created_by=created_by
    )
