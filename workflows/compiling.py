"""From graph JSON that `validate` has passed to a `Graph` with its lookups."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from workflows import conditions, percentages
from workflows.configs import outcomes_of
from workflows.facts import NO_NEEDS, Needs
from workflows.graph import EXPERT_REVIEW, REVIEW_TYPES, ROUTER, Branch, Graph, Pathway, Stage


def canonical(data: object) -> str:
    """One spelling for equal JSON values: sorted keys, no spaces, whole floats as integers."""
    return json.dumps(_whole(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(data: object) -> str:
    """sha256 in hex over the canonical JSON of `data`."""
    return hashlib.sha256(canonical(data).encode()).hexdigest()


def _whole(data: object) -> object:
    if isinstance(data, dict):
        return {key: _whole(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_whole(value) for value in data]
    if isinstance(data, float) and data.is_integer():
        return int(data)
    return data


def compile_graph(data: Mapping[str, Any], normal: Mapping[str, Any]) -> Graph:
    """The graph of `data`; `normal` is its normal form, which is what the digest is of."""
    stages = {item["id"]: _stage(item) for item in data["stages"]}
    pathways = tuple(Pathway(item["from"], item["outcome"], item["to"]) for item in data["pathways"])
    targets: dict[str, dict[str, str]] = {name: {} for name in stages}
    for pathway in pathways:
        targets[pathway.source][pathway.outcome] = pathway.target
    return Graph(
        stages=MappingProxyType(stages),
        pathways=pathways,
        start=data["start"],
        digest=digest(normal),
        targets=MappingProxyType(targets),
        horizon=MappingProxyType({name: _horizon(stages, targets, name) for name in stages}),
        escalation_stages=frozenset(_escalations(stages, targets)),
    )


def _stage(item: Mapping[str, Any]) -> Stage:
    config = item.get("config") or {}
    kind = item["type"]
    shares = percentages.weights(config["percentages"]) if config.get("percentages") else {}
    required, optional = outcomes_of(kind, config)
    timeout = config.get("timeout_minutes")
    return Stage(
        id=item["id"],
        type=kind,
        title=item.get("title") or item["id"],
        config=MappingProxyType(dict(config)),
        collaborators=frozenset(name.casefold() for name in config.get("collaborators", ())),
        skills=tuple(config.get("skills", ())),
        lease_minutes=config.get("lease_minutes", 15),
        max_hold_hours=config.get("max_hold_hours", 8),
        reserve_hours=config.get("reserve_hours", 24),
        four_eyes=config.get("four_eyes", True),
        strict=config.get("strict", False),
        allow_edit=config.get("allow_edit", kind == EXPERT_REVIEW),
        return_to=config.get("return_to", "annotator"),
        after_fix=config.get("after_fix", "accept"),
        show=config.get("show", "drawn"),
        show_evidence=config.get("show_evidence", "at once"),
        sample=float(config.get("sample", 1.0)),
        class_sample=MappingProxyType({name: float(p) for name, p in config.get("class_sample", {}).items()}),
        branches=tuple(
            Branch(branch["outcome"], conditions.parse(branch["when"])) for branch in config.get("branches", ())
        ),
        otherwise=config.get("otherwise", ""),
        by_collaborator=MappingProxyType(
            {name.casefold(): outcome for name, outcome in config.get("by_collaborator", {}).items()}
        ),
        sharing=percentages.Sharing(shares) if shares else None,
        counter_key=percentages.counter_key(item["id"], shares) if shares else "",
        outcomes=required + optional,
        timeout_minutes=timeout,
        on_timeout=config.get("on_timeout") or (config.get("otherwise", "") if timeout else ""),
        retries=config.get("retries", 0),
    )


def passed_on(stage: Stage) -> tuple[str, ...]:
    """Outcomes by which a task can go on from `stage` without resting there."""
    if stage.type == ROUTER:
        return stage.outcomes
    if stage.type in REVIEW_TYPES and stage.sample < 1.0:
        return ("approved",)
    return ()


def _horizon(stages: Mapping[str, Stage], targets: Mapping[str, Mapping[str, str]], start: str) -> Needs:
    seen: set[str] = set()
    todo = [start]
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        todo += [targets[name][outcome] for outcome in passed_on(stages[name]) if outcome in targets[name]]
    reached = [stages[name] for name in stages if name in seen]
    facts = {fact for stage in reached for branch in stage.branches for fact in branch.when.facts()}
    needs = Needs(
        draws=tuple(stage.id for stage in reached if 0.0 < stage.sample < 1.0),
        label_draws=tuple(stage.id for stage in reached if stage.class_sample),
        routers=tuple(sorted(stage.id for stage in reached if stage.sharing)),
        facts=frozenset(facts),
        skills=tuple(stage.id for stage in reached if stage.type == EXPERT_REVIEW),
        emails=any(stage.by_collaborator or stage.collaborators for stage in reached) or "annotator" in facts,
    )
    return NO_NEEDS if needs == NO_NEEDS else needs


def _escalations(stages: Mapping[str, Stage], targets: Mapping[str, Mapping[str, str]]) -> set[str]:
    found: set[str] = set()
    seen: set[str] = set()
    todo = [ways["escalated"] for ways in targets.values() if "escalated" in ways]
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        if stages[name].works:
            found.add(name)
        todo += [targets[name][outcome] for outcome in passed_on(stages[name]) if outcome in targets[name]]
    return found
