"""The canvas at ten thousand polygons and the way to the next task, in a headless Chromium.

Frames, hits and edits are CPU milliseconds of all of the browser's processes; every round takes the product's surface
and the baseline in turn, each on a fresh page. The way to the next task is a wall time, as a person waits it.
"""

from __future__ import annotations

import functools
import http.server
import io
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.bench.report import Report, Row
from tests.e2e.conftest import BROWSERS, FLAGS
from tests.e2e.desk import Desk, claim
from tests.e2e.people import Door
from tests.e2e.site import PEOPLE, Project, Site, box, email, running
from tests.factories.servers import ROOT

FRONT = ROOT / "frontend"
PAGE = FRONT / "node_modules" / ".editor-page"
UNCAPPED = ["--disable-frame-rate-limit", "--disable-gpu-vsync"]
BASELINE = "the prototype's layer"
Found = dict[str, Any]


def main(*, quick: bool, full: bool, only: set[str]) -> None:
    """``only`` names groups: canvas, task. ``full`` takes more rounds."""
    report = Report("web")
    began = time.monotonic()
    build()
    if not only or "canvas" in only:
        canvas(report, rounds=1 if quick else 9 if full else 5)
    if not only or "task" in only:
        next_task(report, turns=3 if quick else 24 if full else 12)
    print(f"\n{report.write()} after {time.monotonic() - began:.0f} s")


def build() -> None:
    """The product's pages and the bench's own page, built from the sources as they are."""
    subprocess.run([sys.executable, "deploy/dev/front.py"], cwd=ROOT, check=True)
    built = subprocess.run(
        ["npx", "--no-install", "vite", "build", "-c", "src/editor/dev/vite.config.ts"],
        cwd=FRONT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr


# The canvas


def canvas(report: Report, *, rounds: int) -> None:
    ours, small, plain = [], [], []
    with pages() as address, chromium(UNCAPPED) as browser:
        for _ in range(rounds):
            ours.append(asked(browser, address, "bench(10000)"))
            plain.append(asked(browser, address, "plain(10000)"))
            small.append(asked(browser, address, "bench(1000)"))

    pan, still = middle(ours, "pan", "cpu"), middle(plain, "pan", "cpu")
    first, least = middle(ours, "firstCpu"), middle(plain, "firstCpu")
    few = middle(small, "pan", "cpu")
    report.add(Row("pan-10k", pan, "ms", 15, BASELINE, still))
    report.add(Row("pan-growth", pan / few, "ratio", 1.2, "a frame at 1,000 polygons, ms", few))
    report.add(Row("hit-10k", middle(ours, "hitCpu"), "ms", 0.1, BASELINE, middle(plain, "hitCpu")))
    report.add(Row("edit-10k", middle(ours, "editCpu"), "ms", 0.05))
    report.add(Row("first-render-10k", first / least, "ratio", 1.2, f"{BASELINE}, ms", least))


def middle(found: list[Found], *names: str) -> float:
    """The median of one figure, which ``names`` lead to."""

    def figure(one: Any) -> float:
        for name in names:
            one = one[name]
        return float(one)

    return statistics.median(figure(one) for one in found)


def asked(browser: Browser, address: str, call: str) -> Found:
    """What the page answers, in a window of its own."""
    context = browser.new_context(viewport={"width": 1600, "height": 900})
    page = context.new_page()
    page.goto(address)
    page.wait_for_function("() => window.bench && window.plain")
    session = browser.new_browser_cdp_session()
    pids = [one["id"] for one in session.send("SystemInfo.getProcessInfo")["processInfo"]]
    session.detach()
    page.expose_function("cpuMs", lambda: cpu_ms(pids))
    found: Found = page.evaluate(f"() => {call}")
    context.close()
    return found


def cpu_ms(pids: list[int]) -> float:
    """CPU milliseconds of all threads of the processes so far; finer than the ticks of ``stat``."""
    total = 0.0
    for pid in pids:
        for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with suppress(OSError, ValueError):
                total += int(path.read_text().split()[0]) / 1e6
    return total


@contextmanager
def pages() -> Iterator[str]:
    """The address of the bench's page, served from its folder."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing: the table is for figures."""

    handler = functools.partial(Quiet, directory=str(PAGE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/bench.html"
        server.shutdown()


@contextmanager
def chromium(more: list[str]) -> Iterator[Browser]:
    program = os.environ.get("LAPIDARY_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    assert program, "Chromium is needed: install it, or set LAPIDARY_CHROMIUM."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS + more)
        yield browser
        browser.close()


# The next task

ONTOLOGY = {"objects": [{"name": "cell", "shape": "bounding_box", "color": "#c92a2a"}], "classifications": []}
GRAPH = {
    "stages": [
        {"id": "annotate", "type": "annotate", "title": "Annotate", "config": {}},
        {"id": "review", "type": "review", "title": "Review", "config": {}},
        {"id": "done", "type": "complete", "title": "Done", "config": {}},
    ],
    "pathways": [
        {"from": "annotate", "outcome": "submitted", "to": "review"},
        {"from": "review", "outcome": "approved", "to": "done"},
        {"from": "review", "outcome": "rejected", "to": "annotate"},
    ],
    "start": "annotate",
}
# Begins at the key, ends when the frame that shows another image has been drawn; what the server took lies inside.
WATCH = """() => {
  const shown = () => document.querySelector("[data-canvas]")?.dataset.canvas,
    before = shown();
  window.nextTask = new Promise((done, failed) => addEventListener("keydown", function begin(e) {
    if (e.key !== "Enter" || !e.ctrlKey) return;
    removeEventListener("keydown", begin, true);
    setTimeout(() => failed(new Error("The next task did not come.")), 30_000);
    const from = performance.now();
    performance.clearResourceTimings();
    const look = () => {
      const now = shown();
      if (!now || now === "true" || now === before) return requestAnimationFrame(look);
      // A message after the next frame's scripts comes when that frame has been drawn.
      requestAnimationFrame(() => {
        const painted = new MessageChannel(), asked = /\\/(submit|approve|claim)\\/$/;
        painted.port1.onmessage = () => {
          const waits = performance.getEntriesByType("resource").filter((one) => asked.test(one.name));
          done([performance.now() - from, waits.reduce((sum, one) => sum + one.duration, 0)]);
        };
        painted.port2.postMessage(null);
      });
    };
    look();
  }, true));
}"""


def next_task(report: Report, *, turns: int) -> None:
    """From Ctrl+Enter to the next image on the canvas, with nothing left to save.

    Whoever reviews may read what waits, so their next image is warm. An annotator may not know the next task before
    the claim: there the image's way over the wire and its decoding are inside.
    """
    with tempfile.TemporaryDirectory(prefix="lapidary-bench-") as home, running(Path(home)) as site:
        project = made(site, 2 * turns + 6)
        for _ in range(turns + 3):
            project.submitted_plain()
        with chromium([]) as browser:
            door = Door(browser, site, {})
            for name, person, stage in (("next-task", "rex", "Review"), ("next-task-annotate", "ann", "Annotate")):
                one = door(person)
                desk = claim(one, project, stage)
                times = [one_turn(desk, draws=stage == "Annotate") for _ in range(turns + 1)][1:]
                whole, server = (statistics.median(column) for column in zip(*times, strict=True))
                report.add(Row(name, whole, "ms", 150, "the server's answers to the verdict and the claim", server))
                one.context.close()


def one_turn(desk: Desk, *, draws: bool) -> tuple[float, float]:
    """Milliseconds until the next task is there, and those of the two requests."""
    page = desk.page
    page.locator("[data-canvas*='-']").wait_for()  # the id of the image that is shown
    if draws:
        desk.press("1")
        desk.draw(60, 60, 120, 80)
        desk.is_saved()
    page.wait_for_load_state("networkidle")
    page.evaluate(WATCH)
    page.keyboard.press("Control+Enter")
    whole, server = page.evaluate("() => window.nextTask")
    return float(whole), float(server)


class Photographs(Project):
    def submitted_plain(self) -> None:
        """One task labeled over REST, so that it waits for review."""
        ann = self.site.program("ann")
        body = {"labels": {"upsert": [box(40, 40, of="cell")], "base_revision": 0}}
        ann.post(f"/tasks/{self.claim('ann')['id']}/submit/", body)


def made(site: Site, units: int) -> Photographs:
    """A project of photographs of two megapixels."""
    mia = site.program("mia")
    ontology = mia.post("/ontologies/", {"name": "Bench", **ONTOLOGY}, status=201)
    dataset = mia.post("/datasets/", {"name": "Bench"}, status=201)
    for number in range(units):
        assert mia.upload(f"/datasets/{dataset['id']}/data-units/", [photograph(number)]).status == 201
    workflow = mia.post("/workflows/", {"name": "Bench", "graph": GRAPH}, status=201)
    body = {"name": "Bench", "ontology": ontology["id"], "workflow": workflow["id"], "datasets": [dataset["id"]]}
    project = mia.post("/projects/", body | {"tasks": "all"}, status=201)
    for name in ("ann", "rex"):
        entry = {"email": email(name), "roles": [PEOPLE[name]], "skills": []}
        mia.post(f"/projects/{project['id']}/collaborators/", entry, status=201)
    return Photographs(site, project["id"], dataset["id"], ontology["id"])


def photograph(number: int) -> tuple[str, str, bytes]:
    """Soft noise of 1600 x 1200, different for every number."""
    noise = Image.frombytes("RGB", (80, 60), random.Random(number).randbytes(80 * 60 * 3))
    data = io.BytesIO()
    noise.resize((1600, 1200), Image.Resampling.BICUBIC).save(data, "JPEG", quality=85)
    return "files", f"photograph-{number}.jpg", data.getvalue()
