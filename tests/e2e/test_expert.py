"""The expert's view: what speaks against a label and why the task came, the model's label taken, what is missing added,
and the same task met blind, where none of it may show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.desk import Desk, claim
from tests.e2e.people import DESK, PHONE, Door, Person, until
from tests.e2e.site import MakeProject, Project, box
from tests.e2e.test_pages import WIDTH, axe

UNITS = 6
PLACES = [(20, 20), (120, 30), (220, 40), (40, 140), (150, 150)]
PLAIN: dict[str, Any] = {
    "objects": [
        {"name": name, "shape": "bounding_box", "color": color, "attributes": []}
        for name, color in {"RBC": "#c92a2a", "WBC": "#1864ab"}.items()
    ],
    "classifications": [],
}


def cell(number: int, at: int, grown: float = 0) -> dict[str, Any]:
    """The ``at``-th object of an image; ``grown`` is how far a model's box stands aside."""
    x, y = PLACES[at]
    return box(x + number + grown, y + grown, of="RBC" if at % 2 else "WBC")


def labeled(project: Project) -> list[str]:
    """Every image labeled: on the first one object has the wrong class and another has no label."""
    ann, tasks = project.site.program("ann"), []
    for number in range(UNITS):
        task = project.claim("ann")
        labels = [cell(number, at) for at in range(len(PLACES))]
        if number == 0:
            labels[0]["class"] = "RBC"
            labels.pop()
        ann.post(f"/tasks/{task['id']}/submit/", {"labels": {"upsert": labels, "base_revision": 0}})
        tasks.append(task)
    seen = [
        {"data_unit": task["data_unit"]["id"], "labels": [predicted(number, at) for at in range(len(PLACES))]}
        for number, task in enumerate(tasks)
    ]
    model = {"name": "detector", "version": "1", "out_of_sample": True}
    project.site.program("mia").post(f"/projects/{project.id}/predictions/", {"model": model, "predictions": seen})
    return [str(task["id"]) for task in tasks]


def predicted(number: int, at: int) -> dict[str, Any]:
    return cell(number, at, 1.5) | {"confidence": 0.93}


def scored(project: Project, person: Person) -> None:
    mia = project.site.program("mia")
    job = mia.post(f"/projects/{project.id}/quality/score/", {"metrics": []}, status=202)
    state = f"/jobs/{job['id']}/"
    until(person.page, lambda: mia.get(state)["state"] == "succeeded", "the scoring", seconds=60)


@pytest.fixture
def routed(make_project: MakeProject, door: Door) -> tuple[Project, list[str]]:
    """The worst task stands before the expert; the others are approved."""
    project = make_project("Evidence", units=UNITS, ontology=PLAIN)
    tasks = labeled(project)
    mia, rex = project.site.program("mia"), project.site.program("rex")
    scored(project, door("mia"))
    mia.post(f"/projects/{project.id}/quality/route/", {"metric": "mistakenness", "top": 1, "to_stage": "expert"})
    for _ in tasks[1:]:
        rex.post(f"/tasks/{project.claim('rex', 'review')['id']}/approve/", {})
    return project, tasks


def panel(person: Person, name: str) -> Locator:
    return person.page.get_by_role("region", name=name)


def pictured(person: Person, name: str, shots: Path) -> list[str]:
    """The open task on a desk and on a phone, light and dark; what axe has to say."""
    page, wrong = person.page, []
    for size, view in (("desk", DESK), ("phone", PHONE)):
        page.set_viewport_size(view)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            page.evaluate(f"document.documentElement.setAttribute('data-mantine-color-scheme', '{scheme}')")
            page.screenshot(path=shots / f"expert-{name}-{size}-{scheme}.png", animations="disabled")
            wrong += [f"{name} {size} {scheme}: {one}" for one in axe(page)]
        width = page.evaluate(WIDTH)
        wrong += [f"{name}: {width} px wide on a {size}"] if width > view["width"] else []
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    return wrong


def light(door: Door, name: str) -> Person:
    """Somebody who wants it light: the editor follows, and so both schemes can be seen."""
    person = door(name)
    person.context.add_init_script("localStorage.setItem('lapidary.color-scheme', 'light')")
    return person


def test_the_expert_sees_what_speaks_against_a_label(
    door: Door, routed: tuple[Project, list[str]], shots: Path
) -> None:
    project, tasks = routed
    eve = light(door, "eve")
    desk: Desk = claim(eve, project, "Expert")
    evidence, why = panel(eve, "Evidence"), panel(eve, "Why this task came")
    expect(evidence).to_contain_text("likely wrong")
    expect(evidence).to_contain_text("Wrong class")
    expect(evidence).to_contain_text("Model: WBC 0.93")
    expect(why).to_contain_text("mistakenness")
    wrong = pictured(eve, "label", shots)
    # The reason is offered from the evidence; Escape says nothing.
    desk.press("r")
    expect(eve.button("1 Wrong class")).to_have_attribute("data-variant", "filled")
    eve.page.keyboard.press("Escape")
    desk.press("e")
    until(eve.page, lambda: len(project.labels(tasks[0], of="WBC")) == 2, "the save")
    taken = min(project.labels(tasks[0], of="WBC"), key=lambda one: float(one["geometry"]["x"]))
    assert taken["geometry"] == cell(0, 0, 1.5)["geometry"]
    assert (taken["origin"]["kind"], taken["origin"]["model"]) == ("model", "detector")
    # What is left is right, and then comes what nobody labeled.
    desk.press("Shift+A")
    missing = panel(eve, "May be missing")
    expect(missing).to_contain_text("Model: WBC 0.93")
    expect(missing).to_contain_text("1 of 1")
    wrong += pictured(eve, "missing", shots)
    desk.press("e")
    expect(missing).to_have_count(0)
    expect(desk.labels).to_have_count(len(PLACES))
    searched = eve.page.get_by_role("checkbox", name="Searched the whole image")
    desk.press("Shift+W")
    expect(searched).to_be_checked()
    desk.press("Control+Enter")
    eve.page.wait_for_url("**/queue")
    assert wrong == []
    verdicts = project.site.program("mia").get(f"/tasks/{tasks[0]}/reviews/")["results"]
    said = [one for one in verdicts if one["mode"] == "exhaustive"]
    assert [(one["label"], one["verdict"]) for one in said] == [(None, "approved")]
    assert {one["verdict"] for one in verdicts if one["source"] == "explicit"} == {"approved"}
    assert project.site.program("mia").get(f"/tasks/{tasks[0]}/")["status"] == "complete"


def test_a_blind_visit_shows_nothing_of_it(door: Door, routed: tuple[Project, list[str]], shots: Path) -> None:
    project, tasks = routed
    mia = project.site.program("mia")
    mia.post(f"/tasks/{tasks[0]}/move/", {"stage": "review"})
    project.site.program("rex").post(f"/tasks/{project.claim('rex', 'review')['id']}/approve/", {})
    wave = mia.post(f"/projects/{project.id}/quality/audit/", {"looks": 1000}, status=201)
    # Nobody is certain to be drawn: of six at .95 each, one or two may stay behind, never all.
    assert (wave["waves"][0]["frame"], wave["waves"][0]["drawn"] > 0) == (UNITS, True)
    eve = light(door, "eve")
    asked: list[Any] = []
    eve.page.on("response", lambda one: asked.append(one) if one.url.endswith("/evidence/") else None)
    desk = claim(eve, project, "Expert")
    until(eve.page, lambda: asked, "the question for evidence")
    assert asked[0].json() == {"route_reason": None, "metrics": {}, "labels": [], "missing": []}
    for name in ("Evidence", "May be missing", "Why this task came"):
        expect(panel(eve, name)).to_have_count(0)
    assert pictured(eve, "blind", shots) == []
    desk.press("Shift+A")
    expect(panel(eve, "May be missing")).to_have_count(0)
    searched = eve.page.get_by_role("checkbox", name="Searched the whole image")
    searched.check()
    desk.press("u")
    expect(searched).not_to_be_checked()
    desk.press("Shift+W")
    expect(searched).to_be_checked()


def test_an_annotator_is_never_told(door: Door, routed: tuple[Project, list[str]]) -> None:
    project, tasks = routed
    ann = door("ann")
    asked: list[str] = []
    ann.page.on("request", lambda one: asked.append(one.url) if one.url.endswith("/evidence/") else None)
    ann.go(f"/projects/{project.id}/tasks/{tasks[0]}")
    expect(ann.page.locator("[data-canvas]")).to_be_focused()
    assert asked == []
    expect(panel(ann, "Why this task came")).to_have_count(0)
