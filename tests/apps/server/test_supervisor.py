from __future__ import annotations

import itertools
import socket
from pathlib import Path

import pytest

from apps.server.supervisor import checks
from apps.server.supervisor.processes import Group, Helper


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


def test_a_helper_that_ends_is_started_again_ever_more_slowly() -> None:
    helper = Helper(["true"], {})
    starts = [second for second in range(120) if helper.may_start(float(second))]
    pauses = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert pauses[0] == 1
    assert pauses == sorted(pauses)
    assert pauses[-1] == 30


def test_a_helper_that_was_well_for_long_is_started_again_at_once() -> None:
    helper = Helper(["true"], {})
    assert helper.may_start(0.0)
    assert helper.may_start(1_000.0)
    assert helper.pause == 1.0


def test_only_a_child_that_is_needed_ends_the_group() -> None:
    group = Group()
    group.start("web server", ["sleep", "60"], {})
    group.start_helper("inference process", ["false"], {})
    try:
        assert group.ended() is None
    finally:
        group.stop()
