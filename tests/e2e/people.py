"""People at their screens: a browser context each, and what went wrong in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.e2e.site import PASSWORD, Site, email

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
WATCH = """
addEventListener("securitypolicyviolation", (e) => console.error(`CSP: ${e.violatedDirective} ${e.blockedURI}`));
"""


@dataclass
class Person:
    """One person's window. ``troubles`` are the page's errors; what a story provokes it names in ``expected``."""

    name: str
    site: Site
    context: BrowserContext
    page: Page
    troubles: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        self.page.goto(self.site.url + path)
        settled(self.page)
        return self.page

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name)

    def unexpected(self) -> list[str]:
        return [words for words in self.troubles if not any(re.search(known, words) for known in self.expected)]


def settled(page: Page) -> None:
    """The page has its data: nothing is loading, nothing is on its way."""
    page.wait_for_load_state("networkidle")
    expect(page.locator("#root > *").first).to_be_attached()
    expect(page.locator(".mantine-Loader-root")).to_have_count(0)


def watch(person: Person) -> None:
    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            place = message.location.get("url", "")
            person.troubles.append(f"{message.type}: {message.text} ({place})")

    person.page.on("console", said)
    person.page.on("pageerror", lambda error: person.troubles.append(f"thrown: {error}"))
    person.page.on("crash", lambda _: person.troubles.append("the page crashed"))


@dataclass
class Door:
    """Signs people in once and opens windows for them; at the end nobody may have seen an error."""

    browser: Browser
    site: Site
    states: dict[str, Any]
    inside: list[Person] = field(default_factory=list)

    def __call__(self, name: str | None, **options: Any) -> Person:
        """A window of a person already signed in, or of a stranger when ``name`` is None."""
        state = self.state(name) if name else None
        context = self.browser.new_context(
            **{"viewport": DESK, "storage_state": state, "reduced_motion": "reduce", **options}
        )
        context.set_default_timeout(20_000)
        context.add_init_script(WATCH)
        person = Person(name or "stranger", self.site, context, context.new_page())
        watch(person)
        self.inside.append(person)
        return person

    def state(self, name: str) -> Any:
        if name not in self.states:
            context = self.browser.new_context()
            page = context.new_page()
            page.goto(f"{self.site.url}/sign-in")
            sign_in(page, name)
            page.wait_for_url(lambda url: "/sign-in" not in url)
            settled(page)
            self.states[name] = context.storage_state()
            context.close()
        return self.states[name]

    def close(self) -> None:
        troubles = {person.name: person.unexpected() for person in self.inside}
        for person in self.inside:
            person.context.close()
        assert not any(troubles.values()), troubles


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("E-mail").fill(email(name))
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def until(page: Page, true: Callable[[], object], what: str, seconds: float = 20) -> None:
    """Asks again until it is so, while the page lives on."""
    for _ in range(int(seconds * 20)):
        if true():
            return
        page.evaluate("() => new Promise((resolve) => setTimeout(resolve, 50))")
    raise AssertionError(f"{what} did not happen")
