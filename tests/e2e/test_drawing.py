"""What hands do in the editor: draw, undo, choose, delete, zoom, answer, and submit by keys alone."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.desk import held, opened
from tests.e2e.people import Door, settled
from tests.e2e.site import MakeProject, email


def test_every_shape_can_be_drawn(door: Door, make_project: MakeProject) -> None:
    project = make_project("Shapes")
    desk, task = held(door("ann"), project)
    desk.press("1")
    desk.draw(10, 10, 40, 30)
    # A box by two clicks, with the class of another digit.
    desk.press("2")
    desk.click(100, 20)
    desk.click(150, 60)
    expect(desk.labels).to_have_count(2)
    desk.press("3")
    for x, y in [(30, 120), (90, 130), (70, 190)]:
        desk.click(x, y)
    desk.press("Enter")
    expect(desk.labels).to_have_count(3)
    desk.press("4")
    desk.click(250, 100)
    expect(desk.labels).to_have_count(4)
    desk.is_saved()
    saved = {label["class"]: label for label in project.labels(task["id"])}
    assert {name: label["shape"] for name, label in saved.items()} == {
        "RBC": "bounding_box",
        "WBC": "bounding_box",
        "nucleus": "polygon",
        "spot": "keypoint",
    }
    assert abs(saved["WBC"]["geometry"]["width"] - 50) < 1.5
    assert len(saved["nucleus"]["geometry"]["polygons"][0][0]) == 3


def test_undo_redo_and_delete(door: Door, make_project: MakeProject) -> None:
    project = make_project("Steps back")
    desk, task = held(door("ann"), project)
    desk.press("1")
    desk.draw(20, 20)
    desk.draw(120, 20)
    desk.press("Control+z")
    expect(desk.labels).to_have_count(1)
    desk.press("Control+z")
    expect(desk.labels).to_have_count(0)
    desk.press("Control+Shift+z", "Control+Shift+z")
    expect(desk.labels).to_have_count(2)
    desk.press("v")
    desk.click(145, 40)
    expect(desk.labels.and_(desk.page.locator("[aria-selected=true]"))).to_have_count(1)
    # A digit gives the selected label another class, the arrows move it.
    desk.press("2")
    expect(desk.labels.filter(has_text="WBC")).to_have_count(1)
    desk.press("Delete")
    expect(desk.labels).to_have_count(1)
    desk.is_saved()
    assert [label["class"] for label in project.labels(task["id"])] == ["RBC"]


def test_zoom_keeps_what_is_drawn_where_it_was_drawn(door: Door, make_project: MakeProject) -> None:
    project = make_project("Near and far")
    desk, task = held(door("ann"), project)
    before = desk.at(160, 120)
    desk.page.mouse.move(*before)
    desk.page.mouse.wheel(0, -400)
    desk.press("1")
    # The point under the pointer stayed: a box from there by 1 fitted pixel covers less than one image pixel.
    desk.page.mouse.move(*before)
    desk.page.mouse.down()
    desk.page.mouse.move(before[0] + 60, before[1] + 60, steps=3)
    desk.page.mouse.up()
    expect(desk.labels).to_have_count(1)
    desk.is_saved()
    (near,) = project.labels(task["id"])
    assert abs(near["geometry"]["x"] - 160) < 1.5
    scale = 60 / near["geometry"]["width"]
    desk.press("f", "1")
    desk.draw(20, 20)
    desk.is_saved()
    far = next(label for label in project.labels(task["id"]) if label["id"] != near["id"])
    assert abs(far["geometry"]["x"] - 20) < 1.5
    assert scale > 4


def test_a_missing_answer_takes_the_focus(door: Door, make_project: MakeProject) -> None:
    project = make_project("Questions")
    ann = door("ann")
    desk, task = held(ann, project)
    desk.press("2")
    desk.draw(100, 60)
    ann.page.keyboard.press("Control+Enter")
    expect(ann.page.get_by_text("2 required answers are missing")).to_be_visible()
    expect(ann.page.get_by_role("radio", name="sharp")).to_be_focused()
    ann.page.keyboard.press("1")
    expect(ann.page.get_by_role("radio", name="sharp")).to_be_checked()
    ann.page.keyboard.press("Control+Enter")
    expect(ann.page.get_by_role("radio", name="lymphocyte")).to_be_focused()
    ann.page.get_by_role("radio", name="monocyte").check()
    ann.page.keyboard.press("Control+Enter")
    ann.page.wait_for_url(re.compile(f"^(?!.*{task['id']}).*$"))
    assert project.site.program("mia").get(f"/tasks/{task['id']}/")["stage"] == "review"


def test_an_empty_image_asks_once(door: Door, make_project: MakeProject) -> None:
    project = make_project("Empty", ontology={"objects": [{"name": "RBC", "shape": "bounding_box"}]})
    ann = door("ann")
    desk, task = held(ann, project)
    desk.press("Control+Enter")
    dialog = ann.page.get_by_role("dialog", name="There is nothing on this image?")
    dialog.get_by_role("button", name="Nothing to label").click()
    ann.page.wait_for_url(re.compile(f"^(?!.*{task['id']}).*$"))
    assert project.site.program("mia").get(f"/tasks/{task['id']}/")["stage"] == "review"


def test_without_a_mouse_from_the_door_to_the_next_task(door: Door, make_project: MakeProject) -> None:
    """Tab, digits, Enter, brackets and Ctrl+Enter are all that is needed."""
    project = make_project("Keys alone")
    stranger = door(None)
    page, press = stranger.page, stranger.page.keyboard.press
    stranger.expected.append("401")
    stranger.go("/queue")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type(email("bob"))
    press("Tab")
    page.keyboard.type("lapidary")
    press("Enter")
    page.wait_for_url("**/queue")
    settled(page)
    take = page.get_by_role("region", name=project.name, exact=True).get_by_role("button", name="Claim the next task")
    for _ in range(80):
        press("Tab")
        if take.evaluate("(button) => button === document.activeElement"):
            break
    expect(take).to_be_focused()
    press("Enter")
    desk = opened(stranger)
    task = page.url.rsplit("/", 1)[-1]
    # A box in the middle of the view, moved by the arrows; then the question about the image.
    for key in ["1", "Enter", "Shift+ArrowLeft", "Shift+ArrowUp"]:
        press(key)
    expect(desk.labels).to_have_count(1)
    press("Escape")
    press("t")
    expect(page.get_by_role("radio", name="sharp")).to_be_focused()
    press("2")
    press("Control+Enter")
    page.wait_for_url(re.compile(f"^(?!.*{task}).*$"))
    (box,) = project.labels(task, of="RBC")
    middle = box["geometry"]["x"] + box["geometry"]["width"] / 2
    assert abs(middle - (160 - 10)) < 1.5
    assert project.labels(task, of="focus")[0]["attributes"] == {"focus": "blurred"}
