"""The widget: a session on this side, the product's grid on the page's side, and what they tell each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Bytes, Dict, Int, Unicode

from lapidary import verdicts
from lapidary.columns import BadInput, plain
from lapidary.pictures import BROKEN, spot, whole
from lapidary.references import References
from lapidary.rows import Columns, Row, read
from lapidary.session import Session, Size

STATIC = Path(__file__).parent / "static"
SMALLEST, LARGEST = 48, 192
FAILURES = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)


class NotBuilt(RuntimeError):
    """The page's side of the grid is not there."""


def built() -> tuple[str, str]:
    """The script and its styles. Raises ``NotBuilt``, saying how they are made."""
    try:
        return (STATIC / "grid.js").read_text("utf-8"), (STATIC / "grid.css").read_text("utf-8")
    except FileNotFoundError as error:
        raise NotBuilt(
            f"{STATIC} has no grid.js and grid.css: the grid is not built. Run `make front` in Lapidary's repository, "
            "or in its frontend/ `npm ci --ignore-scripts && npm run build:notebook`."
        ) from error


class Grid(anywidget.AnyWidget):
    """Labels as a wall of crops; ``verdicts`` and ``figures`` follow what a person says. Made by ``grid``."""

    _esm = Unicode().tag(sync=True)
    _css = Unicode().tag(sync=True)
    shown = Dict().tag(sync=True)
    """The screen in front, as the page draws it; {} before a page has said how large it is."""
    sheet = Bytes().tag(sync=True)
    """The screen's crops and the references, a JPEG."""
    tile = Int().tag(sync=True)
    height = Int().tag(sync=True)
    judged = Int()
    """How many verdicts there are: ``observe`` it to hear of each batch."""

    def __init__(self, rows: Sequence[Row], references: References, classes: Sequence[Any], **sizes: int) -> None:
        script, style = built()
        self._rows = rows
        self._classes = {str(one): one for one in classes}
        self._session = Session(rows, references)
        super().__init__(_esm=script, _css=style, **sizes)
        self.on_msg(self._heard)

    @property
    def verdicts(self) -> Any:
        """One row per judged row of the table: a DataFrame where pandas is installed, else a list of dicts.

        Columns: ``row`` (position), ``index``, ``label``, ``verdict`` ("fine" or "wrong"), ``new_label``, ``kind``,
        ``batch``, ``seconds`` and ``at``.
        """
        return verdicts.table(self._records())

    @property
    def figures(self) -> dict[str, float]:
        """Batches, verdicts, wrong ones, active seconds, and verdicts and wrong ones per minute."""
        return verdicts.figures(self._session.commits)

    @property
    def problems(self) -> list[str]:
        """Rows that could not be shown, and why. They have no verdict."""
        return [
            f"row {row} (index {self._rows[row].index!r}): {why}" for row, why in sorted(self._session.troubles.items())
        ]

    def to_npz(self, path: str | PathLike[str], *, index: str = "label") -> Path:
        """Writes the verdicts for ``manage.py quality_score --verdicts``: ``index``, ``is_error``, ``kind``.

        ``index="label"`` takes the DataFrame's index as the label's number, so a sorted or filtered one still points
        at the right label; ``index="position"`` takes the row's place. Raises ``ValueError``.
        """
        return verdicts.to_npz(self._records(), path, index)

    def _records(self) -> list[dict[str, Any]]:
        return verdicts.records(self._rows, self._session.commits, self._classes)

    def _heard(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        """Answers the page. What goes wrong is said there: nobody reads a kernel's log."""
        try:
            self._answer(content)
        except FAILURES as error:
            self.send({"did": "failed", "why": f"{type(error).__name__}: {error}"})

    def _answer(self, content: Mapping[str, Any]) -> None:
        session, marks = self._session, None
        if content["do"] == "look":
            return self._look(int(content["row"]))
        if "size" in content:
            session.size = Size.of(int(content["size"]), int(content["tile"]))
        if content["do"] == "show":
            session.show(content.get("group"))
        elif content["do"] == "commit":
            given = {int(row): str(name) for row, name in content["marks"].items()}
            if unknown := [name for name in given.values() if name and name not in self._classes]:
                raise ValueError(f"there is no class {unknown[0]!r}")
            session.commit(int(content["id"]), given, float(content["active_ms"]) / 1000, datetime.now(UTC))
        elif content["do"] == "undo":
            marks = session.undo()
        self._tell(marks or {})
        self.send({"did": "done"})
        session.prepare()
        return None

    def _tell(self, marks: Mapping[int, str]) -> None:
        with self.hold_sync():
            screen = self._session.screen
            self.sheet = screen.sheet if screen else b""
            self.shown = self._shown(marks)
        self.judged = int(self.figures["verdicts"])

    def _shown(self, marks: Mapping[int, str]) -> dict[str, Any]:
        session, screen, figures = self._session, self._session.screen, self.figures
        rate, left = figures["verdicts_per_minute"], session.left()
        found: dict[str, Any] = {
            "id": screen.id if screen else None,
            "items": [],
            "groups": [[name, len(rows)] for name, rows in left.items()],
            "classes": list(self._classes),
            "verdicts": figures["verdicts"],
            "wrong": figures["wrong"],
            "per_minute": round(rate) if rate == rate else None,
            "can_undo": session.can_undo,
            "problems": len(session.troubles),
            "problem": next(iter(self.problems), ""),
            "marks": {str(row): name for row, name in marks.items()},
        }
        if screen is None:
            return found
        names = {self._rows[row].name for row in session.groups[screen.group]}
        places = [spot(number, screen.tile) for number in range(len(screen.rows) + screen.references)]
        found["items"] = [
            {"row": row, "class": self._rows[row].name, "text": self._rows[row].text, "x": x, "y": y}
            for row, (x, y) in zip(screen.rows, places, strict=False)
        ]
        return found | {
            "group": screen.group,
            "class": names.pop() if len(names) == 1 else None,
            "tile": screen.tile,
            "references": places[len(screen.rows) :],
            "confirmed": session.references.confirmed,
            "left": len(left[screen.group]),
        }

    def _look(self, row: int) -> None:
        """Sends the whole image of a row."""
        try:
            data, (width, height) = whole(self._rows[row].source)
        except BROKEN as error:
            self.send({"did": "failed", "why": f"row {row} cannot be read: {error}"})
            return
        box = self._rows[row].box
        place = [box[0], box[1], box[2] - box[0], box[3] - box[1]] if box else None
        self.send({"did": "look", "row": row, "width": width, "height": height, "box": place}, buffers=[data])


def grid(
    df: Any,
    *,
    image: str = "image",
    box: str | Sequence[str] | None = None,
    box_format: str = "xyxy",
    label: str = "label",
    score: str | None = None,
    evidence: str | None = None,
    group: str | Sequence[str] | None = None,
    tile: int = 96,
    height: int = 640,
    references: Any = None,
    classes: Iterable[Any] | None = None,
) -> Grid:
    """Shows the labels of a table as a wall of crops, one group at a time; ``.verdicts`` is what you said of them.

    ``df``: a DataFrame (pandas, polars), an Arrow table, a mapping of lists or a list of records. ``image`` holds
    paths, bytes, Pillow images or arrays of uint8; ``box`` four numbers in pixels of the image as seen (or names four
    columns; default the column "box" if there is one; an empty one, or none, is the whole image), ``box_format`` is
    "xyxy" or "xywh". ``score`` sorts, the highest first (default: "mistakenness" or "p_error" if there is one).
    ``group`` names what is shown apart, one column or several (default: the label; [] shows everything together).
    ``evidence`` is a column of sentences that tiles say when they are pointed at.

    ``tile`` (48 to 192) and ``height`` are pixels on the screen. ``references`` is a table like ``df`` of right labels
    to compare with; by default those least likely wrong are taken, False shows none. ``classes`` are those that a
    label may be given, in the order of their keys (default: those that occur). Raises ``BadInput``, which names the
    column and the row, and ``NotBuilt``.
    """
    if not SMALLEST <= tile <= LARGEST:
        raise BadInput(f"tile is {tile}; it is between {SMALLEST} and {LARGEST} pixels")
    columns = Columns(image, box, box_format, label, score, group, evidence)
    rows = read(df, columns)
    if references is None:
        shown = References.likely(rows)
    elif references is False:
        shown = References([], confirmed=True)
    else:
        shown = References(read(references, Columns(image, box, box_format, label)), confirmed=True)
    names = (
        list(dict.fromkeys(map(plain, classes)))
        if classes is not None
        else sorted({one.label for one in rows}, key=str)
    )
    return Grid(rows, shown, names, tile=tile, height=height)
