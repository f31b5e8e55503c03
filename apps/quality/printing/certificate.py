"""A certificate on paper: the figure, what it rests on, and every kind and class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from apps.quality.printing.bars import Interval, Scale
from apps.quality.printing.style import (
    BODY,
    CELL,
    FIGURE,
    GOOD,
    HEAD,
    HEAD_RIGHT,
    HEADING,
    KICKER,
    LEAD,
    MARGIN,
    NUMBER,
    PADDING,
    PAGE,
    RULE,
    SMALL,
    SOFT,
    TITLE,
    VERDICT,
    WARN,
    WASH,
    WIDTH,
)

NAMES = {
    "wrong_class": "Wrong class",
    "badly_located": "Badly located",
    "spurious": "Spurious",
    "duplicate": "Duplicate",
    "wrong_attribute": "Wrong attribute",
    "missing": "Missing objects (share of units)",
    "unnamed": "Kind not named",
}
MOST_CLASSES = 60
LONGEST = 120


def printed(said: Mapping[str, Any], number: str, issued_by: str) -> bytes:
    """The document as a PDF of A4 pages; ``number`` is the certificate's id."""
    buffer = BytesIO()
    title = f"Label quality certificate: {said['project_name']}"
    pages = SimpleDocTemplate(
        buffer,
        pagesize=PAGE,
        leftMargin=MARGIN - PADDING,
        rightMargin=MARGIN - PADDING,
        topMargin=18 * mm,
        bottomMargin=20 * mm,
        title=title,
        author="Lapidary",
        invariant=1,
    )

    def foot(canvas: Canvas, _: Any) -> None:
        footer(canvas, said, number)

    pages.build(story(said, issued_by), onFirstPage=foot, onLaterPages=foot)
    return buffer.getvalue()


def story(said: Mapping[str, Any], issued_by: str) -> list[Any]:
    what = said["snapshot_name"] or "All tasks at rest"
    at = datetime.fromisoformat(said["at"])
    by = f", issued by {text(issued_by)}" if issued_by else ""
    parts: list[Any] = [
        Paragraph("LABEL QUALITY CERTIFICATE", KICKER),
        Paragraph(text(said["project_name"]), TITLE),
        Paragraph(f"{text(what)} · {at:%d %B %Y, %H:%M} UTC{by}", LEAD),
        summary(said),
        Spacer(1, 8),
        Paragraph("What it rests on", HEADING),
        *[Paragraph(line, BODY) for line in grounds(said)],
        Paragraph("By kind of error", HEADING),
        lines_table(said["kinds"], "kind", said),
    ]
    if said["classes"]:
        rows = said["classes"][:MOST_CLASSES]
        parts += [Paragraph("By class, errors of any kind", HEADING), lines_table(rows, "class", said)]
        if len(said["classes"]) > len(rows):
            parts.append(Paragraph(f"The JSON has all {len(said['classes'])} classes.", SMALL))
    return [*parts, KeepTogether([Paragraph("How it was computed", HEADING), *[Paragraph(s, SMALL) for s in METHOD]])]


def summary(said: Mapping[str, Any]) -> Table:
    """The figure at the left, what it says at the right."""
    left, right = certified(said) if said["certified"] else refused(said)
    table = Table([[left, right]], colWidths=[WIDTH * 0.36, WIDTH * 0.64])
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, -1), WASH),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LEFTPADDING", (0, 0), (-1, -1), 12),
                ("RIGHTPADDING", (0, 0), (-1, -1), 12),
                ("TOPPADDING", (0, 0), (-1, -1), 12),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 12),
                ("ROUNDEDCORNERS", [5, 5, 5, 5]),
            ]
        )
    )
    return table


def refused(said: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    needed, target, confidence = said["n_needed"], said["target"], said["confidence"]
    more = (
        f"<b>{needed:,}</b> more tasks looked at in random draws would do to show at most {target:.2%} wrong "
        f"at {confidence:.0%} confidence, if they show it."
    )
    left = [Paragraph("Not certified", style_in(FIGURE, WARN, 22, 28))]
    return left, [Paragraph(text(said["rests_on"]), VERDICT), Spacer(1, 4), Paragraph(more, VERDICT)]


def certified(said: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    target, confidence, met = said["target"], said["confidence"], said["high"] <= said["target"]
    left = [
        Paragraph(f"{said['estimate']:.2%}", style_in(FIGURE, GOOD if met else WARN)),
        Paragraph("of labels still wrong after corrections", SMALL),
    ]
    most = max(said["high"] * 1.15, target * 1.3)
    bar = Interval(said["low"], said["estimate"], said["high"], most=most, target=target, width=WIDTH * 0.56)
    sentence = f"Between <b>{said['low']:.2%}</b> and <b>{said['high']:.2%}</b> at {confidence:.0%} confidence."
    verdict = (
        f"The target of at most {target:.2%} is met."
        if met
        else f"The target of at most {target:.2%} is not shown; {said['n_needed']:,} more random tasks would do."
    )
    return left, [Paragraph(sentence, VERDICT), Scale(bar, target), Paragraph(verdict, VERDICT)]


def style_in(style: Any, colour: Any, size: float | None = None, leading: float | None = None) -> Any:
    changed = {"textColor": colour} | ({"fontSize": size} if size else {}) | ({"leading": leading} if leading else {})
    return style.clone(style.name + str(colour), **changed)


def grounds(said: Mapping[str, Any]) -> list[str]:
    """Sentences: the looks, the experts' own errors, the live bound."""
    found = [
        f"{said['n_labels']:,} labels of {said['tasks']:,} tasks. {text(said['rests_on'])}"
        if said["certified"]
        else f"{said['n_labels']:,} labels of {said['tasks']:,} tasks; {said['n_reviewed']:,} of them were looked at, "
        f"{said['n_audited']:,} in random draws."
    ]
    if said["certified"]:
        found.append(
            "The interval holds at a planned look. The bound that holds at every look at once is "
            f"{said['live_high']:.2%}."
        )
    return [*found, *crops(said), experts(said)]


def crops(said: Mapping[str, Any]) -> list[str]:
    """What the grid had to say, if anything was looked at there. Certificates from before it was heard say nothing."""
    grid = said.get("grid")
    if not grid:
        return []
    looks = (
        f"In the grid {grid['looks']:,} labels were looked at as crops, {grid['at_random']:,} of them drawn at random"
    )
    if not grid["heard"]:
        return [f"{looks}. They are not counted here: {text(grid['reason'])}"]
    sense, true = grid["sensitivity"], grid["confirmed"]
    told = (
        f"{looks}; {grid['marked']:,} were marked. {sense['found']:,} of {sense['hidden']:,} known errors hidden among "
        f"them were found: the grid finds {sense['estimate']:.0%} ({sense['low']:.0%} to {sense['high']:.0%}). Reviews "
        f"checked {true['checked']:,} marks, {true['true']:,} of them were true. Crops show wrong classes, bad places "
        "and spurious labels; of duplicates, wrong answers and missing objects they say nothing."
    )
    return [told]


def experts(said: Mapping[str, Any]) -> str:
    repeats, fixed = said["repeats"], said["corrected"]
    if not repeats["labels"]:
        return "The share is as judged by experts; none of their looks has been repeated blind by another yet."
    share = f"{repeats['agreed']:,} of {repeats['labels']:,} labels that two experts judged blind were judged alike: "
    error = (
        f"an expert errs on {repeats['expert_error']:.2%} of labels ({repeats['low']:.2%} to {repeats['high']:.2%})."
    )
    if fixed is None:
        return share + error
    return (
        f"{share}{error} Corrected for that, {fixed['estimate']:.2%} of labels are still wrong "
        f"({fixed['low']:.2%} to {fixed['high']:.2%})."
    )


COUNTS = (("n_reviewed", "Looked at"), ("n_audited", "At random"), ("n_grid", "In the grid"))


def lines_table(lines: Sequence[Mapping[str, Any]], name: str, said: Mapping[str, Any]) -> Table:
    """One row a line: share, interval as numbers and as a bar on one scale, or why there is none; looks."""
    certified = [line["high"] for line in lines if line["certified"]]
    most = max([*certified, said["target"] * 1.3])
    counts = COUNTS if any(line["n_grid"] for line in lines) else COUNTS[:2]
    widths = [WIDTH * part for part in (0.21, 0.11, 0.18, 0.5 - 0.1 * len(counts), *(0.1 for _ in counts))]
    heads = (
        "Kind" if name == "kind" else "Class",
        "Share",
        "Interval",
        f"0 to {most:.1%}",
        *(head for _, head in counts),
    )
    rows: list[list[Any]] = [
        [Paragraph(head, HEAD if i in (0, 3) else HEAD_RIGHT) for i, head in enumerate(heads)],
    ]
    for line in lines:
        looks = [Paragraph(f"{line[count]:,}", NUMBER) for count, _ in counts]
        rows.append([*row_of(line, name, most, said["target"], widths[3]), *looks])
    spans = [("SPAN", (1, i), (3, i)) for i, line in enumerate(lines, 1) if not line["certified"]]
    table = Table(rows, colWidths=widths, repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("LINEBELOW", (0, 0), (-1, -1), 0.5, RULE),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LEFTPADDING", (0, 0), (0, -1), 0),
                ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 3.2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3.2),
                *spans,
            ]
        )
    )
    return table


def row_of(line: Mapping[str, Any], name: str, most: float, target: float, width: float) -> list[Any]:
    word = line[name]
    shown = NAMES.get(word, word) if name == "kind" else word
    head = Paragraph(text(shown), CELL)
    if not line["certified"]:
        why = f"Not certified. {text(line['rests_on'])} {line['n_needed']:,} random tasks would do."
        return [head, Paragraph(why, SMALL), "", ""]
    bar = Interval(line["low"], line["estimate"], line["high"], most=most, target=target, width=width - 14)
    interval = f"{line['low']:.2%} – {line['high']:.2%}"
    return [head, Paragraph(f"<b>{line['estimate']:.2%}</b>", NUMBER), Paragraph(interval, NUMBER), bar]


METHOD = (
    """Labels looked at enter with what is left after the fix. Those reviewed with certainty speak for themselves alone.
    Those looked at in recorded random draws, each with its known chance, also speak for the labels that nobody looked
    at (ratio estimate within strata, variance by task with finite-population correction).""",
    """The interval is Clopper and Pearson's on the number of independent looks that the draws are worth (Korn and
    Graubard 1998). The bound at every look is Robbins' mixture bound. An expert's error e follows from the share d of
    labels judged differently, d = 2 e (1 - e), both wrong at once left aside; shares are then corrected by Rogan and
    Gladen (1978).""",
    """Looks in the grid see less than a review does. The share that their random draws find is multiplied by how many
    marks are true and divided by how many errors the grid finds (Rogan and Gladen 1978), both with the interval of
    Beta(8 + found, 2 + missed), least favourable ends paired, and put together with the reviews' own share by what both
    are worth in looks. Labels called fine hold what was missed. A review's word on a label comes before the grid's.""",
    """Missing objects are certified only from units that were searched exhaustively, and never enter the share of wrong
    labels.""",
)


def text(value: object) -> str:
    """Safe in reportlab's markup, and not longer than a line or two. Its built-in faces know Latin-1 alone."""
    plain = str(value).encode("cp1252", "replace").decode("cp1252")
    return escape(plain if len(plain) <= LONGEST * 4 else plain[: LONGEST * 4] + "…")


def footer(canvas: Canvas, said: Mapping[str, Any], number: str) -> None:
    canvas.saveState()
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.5)
    canvas.line(MARGIN, 15 * mm, PAGE[0] - MARGIN, 15 * mm)
    canvas.setFont("Helvetica", 6.8)
    canvas.setFillColor(SOFT)
    canvas.drawString(MARGIN, 11.5 * mm, f"Certificate {number}")
    canvas.drawString(MARGIN, 8.5 * mm, f"SHA-256 of its JSON {said['digest']}")
    canvas.drawRightString(PAGE[0] - MARGIN, 11.5 * mm, f"Page {canvas.getPageNumber()}")
    canvas.restoreState()
