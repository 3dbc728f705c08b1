"""Two datums that look alike and differ by 100 to 700 m, kept apart by their types.

GPS and open data speak WGS-84; every map published in China speaks GCJ-02, the official offset.
A bare pair of numbers never crosses a function border here: it is a `Wgs84` or a `Gcj02`, and a
column carries the datum in its name. The offset formula is the published approximation of the
state's transform, good to about a metre; outside its box the two datums are the same.
"""

from dataclasses import dataclass
from math import cos, pi, radians, sin, sqrt

SEMI_MAJOR_METRES = 6_378_245.0
ECCENTRICITY_SQUARED = 0.006_693_421_622_965_943


@dataclass(frozen=True, slots=True)
class Wgs84:
    """A GPS position, degrees."""

    lng: float
    lat: float


@dataclass(frozen=True, slots=True)
class Gcj02:
    """A position on a Chinese map, degrees."""

    lng: float
    lat: float


def to_gcj02(point: Wgs84) -> Gcj02:
    """Where a GPS position lies on a Chinese map."""
    lng_shift, lat_shift = _offset(point.lng, point.lat)
    return Gcj02(point.lng + lng_shift, point.lat + lat_shift)


def to_wgs84(point: Gcj02) -> Wgs84:
    """The GPS position of a point on a Chinese map, by fixed-point iteration (error < 1 mm)."""
    lng, lat = point.lng, point.lat
    for _ in range(5):
        lng_shift, lat_shift = _offset(lng, lat)
        lng, lat = point.lng - lng_shift, point.lat - lat_shift
    return Wgs84(lng, lat)


def _offset(lng: float, lat: float) -> tuple[float, float]:
    if not (72.004 <= lng <= 137.8347 and 0.8293 <= lat <= 55.8271):
        return 0.0, 0.0
    east, north = lng - 105.0, lat - 35.0
    sine = sin(radians(lat))
    curvature = 1 - ECCENTRICITY_SQUARED * sine * sine
    meridian = SEMI_MAJOR_METRES * (1 - ECCENTRICITY_SQUARED) / (curvature * sqrt(curvature))
    parallel = SEMI_MAJOR_METRES / sqrt(curvature) * cos(radians(lat))
    return (
        _east_metres(east, north) * 180 / (parallel * pi),
        _north_metres(east, north) * 180 / (meridian * pi),
    )


def _east_metres(x: float, y: float) -> float:
    metres = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    metres += (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    metres += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    return metres + (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3


def _north_metres(x: float, y: float) -> float:
    metres = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    metres += (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    metres += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    return metres + (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
