"""``manage.py quality_score`` and ``quality_certificate``, on files. None of these touches a database."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.apps.quality.test_certificate import made_up
from tests.apps.quality.test_classification import made_up as made_up_labels
from tests.apps.quality.test_detection import GOOD


def save(path: Path, **arrays: Any) -> str:
    np.savez(path, **arrays)
    return str(path)


def test_classifications_with_and_without_verdicts(tmp_path: Path) -> None:
    p, y, x, wrong = made_up_labels(3, n=400)
    given = save(tmp_path / "in.npz", pred_probs=p, given_label=y, embeddings=x)
    verdicts = save(tmp_path / "v.npz", index=np.arange(100), is_error=wrong[:100])
    said = StringIO()
    call_command("quality_score", "--kind", "classification", given, str(tmp_path / "out.npz"), stdout=said)
    call_command(
        "quality_score",
        "--kind",
        "classification",
        given,
        str(tmp_path / "v-out.npz"),
        "--verdicts",
        verdicts,
        stdout=said,
    )
    assert "(fixed)" in said.getvalue()
    assert "(calibrated)" in said.getvalue()
    with np.load(tmp_path / "out.npz", allow_pickle=False) as found:
        assert {"mistakenness", "p_error", "suggested_label"} <= set(found.files)
        assert all(found[name].shape == (400,) for name in ("mistakenness", "p_error", "suggested_label"))
        assert str(found["model"]) == "fixed"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.npz", "out.npz", "v-out.npz", "v.npz"]


def test_boxes(tmp_path: Path) -> None:
    given = save(tmp_path / "in.npz", **GOOD)
    call_command("quality_score", "--kind", "detection", given, str(tmp_path / "out.npz"), stdout=StringIO())
    with np.load(tmp_path / "out.npz", allow_pickle=False) as found:
        assert {"p_error", "p_missing", "image_p_error", "p_duplicate"} <= set(found.files)


def test_bad_files_and_bad_arrays_leave_nothing_behind(tmp_path: Path) -> None:
    bad = save(tmp_path / "bad.npz", pred_probs=np.full((2, 2), 0.7), given_label=np.array([0, 1]))
    objects = save(tmp_path / "objects.npz", pred_probs=np.array([{}]))
    (tmp_path / "text.npz").write_text("no archive")
    for path, words in {
        bad: "pred_probs: row 0",
        objects: "pickles",
        str(tmp_path / "text.npz"): "no .npz file",
        str(tmp_path / "none.npz"): "No such file",
    }.items():
        with pytest.raises(CommandError, match=words):
            call_command("quality_score", "--kind", "classification", path, str(tmp_path / "out.npz"))
    assert not (tmp_path / "out.npz").exists()


def test_a_warning_is_said_aloud(tmp_path: Path) -> None:
    y = np.arange(90) % 3
    given = save(tmp_path / "in.npz", pred_probs=np.eye(3)[y], given_label=y)
    warned = StringIO()
    call_command(
        "quality_score", "--kind", "classification", given, str(tmp_path / "out.npz"), stdout=StringIO(), stderr=warned
    )
    assert "out-of-sample" in warned.getvalue()


def test_a_certificate_and_a_refusal(tmp_path: Path) -> None:
    tables = made_up()
    said = StringIO()
    given = save(tmp_path / "in.npz", **tables)
    call_command("quality_certificate", given, str(tmp_path / "out.json"), stdout=said)
    found = json.loads((tmp_path / "out.json").read_text())
    assert found["lower"] <= found["estimate"] <= found["upper"]
    tables["probability"] = np.zeros(2000)
    given = save(tmp_path / "never.npz", **tables)
    call_command("quality_certificate", given, str(tmp_path / "refused.json"), stdout=said)
    assert json.loads((tmp_path / "refused.json").read_text())["certified"] is False
    assert "Certified:" in said.getvalue()
    assert "Not certified: 1400 of 2000 labels had no chance" in said.getvalue()
    with pytest.raises(CommandError, match="--target"):
        call_command("quality_certificate", given, str(tmp_path / "x.json"), "--target", "2")
