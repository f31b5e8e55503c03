"""Programs that drive a server over HTTP, lean enough that many of them do not crowd out what they drive."""

from __future__ import annotations

import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

TRIES = 200


class Refused(AssertionError):
    """An answer that the caller did not expect."""


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Program:
    """One person's program, with one connection kept alive. ``urls`` are tried in turn when one does not answer.

    A request with an Idempotency-Key is sent again until an answer comes; others fail with the connection.
    """

    urls: Sequence[str]
    key: str
    lost: int = 0
    _at: int = 0
    _open: http.client.HTTPConnection | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()

    def connection(self) -> http.client.HTTPConnection:
        if self._open is None:
            place = urlsplit(self.urls[self._at % len(self.urls)])
            self._open = http.client.HTTPConnection(str(place.hostname), place.port, timeout=60)
        return self._open

    def drop(self) -> None:
        """Closes the connection, whatever is under way on it."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> None:
        """Sends the request, and does not wait for the answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Authorization": f"Bearer {self.key}", "Connection": "keep-alive", **self.headers, **named}
        if isinstance(body, bytes):
            content = body
        else:
            content = b"" if body is None else json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        self.connection().request(method, f"/api/v1{path}", content if method != "GET" else None, sent)

    def receive(self) -> Answer:
        response = self.connection().getresponse()
        return Answer(response.status, response.headers, response.read())

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request and its answer; again after a lost connection where that is safe."""
        safe = method == "GET" or "Idempotency_Key" in headers
        for _ in range(TRIES):
            try:
                self.send(method, path, body, **headers)
                answer = self.receive()
            except (OSError, http.client.HTTPException):
                self.drop()
                self.lost += 1
                self._at += 1
                if not safe:
                    raise
            else:
                return answer
        raise Refused(f"{method} {path} was never answered")

    def call(self, method: str, path: str, body: Any = None, *, status: int = 200, **headers: str) -> Any:
        """The answer's JSON; None for an empty one. Raises Refused for another status."""
        answer = self.ask(method, path, body, **headers)
        if answer.status != status:
            raise Refused(f"{method} {path}: {answer.status} {answer.body[:2000]!r}")
        return answer.json() if answer.body else None

    def get(self, path: str, **options: Any) -> Any:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.call("POST", path, {} if body is None else body, **options)

    def once(self, method: str, path: str, body: Any = None) -> Answer:
        """An unsafe request that may be retried: with an Idempotency-Key of its own."""
        return self.ask(method, path, {} if body is None else body, Idempotency_Key=str(uuid4()))

    def upload(
        self, path: str, files: Sequence[tuple[str, str, bytes]], fields: dict[str, str] | None = None
    ) -> Answer:
        """Files as (field, name, content) and text ``fields`` as multipart/form-data."""
        mark = uuid4().hex
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in (fields or {}).items()
        ]
        for name, file_name, content in files:
            head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
            parts.append(head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n")
        body = b"".join(parts) + f"--{mark}--\r\n".encode()
        return self.ask("POST", path, body, Content_Type=f"multipart/form-data; boundary={mark}")
