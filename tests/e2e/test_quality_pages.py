"""The quality pages: from nothing scored to tasks sent to an expert, the certificate and every tab, light and dark."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import DESK, PHONE, Door, Person, settled, until
from tests.e2e.site import MakeProject, Project, box
from tests.e2e.test_pages import STILL, WIDTH, axe
from tests.factories.clients import Program

TABS = ("Certificate", "Calibration", "Models", "Images", "People", "Overview")
PLACES = [(20, 20), (120, 40), (220, 30), (60, 150), (180, 160)]
UNITS = 6


def filled(project: Project) -> None:
    """Labels on every image, and a model that agrees with all but one of them; it sees what one image lacks."""
    items: list[dict[str, Any]] = []
    for number in range(UNITS):
        labels = [box(x + number, y) for x, y in PLACES]
        said = [{**label, "confidence": 0.9 - place / 50} for place, label in enumerate(labels)]
        if number == 0:
            labels[0] = labels[0] | {"class": "WBC", "attributes": {"kind": "lymphocyte"}}
        if number == 1:
            labels = labels[1:]
        task = project.submitted(*labels)
        unit = project.site.program("mia").get(f"/tasks/{task}/")["data_unit"]["id"]
        items.append({"data_unit": unit, "labels": said})
    model = {"name": "detector", "version": "1", "out_of_sample": True}
    mia = project.site.program("mia")
    answer = mia.post(f"/projects/{project.id}/predictions/", {"model": model, "predictions": items})
    assert not [one for one in answer["results"] if one.get("error")], answer


def tab(person: Person, name: str) -> Page:
    person.page.get_by_role("tab", name=name, exact=True).click()
    settled(person.page)
    return person.page


def judged(page: Page, name: str) -> list[str]:
    """What is wrong with the page in its four forms."""
    found = []
    for view in (DESK, PHONE):
        page.set_viewport_size(view)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
            page.evaluate(STILL)
            found += [f"{name} {view['width']} {scheme}: {one}" for one in axe(page)]
        width = page.evaluate(WIDTH)
        found += [f"{name} {view['width']} scrolls to {width}"] if width > view["width"] else []
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light")
    return found


@pytest.fixture
def smears(make_project: MakeProject) -> Project:
    project = make_project("Quality", units=UNITS)
    filled(project)
    return project


def test_from_a_first_scoring_to_an_expert(door: Door, smears: Project) -> None:
    mia = door("mia")
    page = mia.go(f"/projects/{smears.id}")
    page.get_by_role("link", name="Quality").click()
    expect(page.get_by_role("heading", name="Nothing is scored yet")).to_be_visible()
    mia.button("Score now").click()
    expect(page.get_by_role("region", name="Expected errors", exact=True)).to_be_visible()
    likely = page.get_by_role("region", name="Likely wrong")
    expect(likely.get_by_role("listitem").first).to_contain_text("detector 1 sees")
    page.get_by_role("button", name="Tasks by the probability of an error: Table").click()
    table = page.get_by_role("table", name="Tasks by the probability of an error")
    expect(table.get_by_role("row")).to_have_count(21)

    mia.button("Send to review").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Number", exact=True).click()
    dialog.get_by_label("Most suspicious tasks").fill("2")
    expect(dialog.get_by_text(f"This would send 2 of {UNITS} tasks")).to_be_visible()
    expect(dialog.get_by_text("cannot be known yet")).to_be_visible()
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(dialog.get_by_text("2 tasks were sent.")).to_be_visible()
    dialog.get_by_text("Close", exact=True).click()
    expect(page.get_by_role("table", name="Earlier routings").get_by_role("row")).to_have_count(2)
    stages = smears.site.program("mia").get(f"/projects/{smears.id}/stages/")["stages"]
    assert next(one for one in stages if one["id"] == "expert")["waiting"] == 2
    assert judged(page, "overview") == []


def succeeded(program: Program, path: str) -> bool:
    return bool(program.get(path)["state"] == "succeeded")


def test_every_tab_stands_and_the_address_names_it(door: Door, smears: Project) -> None:
    program = smears.site.program("mia")
    asked = {"score": {}, "evaluation": {"model": "detector", "truth": "all"}}
    jobs = [program.post(f"/projects/{smears.id}/quality/{name}/", body, status=202) for name, body in asked.items()]
    mia = door("mia")
    for job in jobs:
        path = f"/jobs/{job['id']}/"
        until(mia.page, partial(succeeded, program, path), path, seconds=60)
    page = mia.go(f"/projects/{smears.id}/quality?view=models")
    confusion = page.get_by_role("figure", name="Confusions")
    expect(confusion).to_be_visible()
    confusion.get_by_role("button", name=re.compile("labeled WBC, predicted RBC")).click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("table", name="Matches").get_by_role("row")).to_have_count(2)
    expect(drawer.get_by_role("button", name="Send 1 task to review")).to_be_enabled()
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    wrong = judged(page, "models")
    for name in TABS:
        tab(mia, name)
        expect(page.get_by_role("tab", name=name, exact=True)).to_have_attribute("aria-selected", "true")
        wrong += judged(page, name)
    assert wrong == []
    tab(mia, "Certificate")
    expect(page.get_by_text("Not certified yet").first).to_be_visible()
    page.get_by_label("Wrong at most").fill("2")
    mia.button("Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert program.get(f"/projects/{smears.id}/quality/settings/")["target_share"] == 0.02
    page.reload()
    settled(page)
    expect(page.get_by_role("tab", name="Certificate")).to_have_attribute("aria-selected", "true")


def test_others_are_told_whose_page_it_is(door: Door, make_project: MakeProject) -> None:
    project = make_project("Quality of others")
    page = door("ann").go(f"/projects/{project.id}/quality")
    expect(page.get_by_text("Managers of the project see its quality.")).to_be_visible()
    expect(page.get_by_role("link", name="Quality")).to_have_count(0)
