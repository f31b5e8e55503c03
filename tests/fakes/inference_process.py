"""A stand-in for the inference process: speaks its protocol on a socket and answers what it was told to."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from apps.inference.gateway import hang_up

Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]] | None
"""Status, body and headers; None hangs up without a word."""

Handle = Callable[[Any], Answer]


@dataclass
class Process:
    """``answers`` by "METHOD /path": a fixed answer, or a function of the body that was sent."""

    url: str
    answers: dict[str, Answer | Handle] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    connections: list[socket.socket] = field(default_factory=list)

    def asked_for(self, route: str) -> list[Any]:
        """The bodies that came for a route, in order."""
        return [body for name, body in self.asked if name == route]

    def encode(self, body: Any) -> Answer:
        """What POST /encode says when all is well."""
        key = f"embeddings/{body['model']['sha256']}/{body['image']['sha256']}.i8"
        return 200, {"key": key, "bytes": 1000, "created": True, "milliseconds": 1.0}


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 128
    process: Process

    def hang_up(self) -> None:
        """As a process that dies does."""
        for connection in self.process.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.process.connections.append(self.connection)

    def address_string(self) -> str:
        return "socket"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        return

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        process = self.server.process
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(raw) if raw else None
        route = f"{self.command} {self.path}"
        process.asked.append((route, body))
        process.headers.append({name.lower(): value for name, value in self.headers.items()})
        told = process.answers.get(route, (404, {"code": "unknown", "detail": "no such route"}))
        answer = told(body) if callable(told) else told
        if answer is None:
            self.close_connection = True
            return
        status, said = answer[0], answer[1]
        text = said if isinstance(said, bytes) else json.dumps(said).encode()
        with suppress(OSError):
            self.send_response(status)
            for name, value in (answer[2] if len(answer) == 3 else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)


@contextmanager
def serving() -> Iterator[Process]:
    """Runs on a socket of its own until the end of the context."""
    with TemporaryDirectory(prefix="lap") as folder:
        path = Path(folder) / "s"
        server = _Server(str(path), _Handler)
        server.process = Process(f"unix:{path}")
        server.process.answers["POST /encode"] = server.process.encode
        server.process.answers["GET /ready"] = (200, {"status": "ok"})
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server.process
        finally:
            server.shutdown()
            hang_up()
            server.hang_up()
            server.server_close()
            thread.join()
