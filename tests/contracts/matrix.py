"""The table of who may call what: its words, and the world in which every route is tried.

Each app has ``tests/contracts/rules/<app>.py`` with ``RULES`` and, where its routes have URL arguments, a function
``prepare(world)`` that makes the objects (in the home organization) and stores their ids in ``world.ids`` under the
arguments' names. Modules are prepared in the order of ``APPS``, so a later one finds what an earlier one made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.urls import URLPattern, URLResolver

from apps.api.urls import APPS as ROUTED
from apps.api.urls import urlpatterns
from apps.common.http import ApiView
from tests.factories.people import People

APPS = ("api", *ROUTED)
# Everybody of the home organization. ann and bob annotate in the world's project, rex reviews, eve is the expert,
# val views, mia manages it; adele and oskar are admins of everything in their organization.
HOME = frozenset({"ann", "rex", "eve", "val", "mia", "adele", "oskar"})
MANAGERS = frozenset({"mia", "adele", "oskar"})
ADMINS = frozenset({"adele", "oskar"})
FOREIGN = ("olga", "otto")


@dataclass
class World:
    """People, and the ids of objects by the name of the URL argument that takes them."""

    people: People
    ids: dict[str, Any] = field(default_factory=dict)


Body = Callable[[World], Any]


@dataclass(frozen=True)
class Rule:
    """Who is let in: whoever is in ``allow`` gets anything but 401, 403 and 404, everybody else 403 or 404.

    ``route`` is "METHOD path", the path as in the URL table. ``body`` makes the request's body, ``args`` overrides
    URL arguments. ``foreign`` makes pairs of bodies, one with another organization's id and one with an id of nobody:
    both must be refused alike. ``open_to_all``: no object is named, so people of other organizations are let in too.
    ``public``: needs no sign-in. ``session``: no key may call it. ``multipart``: the body is sent as a form.
    ``refused``: what those not allowed get.
    """

    route: str
    allow: frozenset[str] = HOME
    body: Body | None = None
    args: Callable[[World], dict[str, Any]] | None = None
    foreign: Callable[[World], list[tuple[Any, Any]]] | None = None
    open_to_all: bool = False
    public: bool = False
    session: bool = False
    multipart: bool = False
    refused: frozenset[int] = frozenset({403, 404})

    @property
    def method(self) -> str:
        return self.route.split(" ", 1)[0]

    @property
    def path(self) -> str:
        return self.route.split(" ", 1)[1]

    def url(self, ids: dict[str, Any]) -> str:
        """The path with its arguments filled in, relative to ``/api/v1``."""
        parts = []
        for part in self.path.split("/"):
            name = part.strip("<>").split(":")[-1]
            parts.append(str(ids[name]) if part.startswith("<") else part)
        return "/" + "/".join(parts)

    @property
    def arguments(self) -> list[str]:
        return [part.strip("<>").split(":")[-1] for part in self.path.split("/") if part.startswith("<")]


def routes(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(path, view class or function) of every route of the API."""
    for item in urlpatterns if patterns is None else patterns:
        path = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from routes(item.url_patterns, path)
        elif isinstance(item, URLPattern):
            yield path, getattr(item.callback, "cls", item.callback)


def api_routes() -> Iterator[tuple[str, type[ApiView]]]:
    """("METHOD path", view class) of every route whose view is an ApiView."""
    for path, view in routes():
        if isinstance(view, type) and issubclass(view, ApiView):
            for name in view.http_method_names:
                if name != "head" and hasattr(view, name):
                    yield f"{name.upper()} {path}", view


def rule_modules() -> Iterator[Any]:
    for app in APPS:
        if find_spec(f"tests.contracts.rules.{app}"):
            yield import_module(f"tests.contracts.rules.{app}")


def all_rules() -> list[Rule]:
    return [rule for module in rule_modules() for rule in getattr(module, "RULES", ())]


def prepare_all(people: People) -> World:
    world = World(people)
    for name in (*HOME, *FOREIGN):
        people.caller(name)  # its key must not be rolled back with the first call
    for module in rule_modules():
        if hasattr(module, "prepare"):
            module.prepare(world)
    return world
