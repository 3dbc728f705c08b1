"""The report's drawings: SVG without scripts, one screen wide; words of lines stand above them."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from shanhuo.console.simulation.city import Flags, Reals

WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM = 560, 380, 64, 18, 40
GREY, RED, GREEN, INK = "#9a9488", "#c0431a", "#1f6b4f", "#3a352c"


@dataclass(frozen=True, slots=True)
class Line:
    """A polyline over `values` at equal steps, and its words."""

    words: str
    values: Reals
    colour: str
    dashed: bool = False


def scatter(
    before: Reals,
    after: Reals,
    marked: Flags,
    labels: tuple[str, str],
    powers: Sequence[str],
) -> str:
    """Each county a dot, on logarithmic axes; on the diagonal nothing has changed.

    `powers` are the words for 1, 10, 100 and so on.
    """
    low, high = 1.0, max(10.0, float(max(before.max(), after.max())) * 1.2)

    def place(value: float) -> float:
        return float(np.log(max(value, low)) / np.log(high))

    dots = "".join(
        f'<circle cx="{_x(place(one)):.1f}" cy="{_y(place(other)):.1f}" r="{3.5 if mark else 2}" '
        f'fill="{RED if mark else GREY}" fill-opacity=".7"/>'
        for one, other, mark in sorted(
            zip(before.tolist(), after.tolist(), marked.tolist(), strict=True),
            key=lambda row: row[2],
        )
    )
    diagonal = f'<path d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}" stroke="{INK}" stroke-dasharray="4 4"/>'
    marks = [(place(10.0**power), word) for power, word in enumerate(powers) if 10**power <= high]
    return _chart(diagonal + dots, marks, marks, labels)


def lines(
    drawn: Sequence[Line], labels: tuple[str, str], ticks: Sequence[tuple[float, str]]
) -> str:
    """Lines with values from 0 to 1; `ticks` of the horizontal axis at places from 0 to 1."""
    paths = []
    for line in drawn:
        steps = max(1, len(line.values) - 1)
        points = "L".join(
            f"{_x(at / steps):.1f} {_y(value):.1f}"
            for at, value in enumerate(line.values.tolist())
            if value == value
        )
        dash = ' stroke-dasharray="5 4"' if line.dashed else ""
        paths.append(
            f'<path d="M{points}" fill="none" stroke="{line.colour}" stroke-width="2"{dash}/>'
        )
    legend = "".join(
        f'<span style="color:{line.colour}">'
        f"{'┄' if line.dashed else '─'} {escape(line.words)}</span>"
        for line in drawn
    )
    percents = [(part / 4, f"{25 * part}%") for part in range(5)]
    return f"<p>{legend}</p>{_chart(''.join(paths), ticks, percents, labels)}"


def _chart(
    inside: str,
    across: Sequence[tuple[float, str]],
    upward: Sequence[tuple[float, str]],
    labels: tuple[str, str],
) -> str:
    words = "".join(
        f'<text x="{_x(at):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{word}</text>'
        for at, word in across
    )
    words += "".join(
        f'<text x="{LEFT - 6}" y="{_y(at) + 4:.1f}" text-anchor="end">{word}</text>'
        for at, word in upward
    )
    words += (
        f'<text x="{WIDTH - 4}" y="{HEIGHT - 6}" text-anchor="end">{escape(labels[0])}</text>'
        f'<text x="{LEFT}" y="{HEIGHT - 6}">↑ {escape(labels[1])}</text>'
    )
    frame = f'<path d="M{LEFT} 8V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none" stroke="{INK}"/>'
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-size="11" fill="{INK}">'
        f"{frame}{inside}{words}</svg>"
    )


def _x(part: float) -> float:
    return LEFT + part * (WIDTH - LEFT - RIGHT)


def _y(part: float) -> float:
    return HEIGHT - BOTTOM - part * (HEIGHT - BOTTOM - 8)
