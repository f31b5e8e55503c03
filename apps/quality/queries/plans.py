"""The audit's plan as the manager sees it."""

from __future__ import annotations

from typing import Any

from apps.ontologies.queries import index_for
from apps.projects.models import Project
from apps.quality.logic.certificate.frame import ANY
from apps.quality.logic.certificate.issue import ALL
from apps.quality.logic.certificate.planning import CLASS_LOOKS, Found, tasks_wanted
from apps.quality.models import AuditWave, QualitySettings
from apps.quality.queries.audits import audit_stage, draw_counts, settings_of, waves_of
from apps.quality.queries.certificates import certified, is_large, named
from apps.quality.queries.waves import found_so_far


def plan_shown(project: Project) -> dict[str, Any]:
    """Waves, looks made and needed by kind and class, and what waits to be looked at."""
    settings = settings_of(project.id)
    counts = draw_counts(project.id)
    latest = AuditWave.objects.filter(project=project).order_by("-number").first()
    lines, wanted = looks_of_large(project, settings) if is_large(project, None) else looks_of_small(project)
    return {
        "enabled": settings.audit_enabled,
        "stage": audit_stage(project, settings),
        "target_share": settings.target_share,
        "confidence": settings.confidence,
        "wanted": wanted if latest is None else max(wanted, int(latest.plan.get("wanted", 0))),
        "due": counts["chosen"] + counts["sent"],
        "tasks": counts,
        "waves": waves_of(project.id),
        "looks": lines,
    }


def looks_of_small(project: Project) -> tuple[list[dict[str, Any]], int]:
    """From the certificate as of now."""
    said = named(certified(project, None), index_for(project.ontology_id).class_names)
    whole = said | {"kind": ANY, "class": ALL}
    lines = [
        {"kind": line["kind"], "class": line["class"], "looks": line["n_audited"], "n_needed": line["n_needed"]}
        for line in (whole, *said["kinds"], *said["classes"])
    ]
    return lines, int(said["n_needed"])


def looks_of_large(project: Project, settings: QualitySettings) -> tuple[list[dict[str, Any]], int]:
    """From the latest looks alone."""
    found, drawn = found_so_far(project)
    index = index_for(project.ontology_id)
    looks, wrong = sum(one.looks for one in found.values()), sum(one.wrong for one in found.values())
    per_task = looks / drawn if drawn else 1.0
    wanted = tasks_wanted(Found(looks, wrong), per_task, settings.target_share, settings.confidence)
    lines = [{"kind": ANY, "class": ALL, "looks": looks, "n_needed": max(0, wanted - drawn)}]
    for name, one in sorted(found.items()):
        short = max(0, CLASS_LOOKS - one.looks)
        lines.append({"kind": ANY, "class": index.class_name(name), "looks": one.looks, "n_needed": short})
    return lines, wanted
