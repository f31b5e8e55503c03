"""The editor as a hand meets it: points of the image, tools, keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.people import Person
from tests.e2e.site import HEIGHT, WIDTH, Project

FITTED = 0.96  # the share of the view that a fitted image fills


@dataclass
class Desk:
    """An open task. Points are pixels of the image, while it is fitted into the view."""

    page: Page

    @property
    def canvas(self) -> Locator:
        return self.page.locator("[data-canvas]")

    @property
    def saved(self) -> Locator:
        """The chip that says whether the work is safe."""
        return self.page.locator("header [role=status]")

    @property
    def labels(self) -> Locator:
        return self.page.get_by_role("listbox", name="Labels").get_by_role("option")

    @property
    def notice(self) -> Locator:
        return self.page.locator("[data-tone]")

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where on the screen an image point is."""
        view = self.canvas.bounding_box()
        assert view is not None
        scale = min(view["width"] * FITTED / WIDTH, view["height"] * FITTED / HEIGHT)
        return (
            view["x"] + view["width"] / 2 + (x - WIDTH / 2) * scale,
            view["y"] + view["height"] / 2 + (y - HEIGHT / 2) * scale,
        )

    def drag(self, x: float, y: float, to_x: float, to_y: float) -> None:
        mouse = self.page.mouse
        mouse.move(*self.at(x, y))
        mouse.down()
        mouse.move(*self.at((x + to_x) / 2, (y + to_y) / 2))
        mouse.move(*self.at(to_x, to_y))
        mouse.up()

    def click(self, x: float, y: float) -> None:
        self.page.mouse.click(*self.at(x, y))

    def draw(self, x: float, y: float, width: float = 50, height: float = 40) -> None:
        """A box of the class in hand, by one drag."""
        count = self.labels.count()
        self.drag(x, y, x + width, y + height)
        expect(self.labels).to_have_count(count + 1)

    def press(self, *keys: str) -> None:
        """Keys for the image: it has the focus first."""
        self.canvas.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def answer(self, option: str) -> None:
        self.page.get_by_role("radio", name=option, exact=True).check()

    def figure(self, name: str) -> Locator:
        """A field of place or size of the selected label."""
        return self.page.get_by_label(name, exact=True)

    def is_saved(self) -> None:
        expect(self.saved).to_have_text("Saved")


def opened(person: Person, *, image: str | None = None) -> Desk:
    """Waits until a task is open; of the image named, if one is."""
    desk = Desk(person.page)
    expect(desk.canvas).to_be_focused()
    if image:
        expect(person.page.get_by_role("heading", level=1)).to_have_text(image)
    return desk


def claim(person: Person, project: Project, stage: str = "Annotate") -> Desk:
    """From the queue, as people do."""
    person.go("/queue")
    place = person.page.get_by_role("region", name=project.name, exact=True)
    place.get_by_role("button", name=f"Claim the next task of {stage}").click()
    return opened(person)


def held(person: Person, project: Project) -> tuple[Desk, dict[str, Any]]:
    """A task claimed over REST and then opened, with what the claim answered."""
    task = project.claim(person.name)
    person.go(f"/projects/{project.id}/tasks/{task['id']}")
    return opened(person), task
