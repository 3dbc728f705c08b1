"""Small maps as SVG, drawn on the server from boundaries. Pure: rings in, text out.

Points are snapped to a coarse grid instead of being thinned out line by line: neighbours share
their border points, so they snap to the same places and no gap opens between two counties.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, radians

from shanhuo.regions.datum import Gcj02

UNITS_PER_DEGREE = 10_000

Ring = Sequence[int]
Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Frame:
    """A window on the earth, `width` x `height` grid cells; equirectangular about its middle."""

    west: int
    north: int
    east_scale: float
    south_scale: float
    width: int
    height: int

    @classmethod
    def around(cls, rings: Iterable[Ring], *, size: int, margin: int = 4) -> "Frame":
        """The smallest frame that holds the rings, its longer side `size` cells."""
        rings = list(rings)
        west = min(min(ring[0::2]) for ring in rings)
        east = max(max(ring[0::2]) for ring in rings)
        south = min(min(ring[1::2]) for ring in rings)
        north = max(max(ring[1::2]) for ring in rings)
        squeeze = cos(radians((south + north) / 2 / UNITS_PER_DEGREE))
        wide, high = (east - west) * squeeze, north - south
        scale = (size - 2 * margin) / max(wide, high, 1)
        return cls(
            west=west - round(margin / scale / squeeze),
            north=north + round(margin / scale),
            east_scale=scale * squeeze,
            south_scale=scale,
            width=round(wide * scale) + 2 * margin,
            height=round(high * scale) + 2 * margin,
        )

    def place(self, lng: int, lat: int) -> Point:
        """The grid cell of a position in ten-thousandths of a degree."""
        return (
            round((lng - self.west) * self.east_scale),
            round((self.north - lat) * self.south_scale),
        )

    def place_seat(self, seat: Gcj02) -> Point:
        return self.place(round(seat.lng * UNITS_PER_DEGREE), round(seat.lat * UNITS_PER_DEGREE))

    def path(self, rings: Iterable[Ring]) -> str:
        """The `d` of a path; what is smaller than a cell is left out."""
        snapped = (self._snap(ring) for ring in rings)
        return "".join(_closed(points) for points in snapped if len(points) > 2)

    def strokes(self, rings: Iterable[Ring]) -> str:
        """Like `path`, but a ring smaller than a cell stays as a dash or a dot: nothing is lost."""
        return "".join(dict.fromkeys(self._stroke(ring) for ring in rings))

    def _stroke(self, ring: Ring) -> str:
        points = self._snap(ring)
        return _closed(points) if len(points) > 2 else _dash(self._cells(ring))

    def _snap(self, ring: Ring) -> list[Point]:
        """Grid cells along a ring, without repeats and without points on a straight line."""
        points: list[Point] = []
        for point in self._cells(ring):
            if points and point == points[-1]:
                continue
            while len(points) > 1 and _on_one_line(points[-2], points[-1], point):
                points.pop()
            points.append(point)
        if len(points) > 1 and points[0] == points[-1]:
            points.pop()
        return points

    def _cells(self, ring: Ring) -> list[Point]:
        return [self.place(lng, lat) for lng, lat in zip(ring[0::2], ring[1::2], strict=True)]


def _dash(cells: list[Point]) -> str:
    """From the first cell to the one farthest from it: a dot if the ring lies in one cell."""
    x, y = cells[0]
    end = max(cells, key=lambda cell: abs(cell[0] - x) + abs(cell[1] - y))
    return f"M{x} {y}L{end[0]} {end[1]}"


def _on_one_line(a: Point, b: Point, c: Point) -> bool:
    return (b[0] - a[0]) * (c[1] - b[1]) == (b[1] - a[1]) * (c[0] - b[0])


def _closed(points: list[Point]) -> str:
    """`M3 4l5-6-7 8z`: relative steps, and no space before a minus sign."""
    first = points[0]
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points)]
    numbers = "".join(_spaced(step) for pair in steps for step in pair)
    return f"M{first[0]} {first[1]}l{numbers.lstrip()}z"


def _spaced(number: int) -> str:
    return str(number) if number < 0 else f" {number}"
