"""The one door to other people's web servers. Nothing else in the product opens a URL that a person wrote.

Every hop is checked anew: scheme and port, then every address that its name resolves to. The connection goes to the
checked address itself, with the name only in ``Host`` and SNI, so a second answer of the name server changes nothing.
Environment proxies are not used. Bytes and seconds are counted while reading.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO
from urllib.parse import urljoin

from django.conf import settings

from apps.datasets.logic.addresses import RefusedError, Target, is_public, read_url

MAX_REDIRECTS = 3
TIMEOUT = 10.0
"""Seconds without a sign of life."""

DEADLINE = 120.0
"""Seconds for the whole fetch, redirects included."""

CHUNK = 65_536
IN_MEMORY = 4 * 2**20
REDIRECTS = (301, 302, 303, 307, 308)
AGENT = "Lapidary/1 (image import)"

Resolver = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed: ``ports``, extra ``networks`` beside the globally routable ones, bytes of the body."""

    max_bytes: int
    ports: tuple[int, ...] = (80, 443)
    networks: tuple[str, ...] = ()


def limits_from_settings(max_bytes: int) -> Limits:
    """``SAFE_HTTP_PORTS`` and ``SAFE_HTTP_NETWORKS``: the instance admin's exceptions."""
    return Limits(
        max_bytes=max_bytes,
        ports=tuple(getattr(settings, "SAFE_HTTP_PORTS", (80, 443))),
        networks=tuple(getattr(settings, "SAFE_HTTP_NETWORKS", ())),
    )


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, numeric spellings included."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


def fetch(url: str, *, limits: Limits, resolver: Resolver = resolve) -> IO[bytes]:
    """The body of ``url`` as an open, rewound file that the caller closes. Raises RefusedError, with the codes
    ``bad_url bad_scheme bad_port private_address unresolved unreachable bad_status too_many_redirects too_large
    too_slow``.
    """
    deadline = time.monotonic() + DEADLINE
    for _ in range(MAX_REDIRECTS + 1):
        target = read_url(url, ports=limits.ports)
        addresses = checked_addresses(target, limits, resolver)
        try:
            answer = _ask(target, addresses, limits, deadline)
        except (OSError, http.client.HTTPException, UnicodeError):
            raise RefusedError("unreachable", "The server could not be reached or broke off.") from None
        if not isinstance(answer, str):
            return answer
        url = urljoin(url, answer)
    raise RefusedError("too_many_redirects", f"More than {MAX_REDIRECTS} redirects.")


def checked_addresses(target: Target, limits: Limits, resolver: Resolver) -> Sequence[str]:
    """Every address of the target; one that is not allowed refuses them all."""
    try:
        addresses = resolver(target.host, target.port)
    except (OSError, UnicodeError):
        addresses = ()
    if not addresses:
        raise RefusedError("unresolved", "The host has no address.")
    if not all(is_public(address, allowed=limits.networks) for address in addresses):
        raise RefusedError("private_address", "The host is not on the public internet.")
    return addresses


def _ask(target: Target, addresses: Sequence[str], limits: Limits, deadline: float) -> IO[bytes] | str:
    """One hop: the body, or where a redirect points."""
    connection = http.client.HTTPConnection(target.host, target.port, timeout=TIMEOUT)
    connection.sock = raw = _connect(target, addresses)
    # A server that sends a byte now and then never times out by itself.
    hang_up = threading.Timer(max(0.0, deadline - time.monotonic()), _shut, [raw])
    hang_up.start()
    try:
        headers = {"Host": target.host_header, "User-Agent": AGENT, "Accept-Encoding": "identity", "Accept": "image/*"}
        connection.putrequest("GET", target.path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        with connection.getresponse() as response:
            if response.status in REDIRECTS and (location := response.getheader("Location")):
                return location
            if response.status != 200:
                raise RefusedError("bad_status", "The server did not answer with the file.")
            return _read(response, limits.max_bytes, deadline)
    finally:
        hang_up.cancel()
        connection.close()


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _connect(target: Target, addresses: Sequence[str]) -> socket.socket:
    """A connection to the first checked address that answers. Raises OSError."""
    failure: OSError = OSError("no address")
    for address in addresses[:4]:
        try:
            raw = socket.create_connection((address, target.port), timeout=TIMEOUT)
        except OSError as error:
            failure = error
            continue
        if target.scheme == "http":
            return raw
        try:
            return ssl.create_default_context().wrap_socket(raw, server_hostname=target.host)
        except OSError:
            raw.close()
            raise
    raise failure


def _read(response: http.client.HTTPResponse, max_bytes: int, deadline: float) -> IO[bytes]:
    announced = response.getheader("Content-Length", "")
    if announced.isdigit() and int(announced[:18]) > max_bytes:
        raise RefusedError("too_large", f"The file has more than {max_bytes} bytes.")
    body: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  the caller closes it
    count = 0
    try:
        while chunk := response.read1(CHUNK):
            count += len(chunk)
            if count > max_bytes:
                raise RefusedError("too_large", f"The file has more than {max_bytes} bytes.")
            if time.monotonic() > deadline:
                raise RefusedError("too_slow", "The file took too long.")
            body.write(chunk)
    except BaseException:
        body.close()
        raise
    body.seek(0)
    return body
