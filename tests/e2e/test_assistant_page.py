"""The assistant's page: choosing who answers, and what a tuning shows of itself while it runs and when it has ended."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlparse

from playwright.sync_api import Page, Route, expect

from tests.e2e.people import DESK, PHONE, Door, settled, until
from tests.e2e.site import MakeProject
from tests.e2e.test_pages import WIDTH, axe

BASE, TUNED, RUN = (f"0190{digit * 4}-0000-7000-8000-000000000000" for digit in "abc")
SAID = "2026-01-01T12:00:00Z"
TABLE = re.compile(": Table$")


def model(key: str, **more: Any) -> dict[str, Any]:
    told = {"id": key, "name": "SAM ViT-B", "kind": "segmenter", "family": "vit_b", "version": "ab" * 32}
    return told | {"base": None, "project": None, "is_default": False, "facts": {}, "created_at": SAID} | more


def disc(x: int, y: int, radius: int, width: int = 320, height: int = 240) -> dict[str, Any]:
    """A COCO mask, compressed."""
    runs, last = [0], 0
    for column in range(width):
        for row in range(height):
            inside = int((column - x) ** 2 + (row - y) ** 2 <= radius**2)
            if inside != last:
                runs.append(0)
                last = inside
            runs[-1] += 1
    text = ""
    for at, run in enumerate(runs):
        value, more = run - (runs[at - 2] if at > 2 else 0), True
        while more:
            bits, value = value & 0x1F, value >> 5
            more = value != (-1 if bits & 0x10 else 0)
            text += chr((bits | (0x20 if more else 0)) + 48)
    return {"size": [height, width], "counts": text}


def training(steps: int) -> dict[str, Any]:
    curve = [
        {"step": 20 * step, "loss": 1 / (step + 1), "click_iou": 0.4 + step / 100, "box_iou": 0.7}
        for step in range(steps)
    ]
    empty: dict[str, Any] = {"accepted": False, "reason": "", "click_gain": None, "box_gain": None}
    return empty | {
        "state": "training",
        "fraction": 0.4,
        "detail": "",
        "curve": curve,
        "held_out": 84,
        "trained_on": 337,
        "classes": [],
        "examples": [],
    }


def ended(image: str) -> dict[str, Any]:
    example = {
        "class_name": "RBC",
        "bbox": [100, 60, 80, 80],
        "truth": disc(140, 100, 40),
        "before": disc(150, 100, 25),
        "after": disc(141, 100, 39),
        "iou_before": 0.39,
        "iou_after": 0.93,
        "image": {"url": image, "width": 320, "height": 240},
    }
    gains = {"n": 61, "click_before": 0.41, "click_after": 0.49, "box_before": 0.72, "box_after": 0.73}
    return training(14) | {
        "state": "done",
        "fraction": 1,
        "accepted": True,
        "reason": "By click, IoU rises.",
        "click_gain": {"mean": 0.078, "low": 0.051, "high": 0.104},
        "box_gain": {"mean": 0.014, "low": -0.003, "high": 0.03},
        "classes": [{"class_name": "RBC", **gains}],
        "examples": [example],
    }


class Server:
    """Answers in the server's place where a test could not wait for the real thing: a model, and one tuning of it."""

    def __init__(self, page: Page, project: str, image: str) -> None:
        self.state, self.image = training(3), image
        self.chosen: dict[str, Any] = {"model": None, "enabled": True}
        self._project = project
        for path in ("models/", "projects/*/assistant/", "projects/*/finetunes/**", "finetunes/*/", f"jobs/{RUN}/"):
            page.route(f"**/api/v1/{path}*", self._answer)

    def end(self) -> None:
        self.state = ended(self.image)

    def _answer(self, route: Route) -> None:
        path = urlparse(route.request.url).path.removeprefix("/api/v1/")
        if route.request.method == "PUT":
            self.chosen = json.loads(route.request.post_data or "{}")
        route.fulfill(json=self._said(path))

    def _said(self, path: str) -> dict[str, Any]:
        done = self.state["state"] == "done"
        base, tuned = model(BASE, is_default=True), model(TUNED, name="Tuned", base=BASE, project=self._project)
        run = {"id": RUN, "base": BASE, "base_name": "SAM ViT-B", "model": TUNED if done else None, "created_at": SAID}
        if path == "models/":
            return {"results": [base, *([tuned] if done else [])], "next": None}
        if path.endswith("/assistant/"):
            answers = tuned if self.chosen["model"] == TUNED else base
            coverage = {"embedded": 1, "units": 2, "exact": True}
            return {**self.chosen, "answers": answers, "coverage": coverage}
        if path.startswith("jobs/"):
            times = dict.fromkeys(("created_at", "started_at", "finished_at"), SAID)
            state = {"state": "succeeded" if done else "running", "progress": 0.4, "detail": "", "error": None}
            return {"id": RUN, "kind": "inference.finetune", "project": self._project, "result": None, **state, **times}
        if path.startswith("finetunes/"):
            return {**run, "state": self.state}
        return {"results": [{**run, "state": {**self.state, "curve": [], "examples": []}}], "next": None}


def test_who_answers_is_chosen_at_once(door: Door, make_project: MakeProject) -> None:
    """Without a model the classical assistant answers; the page says where it fails and how a model comes here."""
    project = make_project("Who answers")
    mia = door("mia")
    page = mia.go(f"/projects/{project.id}")
    page.get_by_role("link", name="Assistant").click()
    expect(page.get_by_role("radio", name="Classical, without weights")).to_be_checked()
    expect(page.get_by_text("Fails on hollow or text-like things")).to_be_visible()
    expect(page.get_by_text("manage.py models add PATH")).to_be_visible()
    expect(page.get_by_role("heading", name="Fine-tuning needs a model")).to_be_visible()
    # Playwright's uncheck() would wait for the switch alone; the choice is the server's.
    switch = page.get_by_role("switch", name="Offer the assistant")
    switch.focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("The assistant is chosen.")).to_be_visible()
    told = project.site.program("mia").get(f"/projects/{project.id}/assistant/")
    assert (told["model"], told["enabled"], told["answers"]) == (None, False, None)
    page.reload()
    settled(page)
    expect(page.get_by_role("switch", name="Offer the assistant")).not_to_be_checked()
    page.get_by_role("link", name="Open the workflow").click()
    expect(page.get_by_role("heading", name="Workflow").first).to_be_visible()


def test_others_are_told_whose_page_it_is(door: Door, make_project: MakeProject) -> None:
    project = make_project("Not theirs")
    page = door("ann").go(f"/projects/{project.id}")
    expect(page.get_by_role("link", name="Tasks")).to_be_visible()
    expect(page.get_by_role("link", name="Assistant")).to_have_count(0)
    page = door("ann").go(f"/projects/{project.id}/assistant")
    expect(page.get_by_text("Managers of the project choose its assistant.")).to_be_visible()


def test_a_tuning_from_its_curve_to_its_use(door: Door, make_project: MakeProject) -> None:
    project = make_project("A tuning")
    image = project.site.program("mia").get(f"/datasets/{project.dataset}/data-units/")["results"][0]["media_url"]
    mia = door("mia")
    server = Server(mia.page, project.id, image)
    page = mia.go(f"/projects/{project.id}/assistant")
    expect(page.get_by_text("Training", exact=True)).to_be_visible()
    expect(mia.button("Fine-tune")).to_be_disabled()
    expect(page.get_by_role("img", name=re.compile("Step 40: click 0.420"))).to_be_visible()
    server.end()
    expect(page.get_by_text("By click, IoU rises.")).to_be_visible()
    expect(mia.button("Fine-tune")).to_be_enabled()
    # The numbers behind each chart.
    while mia.button(TABLE).count():
        mia.button(TABLE).first.click()
    gains = page.get_by_role("table", name="Gain in IoU")
    expect(gains.get_by_role("row", name="By click")).to_have_text("By click+0.078+0.051+0.104")
    expect(page.get_by_role("table", name="Held-out IoU while training").get_by_role("row")).to_have_count(15)
    expect(page.get_by_role("table", name="Class by class")).to_contain_text("0.41 → 0.49")
    after = page.get_by_role("img", name="RBC: After")
    expect(after).to_be_visible()
    until(page, lambda: after.evaluate(PAINTED), "the drawing of a mask")
    wrong = [found for view in (DESK, PHONE) for found in judged(page, view)]
    assert wrong == []
    # What it found is put to use, and stands among the choices with its gain.
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    mia.button("Use this version").click()
    expect(page.get_by_role("radio", name="Tuned")).to_be_checked()
    expect(page.get_by_text("click +0.078 (+0.051 … +0.104)")).to_be_visible()
    assert server.chosen == {"model": TUNED, "enabled": True}


# Somewhere the tint of the mask "after" lies over the image: more green and blue than red.
PAINTED = """(canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < data.length; at += 4) if (data[at + 2] > data[at] + 60) return true;
    return false;
}"""


def judged(page: Page, view: dict[str, int]) -> list[str]:
    page.set_viewport_size(view)  # type: ignore[arg-type]
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found += [f"{view['width']} {scheme}: {one}" for one in axe(page)]
    width = page.evaluate(WIDTH)
    return found + ([f"{view['width']} scrolls to {width}"] if width > view["width"] else [])
