"""What a person said, as a table, as figures, and as the file that ``manage.py quality_score --verdicts`` reads."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from lapidary.rows import Row
from lapidary.session import Commit

NAMES = ("row", "index", "label", "verdict", "new_label", "kind", "batch", "seconds", "at")


def records(rows: Sequence[Row], commits: Sequence[Commit], classes: dict[str, Any]) -> list[dict[str, Any]]:
    """One record for every row that was on a committed screen, in the order of judging.

    ``verdict`` is "fine" or "wrong"; a wrong one that was given a class has it in ``new_label`` and the ``kind``
    "wrong_class", else None. ``seconds`` is the active time of the row's batch, shared out evenly; ``at`` is UTC.
    """
    return [
        {
            "row": row,
            "index": rows[row].index,
            "label": rows[row].label,
            "verdict": "wrong" if row in commit.marks else "fine",
            "new_label": classes.get(commit.marks.get(row, "")),
            "kind": "wrong_class" if commit.marks.get(row) else None,
            "batch": batch,
            "seconds": commit.seconds / len(commit.screen.rows),
            "at": commit.at,
        }
        for batch, commit in enumerate(commits, 1)
        for row in commit.screen.rows
    ]


def table(found: list[dict[str, Any]]) -> Any:
    """A pandas DataFrame where pandas is installed, else the records."""
    try:
        import pandas as pd
    except ImportError:
        return found
    return pd.DataFrame(found, columns=list(NAMES))


def figures(commits: Sequence[Commit]) -> dict[str, float]:
    """How much, how fast: from measured active time alone. Rates are nan before any time was measured."""
    verdicts = sum(len(commit.screen.rows) for commit in commits)
    wrong = sum(len(commit.marks) for commit in commits)
    seconds = sum(commit.seconds for commit in commits)
    return {
        "batches": len(commits),
        "verdicts": verdicts,
        "wrong": wrong,
        "seconds": round(seconds, 3),
        "verdicts_per_minute": verdicts * 60 / seconds if seconds > 0 else float("nan"),
        "wrong_per_minute": wrong * 60 / seconds if seconds > 0 else float("nan"),
    }


def to_npz(found: list[dict[str, Any]], path: str | PathLike[str], index: str) -> Path:
    """Writes ``index``, ``is_error`` and ``kind``. Raises ``ValueError`` where ``index`` cannot point at a label.

    ``index`` says which number points at the label in the arrays that are scored: "label" what the table calls the
    row, so that a sorted or filtered DataFrame still points at the right one; "position" the row's place in the table.
    """
    if index not in ("label", "position"):
        raise ValueError(f'index is "label" or "position", not {index!r}')
    numbers = [one["row"] if index == "position" else one["index"] for one in found]
    strange = next((one for one in numbers if type(one) is not int or one < 0), None)
    if strange is not None:
        raise ValueError(f'the table\'s index holds {strange!r}, which is no place in an array: use index="position"')
    if len(set(numbers)) != len(numbers):
        raise ValueError('the table\'s index names several rows alike: use index="position"')
    target = Path(path)
    kinds = ["wrong_class" if one["kind"] else "" for one in found]
    with target.open("wb") as file:
        np.savez(
            file,
            index=np.array(numbers, np.int64),
            is_error=np.array([one["verdict"] == "wrong" for one in found], np.bool_),
            kind=np.array(kinds, dtype="U11"),
        )
    return target
