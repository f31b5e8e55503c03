"""One server and one Chromium for all stories; a door for each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.people import Door
from tests.e2e.site import MakeProject, Site, project, running
from tests.factories.servers import ROOT

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("lapidary")) as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = os.environ.get("LAPIDARY_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    assert program, "Chromium is needed: install it, or set LAPIDARY_CHROMIUM."
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def states() -> dict[str, Any]:
    """The cookies of those who have signed in."""
    return {}


@pytest.fixture
def door(browser: Browser, site: Site, states: dict[str, Any]) -> Iterator[Door]:
    opened = Door(browser, site, states)
    yield opened
    opened.close()


@pytest.fixture
def make_project(site: Site) -> Iterator[MakeProject]:
    with ExitStack() as stack:
        yield lambda name, *, units=2, ontology=None: stack.enter_context(
            project(site, name, units=units, ontology=ontology)
        )


@pytest.fixture(scope="session")
def shots() -> Path:
    """Where screenshots go; git ignores the folder."""
    folder = ROOT / "test-results" / "e2e"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
