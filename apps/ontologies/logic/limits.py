"""Words and bounds of an ontology's definition."""

from __future__ import annotations

SHAPES = (
    "bounding_box",
    "rotatable_bounding_box",
    "polygon",
    "polyline",
    "keypoint",
    "skeleton",
    "bitmask",
)

CLASSIFICATION = "classification"
"""The shape of a label that answers a classification."""

CHOICES = ("radio", "checklist")
TYPES = (*CHOICES, "text", "number", "boolean")

MAX_CLASSES = 1_000
MAX_ATTRIBUTES = 100
MAX_OPTIONS = 1_000
MAX_NODES = 10_000
"""Classes, attributes and options of one definition, all together."""

MAX_NESTING = 6
"""Levels of attributes below a class or classification: attribute, its option's attribute, and so on."""

MAX_NAME = 200
MAX_SKILL = 100
MAX_POINTS = 200
MAX_EDGES = 1_000
MAX_ANSWER = 10_000
"""Characters of a text answer."""

LARGEST_INTEGER = 2**53

PALETTE = (
    "#c92a2a", "#1971c2", "#2f9e44", "#e8590c", "#6741d9", "#0c8599", "#f08c00", "#c2255c",
    "#5c940d", "#364fc7", "#862e9c", "#087f5b", "#d9480f", "#495057", "#a61e4d", "#1864ab",
)  # fmt: skip
"""Colours for classes that come without one, in turn."""
