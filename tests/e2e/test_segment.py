"""Masks with the assistant at hand: the classical one, as it runs on any machine."""

from __future__ import annotations

import os
import re
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from playwright.sync_api import Locator, expect

from apps.labels.logic.masks import read_runs
from tests.e2e.desk import Desk, held
from tests.e2e.people import PHONE, Door
from tests.e2e.site import HEIGHT, WIDTH, MakeProject, Project, Site
from tests.e2e.test_pages import look
from tests.factories.servers import wait_for

ONTOLOGY: dict[str, Any] = {
    "objects": [
        {"name": "stain", "shape": "bitmask", "color": "#e64980"},
        {"name": "cell", "shape": "polygon", "color": "#1971c2"},
        {"name": "RBC", "shape": "bounding_box", "color": "#c92a2a"},
    ]
}
# Discs of the first smear that nothing else touches: their left and top.
LONE = (139, 181)
OTHER = (194, 106)
ACROSS = 42
PROPOSED = re.compile("Enter keeps")

Bits = npt.NDArray[np.bool_]


class Hand:
    """The bar of the tool in hand, and gestures at discs."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.bar = desk.page.get_by_role("toolbar", name="Tool in hand")

    @property
    def said(self) -> Locator:
        return self.bar.get_by_role("status")

    def button(self, name: str) -> Locator:
        return self.bar.get_by_role("button", name=name)

    def box(self, disc: tuple[int, int]) -> None:
        """A rough box around a disc."""
        left, top = disc
        self.desk.drag(left - 7, top - 6, left + ACROSS + 6, top + ACROSS + 7)

    def click(self, disc: tuple[int, int]) -> None:
        self.desk.click(disc[0] + ACROSS / 2, disc[1] + ACROSS / 2)

    def proposes(self) -> None:
        expect(self.said).to_have_text(PROPOSED)


def ready(door: Door, project: Project, **options: Any) -> tuple[Hand, str]:
    desk, task = held(door("ann", **options), project)
    return Hand(desk), str(task["id"])


def disc(at: tuple[int, int]) -> Bits:
    image = Image.new("1", (WIDTH, HEIGHT))
    ImageDraw.Draw(image).ellipse((*at, at[0] + ACROSS, at[1] + ACROSS), fill=1)
    return np.asarray(image)


def pixels(label: dict[str, Any]) -> Bits:
    geometry = label["geometry"]
    if label["shape"] == "bitmask":
        assert geometry["size"] == [HEIGHT, WIDTH]
        runs = read_runs(geometry["counts"], pixels=WIDTH * HEIGHT, pointer="")
        bits: Bits = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(WIDTH, HEIGHT).T
        return bits
    image = Image.new("1", (WIDTH, HEIGHT))
    for outline, *_ in geometry["polygons"]:
        ImageDraw.Draw(image).polygon([(x, y) for x, y in outline], fill=1)
    return np.asarray(image)


def overlap(label: dict[str, Any], at: tuple[int, int]) -> float:
    """The share that a label and a disc have in common."""
    found, wanted = pixels(label), disc(at)
    return float((found & wanted).sum() / (found | wanted).sum())


def test_from_a_box_to_a_mask_that_is_kept_and_submitted(door: Door, make_project: MakeProject) -> None:
    project = make_project("Segment", units=1, ontology=ONTOLOGY)
    hand, task = ready(door, project)
    desk = hand.desk
    desk.press("1", "s")
    expect(hand.bar.get_by_text("Classical: GrabCut, no model")).to_be_visible()
    hand.box(LONE)
    hand.proposes()
    expect(desk.labels).to_have_count(0)
    # Refined by a click that takes away, which is taken back, and one that adds.
    desk.page.keyboard.down("Alt")
    desk.click(LONE[0] + 4, LONE[1] + ACROSS / 2)
    desk.page.keyboard.up("Alt")
    hand.proposes()
    desk.press("Backspace")
    hand.click(LONE)
    hand.proposes()
    desk.press("Enter")
    expect(desk.labels).to_have_count(1)
    # The next one by a click, and the digit keeps it under its class at once.
    hand.click(OTHER)
    hand.proposes()
    desk.press("2")
    expect(desk.labels).to_have_count(2)
    desk.is_saved()
    stain, cell = (project.labels(task, of=name)[0] for name in ("stain", "cell"))
    assert overlap(stain, LONE) > 0.85
    assert (cell["shape"], overlap(cell, OTHER) > 0.7) == ("polygon", True)
    assert stain["origin"] | {"prompts": None} == {
        "kind": "model",
        "model": "classical",
        "prompts": None,
        "edited": False,
    }
    assert (stain["origin"]["prompts"]["score"], len(stain["origin"]["prompts"]["points"])) == (None, 1)
    desk.press("Control+Enter")
    desk.page.wait_for_url(re.compile(f"^(?!.*{task}).*$"))
    assert project.site.program("mia").get(f"/tasks/{task}/")["stage"] == "review"


def test_what_is_saved_can_be_refined(door: Door, make_project: MakeProject) -> None:
    """A rough stroke of the brush, saved, becomes the disc it was meant for; one step takes it back."""
    project = make_project("Refine", units=1, ontology=ONTOLOGY)
    hand, task = ready(door, project)
    desk = hand.desk
    desk.press("1", "=", "=", "=")
    desk.drag(LONE[0] + 12, LONE[1] + 16, LONE[0] + 32, LONE[1] + 26)
    expect(desk.labels).to_have_count(1)
    desk.is_saved()
    rough = project.labels(task)[0]
    assert (rough["origin"]["kind"], 0.1 < overlap(rough, LONE) < 0.8) == ("human", True)
    desk.press("Enter", "v")
    hand.click(LONE)
    expect(desk.labels.and_(desk.page.locator("[aria-selected=true]"))).to_have_count(1)
    desk.press("s")
    hand.proposes()
    desk.press("Enter")
    expect(desk.saved).to_have_text("Saved")
    (fine,) = project.labels(task)
    assert fine["id"] == rough["id"]
    assert overlap(fine, LONE) > max(0.8, overlap(rough, LONE))
    assert (fine["origin"]["kind"], fine["origin"]["edited"]) == ("model", True)
    desk.press("Control+z")
    expect(desk.notice).to_have_text("Undone: refine")
    desk.is_saved()
    (back,) = project.labels(task)
    assert (back["geometry"], back["origin"]["kind"]) == (rough["geometry"], "human")


def test_the_brush_paints_and_erases(door: Door, make_project: MakeProject) -> None:
    project = make_project("Brush", units=1, ontology=ONTOLOGY)
    hand, task = ready(door, project)
    desk = hand.desk
    desk.press("1")
    desk.drag(60, 60, 120, 60)
    desk.drag(90, 40, 90, 80)
    desk.press("x")
    expect(hand.button("Eraser")).to_have_attribute("aria-pressed", "true")
    desk.drag(90, 60, 91, 60)
    desk.is_saved()
    (cross,) = project.labels(task)
    bits = pixels(cross)
    assert (bits[60, 65], bits[42, 90], bits[60, 90], bits[20, 20]) == (True, True, False, False)
    # Nothing of it is left: neither is the label.
    for _ in range(12):
        desk.press("=")
    desk.drag(60, 60, 120, 60)
    expect(desk.labels).to_have_count(0)
    desk.press("Control+z")
    expect(desk.labels).to_have_count(1)
    desk.is_saved()
    assert project.labels(task)[0]["geometry"] == cross["geometry"]


def test_several_boxes_are_asked_about_at_once(door: Door, make_project: MakeProject) -> None:
    project = make_project("Boxes", units=1, ontology=ONTOLOGY)
    hand, task = ready(door, project)
    desk = hand.desk
    desk.press("3", "s")
    desk.page.keyboard.down("Shift")
    hand.box(LONE)
    hand.box(OTHER)
    desk.page.keyboard.up("Shift")
    expect(hand.said).to_have_text("2 boxes: Enter asks for all")
    desk.press("Enter")
    expect(desk.labels).to_have_count(2)
    desk.is_saved()
    for label, (left, top) in zip(project.labels(task), (LONE, OTHER), strict=True):
        box = label["geometry"]
        assert abs(box["x"] - left) < 4, box
        assert abs(box["y"] + box["height"] - top - ACROSS) < 4, box
    desk.press("Control+z")
    expect(desk.labels).to_have_count(0)


def test_an_outline_snaps_to_the_edge(door: Door, make_project: MakeProject) -> None:
    """Four anchors joined by straight lines cover 64 % of a disc."""
    project = make_project("Outline", units=1, ontology=ONTOLOGY)
    hand, task = ready(door, project)
    desk = hand.desk
    desk.press("2", "w")
    expect(hand.said).to_have_text(re.compile("follows the edge"))
    left, top, half = *LONE, ACROSS / 2
    for x, y in ((left + half, top), (left + ACROSS, top + half), (left + half, top + ACROSS), (left, top + half)):
        desk.click(x, y)
    desk.press("Enter")
    expect(desk.labels).to_have_count(1)
    desk.is_saved()
    (cell,) = project.labels(task)
    assert overlap(cell, LONE) > 0.85
    assert cell["origin"]["kind"] == "human"


def test_fingers_find_every_button(door: Door, make_project: MakeProject) -> None:
    project = make_project("Fingers", units=1, ontology=ONTOLOGY)
    hand, task = ready(door, project, viewport=PHONE, has_touch=True)
    desk = hand.desk
    desk.page.get_by_role("toolbar", name="Tools").get_by_role("button", name="Segment").tap()
    desk.page.touchscreen.tap(*desk.at(OTHER[0] + 21, OTHER[1] + 21))
    hand.proposes()
    hand.button("Clicks take away").tap()
    desk.page.touchscreen.tap(*desk.at(OTHER[0] + 60, OTHER[1] + 21))
    hand.proposes()
    hand.button("Take the last prompt back").tap()
    hand.proposes()
    hand.button("Keep").tap()
    expect(desk.labels).to_have_count(1)
    desk.is_saved()
    assert len(project.labels(task)[0]["origin"]["prompts"]["points"]) == 1


def test_with_the_process_away_the_editor_says_so_and_works_on(
    door: Door, make_project: MakeProject, site: Site
) -> None:
    project = make_project("Away", units=1, ontology=ONTOLOGY)
    hand, task = ready(door, project)
    desk = hand.desk
    desk.page.context.set_default_timeout(40_000)
    door.inside[-1].expected.append("503")
    desk.press("1", "s")
    hand.click(LONE)
    hand.proposes()
    desk.press("Escape")
    kill(inference_of(site))
    hand.click(LONE)
    expect(hand.said).to_have_text(re.compile("The assistant is away"))
    # Meanwhile everything else goes on, and is saved.
    desk.press("3", "b")
    desk.draw(20, 20)
    desk.is_saved()
    assert [label["class"] for label in project.labels(task)] == ["RBC"]
    # It is started again; the click that waits is answered by itself.
    desk.press("1", "s")
    hand.click(LONE)
    expect(hand.said).to_have_text(PROPOSED, timeout=40_000)
    desk.press("Enter")
    expect(desk.labels).to_have_count(2)
    desk.is_saved()
    assert overlap(project.labels(task, of="stain")[0], LONE) > 0.7


def test_the_bar_of_every_tool_can_be_read(door: Door, make_project: MakeProject, shots: Path) -> None:
    project = make_project("Bars", units=1, ontology=ONTOLOGY)
    hand, _ = ready(door, project)
    desk, wrong = hand.desk, []
    for name, keys in {"brush": "1", "segment": "s", "outline": "2pw"}.items():
        desk.press(*keys)
        if name == "segment":
            hand.click(LONE)
            hand.proposes()
        wrong += look(door.inside[-1], f"hand-{name}", shots)
        if name == "segment":
            desk.press("Escape")
    assert wrong == []


def inference_of(site: Site) -> int:
    """The inference process of this very server: it was started with its port."""
    port = site.url.rsplit(":", 1)[-1].encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if b"apps.inference.service" not in (folder / "cmdline").read_bytes():
                continue
            if b"PORT=" + port in (folder / "environ").read_bytes().split(b"\0"):
                return int(folder.name)
    raise AssertionError("no inference process")


def kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)
    wait_for(lambda: not (Path("/proc") / str(process) / "exe").exists(), "the process's end")
