"""``lapidary.grid(df)`` in a browser: the script that the widget carries, and the real widget behind it."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import comm
import numpy as np
import pandas as pd
import pytest
from comm.base_comm import BaseComm
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

import lapidary
from tests.e2e.people import DESK, PHONE, WATCH
from tests.e2e.test_pages import STILL, WIDTH, axe
from tests.factories.servers import ROOT

ADDRESS = "http://notebook.test/"
# A page as notebooks make one: anywidget's model with what its views are promised, and nothing else.
NOTEBOOK = """<!doctype html><html lang="en"><head><title>Notebook</title></head>
<body><main><h1>Notebook</h1><div id="output"></div></main><script type="module">
const bytes = (text) => new DataView(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer);
const state = {}, heard = {};
const tell = (event, ...values) => (heard[event] ?? []).slice().forEach((one) => one(...values));
function take({ data, buffers }) {
  if (data.method === "custom") return tell("msg:custom", data.content, buffers.map(bytes));
  (data.buffer_paths ?? []).forEach(([name], at) => { data.state[name] = bytes(buffers[at]); });
  Object.assign(state, data.state);
  Object.keys(data.state).forEach((name) => tell(`change:${name}`));
}
const model = {
  get: (name) => state[name],
  set: (name, value) => { state[name] = value; },
  save_changes: () => {},
  on: (event, one) => { (heard[event] ??= []).push(one); },
  off: (event, one) => { heard[event] = (heard[event] ?? []).filter((other) => other !== one); },
  send: async (content) => (await window.kernel(content)).forEach(take),
};
(await window.kernel(null)).forEach(take);
document.head.append(Object.assign(document.createElement("style"), { textContent: state._css }));
const script = URL.createObjectURL(new Blob([state._esm], { type: "text/javascript" }));
const { default: widget } = await import(script);
window.leave = widget.render({ model, el: document.getElementById("output") });
</script></body></html>"""


@dataclass
class Wire(BaseComm):
    """A comm that keeps what the widget publishes until the page asks for it."""

    said: list[dict[str, Any]] = field(default_factory=list)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.said = []
        super().__init__(*args, **kwargs)

    def publish_msg(self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **_: Any) -> None:
        kept = [base64.b64encode(bytes(one)).decode() for one in buffers or []]
        if msg_type == "comm_msg":
            self.said.append({"data": json.loads(json.dumps(data)), "buffers": kept})

    def ask(self, content: Any) -> list[dict[str, Any]]:
        """What the kernel says to a message of the page; None asks for all that the widget is."""
        data = {"method": "request_state"} if content is None else {"method": "custom", "content": content}
        self.handle_msg({"content": {"data": data}, "buffers": []})
        said, self.said = self.said, []
        return said


@dataclass
class Notebook:
    browser: Browser
    troubles: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def show(self, widget: lapidary.Grid, **options: Any) -> Page:
        context = self.browser.new_context(**{"viewport": DESK, "reduced_motion": "reduce", **options})
        self.contexts.append(context)
        context.set_default_timeout(20_000)
        context.add_init_script(WATCH)
        page = context.new_page()
        page.on("console", lambda said: self.troubles.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.expose_function("kernel", widget.comm.ask)
        page.route(ADDRESS, lambda route: route.fulfill(body=NOTEBOOK, content_type="text/html"))
        page.goto(ADDRESS)
        expect(cells(page).first).to_be_visible()
        return page


@pytest.fixture
def notebook(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    monkeypatch.setattr(comm, "create_comm", Wire)
    opened = Notebook(browser)
    yield opened
    for context in opened.contexts:
        context.close()
    assert opened.troubles == []


def cells(page: Page) -> Locator:
    return page.get_by_role("group", name="Labels to judge").get_by_role("button")


def pets(count: int = 300) -> pd.DataFrame:
    """Crops of one colour a class, in one image; the index is not the position."""
    image = np.zeros((200, 320, 3), np.uint8)
    image[:, :160], image[:, 160:] = (200, 120, 60), (60, 120, 200)
    rows = [
        {
            "image": image,
            "box": [10 + 160 * (at % 2) + at % 40, 10 + at % 90, 60 + 160 * (at % 2) + at % 40, 60 + at % 90],
            "label": "cat" if at % 2 == 0 else "dog",
            "p_error": (at * 37 % count) / count,
        }
        for at in range(count)
    ]
    return pd.DataFrame(rows, index=range(1000, 1000 + count))


def stroke(page: Page, begin: int, end: int) -> None:
    first, last = cells(page).nth(begin).bounding_box(), cells(page).nth(end).bounding_box()
    assert first is not None
    assert last is not None
    page.mouse.move(first["x"] + 20, first["y"] + 20)
    page.mouse.down()
    page.mouse.move(last["x"] + 20, last["y"] + 20, steps=12)
    page.mouse.up()


def mark_seven(page: Page) -> None:
    """By a click, a key, a stroke and a range."""
    cells(page).nth(0).click()
    expect(cells(page).nth(0)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("2")
    expect(cells(page).nth(1)).to_have_accessible_name(re.compile("2 of .*, marked as cow"))
    stroke(page, 3, 5)
    cells(page).nth(7).click(modifiers=["Shift"])
    expect(page.get_by_text("7 marked")).to_be_visible()


def test_a_screen_is_marked_committed_and_taken_back(notebook: Notebook, shots: Path) -> None:
    widget = lapidary.grid(pets(), classes=["cat", "dog", "cow"])
    assert len(widget.verdicts) == 0
    page = notebook.show(widget)
    # It is drawn for this screen and frozen, the likeliest wrong first; nothing takes the focus from the notebook.
    assert page.evaluate("document.activeElement === document.body")
    shown, frame = [item["row"] for item in widget.shown["items"]], pets().reset_index(drop=True)
    of_group = frame[frame["label"] == widget.shown["group"]]
    assert shown == list(of_group.nlargest(len(shown), "p_error").index)
    # No more than is seen at once: who goes on has seen it all.
    expect(cells(page)).to_have_count(len(shown))
    last, area = cells(page).last.bounding_box(), page.locator("[data-grid]").bounding_box()
    assert last is not None
    assert area is not None
    assert last["y"] + last["height"] <= area["y"] + area["height"]
    mark_seven(page)
    cells(page).nth(9).focus()
    page.keyboard.down("z")
    expect(page.get_by_role("img", name="The whole image of label 10")).to_be_visible()
    page.screenshot(path=shots / "notebook-closeup.png")
    page.keyboard.up("z")
    expect(page.get_by_role("img", name="The whole image of label 10")).to_have_count(0)
    assert axe(page) == []
    page.screenshot(path=shots / "notebook-desk-light.png")
    page.keyboard.press("Enter")
    expect(page.get_by_text("0 marked")).to_be_visible()
    expect(cells(page).nth(0)).to_be_focused()
    said = widget.verdicts
    assert list(said["row"]) == shown
    assert list(said["index"]) == [1000 + row for row in shown]
    assert [at for at, verdict in enumerate(said["verdict"]) if verdict == "wrong"] == [0, 1, 3, 4, 5, 6, 7]
    assert said["new_label"].dropna().to_dict() == {1: "cow"}
    assert said["kind"].dropna().to_dict() == {1: "wrong_class"}
    assert set(said["batch"]) == {1}
    assert widget.figures["seconds"] > 0
    # Taken back: the screen stands as it stood, and there is no verdict.
    page.keyboard.press("u")
    expect(page.get_by_text("7 marked")).to_be_visible()
    assert [item["row"] for item in widget.shown["items"]] == shown
    assert len(widget.verdicts) == 0


def test_everything_is_judged_group_after_group(notebook: Notebook, tmp_path: Path) -> None:
    widget = lapidary.grid(pets(24), references=False, height=400)
    page = notebook.show(widget)
    page.get_by_role("combobox", name="Shown").select_option("cat")
    expect(page.get_by_role("heading", name="cat")).to_be_visible()
    expect(cells(page)).to_have_count(12)
    cells(page).nth(11).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="dog")).to_be_visible()
    page.get_by_role("button", name="Done with these").click()
    expect(page.get_by_text("Everything is judged")).to_be_visible()
    expect(page.locator("[data-done]")).to_be_focused()
    assert len(widget.verdicts) == 24
    with np.load(widget.to_npz(tmp_path / "verdicts.npz")) as found:
        assert sorted(found["index"]) == list(range(1000, 1024))
        assert found["is_error"].sum() == 1
        assert found["kind"][found["is_error"]].tolist() == [""]
    page.keyboard.press("u")
    expect(page.get_by_role("heading", name="dog")).to_be_visible()
    assert len(widget.verdicts) == 12
    page.evaluate("window.leave()")
    expect(page.locator("#output > *")).to_have_count(0)


def test_what_the_notebook_hides_is_not_judged(notebook: Notebook) -> None:
    widget = lapidary.grid(pets(), references=False)
    page = notebook.show(widget, viewport={"width": 1024, "height": 420})
    further = page.get_by_role("button", name="Further down")
    expect(further).to_be_visible()
    cells(page).first.focus()
    page.keyboard.press("Enter")
    expect(further).to_have_count(0)
    assert len(widget.verdicts) == 0
    cells(page).first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Take back")).to_be_enabled()
    # The next screen begins at its top, wherever the notebook was scrolled to.
    expect(cells(page).first).to_be_focused()
    expect(cells(page).first).to_be_in_viewport()
    assert len(widget.verdicts) == len(widget.shown["items"])


def test_on_a_phone_and_in_the_dark(notebook: Notebook, shots: Path) -> None:
    widget = lapidary.grid(pets(), group=[])
    page = notebook.show(widget, viewport=PHONE, color_scheme="dark", has_touch=True)
    assert page.evaluate(WIDTH) == PHONE["width"]
    page.get_by_role("button", name="dog", exact=True).tap()
    cells(page).nth(1).tap()
    expect(page.get_by_text("1 marked")).to_be_visible()
    page.evaluate(STILL)
    page.screenshot(path=shots / "notebook-phone-dark.png")
    assert axe(page) == []
    wide = notebook.show(widget)
    wide.evaluate("document.body.setAttribute('data-jp-theme-light', 'false')")
    expect(wide.get_by_role("region", name="Labels to judge")).to_have_attribute("data-scheme", "dark")
    wide.evaluate(STILL)
    wide.screenshot(path=shots / "notebook-desk-dark.png")
    assert axe(wide) == []


PIP = ["-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check"]
SHOW = "import lapidary; print(len(lapidary.grid({'image': [b'x'], 'label': ['cat']})._esm))"


def test_the_package_holds_the_page_or_is_not_made(tmp_path: Path) -> None:
    source, out = tmp_path / "notebook", tmp_path / "out"
    shutil.copytree(ROOT / "frontend" / "notebook", source, ignore=shutil.ignore_patterns("build", "*.egg-info"))
    made = subprocess.run([sys.executable, *PIP, "-w", out, source], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    (wheel,) = out.glob("lapidary_notebook-*.whl")
    code = f"import sys; sys.path.insert(0, {str(wheel.with_suffix(''))!r}); {SHOW}"
    shutil.unpack_archive(wheel, wheel.with_suffix(""), "zip")
    asked = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    assert int(asked.stdout or 0) > 100_000, asked.stderr
    # Without the page it would install, and then show nothing.
    shutil.rmtree(source / "lapidary" / "static")
    made = subprocess.run([sys.executable, *PIP, "-w", out, source], capture_output=True, text=True, check=False)
    assert made.returncode != 0
    assert "npm run build:notebook" in made.stdout + made.stderr
