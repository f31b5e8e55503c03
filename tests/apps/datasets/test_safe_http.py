"""The door to other people's servers: what it refuses, it never even connects to."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from apps.datasets import safe_http
from apps.datasets.logic.addresses import RefusedError, is_public
from apps.datasets.safe_http import Limits, fetch
from tests.fakes.web import Web, serving

LOOPBACK = ("127.0.0.1/32",)


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as found:
        yield found


def limits(web: Web, *, networks: tuple[str, ...] = (), max_bytes: int = 1_000) -> Limits:
    return Limits(max_bytes=max_bytes, ports=(80, 443, web.port), networks=networks)


def names(table: dict[str, Sequence[str]]) -> safe_http.Resolver:
    """A name server that knows ``table`` and passes addresses on."""
    return lambda host, port: table[host] if host in table else safe_http.resolve(host, port)


def refused(url: str, allowed: Limits, resolver: safe_http.Resolver = safe_http.resolve) -> str:
    with pytest.raises(RefusedError) as caught:
        fetch(url, limits=allowed, resolver=resolver)
    return caught.value.code


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "0",
        "0.0.0.0",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[fe80::1]",
        "[fc00::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[::]",
    ],
)
def test_addresses_that_are_not_public_are_never_connected_to(web: Web, host: str) -> None:
    assert refused(web.url(host), limits(web)) in ("private_address", "unresolved")
    assert web.connections == 0


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("file:///etc/passwd", "bad_scheme"),
        ("gopher://example.org/", "bad_scheme"),
        ("ftp://example.org/", "bad_scheme"),
        ("//example.org/", "bad_scheme"),
        ("javascript:alert(1)", "bad_scheme"),
        ("http://a@10.0.0.1/", "bad_url"),
        ("http://a:b@example.org/", "bad_url"),
        ("http:///etc/passwd", "bad_url"),
        ("http://example.org:99999/", "bad_url"),
        ("http://example.org:22/", "bad_port"),
        ("http://example.org:6379/", "bad_port"),
        ("http://exam ple.org/", "bad_url"),
        ("http://example.org/\r\nX-Evil: 1", "bad_url"),
        ("http://[::1", "bad_url"),
        ("http://[fe80::1%25eth0]/", "bad_url"),
        ("http://example.org\\@10.0.0.1/", "bad_url"),
        ("", "bad_url"),
        ("http://" + "a" * 3_000, "bad_url"),
    ],
)
def test_urls_that_no_rule_allows(url: str, code: str) -> None:
    def never(host: str, port: int) -> Sequence[str]:
        raise AssertionError("resolved")

    assert refused(url, Limits(max_bytes=10), never) == code


def test_an_allowed_file_arrives_with_the_name_in_host(web: Web) -> None:
    web.file("/a.png?x=1", b"content")
    found = fetch(web.url("images.test", "/a.png?x=1#part"), limits=limits(web, networks=LOOPBACK),
                  resolver=names({"images.test": ["127.0.0.1"]}))  # fmt: skip
    with found:
        assert found.read() == b"content"
    assert web.asked == [("/a.png?x=1", f"images.test:{web.port}")]


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["203.0.113.7", "127.0.0.1"], ["10.1.2.3", "93.184.216.34"], []])
def test_a_name_with_any_private_address_is_refused(web: Web, answers: list[str]) -> None:
    assert refused(web.url("evil.test"), limits(web), names({"evil.test": answers})) in (
        "private_address",
        "unresolved",
    )
    assert web.connections == 0


def test_rebinding_does_nothing_since_the_checked_address_is_used(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name server says a public address first and loopback ever after; only the first answer is ever used."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])
    tried: list[str] = []

    def connect(address: tuple[str, int], timeout: float) -> None:
        tried.append(address[0])
        raise OSError("no network in tests")

    monkeypatch.setattr("socket.create_connection", connect)
    assert refused(web.url("evil.test"), limits(web), lambda host, port: next(answers)) == "unreachable"
    assert (tried, web.connections) == (["93.184.216.34"], 0)


@pytest.mark.parametrize(
    "target",
    ["http://10.0.0.1/", "http://[::1]/", "file:///etc/passwd", "http://evil.test/", "http://x:25/", "//10.0.0.1/"],
)
def test_a_redirect_is_checked_like_the_first_url(web: Web, target: str) -> None:
    with serving() as canary:
        web.redirect("/", target.replace("evil.test", f"evil.test:{web.port}"))
        table = names({"images.test": ["127.0.0.1"], "evil.test": ["10.0.0.9"]})
        code = refused(web.url("images.test"), limits(web, networks=LOOPBACK), table)
        assert code in ("private_address", "bad_scheme", "bad_port")
        assert (web.connections, canary.connections) == (1, 0)


def test_three_redirects_and_no_more(web: Web) -> None:
    for i in range(5):
        web.redirect(f"/{i}", f"/{i + 1}", status=(301, 302, 303, 307, 308)[i])
    web.file("/5", b"end")
    allowed = limits(web, networks=LOOPBACK)
    with fetch(web.url("127.0.0.1", "/2"), limits=allowed) as found:
        assert found.read() == b"end"
    web.asked.clear()
    assert refused(web.url("127.0.0.1", "/1"), allowed) == "too_many_redirects"
    assert len(web.asked) == 4


def test_size_is_counted_while_reading(web: Web) -> None:
    sent: list[int] = []

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(10_000):
                handler.wfile.write(bytes(4_096))
                sent.append(4_096)
        except OSError:
            return

    web.pages["/endless"] = endless
    web.file("/announced", bytes(2_000))
    allowed = limits(web, networks=LOOPBACK)
    assert refused(web.url("127.0.0.1", "/endless"), allowed) == "too_large"
    assert refused(web.url("127.0.0.1", "/announced"), allowed) == "too_large"
    assert sum(sent) < 40_000_000


def test_a_server_that_trickles_is_hung_up_on(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_http, "DEADLINE", 0.2)
    stop = threading.Event()

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        try:
            while not stop.wait(0.02):
                handler.wfile.write(b"X")
        except OSError:
            return

    web.pages["/"] = trickle
    assert refused(web.url("127.0.0.1"), limits(web, networks=LOOPBACK)) in ("unreachable", "too_slow")
    stop.set()


@pytest.mark.parametrize("status", [204, 206, 304, 401, 404, 500])
def test_only_the_file_itself_will_do(web: Web, status: int) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    web.pages["/"] = answer
    assert refused(web.url("127.0.0.1"), limits(web, networks=LOOPBACK)) == "bad_status"


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


# These reach addresses of the instance admin's alone: the server asks itself whether it is ready, the gateway asks our
# own inference process over its socket, and that asks predictors that the admin has added by their address.
OWN = ("apps/server/", "apps/inference/gateway.py", "apps/inference/service/")


def test_nothing_else_opens_urls() -> None:
    """No other module of the server imports a client for URLs that a person wrote."""
    root = Path(safe_http.__file__).parents[2]
    clients = ("requests", "httpx", "urllib.request", "urllib3", "aiohttp", "http.client")
    found = [
        str(path)
        for path in (root / "apps").rglob("*.py")
        if path != Path(safe_http.__file__) and not path.relative_to(root).as_posix().startswith(OWN)
        for line in path.read_text().splitlines()
        if line.strip().startswith(("import ", "from ")) and line.split()[1] in clients
    ]
    assert found == []
