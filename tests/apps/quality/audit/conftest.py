"""Draws that are the same in every run: task ids, and so their HMACs, are new each time."""

from __future__ import annotations

import random

import pytest

from apps.quality.operations import auditing, repeats


@pytest.fixture(autouse=True)
def same_draws(monkeypatch: pytest.MonkeyPatch) -> random.Random:
    """The order of drawing is that in which tasks came to rest."""
    source = random.Random(11)
    for module in (auditing, repeats):
        monkeypatch.setattr(module, "uniform", lambda *_: source.random())
    return source
