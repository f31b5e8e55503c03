"""Graphs to begin with, as data: what `GET /workflows/templates/` offers and the demo uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Template:
    id: str
    name: str
    description: str
    graph: dict[str, Any]


def _stage(stage: str, kind: str, title: str, **config: Any) -> dict[str, Any]:
    return {"id": stage, "type": kind, "title": title, "config": config}


def _paths(*paths: tuple[str, str, str]) -> list[dict[str, str]]:
    return [{"from": source, "outcome": outcome, "to": target} for source, outcome, target in paths]


SIMPLE_REVIEW = Template(
    "simple-review",
    "Annotate and review",
    "Every task is reviewed once by somebody else; what is rejected goes back to its annotator.",
    {
        "stages": [
            _stage("annotate", "annotate", "Annotate"),
            _stage("review", "review", "Review", strict=True),
            _stage("complete", "complete", "Complete"),
        ],
        "pathways": _paths(
            ("annotate", "submitted", "review"),
            ("review", "approved", "complete"),
            ("review", "rejected", "annotate"),
        ),
        "start": "annotate",
    },
)

ROUTED_REVIEW = Template(
    "routed-review",
    "Annotate, route, review, expert",
    "Crowded or reworked images go to an expert; of the others a sample is reviewed, and reviewers may escalate.",
    {
        "stages": [
            _stage("annotate", "annotate", "Annotate"),
            _stage(
                "route",
                "router",
                "Difficult?",
                branches=[
                    {
                        "outcome": "difficult",
                        "when": {
                            "any": [
                                {"fact": "label_count", "op": ">=", "value": 30},
                                {"fact": "rework_count", "op": ">=", "value": 2},
                            ]
                        },
                    }
                ],
                otherwise="usual",
            ),
            _stage("review", "review", "Review", sample=0.5),
            _stage("expert", "expert_review", "Expert review"),
            _stage("complete", "complete", "Complete"),
        ],
        "pathways": _paths(
            ("annotate", "submitted", "route"),
            ("route", "difficult", "expert"),
            ("route", "usual", "review"),
            ("review", "approved", "complete"),
            ("review", "rejected", "annotate"),
            ("review", "escalated", "expert"),
            ("expert", "approved", "complete"),
            ("expert", "rejected", "annotate"),
        ),
        "start": "annotate",
    },
)

EXPERT_ON_REJECT = Template(
    "expert-on-reject",
    "Rejected goes to an expert",
    "A reviewer's rejection is settled by an expert, who corrects the labels or sends them back.",
    {
        "stages": [
            _stage("annotate", "annotate", "Annotate"),
            _stage("review", "review", "Review"),
            _stage("expert", "expert_review", "Expert review"),
            _stage("complete", "complete", "Complete"),
            _stage("unusable", "archive", "Unusable"),
        ],
        "pathways": _paths(
            ("annotate", "submitted", "review"),
            ("annotate", "skipped", "unusable"),
            ("review", "approved", "complete"),
            ("review", "rejected", "expert"),
            ("expert", "approved", "complete"),
            ("expert", "rejected", "annotate"),
        ),
        "start": "annotate",
    },
)

LIKELY_WRONG = Template(
    "likely-wrong-to-expert",
    "Likely wrong goes to an expert",
    "Tasks that are probably wrong go to an expert, with the reason; of the others a tenth is reviewed.",
    {
        "stages": [
            _stage("annotate", "annotate", "Annotate"),
            _stage(
                "risk",
                "router",
                "Likely wrong?",
                branches=[{"outcome": "risky", "when": {"fact": "mistakenness", "op": ">=", "value": 0.5}}],
                otherwise="fine",
                timeout_minutes=30,
                on_timeout="fine",
            ),
            _stage("review", "review", "Review", sample=0.1),
            _stage("expert", "expert_review", "Expert review"),
            _stage("complete", "complete", "Complete"),
        ],
        "pathways": _paths(
            ("annotate", "submitted", "risk"),
            ("risk", "risky", "expert"),
            ("risk", "fine", "review"),
            ("review", "approved", "complete"),
            ("review", "rejected", "annotate"),
            ("review", "escalated", "expert"),
            ("expert", "approved", "complete"),
            ("expert", "rejected", "annotate"),
        ),
        "start": "annotate",
    },
)

REVIEW_SPLIT = Template(
    "review-split",
    "Two review teams by share",
    "Thirty in a hundred tasks go to the senior team, exactly; the others to the peer team.",
    {
        "stages": [
            _stage("annotate", "annotate", "Annotate"),
            _stage("split", "router", "Which team", percentages={"senior": 30, "peer": 70}),
            _stage("senior", "review", "Senior review"),
            _stage("peer", "review", "Peer review"),
            _stage("complete", "complete", "Complete"),
        ],
        "pathways": _paths(
            ("annotate", "submitted", "split"),
            ("split", "senior", "senior"),
            ("split", "peer", "peer"),
            ("senior", "approved", "complete"),
            ("senior", "rejected", "annotate"),
            ("peer", "approved", "complete"),
            ("peer", "rejected", "annotate"),
            ("peer", "escalated", "senior"),
        ),
        "start": "annotate",
    },
)

TEMPLATES = (SIMPLE_REVIEW, ROUTED_REVIEW, LIKELY_WRONG, EXPERT_ON_REJECT, REVIEW_SPLIT)
