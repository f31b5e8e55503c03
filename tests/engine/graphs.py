"""Random valid graphs: forward outcomes lead onward, so every task can end; sending back leads anywhere."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.engine.kit import stage

KINDS = ["annotate", "review", "expert_review", "router", "agent", "review", "router"]
CONDITIONS = st.sampled_from(
    [
        {"fact": "label_count", "op": ">=", "value": 3},
        {"fact": "rework_count", "op": "==", "value": 0},
        {"fact": "annotator", "op": "in", "value": ["ann", "bob"]},
        {"fact": "has_class:c1", "op": "==", "value": True},
        {"fact": "metadata.site", "op": "!=", "value": "north"},
        {"fact": "mistakenness", "op": ">=", "value": 0.5},
        {
            "any": [
                {"fact": "hardness", "op": "<", "value": 0.5},
                {"not": {"fact": "label_count", "op": ">", "value": 1}},
            ]
        },
        {
            "all": [
                {"fact": "mistakenness", "op": "<", "value": 0.9},
                {"fact": "uniqueness", "op": ">", "value": 0.1},
            ]
        },
    ]
)


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, Any]:
    kinds = [draw(st.sampled_from(["annotate", "annotate", "router"]))]
    kinds += draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=6))
    names = [f"s{index}" for index in range(len(kinds))]
    ends = ["done", "bin"]
    stages, ways = [], []
    for index, kind in enumerate(kinds):
        onward = [*names[index + 1 :], *ends]
        config, forward, free = _stage(draw, kind)
        stages.append(stage(names[index], kind, **config))
        for number, outcome in enumerate(forward):
            target = onward[0] if number == 0 else draw(st.sampled_from(onward))
            ways.append((names[index], outcome, target))
        for outcome, needed in free:
            if needed or draw(st.booleans()):
                ways.append((names[index], outcome, draw(st.sampled_from([*names, *ends]))))
    used = {target for _, _, target in ways}
    stages += [stage(end, kind) for end, kind in (("done", "complete"), ("bin", "archive")) if end in used]
    return {
        "stages": stages,
        "pathways": [{"from": source, "outcome": outcome, "to": target} for source, outcome, target in ways],
        "start": "s0",
    }


def _stage(draw: st.DrawFn, kind: str) -> tuple[dict[str, Any], list[str], list[tuple[str, bool]]]:
    """(config, outcomes that lead onward, [(outcome that may lead anywhere, whether it must be wired)])."""
    if kind == "annotate":
        return {}, ["submitted"], [("skipped", False)]
    if kind == "agent":
        agent = {"outcomes": ["good", "bad"], "timeout_minutes": 5, "on_timeout": "bad", "retries": 1}
        return agent, ["good"], [("bad", True)]
    if kind == "router":
        return _router(draw)
    config: dict[str, Any] = {
        "four_eyes": draw(st.sampled_from([True, True, False])),
        "return_to": draw(st.sampled_from(["annotator", "pool"])),
        "strict": draw(st.booleans()),
        "sample": draw(st.sampled_from([0, 0.5, 1])),
    }
    if draw(st.booleans()):
        config["class_sample"] = {"c1": draw(st.sampled_from([0, 0.5, 1]))}
    if kind == "expert_review":
        config["after_fix"] = draw(st.sampled_from(["accept", "second_expert", "return"]))
        return config, ["approved"], [("rejected", True)]
    return config, ["approved"], [("rejected", True), ("escalated", False)]


def _router(draw: st.DrawFn) -> tuple[dict[str, Any], list[str], list[tuple[str, bool]]]:
    way = draw(st.sampled_from(["branches", "percentages", "by_collaborator"]))
    if way == "percentages":
        first = draw(st.integers(1, 98))
        second = draw(st.integers(1, 99 - first))
        shares = {"a": first, "b": second, "c": 100 - first - second}
        return {"percentages": shares}, ["a", "b", "c"], []
    if way == "by_collaborator":
        return {"by_collaborator": {"ann": "a", "bob@demo.test": "b"}, "otherwise": "c"}, ["a", "b", "c"], []
    whens = draw(st.lists(CONDITIONS, min_size=1, max_size=2))
    branches = [{"outcome": outcome, "when": when} for outcome, when in zip("ab", whens, strict=False)]
    config = {"branches": branches, "otherwise": "c", "timeout_minutes": 5}
    if draw(st.booleans()):
        config["on_timeout"] = "a"
    return config, [*(str(branch["outcome"]) for branch in branches), "c"], []
