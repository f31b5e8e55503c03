"""The grid in a browser: labels are marked, put right in place and taken back, by mouse, keys and touch."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import DESK, PHONE, Door, settled, until
from tests.e2e.site import MakeProject, Project, box
from tests.e2e.test_pages import STILL, WIDTH, axe

TASKS, EACH = 5, 8


def scored(project: Project) -> None:
    """Forty red cells in review, scored without any model."""
    for number in range(TASKS):
        project.submitted(
            *(box(8 + 38 * at, 30 + 20 * ((at + number) % 4), 32, 34) for at in range(EACH)), person="ann"
        )
    finished(project)


def finished(project: Project) -> None:
    """Its labels are scored."""
    mia = project.site.program("mia")
    job = mia.post(f"/projects/{project.id}/quality/score/", {"metrics": ["mistakenness"]}, status=202)
    for _ in range(300):
        if mia.get(f"/jobs/{job['id']}/")["state"] == "succeeded":
            return
        time.sleep(0.2)
    raise AssertionError("the scoring did not end")


def cells(page: Page) -> Any:
    return page.get_by_role("group", name="Labels to judge").get_by_role("button")


def classes(project: Project) -> list[str]:
    tasks = project.site.program("mia").get(f"/projects/{project.id}/tasks/")["results"]
    return [label["class"] for task in tasks for label in project.labels(task["id"]) if label["class"] != "focus"]


def pictured(page: Page) -> None:
    expect(cells(page).first).to_have_attribute("style", re.compile("background-image"))


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    found = make_project("Grid", units=TASKS)
    scored(found)
    return found


def test_a_reviewer_judges_screen_after_screen(door: Door, project: Project, shots: Path) -> None:
    rex = door("rex", viewport=DESK)
    page = rex.go(f"/projects/{project.id}/grid?class=RBC")
    pictured(page)
    expect(cells(page)).to_have_count(TASKS * EACH)
    expect(page.get_by_role("heading", level=1)).to_have_text("RBC")
    # A click, a key, a stroke.
    cells(page).nth(0).click()
    expect(cells(page).nth(0)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("1")
    expect(cells(page).nth(1)).to_have_accessible_name("RBC, 2 of 40, marked as WBC")
    first, last = cells(page).nth(3).bounding_box(), cells(page).nth(5).bounding_box()
    assert first is not None
    assert last is not None
    page.mouse.move(first["x"] + 20, first["y"] + 20)
    page.mouse.down()
    page.mouse.move(last["x"] + 20, last["y"] + 20, steps=12)
    page.mouse.up()
    expect(page.get_by_text("· 5 marked ·")).to_be_visible()
    cells(page).nth(7).click(modifiers=["Shift"])
    expect(page.get_by_text("· 7 marked ·")).to_be_visible()
    # The whole image, as long as Z is held.
    cells(page).nth(9).focus()
    page.keyboard.down("z")
    expect(page.get_by_role("img", name="The whole image of label 10")).to_be_visible()
    page.screenshot(path=shots / "grid-closeup.png")
    page.keyboard.up("z")
    expect(page.get_by_role("img", name="The whole image of label 10")).to_have_count(0)
    assert axe(page) == []
    page.screenshot(path=shots / "grid-desk-light.png")
    cells(page).nth(9).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing is left to judge here")).to_be_visible()
    assert classes(project).count("WBC") == 1
    # Taken back: the screen stands as it stood, and the label is a red cell again.
    page.keyboard.press("u")
    expect(page.get_by_text("· 7 marked ·")).to_be_visible()
    until(page, lambda: "WBC" not in classes(project), "the label's old class")
    figures = project.site.program("mia").get(f"/projects/{project.id}/quality/grid/figures/")
    assert figures["grid"]["verdicts"] == 0


def test_on_a_phone_and_in_the_dark(door: Door, project: Project, shots: Path) -> None:
    eve = door("eve", viewport=PHONE, color_scheme="dark", has_touch=True)
    page = eve.go(f"/projects/{project.id}/grid?class=RBC")
    pictured(page)
    assert page.evaluate(WIDTH) == PHONE["width"]
    page.get_by_role("button", name="WBC").tap()
    cells(page).nth(1).tap()
    expect(cells(page).nth(1)).to_have_accessible_name(re.compile("RBC, 2 of .*, marked as WBC"))
    expect(page.get_by_text("· 1 marked ·")).to_be_visible()
    page.evaluate(STILL)
    page.screenshot(path=shots / "grid-phone-dark.png")
    assert axe(page) == []
    wide = door("eve", viewport=DESK, color_scheme="dark").go(
        f"/projects/{project.id}/grid?class=RBC&order=neighbourhood"
    )
    pictured(wide)
    wide.screenshot(path=shots / "grid-desk-dark.png")


def test_a_project_without_scores_says_what_to_do(door: Door, make_project: MakeProject, shots: Path) -> None:
    project = make_project("Unscored", units=1)
    project.submitted(box(10, 10))
    mia = door("mia", viewport=DESK)
    mia.expected.append("409")
    page = mia.go(f"/projects/{project.id}/grid")
    expect(page.get_by_role("heading", name="No label has been scored yet")).to_be_visible()
    expect(page.get_by_role("link", name="Import predictions")).to_be_visible()
    assert axe(page) == []
    page.screenshot(path=shots / "grid-empty.png")
    mia.button("Score the labels").click()
    pictured(page)
    settled(page)


def overlapping(project: Project) -> None:
    """Eight red cells on each of two images; three of them overlap another."""
    for number in range(2):
        project.submitted(
            *(
                box(8 + 38 * at, 30 + 20 * (at % 4), 32, 34)
                | {"attributes": {"overlap": "partial" if at < 2 - number else "none"}}
                for at in range(EACH)
            )
        )


def test_an_answer_and_a_stage_stand_in_the_address(door: Door, make_project: MakeProject) -> None:
    project = make_project("Answers", units=2)
    overlapping(project)
    finished(project)
    mia = project.site.program("mia")
    rex = door("rex", viewport=DESK)
    rex.expected.append("409")
    page = rex.go(f"/projects/{project.id}/grid")
    pictured(page)
    # Only a class has questions.
    expect(page.get_by_label("Answer", exact=True)).to_have_count(0)
    page.get_by_label("Class", exact=True).select_option("RBC")
    page.get_by_label("Answer", exact=True).select_option("overlap: partial")
    expect(cells(page)).to_have_count(3)
    page.get_by_label("Where tasks with reported labels go").select_option("Report, send to Expert")
    expect(page).to_have_url(re.compile("attribute=overlap&answer=partial.*stage=expert"))
    page.reload()
    pictured(page)
    expect(cells(page)).to_have_count(3)
    expect(page.get_by_label("Where tasks with reported labels go")).to_have_value("expert")
    assert axe(page) == []
    cells(page).nth(0).click()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 task sent to Expert.")).to_be_visible()
    expect(page.get_by_role("heading", name="Nothing is left to judge here")).to_be_visible()
    assert sorted(task["stage"] for task in mia.get(f"/projects/{project.id}/tasks/")["results"]) == [
        "expert",
        "review",
    ]
    # Another class has other questions; what is left of the choice stays.
    page.get_by_label("Class", exact=True).select_option("WBC")
    expect(page).to_have_url(re.compile("class=WBC&stage=expert$"))


def test_what_was_judged_is_measured_for_managers(door: Door, project: Project, shots: Path) -> None:
    rex = door("rex", viewport=DESK)
    page = rex.go(f"/projects/{project.id}/grid?class=RBC")
    pictured(page)
    cells(page).nth(0).click()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing is left to judge here")).to_be_visible()
    # Who judges is not told how fast others are.
    expect(page.get_by_role("table", name="Grid and whole images")).to_have_count(0)
    mia = door("mia", viewport=DESK)
    page = mia.go(f"/projects/{project.id}/quality?view=people")
    table = page.get_by_role("table", name="Grid and whole images")
    expect(table.get_by_role("row", name=re.compile("^Grid "))).to_contain_text(f"{TASKS * EACH} verdicts, 1 error")
    expect(table.get_by_role("row", name=re.compile("^Whole images"))).to_contain_text("not known yet")
    expect(page.get_by_text("How the grid compares with whole images is not known yet")).to_be_visible()
    assert axe(page) == []
    page.evaluate(STILL)
    page.screenshot(path=shots / "quality-instruments.png")
    page.get_by_role("link", name="Ann", exact=True).click()
    pictured(page)
    expect(page.get_by_label("Labeled by")).not_to_have_value("")
