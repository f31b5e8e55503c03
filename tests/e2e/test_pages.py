"""Every page as every role, light and dark, on a desk and on a phone: no error, nothing cut off, axe content."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import DESK, PHONE, Door, Person
from tests.e2e.site import Site
from tests.factories.servers import ROOT

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
ASK_AXE = """async (rules) => {
    const found = await axe.run(document, {
        resultTypes: ["violations"],
        ...(rules && { runOnly: { type: "rule", values: rules } }),
    });
    return found.violations
        .filter((one) => ["serious", "critical"].includes(one.impact))
        .map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}"""
STILL = """async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const moving = () =>
        document.getAnimations().filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime));
    await frame();
    await frame();
    await Promise.allSettled(moving().map((one) => one.finished));
}"""
WIDTH = "document.documentElement.scrollWidth"
EVERYBODY = ["/queue", "/inbox", "/projects", "/organization", "/account", "/nowhere"]
IN_A_PROJECT = ["", "/tasks", "/workflow", "/people", "/transfer", "/assistant", "/quality"]
LIBRARY = ["/ontologies", "/ontologies/{ontology}", "/datasets", "/datasets/{dataset}", "/projects/new"]
EDITOR = "/projects/{project}/tasks/{task}"


@dataclass
class Places:
    """The demo's things, by which addresses are filled in."""

    project: str
    ontology: str
    dataset: str
    tasks: dict[str, str]

    def addresses(self, role: str) -> dict[str, str]:
        """Page names and their addresses; a name is also a screenshot's."""
        inside = [f"/projects/{{project}}{page}" for page in IN_A_PROJECT]
        task = ["/projects/{project}/tasks/{task}/history", EDITOR] if role in self.tasks else []
        found = [*EVERYBODY, *inside, *task, *LIBRARY]
        filled = {"project": self.project, "ontology": self.ontology, "dataset": self.dataset}
        filled["task"] = self.tasks.get(role, "")
        return {
            path.replace("{", "").replace("}", "").strip("/").replace("/", "-"): path.format(**filled) for path in found
        }


@pytest.fixture(scope="module")
def places(site: Site) -> Places:
    mia, project = site.program("mia"), site.photographs()
    tasks = {}
    for person, stage in {"ann": "annotate", "rex": "review", "eve": "expert"}.items():
        tasks[person] = site.program(person).post(f"/projects/{project}/stages/{stage}/claim/")["id"]
    tasks["mia"] = mia.get(f"/projects/{project}/tasks/?status=complete")["results"][0]["id"]
    whole = mia.get(f"/projects/{project}/")
    named = {kind: mia.get(f"/{kind}/")["results"] for kind in ("ontologies", "datasets")}
    ontology = next(one["id"] for one in named["ontologies"] if one["name"] == "Things in photographs")
    dataset = next(one["id"] for one in named["datasets"] if one["name"] == "Photographs")
    assert whole["id"] == project
    return Places(project, ontology, dataset, tasks)


def axe(page: Page, rules: list[str] | None = None) -> list[str]:
    """Serious and critical violations. Evaluated, not injected as an element: the page's policy has no say in it."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(ASK_AXE, rules)
    return found


def look(person: Person, name: str, shots: Path, *, phone: bool = True) -> list[str]:
    """The page in its four forms; what is wrong with it. Colours alone change with the scheme."""
    page, wrong = person.page, []
    for size, view in (("desk", DESK), ("phone", PHONE)) if phone else (("desk", DESK),):
        page.set_viewport_size(view)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            if page.locator("[data-canvas]").count() == 0:  # around an image it stays dark
                expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
            page.evaluate(STILL)
            page.screenshot(path=shots / f"{name}-{size}-{scheme}.png", animations="disabled")
            if (size, scheme) != ("phone", "dark"):
                rules = ["color-contrast"] if scheme == "dark" else None
                wrong += [f"{name} {size} {scheme}: {one}" for one in axe(page, rules)]
        width = page.evaluate(WIDTH)
        if width > view["width"]:
            wrong.append(f"{name}: {width} px wide on a {size}")
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light")
    return wrong


@pytest.mark.parametrize("role", ["mia", "ann", "rex", "eve"])
def test_pages(door: Door, places: Places, shots: Path, role: str) -> None:
    person, wrong = door(role), []
    # Reviewer and expert see the library and the settings as the annotator does: there, no error is enough.
    own = [f"/projects/{places.project}", f"/projects/{places.project}/tasks/{places.tasks[role]}", "/queue", "/inbox"]
    # A page that one may not see says so, with the server's 404 or 403 behind it.
    person.expected += ["status of 40[34]"]
    for name, address in places.addresses(role).items():
        person.go(address)
        expect(person.page.locator("h1, [role=alert]").first).to_be_visible()
        if role in ("mia", "ann") or address in own:
            wrong += look(person, f"{role}-{name}", shots, phone=not name.endswith("tasks-task"))
    assert wrong == []


def test_what_opens_over_the_pages(door: Door, site: Site, shots: Path) -> None:
    """The palette, the person's menu, the shortcuts, and a dialog with a form."""
    mia = door("mia")
    wrong: list[str] = []
    page = mia.go(f"/projects/{site.photographs()}/people")
    dialog = page.get_by_role("dialog")

    def judge(name: str) -> None:
        page.evaluate(STILL)
        page.screenshot(path=shots / f"over-{name}.png", animations="disabled")
        wrong.extend(f"{name}: {one}" for one in axe(page))
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog").or_(page.get_by_role("menu"))).to_have_count(0)

    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Go to or do …")).to_be_focused()
    judge("palette")
    mia.button("Account").click()
    expect(page.get_by_role("menu")).to_be_visible()
    judge("menu")
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    judge("shortcuts")
    mia.button("Add a person").click()
    expect(dialog.get_by_label("E-mail")).to_be_focused()
    judge("form")
    assert wrong == []


def test_pages_before_the_door(door: Door, shots: Path) -> None:
    stranger, wrong = door(None), []
    stranger.expected += ["status of 401"]
    for address in ("/sign-in", "/invitation", "/invitations/of-nobody"):
        stranger.go(address)
        wrong += look(stranger, f"stranger-{address.strip('/').replace('/', '-')}", shots)
    assert wrong == []


def test_the_console(door: Door, shots: Path) -> None:
    """Its pages are the admin framework's; ours is that they open without an error and may be read."""
    admin, wrong = door("admin"), []
    for address in ("/admin/", "/admin/tasks/task/", "/admin/accounts/user/"):
        admin.page.goto(admin.site.url + address)
        admin.page.wait_for_load_state("networkidle")
        name = f"admin-{address.strip('/').replace('/', '-')}"
        for scheme in ("light", "dark"):
            admin.page.emulate_media(color_scheme=scheme)
            admin.page.screenshot(path=shots / f"{name}-{scheme}.png", animations="disabled")
        wrong += [f"{name}: {one}" for one in axe(admin.page)]
    assert wrong == []


def test_the_documentation_of_the_api(door: Door, shots: Path) -> None:
    ann = door("ann")
    ann.page.goto(f"{ann.site.url}/api/v1/docs/")
    expect(ann.page.get_by_role("heading", name="Lapidary").first).to_be_visible()
    ann.page.screenshot(path=shots / "api-docs.png")
