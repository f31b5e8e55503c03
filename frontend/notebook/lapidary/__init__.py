"""Lapidary in a notebook: ``lapidary.grid(df)`` shows labels as a wall of crops and returns verdicts."""

from __future__ import annotations

from lapidary.columns import BadInput
from lapidary.widget import Grid, NotBuilt, grid

__all__ = ["BadInput", "Grid", "NotBuilt", "grid"]
__version__ = "0.1.0"
