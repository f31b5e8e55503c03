"""The commands: a socket for ourselves alone, and what a file is, as JSON."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apps.inference import wire
from apps.inference.service.command import bind, main
from apps.inference.service.predictors.external import HOSTS
from apps.inference.service.settings import CannotStart


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a socket; short, as the system wants it."""
    monkeypatch.chdir(tmp_path)
    return Path("run/socket")


def inspected(capsys: pytest.CaptureFixture[str], *arguments: str, kind: Any = wire.Trouble) -> tuple[int, Any]:
    status = main(["inspect", *arguments])
    return status, msgspec.json.decode(capsys.readouterr().out, type=kind)


def test_a_socket_is_for_its_owner_alone(place: Path) -> None:
    mask = os.umask(0)
    try:
        with bind(place):
            assert stat.S_IMODE(place.stat().st_mode) == 0o600
            assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    finally:
        assert os.umask(mask) == 0, "what the process had before"


def test_it_takes_the_place_of_the_dead_and_not_of_the_living(place: Path) -> None:
    bind(place).close()
    with bind(place) as ours:
        ours.listen()
        with pytest.raises(CannotStart, match="Another"):
            bind(place)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(place))


def test_where_no_socket_can_be_it_says_so_and_touches_nothing(place: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for wrong in (Path("file"), Path("file/socket"), tmp_path / ("long" * 40)):
        with pytest.raises(CannotStart, match="cannot be opened"):
            bind(wrong)
    assert (tmp_path / "file").read_text() == "mine"


def test_an_environment_that_is_none_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setenv("LAPIDARY_INFERENCE", "")
    assert main([]) == 1
    assert capsys.readouterr().err.startswith("inference: LAPIDARY_INFERENCE must")


def test_a_file_that_is_no_model_is_told_as_trouble(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "model"
    path.write_bytes(b"no model at all")
    config = '{"kind": "classification", "input": {"size": [8, 8]}, "classes": ["a"], "of": "time"}'
    status, said = inspected(capsys, str(path), "--kind", "predictor", "--config", config)
    assert (status, said.code) == (1, "damaged_file")
    assert path.read_bytes() == b"no model at all"


def test_a_file_that_is_not_the_one_that_was_named_is_not_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model.pth").write_bytes(b"no model at all")
    other = hashlib.sha256(b"another").hexdigest()
    status, said = inspected(capsys, str(tmp_path / "model.pth"), "--sha256", other)
    assert (status, said.code) == (1, "damaged_file")
    assert "not opened" in said.detail


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nowhere.pth"], "bad_file"),
        (["."], "bad_file"),
        (["", "--kind", "predictor", "--config", "{"], "bad_config"),
        (["", "--kind", "predictor", "--config", "[]"], "bad_config"),
        (["", "--kind", "predictor"], "bad_model"),
        (["", "--kind", "decoder", "--base", "{}"], "bad_config"),
        (["", "--kind", "predictor", "--config", '{"url": "https://elsewhere.example/"}'], "host_not_allowed"),
        (["", "--kind", "segmenter"], "model_missing"),
    ],
)
def test_what_cannot_be_looked_at_has_a_code(
    place: Path, arguments: list[str], code: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOSTS, "known.example")
    status, said = inspected(capsys, *arguments)
    assert (status, said.code) == (1, code)
    assert said.detail


def test_an_address_is_inspected_without_a_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOSTS, "known.example")
    config = '{"url": "https://known.example/"}'
    status, said = inspected(capsys, "", "--kind", "predictor", "--config", config, kind=wire.InspectAnswer)
    assert (status, said.family) == (0, "http")
