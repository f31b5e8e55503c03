"""The look of a printed certificate: two inks, one accent, a plain face."""

from __future__ import annotations

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm

PAGE = A4
MARGIN = 20 * mm
PADDING = 6  # of reportlab's frames
WIDTH = PAGE[0] - 2 * MARGIN

INK = HexColor("#1c2530")
SOFT = HexColor("#66727f")
RULE = HexColor("#d9dfe5")
WASH = HexColor("#f4f6f8")
ACCENT = HexColor("#1864ab")
BAR = HexColor("#a5c8e8")
GOOD = HexColor("#2b8a3e")
WARN = HexColor("#b35c00")

FACE, BOLD = "Helvetica", "Helvetica-Bold"


def style(name: str, size: float, **more: object) -> ParagraphStyle:
    given = {"fontName": FACE, "textColor": INK, "leading": size * 1.4, **more}
    return ParagraphStyle(name, fontSize=size, **given)


KICKER = style("kicker", 8.5, textColor=SOFT, spaceAfter=2)
TITLE = style("title", 20, fontName=BOLD, leading=25, spaceAfter=3)
LEAD = style("lead", 10, textColor=SOFT, spaceAfter=10)
FIGURE = style("figure", 34, fontName=BOLD, leading=40)
VERDICT = style("verdict", 10.5, leading=15)
HEADING = style("heading", 11.5, fontName=BOLD, spaceBefore=12, spaceAfter=5)
BODY = style("body", 9, spaceAfter=4)
CELL = style("cell", 8.3, leading=10.5)
SMALL = style("small", 7.4, textColor=SOFT, leading=10, spaceAfter=3)
NUMBER = style("number", 8.3, leading=10.5, alignment=TA_RIGHT)
HEAD = style("head", 7.4, textColor=SOFT, leading=9.5)
HEAD_RIGHT = style("head right", 7.4, textColor=SOFT, leading=9.5, alignment=TA_RIGHT)
