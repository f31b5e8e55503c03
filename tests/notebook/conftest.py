"""A page for widgets that stands in for the built one: these tests are about what Python does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import lapidary
from lapidary import widget

Table = dict[str, list[Any]]


@pytest.fixture(autouse=True)
def page(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("static")
    (folder / "grid.js").write_text("export default {}")
    (folder / "grid.css").write_text(".root {}")
    monkeypatch.setattr(widget, "STATIC", folder)
    return folder


@pytest.fixture
def picture() -> NDArray[np.uint8]:
    """80 x 60 pixels, each of a colour of its own."""
    y, x = np.mgrid[0:60, 0:80]
    return np.stack([x * 3, y * 4, x + y], axis=2).astype(np.uint8)


@pytest.fixture
def table(picture: NDArray[np.uint8]) -> Table:
    """Twelve rows; cats on even places, dogs on odd ones, the later the likelier wrong."""
    return {
        "image": [picture] * 12,
        "box": [[at, at, at + 20, at + 10] for at in range(12)],
        "label": ["cat", "dog"] * 6,
        "p_error": [at / 12 for at in range(12)],
    }


Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Speaks to a widget as its page does, and answers what it says beside its state."""
    said: list[dict[str, Any]] = []

    def send(self: lapidary.Grid, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        said.append(content | ({"data": buffers[0]} if buffers else {}))

    monkeypatch.setattr(lapidary.Grid, "send", send)

    def asked(grid: lapidary.Grid, do: str, **more: Any) -> list[dict[str, Any]]:
        said.clear()
        grid._handle_custom_msg({"do": do, **more}, [])
        return list(said)

    return asked


def png(picture: NDArray[np.uint8], path: Path) -> Path:
    Image.fromarray(picture).save(path)
    return path
