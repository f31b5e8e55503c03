"""The process's addresses. The web server and its workers call them over the socket; nobody else does."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from apps.inference import wire
from apps.inference.service.answers import answering, body, in_time, shown, trouble, unless_gone
from apps.inference.service.desk import Desk
from apps.inference.service.loaders import Loaders
from apps.inference.service.metrics import Meters
from apps.inference.service.refusals import Refusal
from apps.inference.service.settings import Settings

OPEN = ("/health", "/ready")


class Token:
    """Over TCP everybody in the network reaches this port: only who knows the token is answered."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._expected = app, f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in OPEN:
            sent = dict(scope["headers"]).get(b"authorization", b"")
            if not hmac.compare_digest(sent, self._expected):
                await trouble(401, "unauthenticated", "Send the token.")(scope, receive, send)
                return
        await self._app(scope, receive, send)


class Addresses:
    """One handler per address; the desk lives in the application's state while it runs."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters

    async def assist(self, request: Request) -> Response:
        ask = await body(request, wire.AssistAsk)
        with self._meters.timed("assist"):
            return shown(await unless_gone(request, in_time(desk(request).assist(ask), ask.deadline_ms)))

    async def encode(self, request: Request) -> Response:
        ask = await body(request, wire.EncodeAsk)
        with self._meters.timed("encode"):
            return shown(await unless_gone(request, in_time(desk(request).encode(ask), ask.deadline_ms)))

    async def warm(self, request: Request) -> Response:
        return shown(await desk(request).warming.ask(await body(request, wire.WarmAsk)), 202)

    async def everything(self, request: Request) -> Response:
        ask = await body(request, wire.EverythingAsk)
        with self._meters.timed("everything"):
            return shown(await unless_gone(request, in_time(desk(request).everything(ask), ask.deadline_ms)))

    async def predict(self, request: Request) -> Response:
        ask = await body(request, wire.PredictAsk)
        with self._meters.timed("predict"):
            return shown(await unless_gone(request, in_time(desk(request).predict(ask), ask.deadline_ms)))

    async def describe(self, request: Request) -> Response:
        ask = await body(request, wire.DescribeAsk)
        with self._meters.timed("describe"):
            asked = desk(request).describing.ask(ask)
            return shown(await unless_gone(request, in_time(asked, ask.deadline_ms)))

    async def inspect(self, request: Request) -> Response:
        return shown(await desk(request).inspect(await body(request, wire.InspectAsk)))

    async def finetune(self, request: Request) -> Response:
        """POST begins or goes on, GET tells, DELETE cancels. The run itself is a process of its own."""
        run, runs = str(request.path_params["run"]), desk(request).loaders.runs
        if request.method == "POST":
            ask = await body(request, wire.FinetuneAsk)
            if ask.run != run:
                raise Refusal("bad_body", "The body names another run than the address.")
            return shown(await anyio.to_thread.run_sync(runs.start, ask))
        verb = runs.cancel if request.method == "DELETE" else runs.state
        return shown(await anyio.to_thread.run_sync(verb, run))

    async def health(self, request: Request) -> Response:
        return shown({"status": "ok"})

    async def ready(self, request: Request) -> Response:
        """200 once the desk stands; which models are loaded."""
        loaded = [model.engine.id for model in desk(request).segmenters.values()]
        return shown({"status": "ok", "models": loaded})

    async def state(self, request: Request) -> Response:
        asked = request.query_params
        return shown(await desk(request).warming.state(asked.get("model", ""), asked.get("image", "")))

    async def metrics(self, request: Request) -> Response:
        return Response(self._meters.text(desk(request)), media_type="text/plain; version=0.0.4; charset=utf-8")


def desk(request: Request) -> Desk:
    found: Desk = request.app.state.desk
    return found


def application(settings: Settings, loaders: Loaders | None = None) -> Starlette:
    """``loaders`` may be stand-ins, in tests."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        store = loaders.store if loaders is not None else settings.store()
        settings.cache.mkdir(parents=True, exist_ok=True)
        app.state.desk = Desk(settings, store, loaders or Loaders(store, settings.cache))
        yield
        app.state.desk.close()

    here = Addresses(Meters())
    routes = [
        *(
            Route(f"/{name}", answering(getattr(here, name)), methods=["POST"])
            for name in ("assist", "encode", "warm", "everything", "predict", "describe", "inspect")
        ),
        Route("/finetune/{run}", answering(here.finetune), methods=["POST", "GET", "DELETE"]),
        *(Route(f"/{name}", answering(getattr(here, name))) for name in ("health", "ready", "state", "metrics")),
    ]
    # On a socket in our own folder the file's mode says who may come.
    guard = [] if settings.socket is not None else [Middleware(Token, token=settings.token)]
    return Starlette(routes=routes, middleware=guard, lifespan=lifespan)
