"""Which URLs and network addresses may be fetched."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Networks that carry an IPv4 address inside: where they end is not for us to guess.
_CARRIERS = [ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")]
_BAD = re.compile(r"[\x00-\x20\x7f-\uffff\\]")
MAX_URL = 2_000


class RefusedError(Exception):
    """The URL may not be fetched; ``code`` names the rule, never what stands at the address."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart: ``path`` includes the query, ``host`` is as written in lower case."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == {"http": 80, "https": 443}[self.scheme] else f"{name}:{self.port}"


def read_url(url: object, *, ports: Sequence[int]) -> Target:
    """The target of a URL. Raises RefusedError (``bad_url bad_scheme bad_port``)."""
    if not isinstance(url, str) or not 1 <= len(url) <= MAX_URL or _BAD.search(url):
        raise RefusedError("bad_url", "This is not a URL of printable ASCII characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise RefusedError("bad_url", "This is not a URL.") from None
    if parts.scheme not in ("http", "https"):
        raise RefusedError("bad_scheme", "Only http and https are fetched.")
    if not parts.hostname or "@" in parts.netloc or "%" in parts.hostname:
        raise RefusedError("bad_url", "The URL names a host, and no user.")
    port = port if port is not None else {"http": 80, "https": 443}[parts.scheme]
    if port not in ports:
        raise RefusedError("bad_port", f"Only the ports {', '.join(map(str, ports))} are fetched.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname.lower(), port, path)


def is_public(text: str, *, allowed: Sequence[str] = ()) -> bool:
    """Whether a resolved address is globally routable, or lies in one of the ``allowed`` networks."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in ipaddress.ip_network(network) for network in allowed):
        return True
    if any(address in network for network in _CARRIERS):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
