"""First half of `validate`: is this JSON a graph at all? Each stage and pathway by itself, then by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from workflows.conditions import ConditionError, is_finite, parse, shorten
from workflows.configs import CONFIG_KEYS, EVERYTHING, MAX_TITLE, PREDICT, outcome_name, outcomes_of, plain_text
from workflows.facts import COMPUTED_FACTS
from workflows.graph import AGENT, CONSENSUS, ROUTER, STAGE_TYPES
from workflows.percentages import MAX_DECIMALS

GRAPH_VERSION = 1
"""The newest schema version of graphs; codec knows how older ones become it."""
MAX_STAGES = 200
MAX_PATHWAYS = 2000
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}\Z")


@dataclass(frozen=True, slots=True)
class Problem:
    """`stage` is "" for a problem of the whole graph."""

    code: str
    stage: str
    detail: str


@dataclass(slots=True)
class Findings:
    """Problems collected so far, and the stages that are sound enough to look at together."""

    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    stages: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    targets: dict[str, dict[str, str]] = field(default_factory=dict)
    providers: frozenset[str] = frozenset()

    def error(self, code: str, stage: str, detail: str) -> None:
        self.errors.append(Problem(code, stage, detail))

    def warn(self, code: str, stage: str, detail: str) -> None:
        self.warnings.append(Problem(code, stage, detail))


def check_shape(found: Findings, data: object) -> None:
    """Fill `found` from the JSON value `data`."""
    if not isinstance(data, dict):
        found.error("bad_graph", "", "A graph is an object with stages, pathways and start.")
        return
    _members(found, data)
    stages: Any = data.get("stages")
    pathways: Any = data.get("pathways", [])
    if not _sizes(found, stages, pathways):
        return
    for item in stages:
        _stage(found, item)
    for item in pathways:
        _pathway(found, item)
    start = data.get("start")
    if not isinstance(start, str) or start not in found.stages:
        found.error("bad_start", "", f"start {shorten(start)} names no stage.")


def _members(found: Findings, data: dict[Any, Any]) -> None:
    for key in data:
        if key not in ("stages", "pathways", "start", "schema_version"):
            found.error("unknown_key", "", f"A graph has no {shorten(key)}.")
    version = data.get("schema_version", GRAPH_VERSION)
    if type(version) is not int or not 1 <= version <= GRAPH_VERSION:
        found.error("bad_version", "", f"schema_version {shorten(version)} is not known here.")


def _sizes(found: Findings, stages: Any, pathways: Any) -> bool:
    if not isinstance(stages, list) or not stages:
        found.error("bad_graph", "", "stages must be a list with at least one stage.")
    elif not isinstance(pathways, list):
        found.error("bad_graph", "", "pathways must be a list.")
    elif len(stages) > MAX_STAGES or len(pathways) > MAX_PATHWAYS:
        found.error("too_large", "", f"A graph has at most {MAX_STAGES} stages and {MAX_PATHWAYS} pathways.")
    else:
        return True
    return False


def _identity(found: Findings, item: Mapping[str, Any]) -> str | None:
    """The stage's id, or None when it has no usable one. Checks title and keys on the way."""
    name = item.get("id")
    if name is None or (isinstance(name, str) and not name.strip()):
        found.error("blank_id", "", "A stage has no id.")
        return None
    if not isinstance(name, str) or not ID.match(name):
        found.error("bad_id", "", f"Stage id {shorten(name)} must have 1 to 64 letters, digits, dots, hyphens or _.")
        return None
    if name in found.stages:
        found.error("duplicate_id", name, "Two stages have this id.")
        return None
    for key in item:
        if key not in ("id", "type", "title", "config"):
            found.error("unknown_key", name, f"A stage has no {shorten(key)}.")
    problem = plain_text(item["title"], MAX_TITLE) if item.get("title", "") != "" else None
    if problem:
        found.error("bad_title", name, f"title {problem}.")
    return name


def _stage(found: Findings, item: object) -> None:
    if not isinstance(item, dict):
        found.error("bad_stage", "", "A stage is an object with id, type, title and config.")
        return
    name = _identity(found, item)
    if name is None:
        return
    kind, config = item.get("type"), item.get("config", {})
    if not isinstance(kind, str) or kind not in STAGE_TYPES:
        found.error("unknown_type", name, f"Unknown stage type {shorten(kind)}; there are {', '.join(STAGE_TYPES)}.")
        kind, config = "", {}
    if not isinstance(config, dict):
        found.error("bad_config", name, "config must be an object.")
        config = {}
    found.stages[name] = {"id": name, "type": kind, "config": config}
    found.targets[name] = {}
    if kind:
        _config(found, name, kind, config)


def _config(found: Findings, name: str, kind: str, config: Mapping[str, Any]) -> None:
    sound = _settings(found, name, kind, config)
    if kind == CONSENSUS:
        found.error("not_publishable", name, "Consensus stages cannot be published yet.")
    if kind == ROUTER:
        _router(found, name, config)
    if kind == AGENT and "outcomes" not in config:
        found.error("bad_config", name, "An agent stage names its outcomes.")
    if sound and kind in (ROUTER, AGENT):
        _timeout(found, name, kind, config)
    if sound and kind == AGENT:
        _built_in(found, name, config)
    if sound:
        _sampling(found, name, config)


def _settings(found: Findings, name: str, kind: str, config: Mapping[str, Any]) -> bool:
    checks = CONFIG_KEYS[kind]
    sound = True
    for key, value in config.items():
        check = checks.get(key)
        problem = check(value) if check is not None else None
        if check is None:
            found.error("unknown_config", name, f"{kind} has no setting {shorten(key)}.")
        elif problem:
            found.error("bad_config", name, f"{key} {problem}.")
            sound = False
    return sound


def _sampling(found: Findings, name: str, config: Mapping[str, Any]) -> None:
    if "class_sample" in config and "sample" not in config:
        detail = "class_sample draws labels, but every task comes, as sample is 1 unless set."
        found.warn("class_sample_without_sample", name, detail)
    elif config.get("sample") == 0 and "class_sample" not in config:
        found.warn("never_reviewed", name, "sample is 0: no task is ever reviewed here.")


def _router(found: Findings, name: str, config: Mapping[str, Any]) -> None:
    ways = [key for key in ("branches", "percentages", "by_collaborator") if key in config]
    if len(ways) != 1:
        found.error("bad_config", name, "A router has one of branches, percentages and by_collaborator.")
        return
    if ways[0] == "percentages":
        if "otherwise" in config:
            found.error("bad_config", name, "A percentage router has no otherwise.")
        _percentages(found, name, config["percentages"])
        return
    if "otherwise" not in config:
        found.error("bad_config", name, "A router names its otherwise.")
    if ways[0] == "branches" and isinstance(config["branches"], list):
        _branches(found, name, config)


def _percentages(found: Findings, name: str, shares: object) -> None:
    if not isinstance(shares, dict) or not shares or not all(is_finite(share) for share in shares.values()):
        return
    values = [Fraction(str(share)) for share in shares.values()]
    if any((value * 10**MAX_DECIMALS).denominator != 1 for value in values):
        found.error("percentages", name, f"Percentages have at most {MAX_DECIMALS} decimals.")
    elif sum(values) != 100:
        found.error("percentages", name, f"Percentages must sum to 100, not {float(sum(values)):g}.")
    elif not all(values):
        found.warn("never_taken", name, "A branch with 0 percent is never taken.")


def _branches(found: Findings, name: str, config: Mapping[str, Any]) -> None:
    computed: set[str] = set()
    for branch in config["branches"][:1000]:
        if not isinstance(branch, dict) or set(branch) != {"outcome", "when"}:
            found.error("bad_config", name, "A branch is an object with outcome and when.")
            continue
        problem = outcome_name(branch["outcome"])
        if problem:
            found.error("bad_config", name, f"outcome {problem}.")
        try:
            condition = parse(branch["when"])
        except ConditionError as error:
            found.error(error.code, name, error.detail)
            continue
        computed |= COMPUTED_FACTS.intersection(condition.facts())
    for fact in sorted(computed - found.providers):
        found.error("fact_not_provided", name, f"Nothing here provides the fact {fact}.")
    if computed and "timeout_minutes" not in config:
        detail = f"{', '.join(sorted(computed))} may come late or never: timeout_minutes is needed."
        found.error("timeout_required", name, detail)


def _timeout(found: Findings, name: str, kind: str, config: Mapping[str, Any]) -> None:
    outcomes, _ = outcomes_of(kind, config)
    if "on_timeout" in config and config["on_timeout"] not in outcomes:
        found.error("on_timeout", name, f"on_timeout {shorten(config['on_timeout'])} is none of the outcomes.")
    if "on_timeout" in config and "timeout_minutes" not in config:
        found.error("on_timeout", name, "on_timeout needs timeout_minutes.")
    if "timeout_minutes" in config and "on_timeout" not in config and "otherwise" not in config:
        found.error("on_timeout", name, "timeout_minutes needs on_timeout.")
    if "retries" in config and "timeout_minutes" not in config and "agent" not in config:
        found.warn("retries_without_timeout", name, "retries are of time-outs; timeout_minutes is not set.")


# What each built-in agent needs to know, and what else it may be told.
_AGENTS = {PREDICT: ({"model"}, {"class_map"}), EVERYTHING: ({"class"}, {"model"})}


def _built_in(found: Findings, name: str, config: Mapping[str, Any]) -> None:
    """The settings of an agent that we run ourselves fit together; a program from outside has none of them."""
    agent = config.get("agent")
    needed, welcome = _AGENTS.get(agent or "", (set(), set()))
    told = config.keys() & {"model", "class", "class_map", "outcome"}
    for key in sorted(needed - told):
        found.error("bad_config", name, f"The agent {agent} needs {key}.")
    for key in sorted(told - needed - welcome - ({"outcome"} if agent else set())):
        whose = f"The agent {agent} has no setting" if agent else "Only a built-in agent has the setting"
        found.error("bad_config", name, f"{whose} {key}.")
    if agent and "outcome" in config and config["outcome"] not in (config.get("outcomes") or ()):
        found.error("bad_config", name, f"outcome {shorten(config['outcome'])} is none of the outcomes.")
    if agent and config.get("collaborators"):
        found.error("bad_config", name, "A built-in agent works for itself: name no collaborators.")


def _pathway(found: Findings, item: object) -> None:
    if not isinstance(item, dict) or set(item) != {"from", "outcome", "to"}:
        found.error("bad_pathway", "", "A pathway is an object with from, outcome and to.")
        return
    source, outcome, target = item["from"], item["outcome"], item["to"]
    if not isinstance(source, str) or source not in found.stages:
        found.error("unknown_stage", "", f"A pathway comes from {shorten(source)}, which is no stage.")
        return
    if not isinstance(target, str) or target not in found.stages:
        found.error("unknown_stage", source, f"A pathway leads to {shorten(target)}, which is no stage.")
        return
    stage = found.stages[source]
    required, optional = outcomes_of(stage["type"], stage["config"]) if stage["type"] else ((), ())
    if not isinstance(outcome, str) or (stage["type"] and outcome not in required + optional):
        known = ", ".join(shorten(name) for name in required + optional) or "none"
        found.error("unknown_outcome", source, f"{shorten(outcome)} is no outcome of this stage; there are {known}.")
        return
    if outcome in found.targets[source]:
        found.error("duplicate_pathway", source, f"The outcome {shorten(outcome)} is wired twice.")
        return
    found.targets[source][outcome] = target
