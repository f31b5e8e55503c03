from __future__ import annotations

import socket
from pathlib import Path

import pytest

from apps.server.supervisor import checks


def test_an_address_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("HOST", "127.0.0.1")
    monkeypatch.setenv("PORT", str(port))
    assert checks.address() == checks.Address("127.0.0.1", port)


def test_a_busy_port_gives_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setenv("HOST", "127.0.0.1")
        monkeypatch.setenv("PORT", str(other.getsockname()[1]))
        with pytest.raises(checks.CannotStart, match="is in use") as caught:
            checks.address()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "٣"])
def test_what_is_no_port_is_refused(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(checks.CannotStart, match="PORT must be"):
        checks.address()


def test_a_home_that_is_a_file_gives_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LAPIDARY_HOME", str(tmp_path / "file"))
    with pytest.raises(checks.CannotStart, match="cannot be written"):
        checks.home(tmp_path)


def test_one_home_has_one_server(tmp_path: Path) -> None:
    held = checks.alone(tmp_path)
    with pytest.raises(checks.CannotStart, match="already runs"):
        checks.alone(tmp_path)
    held.close()
    checks.alone(tmp_path).close()


def test_an_open_address_is_shown_as_one_that_can_be_clicked() -> None:
    assert checks.Address("0.0.0.0", 8000).url == "http://localhost:8000"
    assert checks.Address("::1", 8000).url == "http://[::1]:8000"
