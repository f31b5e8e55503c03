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
    tab(mia, "Images")
    expect(page.get_by_label("Images are compared by")).to_have_value("layout-1")
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


def scored(project: Project, page: Page) -> Program:
    """The manager's program, once the labels are scored."""
    program = project.site.program("mia")
    job = program.post(f"/projects/{project.id}/quality/score/", {}, status=202)
    path = f"/jobs/{job['id']}/"
    until(page, partial(succeeded, program, path), path, seconds=60)
    return program


def test_what_is_likely_wrong_is_chosen_and_sent(door: Door, smears: Project) -> None:
    mia = door("mia")
    program = scored(smears, mia.page)
    page = mia.go(f"/projects/{smears.id}/quality")
    likely = page.get_by_role("region", name="Likely wrong")
    likely.get_by_label("Kind of error").select_option("wrong_class")
    expect(likely.get_by_role("listitem")).to_have_count(1)
    expect(likely.get_by_role("link", name="Open as a grid")).to_have_attribute(
        "href", f"/projects/{smears.id}/grid?kind=wrong_class"
    )
    expect(likely.get_by_role("button", name="Send 0 tasks")).to_be_disabled()
    likely.get_by_label("All shown").check()
    expect(likely.get_by_label("Select the task of this WBC, 1")).to_be_checked()
    assert axe(page) == []
    likely.get_by_role("button", name="Send 1 task").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("To the stage").select_option("Expert")
    dialog.get_by_role("button", name="Send 1 task").click()
    expect(dialog.get_by_text("1 task was sent.")).to_be_visible()
    dialog.get_by_text("Close", exact=True).click()
    stages = {task["stage"] for task in program.get(f"/projects/{smears.id}/tasks/")["results"]}
    assert stages == {"review", "expert"}
    # It is there already: it stays, and the page says why.
    likely.get_by_label("All shown").check()
    likely.get_by_role("button", name="Send 1 task").click()
    dialog.get_by_role("button", name="Send 1 task").click()
    expect(dialog.get_by_text("1 could not be sent:")).to_be_visible()
    expect(dialog.get_by_text("cannot be sent to this stage")).to_be_visible()
    dialog.get_by_text("Close", exact=True).click()
    # By a rule, with the filter of the list.
    likely.get_by_role("button", name="Send these by a rule").click()
    expect(dialog.get_by_label("Kind of error")).to_have_value("wrong_class")
    dialog.get_by_text("Cancel", exact=True).click()
    likely.get_by_label("Kind of error").select_option("missing")
    expect(likely.get_by_role("listitem")).to_have_count(1)
    likely.get_by_role("link", name="Open as a grid").click()
    label_what_nobody_labeled(page)
    tasks = program.get(f"/projects/{smears.id}/tasks/")["results"]
    assert sum(len(smears.labels(task["id"], of="RBC")) for task in tasks) == UNITS * len(PLACES) - 1


def label_what_nobody_labeled(page: Page) -> None:
    """It has a grid of its own, where a mark is a label."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Unlabeled RBC")
    cell = page.get_by_role("group", name="Labels to judge").get_by_role("button")
    expect(cell).to_have_count(1)
    cell.click()
    expect(cell).to_have_accessible_name("RBC, 1 of 1, to be labeled")
    assert axe(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 object labeled, 0 not there.")).to_be_visible()


def test_budgets_of_people_and_a_share_that_nobody_can_aim_at(door: Door, smears: Project) -> None:
    mia = door("mia")
    program = scored(smears, mia.page)
    page = mia.go(f"/projects/{smears.id}/quality")
    mia.button("Send to review").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Share of errors", exact=True).click()
    expect(dialog.get_by_text("This cannot be aimed at yet")).to_be_visible()
    expect(dialog.get_by_text("have found 0 of the 20 errors")).to_be_visible()
    expect(dialog.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    dialog.get_by_text("Expert's time", exact=True).click()
    dialog.get_by_label("Time of").select_option("Eve")
    dialog.get_by_label("A day's time").check()
    expect(dialog.get_by_text(f"This would send {UNITS} of {UNITS} tasks")).to_be_visible()
    assert axe(page) == []
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(dialog.get_by_text(f"{UNITS} tasks were sent.")).to_be_visible()
    dialog.get_by_text("Close", exact=True).click()
    expect(page.get_by_role("table", name="Earlier routings")).to_contain_text("a day, of Eve")
    run = program.get(f"/projects/{smears.id}/quality/routes/")["results"][0]
    assert (run["rule"]["per_day"], run["rule"]["person"] is not None) == (True, True)

    order = page.get_by_role("region", name="Standing order")
    order.get_by_label("Send by itself").check()
    order.get_by_role("button", name="Add a budget").click()
    budgets = order.get_by_role("list", name="Budgets").get_by_role("listitem")
    expect(budgets).to_have_count(2)
    budgets.nth(1).get_by_label("Minutes a day").fill("15")
    order.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    found = program.get(f"/projects/{smears.id}/quality/policy/")["budgets"]
    assert [(one["seconds_per_day"], one["person"] is not None) for one in found] == [(3600, False), (900, True)]
    order.get_by_role("button", name="Remove this budget").nth(0).click()
    expect(budgets).to_have_count(1)


def test_a_snapshot_is_frozen_and_certified_and_classes_get_costs(door: Door, smears: Project) -> None:
    mia = door("mia")
    program = scored(smears, mia.page)
    page = mia.go(f"/projects/{smears.id}/quality?view=certificate")
    mia.button("Freeze the labels").click()
    page.get_by_label("Name", exact=True).fill("Release 1")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Certificate of")).to_contain_text("Release 1 (")
    expect(page.get_by_text("Of a snapshot, as known")).to_be_visible()
    mia.button("Issue now").click()
    expect(page.get_by_role("table", name="Issued certificates")).to_contain_text("Release 1")
    issued = program.get(f"/projects/{smears.id}/quality/certificates/")["results"][0]
    snapshot = program.get(f"/projects/{smears.id}/snapshots/")["results"][0]
    assert issued["snapshot"] == snapshot["id"]

    page.get_by_label("Add a class").select_option("WBC")
    page.get_by_label("WBC: Costs").fill("5")
    page.get_by_label("wrong class: Seconds").fill("7")
    page.get_by_label("Model that speaks of the labels").select_option("detector 1")
    mia.button("Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    settings = program.get(f"/projects/{smears.id}/quality/settings/")
    assert (settings["class_costs"], settings["seconds"]) == ({"WBC": 5}, {"wrong_class": 7})
    assert settings["model"] is not None
    mia.button("WBC costs as usual").click()
    mia.button("Save").click()
    until(
        page,
        lambda: program.get(f"/projects/{smears.id}/quality/settings/")["class_costs"] == {},
        "the class's usual cost",
    )
    assert axe(page) == []


def evaluate_answers(program: Program, smears: Project, units: list[str], page: Page) -> None:
    """A model that finds every image blurred."""
    said = {"class": "focus", "shape": "classification", "geometry": None, "attributes": {"focus": "blurred"}}
    items = [{"data_unit": unit, "labels": [said | {"confidence": 0.7}]} for unit in units]
    model = {"name": "focuser", "version": "1", "out_of_sample": True}
    program.post(f"/projects/{smears.id}/predictions/", {"model": model, "predictions": items})
    body = {"model": "focuser", "truth": "all"}
    job = program.post(f"/projects/{smears.id}/quality/evaluation/", body, status=202)
    until(page, partial(succeeded, program, f"/jobs/{job['id']}/"), "the evaluation", seconds=60)


def test_a_model_is_compared_by_the_parts_of_the_data(door: Door, smears: Project) -> None:
    program = smears.site.program("mia")
    units = program.get(f"/datasets/{smears.dataset}/data-units/")["results"]
    for number, unit in enumerate(units):
        split = "val" if number < 2 else "train"
        program.call("PATCH", f"/data-units/{unit['id']}/", {"metadata": {"split": split}})
    mia = door("mia")
    mia.expected.append("404")
    page = mia.go(f"/projects/{smears.id}/quality?view=models")
    page.get_by_role("combobox", name="Compared with").select_option("All labels")
    expect(page.locator("datalist option")).to_have_attribute("value", "split")
    page.get_by_label("Split by, if at all").fill("split")
    mia.button("Evaluate").click()
    expect(page.get_by_text(f"in {UNITS} images")).to_be_visible()
    page.get_by_label("Part by split").select_option("val")
    found = page.get_by_role("table", name="Class by class").get_by_role("row", name=re.compile("^RBC"))
    all_of_it = UNITS * len(PLACES) - 2
    expect(found).not_to_contain_text(str(all_of_it))
    confusion = page.get_by_role("figure", name="Confusions")
    total = confusion.get_by_role("button").all_inner_texts()
    assert sum(map(int, total)) < all_of_it
    page.get_by_label("Part by split").select_option("All of it")
    confusion.get_by_role("button", name=re.compile("labeled WBC, predicted RBC")).click()
    link = page.get_by_role("dialog").get_by_role("link", name="Open as a grid")
    expect(link).to_have_attribute("href", f"/projects/{smears.id}/grid?class=WBC&predicted=RBC")
    page.keyboard.press("Escape")
    rows = page.get_by_role("table", name="Class by class").get_by_role("link")
    expect(rows.filter(has_text="RBC")).to_have_attribute("href", f"/projects/{smears.id}/grid?class=RBC")
    assert axe(page) == []
    # An answer leads to the images that were given it.
    evaluate_answers(program, smears, [unit["id"] for unit in units], page)
    page.reload()
    settled(page)
    page.get_by_label("Model", exact=True).select_option("focuser 1")
    expect(rows.filter(has_text="focus: sharp")).to_have_attribute(
        "href", f"/projects/{smears.id}/grid?class=focus&attribute=focus&answer=sharp"
    )
