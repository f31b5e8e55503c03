"""Long work on ontologies: labels follow a merge, a split or a new attribute."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from apps.jobs.registry import JobContext, job
from apps.ontologies.hooks import relabel
from apps.ontologies.logic.steps import classes_touched, rewriter
from apps.ontologies.operations import CHANGE_LABELS
from apps.ontologies.queries import index_at


@job(CHANGE_LABELS)
def change_labels(ctx: JobContext) -> dict[str, Any]:
    """Carries the steps of a change out on the labels there are. Labels without an answer to a new required attribute
    are counted in ``unanswered``; they are asked for it at their next submit."""
    ontology_id, version = UUID(ctx.params["ontology"]), int(ctx.params["version"])
    steps = ctx.params["steps"]
    counts: dict[str, Any] = {}
    if steps:
        rewrite = rewriter(steps, index_at(ontology_id, version))
        counts = relabel(ctx, ontology_id=ontology_id, class_ids=frozenset(classes_touched(steps)), rewrite=rewrite)
    filled = {step["attribute"] for step in steps if step["op"] == "fill"}
    unanswered = sum(n for ident, n in ctx.params["asked"].items() if ident not in filled)
    return {"id": str(ontology_id), "version": version, "unanswered": unanswered, **counts}
