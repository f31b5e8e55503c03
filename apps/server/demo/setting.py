"""What the demo project is made of: ontology, workflow, images."""

from __future__ import annotations

from typing import Any

ONTOLOGY: dict[str, Any] = {
    "objects": [
        {
            "name": "coin",
            "shape": "bounding_box",
            "color": "#e8590c",
            "attributes": [
                {
                    "name": "condition",
                    "type": "radio",
                    "options": [
                        {"value": "good"},
                        {"value": "worn", "attributes": [{"name": "what is still legible", "type": "text"}]},
                    ],
                }
            ],
        },
        {
            "name": "galaxy",
            "shape": "bounding_box",
            "color": "#1c7ed6",
            "attributes": [
                {
                    "name": "kind",
                    "type": "radio",
                    "options": [{"value": "spiral"}, {"value": "elliptical"}, {"value": "irregular"}],
                },
                {"name": "remarks", "type": "checklist", "options": [{"value": "merging"}, {"value": "cut off"}]},
            ],
        },
        {
            "name": "nucleus",
            "shape": "polygon",
            "color": "#7048e8",
            "attributes": [{"name": "stain", "type": "radio", "options": [{"value": "strong"}, {"value": "weak"}]}],
        },
        {"name": "crater", "shape": "keypoint", "color": "#f08c00"},
    ],
    "classifications": [
        {"name": "focus", "type": "radio", "required": True, "options": [{"value": "sharp"}, {"value": "blurred"}]},
        {
            "name": "subject",
            "type": "radio",
            "options": [
                {"value": "coins"},
                {"value": "tissue"},
                {"value": "galaxies"},
                {"value": "moon"},
                {"value": "retina"},
                {"value": "other", "attributes": [{"name": "what", "type": "text"}]},
            ],
        },
    ],
}

CROWDED = 12
GRAPH: dict[str, Any] = {
    "stages": [
        {"id": "annotate", "type": "annotate", "title": "Annotate", "config": {}},
        {
            "id": "crowded",
            "type": "router",
            "title": "Crowded?",
            "config": {
                "branches": [
                    {
                        "outcome": "crowded",
                        "when": {
                            "any": [
                                {"fact": "label_count", "op": ">=", "value": CROWDED},
                                {"fact": "rework_count", "op": ">=", "value": 2},
                            ]
                        },
                    }
                ],
                "otherwise": "usual",
            },
        },
        {"id": "review", "type": "review", "title": "Review", "config": {}},
        {"id": "expert", "type": "expert_review", "title": "Expert", "config": {}},
        {"id": "complete", "type": "complete", "title": "Complete", "config": {}},
    ],
    "pathways": [
        {"from": "annotate", "outcome": "submitted", "to": "crowded"},
        {"from": "crowded", "outcome": "crowded", "to": "expert"},
        {"from": "crowded", "outcome": "usual", "to": "review"},
        {"from": "review", "outcome": "approved", "to": "complete"},
        {"from": "review", "outcome": "rejected", "to": "annotate"},
        {"from": "review", "outcome": "escalated", "to": "expert"},
        {"from": "expert", "outcome": "approved", "to": "complete"},
        {"from": "expert", "outcome": "rejected", "to": "annotate"},
    ],
    "start": "annotate",
}
