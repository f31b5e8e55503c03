"""Small drawings: an interval on a scale."""

from __future__ import annotations

from reportlab.platypus import Flowable

from apps.quality.printing.style import ACCENT, BAR, INK, RULE, SOFT, WARN


class Interval(Flowable):  # type: ignore[misc] # reportlab has no types
    """``low`` to ``high`` as a bar with a mark at ``estimate``, on a scale from 0 to ``most``; a tick at ``target``."""

    def __init__(
        self,
        low: float,
        estimate: float,
        high: float,
        *,
        most: float,
        target: float | None = None,
        width: float,
        height: float = 9,
    ) -> None:
        super().__init__()
        self.low, self.estimate, self.high, self.most, self.target = low, estimate, high, max(most, 1e-9), target
        self.width, self.height = width, height

    def at(self, share: float) -> float:
        return float(self.width * min(max(share / self.most, 0.0), 1.0))

    def draw(self) -> None:
        canvas, middle = self.canv, self.height / 2
        canvas.setStrokeColor(RULE)
        canvas.setLineWidth(0.8)
        canvas.line(0, middle, self.width, middle)
        canvas.setFillColor(BAR)
        left, right = self.at(self.low), self.at(self.high)
        canvas.roundRect(left, middle - 2.6, max(right - left, 1.6), 5.2, 1.4, stroke=0, fill=1)
        if self.target is not None and self.target <= self.most:
            canvas.setStrokeColor(WARN)
            canvas.setDash(1.4, 1.4)
            canvas.line(self.at(self.target), 0, self.at(self.target), self.height)
            canvas.setDash()
        canvas.setFillColor(ACCENT)
        canvas.rect(self.at(self.estimate) - 0.9, middle - 4, 1.8, 8, stroke=0, fill=1)


class Scale(Flowable):  # type: ignore[misc] # reportlab has no types
    """The large interval of the whole, with its scale below."""

    def __init__(self, interval: Interval, target: float) -> None:
        super().__init__()
        self.interval, self.target = interval, target
        self.width, self.height = interval.width, 34

    def draw(self) -> None:
        canvas = self.canv
        canvas.saveState()
        canvas.translate(0, 15)
        self.interval.canv = canvas
        self.interval.draw()
        canvas.restoreState()
        canvas.setFont("Helvetica", 7.4)
        canvas.setFillColor(SOFT)
        most = self.interval.most
        canvas.drawString(0, 3, "0 %")
        canvas.drawCentredString(self.interval.at(most / 2), 3, f"{most / 2:.2%}")
        canvas.drawRightString(self.width, 3, f"{most:.2%}")
        if self.target <= most:
            canvas.setFillColor(WARN)
            place = min(max(self.interval.at(self.target), 22), self.width - 22)
            canvas.drawCentredString(place, 27, f"target {self.target:.2%}")
        canvas.setFillColor(INK)
