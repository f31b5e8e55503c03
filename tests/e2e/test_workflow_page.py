"""The workflow page: what a router that decides on scores would have done, while its conditions are typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.people import DESK, PHONE, Door, until
from tests.e2e.site import GRAPH, MakeProject, Project
from tests.e2e.test_pages import STILL, WIDTH, axe
from tests.e2e.test_quality_pages import UNITS, filled, succeeded

MINUTES = {"timeout_minutes": 60, "on_timeout": "sure"}


def doubting(*branches: tuple[str, Any]) -> str:
    """The stories' graph as text, with a router on scores between the count of labels and the review."""
    graph: dict[str, Any] = json.loads(json.dumps(GRAPH))
    config = {"branches": [{"outcome": name, "when": when} for name, when in branches], "otherwise": "sure", **MINUTES}
    graph["stages"].append({"id": "doubt", "type": "router", "title": "Doubtful?", "config": config})
    next(way for way in graph["pathways"] if way["outcome"] == "few")["to"] = "doubt"
    graph["pathways"] += [{"from": "doubt", "outcome": name, "to": "expert"} for name, _ in branches]
    graph["pathways"].append({"from": "doubt", "outcome": "sure", "to": "review"})
    return json.dumps(graph, indent=2)


def above(value: float, fact: str = "mistakenness") -> dict[str, Any]:
    return {"fact": fact, "op": ">=", "value": value}


@pytest.fixture
def scored(make_project: MakeProject) -> Project:
    project = make_project("Doubts", units=UNITS)
    filled(project)
    return project


@pytest.fixture
def sibling(scored: Project) -> Iterator[str]:
    """Another project under the same workflow, where nothing is scored; its name."""
    mia = scored.site.program("mia")
    own = mia.get(f"/projects/{scored.id}/")
    body = {"name": "Not begun", "ontology": own["ontology"], "workflow": own["workflow"], "datasets": []}
    made = mia.post("/projects/", body, status=201)
    yield str(made["name"])
    mia.post(f"/projects/{made['id']}/archive/")


def suspicions(project: Project, page: Page) -> list[float]:
    """Scores the project; what its tasks' scores are, the least first."""
    mia = project.site.program("mia")
    path = f"/jobs/{mia.post(f'/projects/{project.id}/quality/score/', {}, status=202)['id']}/"
    until(page, partial(succeeded, mia, path), path, seconds=60)
    tasks = [row["id"] for row in mia.get(f"/projects/{project.id}/tasks/")["results"]]
    return sorted(mia.get(f"/tasks/{task}/")["metrics"]["mistakenness"] for task in tasks)


def lanes(page: Page) -> Locator:
    return page.get_by_role("region", name="Doubtful?").get_by_role("listitem")


def pictured(page: Page, shots: Path) -> list[str]:
    """The page on a desk and on a phone, light and dark; what is wrong with it."""
    wrong = []
    for size, view in (("desk", DESK), ("phone", PHONE)):
        page.set_viewport_size(view)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
            page.evaluate(STILL)
            page.get_by_role("region", name="Doubtful?").scroll_into_view_if_needed()
            page.screenshot(path=shots / f"workflow-{size}-{scheme}.png", animations="disabled")
            wrong += [f"{size} {scheme}: {one}" for one in axe(page)]
        width = page.evaluate(WIDTH)
        wrong += [f"{size} scrolls to {width}"] if width > view["width"] else []
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light")
    return wrong


def test_a_router_on_scores_says_where_it_would_have_sent_the_last_tasks(
    door: Door, scored: Project, sibling: str, shots: Path
) -> None:
    mia = door("mia")
    values = suspicions(scored, mia.page)
    middle = values[UNITS // 2]
    many = sum(value >= middle for value in values)
    page = mia.go(f"/projects/{scored.id}/workflow")
    text = page.get_by_label("Definition")
    expect(page.get_by_role("heading", name="What the routers would have done")).to_have_count(0)

    text.fill(doubting(("doubtful", above(middle))))
    expect(page.get_by_text(f"of the last {UNITS} scored tasks")).to_be_visible()
    expect(lanes(page)).to_have_text([f"doubtful → Expert{many} of {UNITS}", f"sure → Review{UNITS - many} of {UNITS}"])
    text.fill(doubting(("doubtful", above(0))))
    expect(lanes(page).first).to_have_text(f"doubtful → Expert{UNITS} of {UNITS}")

    text.fill(doubting(("odd", above(0.5, "hardness")), ("doubtful", above(middle))))
    expect(lanes(page).last).to_contain_text("waits for hardness")
    assert pictured(page, shots) == []

    text.fill(doubting(("doubtful", {"fact": "luck", "op": ">=", "value": 1})))
    expect(page.get_by_text("Unknown fact").first).to_be_visible()
    text.fill(doubting(("doubtful", above(middle) | {"op": "about"})))
    expect(page.get_by_text("Put the router right to see what it would do.")).to_be_visible()

    text.fill(doubting(("doubtful", above(middle))))
    page.get_by_label("Tried on the tasks of").select_option(sibling)
    expect(page.get_by_text("No task of this project is scored")).to_be_visible()
    page.get_by_label("Tried on the tasks of").select_option(scored.name)
    expect(lanes(page).first).to_have_text(f"doubtful → Expert{many} of {UNITS}")


def test_where_nothing_is_scored_the_page_says_so(door: Door, make_project: MakeProject) -> None:
    project = make_project("No scores")
    page = door("mia").go(f"/projects/{project.id}/workflow")
    page.get_by_label("Definition").fill(doubting(("doubtful", above(0.5))))
    expect(page.get_by_text("No project with this workflow has scored tasks yet")).to_be_visible()
