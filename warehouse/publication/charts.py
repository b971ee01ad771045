"""One small chart an indicator: what was published against the path of its target, as inline SVG.

Plain shapes and text, no script, so the chart prints, scales and can be read aloud. An indicator without
a published figure gets a panel that says so instead of an empty frame.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

from warehouse.publication import words

WIDTH, HEIGHT = 360, 196
LEFT, RIGHT, TOP, BOTTOM = 46, 20, 20, 28
# Half of the two lines that say what is missing, with a margin; from this clearance on more is no better.
LABEL_HALF_WIDTH, LABEL_HALF_HEIGHT, ROOM = 78, 24, 1.0


@dataclass(frozen=True)
class Point:
    """One mark: ``at`` is the time in years (2022.0 the year 2022), ``label`` the figure beside it."""

    at: float
    value: float
    label: str


@dataclass(frozen=True)
class Chart:
    """What one panel shows; all values in ``unit``. ``path`` is (year, value), in order.

    ``points`` are yearly outcomes, ``inner`` outcomes within a year, ``other`` those of the
    area compared with.
    """

    name: str
    unit: str
    first_year: int
    last_year: int
    points: Sequence[Point] = ()
    inner: Sequence[Point] = ()
    other: Sequence[Point] = ()
    baseline: Point | None = None
    path: Sequence[tuple[int, float]] = ()
    path_label: str = ""
    empty: words.Word = field(default_factory=lambda: words.Word("无数据", "No data"))

    def svg(self) -> str:
        """Return the SVG element; every text in it is escaped."""
        return _Drawing(self).svg()


class _Drawing:
    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        marks = [*chart.points, *chart.inner, *chart.other, *([chart.baseline] if chart.baseline else [])]
        values = [mark.value for mark in marks] + [value for _, value in chart.path]
        self.ticks = nice_ticks(min(values), max(values)) if values else []

    def svg(self) -> str:
        title = escape(self._spoken())
        body = "".join([*self._axes(), *self._path(), *self._marks(), *self._nothing()])
        return (
            f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">'
            f"<title>{title}</title>{body}</svg>"
        )

    def _spoken(self) -> str:
        if not self.chart.points:
            empty = self._empty()
            return f"{self.chart.name}：{empty.zh} / {empty.en}"
        told = "；".join(f"{mark.at:g}: {mark.label}" for mark in self.chart.points)
        return f"{self.chart.name}（{self.chart.unit}）{told}"

    def _x(self, year: float) -> float:
        span = self.chart.last_year - self.chart.first_year
        return LEFT + 10 + (WIDTH - LEFT - RIGHT - 20) * (year - self.chart.first_year) / span

    def _y(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    def _axes(self) -> list[str]:
        floor = HEIGHT - BOTTOM
        parts = []
        for tick in self.ticks:
            y = self._y(tick)
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(
                f'<text class="tick" x="{LEFT - 7}" y="{y + 3.5:.1f}" text-anchor="end">{_tick(tick)}</text>'
            )
        parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{floor}" y2="{floor}"/>')
        for year in range(self.chart.first_year, self.chart.last_year + 1):
            x = self._x(year)
            parts.append(f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{floor}" y2="{floor + 4}"/>')
            parts.append(
                f'<text class="tick" x="{x:.1f}" y="{floor + 17}" text-anchor="middle">{year}</text>'
            )
        return parts

    def _path(self) -> list[str]:
        if not self.chart.path:
            return []
        spots = [(self._x(year), self._y(value)) for year, value in self.chart.path]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        x, y = spots[-1]
        # At the far right, on the side where the line does not run.
        above = y - TOP > 14
        height = y - 8 if above else y + 16
        label = f'<text class="path-label" x="{x + 12:.1f}" y="{height:.1f}" text-anchor="end">'
        return [
            f'<polyline class="path" points="{line}"/>',
            f'<circle class="path-end" cx="{x:.1f}" cy="{y:.1f}" r="2.4"/>',
            f"{label}{escape(self.chart.path_label)}</text>",
        ]

    def _marks(self) -> list[str]:
        parts = []
        for mark in self.chart.inner:
            parts.append(
                f'<circle class="inner" cx="{self._x(mark.at):.1f}" cy="{self._y(mark.value):.1f}" r="2.2"/>'
            )
        for mark in self.chart.other:
            parts.append(
                f'<circle class="other" cx="{self._x(mark.at):.1f}" cy="{self._y(mark.value):.1f}" r="3"/>'
            )
        if self.chart.baseline:
            parts += self._baseline(self.chart.baseline)
        line = " ".join(f"{self._x(mark.at):.1f},{self._y(mark.value):.1f}" for mark in self.chart.points)
        if len(self.chart.points) > 1 and _consecutive(self.chart.points):
            parts.append(f'<polyline class="line" points="{line}"/>')
        for place, mark in enumerate(self.chart.points):
            x, y = self._x(mark.at), self._y(mark.value)
            falls = place > 0 and self.chart.points[place - 1].value > mark.value
            parts.append(f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="3.6"/>')
            parts.append(self._label(x, y, mark.label, falls=falls))
        return parts

    def _label(self, x: float, y: float, text: str, *, falls: bool) -> str:
        """The figure on the side the line does not come from: below after a fall, above otherwise."""
        place = f'x="{x:.1f}" y="{y - 9:.1f}" text-anchor="middle"'
        if falls and HEIGHT - BOTTOM - y < 20:
            place = f'x="{x + 8:.1f}" y="{y + 4:.1f}"'
        elif falls or y - TOP < 4:
            place = f'x="{x:.1f}" y="{y + 17:.1f}" text-anchor="middle"'
        return f'<text class="value" {place}>{escape(text)}</text>'

    def _baseline(self, mark: Point) -> list[str]:
        x, y = self._x(mark.at), self._y(mark.value)
        low = y + 16 if HEIGHT - BOTTOM - y > 20 else y - 8
        return [
            f'<rect class="base" x="{x - 3.2:.1f}" y="{y - 3.2:.1f}" width="6.4" height="6.4"/>',
            f'<text class="base-label" x="{x - 6:.1f}" y="{low:.1f}">{escape(mark.label)}</text>',
        ]

    def _nothing(self) -> list[str]:
        if self.chart.points:
            return []
        x, y = self._free_spot()
        empty = self._empty()
        return [
            f'<text class="empty" x="{x:.1f}" y="{y - 4:.1f}" text-anchor="middle">{escape(empty.zh)}</text>',
            f'<text class="empty-en" x="{x:.1f}" y="{y + 12:.1f}" text-anchor="middle">'
            f"{escape(empty.en)}</text>",
        ]

    def _empty(self) -> words.Word:
        """What is missing: of a panel with other marks the yearly figure only."""
        if self.chart.inner or self.chart.other:
            return words.Word("本区无年度数值", "No yearly figure of the area")
        return self.chart.empty

    def _free_spot(self) -> tuple[float, float]:
        """The spot of the panel that is farthest from what is drawn; low on the right where many are free."""
        wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        spots = [(LEFT + wide * x, TOP + high * y) for y in (0.84, 0.62, 0.4, 0.18) for x in (0.7, 0.5, 0.3)]
        return max(spots, key=lambda spot: min(self._clearance(spot), ROOM))

    def _clearance(self, spot: tuple[float, float]) -> float:
        """Distance of a label from what is drawn, in half-sizes of the label: from 1 on it is clear."""
        drawn = self._drawn()
        if not drawn:
            return ROOM
        return min(
            max(abs(x - spot[0]) / LABEL_HALF_WIDTH, abs(y - spot[1]) / LABEL_HALF_HEIGHT) for x, y in drawn
        )

    def _drawn(self) -> list[tuple[float, float]]:
        """Places taken: every mark and its label, the path (also between its years) and the path's label."""
        marks = [
            *self.chart.inner,
            *self.chart.other,
            *([self.chart.baseline] if self.chart.baseline else []),
        ]
        taken = [(self._x(mark.at), self._y(mark.value)) for mark in marks]
        for (year, value), (later, then) in pairwise(self.chart.path):
            for part in range(11):
                at = part / 10
                taken.append((self._x(year + (later - year) * at), self._y(value + (then - value) * at)))
        if self.chart.path:
            x, y = self._x(self.chart.path[-1][0]), self._y(self.chart.path[-1][1])
            taken.append((x - 10, y - 12 if y - TOP > 14 else y + 12))
        return taken


def nice_ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Return three to six round numbers that span ``low`` to ``high`` with a little room.

    >>> nice_ticks(80.7, 82.86)
    [80.0, 81.0, 82.0, 83.0]
    """
    span = high - low or abs(high) * 0.1 or 1.0
    rough = span / (count - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(size * power for size in (1, 2, 2.5, 5, 10) if size * power >= rough * 0.999)
    first = math.floor((low - span * 0.04) / step)
    last = math.ceil((high + span * 0.04) / step)
    first = max(first, 0) if low >= 0 else first
    return [round(position * step, 10) for position in range(first, max(last, first + 2) + 1)]


def year_of(period: str) -> float:
    """Return a period as a point in time: a year itself, a quarter or month by its end within the year.

    >>> year_of("2022"), year_of("2022-Q2"), year_of("2022-12")
    (2022.0, 2021.5, 2022.0)
    """
    year, _, rest = period.partition("-")
    if not rest:
        return float(year)
    part = int(rest[1]) / 4 if rest.startswith("Q") else int(rest) / 12
    return int(year) - 1 + part


def _consecutive(points: Sequence[Point]) -> bool:
    return all(later.at - earlier.at <= 1 for earlier, later in pairwise(points))


def _tick(value: float) -> str:
    return words.number(value)
