"""The main job at three screens: upload, label, review, return, fix, approve, export."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.desk import claim, opened
from tests.e2e.people import Door, Person, until
from tests.e2e.site import GRAPH, ONTOLOGY, PEOPLE, Project, Site, email, smear

TITLE = "Smears of three"


@pytest.fixture
def project(door: Door, site: Site, tmp_path: Path) -> Project:
    """Made by mia at her screen, from files on her disk."""
    rest = site.program("mia")
    ontology = rest.post("/ontologies/", {"name": TITLE, **ONTOLOGY}, status=201)
    rest.post("/workflows/", {"name": TITLE, "graph": GRAPH}, status=201)
    mia = door("mia")
    page = mia.go("/projects/new")
    page.get_by_label("What is the project called?").fill(TITLE)
    mia.button("Next").click()
    pick(page, "What may be labeled", TITLE)
    mia.button("Next").click()
    pick(page, "Or take a workflow that exists", TITLE)
    mia.button("Next").click()
    mia.button("Upload images to a new dataset").click()
    upload(page, tmp_path, 2)
    mia.button("Create the project").click()
    expect(page.get_by_role("heading", level=1, name=TITLE)).to_be_visible()
    found = page.url.rstrip("/").rsplit("/", 1)[-1]
    for person in PEOPLE:
        add_person(mia, found, person)
    dataset = rest.get(f"/projects/{found}/")["datasets"][0]
    return Project(site, found, dataset if isinstance(dataset, str) else dataset["id"], ontology["id"])


def pick(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).fill(option)
    page.get_by_role("option", name=option, exact=True).click()


def upload(page: Page, folder: Path, count: int) -> None:
    paths = []
    for number in range(count):
        path = folder / f"smear-{number}.png"
        path.write_bytes(smear(50 + number))
        paths.append(path)
    page.locator("input[type=file]").set_input_files(paths)
    expect(page.get_by_text(f"{count} images added")).to_be_visible()


def add_person(mia: Person, project: str, name: str) -> None:
    page = mia.go(f"/projects/{project}/people")
    mia.button("Add a person").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("E-mail").fill(email(name))
    dialog.get_by_label("annotator").set_checked(PEOPLE[name] == "annotator")
    dialog.get_by_label(PEOPLE[name]).check()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("cell", name=email(name))).to_be_visible()


def test_the_main_job(door: Door, project: Project, tmp_path: Path) -> None:
    ann, rex, mia = door("ann"), door("rex"), door("mia")
    task = ann_labels(ann, project)
    rex_rejects(rex, project, task)
    ann_mends(ann, project, task)
    rex_approves(rex, project, task)
    mia_exports(mia, project, task, tmp_path)
    mia.site.program("mia").post(f"/projects/{project.id}/archive/")


def ann_labels(ann: Person, project: Project) -> str:
    """Two boxes, the question about the image, Ctrl+Enter; the id of her task."""
    desk = claim(ann, project)
    task = ann.page.url.rsplit("/", 1)[-1]
    image = ann.page.get_by_role("heading", level=1).inner_text()
    desk.press("1")
    desk.draw(20, 30, 60, 50)
    desk.draw(180, 120, 40, 30)
    desk.answer("sharp")
    ann.page.keyboard.press("Control+Enter")
    # The next task opens by itself.
    expect(ann.page.get_by_role("heading", level=1)).not_to_have_text(image)
    assert ann.page.url.rsplit("/", 1)[-1] != task
    state = project.site.program("mia").get(f"/tasks/{task}/")
    assert (state["stage"], state["status"]) == ("review", "waiting")
    boxes = sorted((label["geometry"] for label in project.labels(task, of="RBC")), key=lambda one: float(one["x"]))
    assert [close_to(one, *wanted) for one, wanted in zip(boxes, [(20, 30, 60, 50), (180, 120, 40, 30)], strict=True)]
    assert len(project.labels(task, of="focus")) == 1
    return task


def rex_rejects(rex: Person, project: Project, task: str) -> None:
    """R, a reason by its chip; A for the rest; Ctrl+Enter."""
    desk = claim(rex, project, "Review")
    assert rex.page.url.endswith(task)
    panel = rex.page.get_by_role("region", name="Review")
    expect(panel.get_by_text("0 of 3 judged")).to_be_visible()
    desk.press("r")
    expect(panel.get_by_text("Why is it wrong?")).to_be_visible()
    chip = panel.get_by_role("button", name="Badly located")
    desk.press(chip.locator("kbd").inner_text())
    expect(panel.get_by_text("1 of 3 judged")).to_be_visible()
    desk.press("a")
    expect(panel.get_by_text("2 of 3 judged")).to_be_visible()
    desk.press("a")
    expect(panel.get_by_text("3 of 3 judged")).to_be_visible()
    desk.press("Control+Enter")
    rex.page.wait_for_url("**/queue")
    state = project.site.program("mia").get(f"/tasks/{task}/")
    assert (state["stage"], state["round"]) == ("annotate", 2)


def ann_mends(ann: Person, project: Project, task: str) -> None:
    """The returned task stands in her inbox and in her queue, with the reason; she moves the box and hands in again."""
    ann.go("/inbox")
    expect(ann.page.get_by_text("returned to you").first).to_be_visible()
    ann.go("/queue")
    row = ann.page.get_by_role("row").filter(has_text="returned to you").filter(has_text=TITLE)
    expect(row.get_by_text("1 label rejected")).to_be_visible()
    # What she holds already would come first.
    other = project.claim("ann")["id"]
    ann.site.program("ann").post(f"/tasks/{other}/release/")
    row.get_by_role("button", name="Take it").click()
    desk = opened(ann)
    assert ann.page.url.endswith(task)
    returned = ann.page.get_by_role("region", name="Returned to you")
    returned.get_by_role("button", name="Badly located").click()
    before = float(desk.figure("x").input_value())
    desk.press("Shift+ArrowRight")
    expect(desk.figure("x")).not_to_have_value(str(before))
    desk.is_saved()
    ann.page.keyboard.press("Control+Enter")
    until(ann.page, lambda: not ann.page.url.endswith(task), "the next task")
    assert {round(label["geometry"]["x"]) for label in project.labels(task, of="RBC")} & {
        round(before + 10),
    }


def rex_approves(rex: Person, project: Project, task: str) -> None:
    desk = claim(rex, project, "Review")
    assert rex.page.url.endswith(task)
    expect(rex.page.get_by_text("Round 2")).to_be_visible()
    # Only what was rejected or changed is to be judged again.
    expect(rex.page.get_by_text("0 of 1 judged")).to_be_visible()
    desk.press("a", "Control+Enter")
    rex.page.wait_for_url("**/queue")
    assert project.site.program("mia").get(f"/tasks/{task}/")["status"] == "complete"


def mia_exports(mia: Person, project: Project, task: str, folder: Path) -> None:
    page = mia.go(f"/projects/{project.id}")
    expect(page.get_by_text("1 of 2 done")).to_be_visible()
    page.get_by_role("link", name="Import and export").click()
    mia.button("Export").click()
    with page.expect_download() as caught:
        page.get_by_role("link", name="Download").click()
    path = folder / caught.value.suggested_filename
    caught.value.save_as(path)
    content = coco(path)
    boxes = sorted([round(number) for number in one["bbox"]] for one in content["annotations"])
    saved = project.labels(task, of="RBC")
    assert boxes == sorted(
        [round(label["geometry"][side]) for side in ("x", "y", "width", "height")] for label in saved
    )
    assert len(boxes) == 2


def coco(path: Path) -> dict[str, Any]:
    """The COCO document, alone or in an archive."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            name = next(name for name in archive.namelist() if name.endswith(".json"))
            found: dict[str, Any] = json.loads(archive.read(name))
    else:
        found = json.loads(path.read_text())
    return found


def close_to(geometry: dict[str, float], *wanted: float) -> bool:
    """To the pixel and a half that a mouse on a screen can hit."""
    sides = [geometry[side] for side in ("x", "y", "width", "height")]
    assert all(abs(side - other) <= 1.5 for side, other in zip(sides, wanted, strict=True)), (sides, wanted)
    return True
