"""GCJ-02 and BD-09 coordinates to WGS-84.

GCJ-02 (火星坐标, what Chinese maps give) displaces WGS-84 by a known series of sines, BD-09 (Baidu) displaces GCJ-02
again. The series is the one published as ``eviltransform`` (github.com/googollee/eviltransform, MIT) and in Wikipedia's
"Restrictions on geographic data in China". It only goes from WGS-84 outwards; the way back is found by fixed-point
iteration: the displacement changes by less than 1% of the step, so each round gains two digits and eight reach the
micrometre. One-step inverses, as the packages on PyPI have them, are wrong by up to several metres.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from math import atan2, cos, hypot, pi, sin, sqrt
from typing import Final


class Crs(StrEnum):
    """The coordinate systems that input may state."""

    WGS84 = "WGS84"
    GCJ02 = "GCJ02"
    BD09 = "BD09"


_AXIS_M: Final = 6_378_245.0  # Krasovsky 1940, which GCJ-02 is built on
_ECCENTRICITY_2: Final = 0.006693421622965943
_BAIDU_PI: Final = pi * 3000.0 / 180.0
_ROUNDS: Final = 8

# Outside of this box GCJ-02 is WGS-84 itself.
_LON: Final = (72.004, 137.8347)
_LAT: Final = (0.8293, 55.8271)


def to_wgs84(lon: float, lat: float, crs: Crs) -> tuple[float, float]:
    """Convert degrees in ``crs`` to WGS-84 degrees.

    >>> lon, lat = wgs84_to_gcj02(126.759, 42.963)
    >>> [round(value, 7) for value in to_wgs84(lon, lat, Crs.GCJ02)]
    [126.759, 42.963]
    """
    match crs:
        case Crs.WGS84:
            return lon, lat
        case Crs.GCJ02:
            return _inverted(wgs84_to_gcj02, lon, lat)
        case Crs.BD09:
            return _inverted(lambda x, y: gcj02_to_bd09(*wgs84_to_gcj02(x, y)), lon, lat)


def wgs84_to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """Displace WGS-84 degrees as GCJ-02 does; places outside China stay where they are."""
    if not (_LON[0] <= lon <= _LON[1] and _LAT[0] <= lat <= _LAT[1]):
        return lon, lat
    x, y = lon - 105.0, lat - 35.0
    wave = 20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    north_m += 2.0 / 3.0 * (wave + 20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi))
    north_m += 2.0 / 3.0 * (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y / 30.0 * pi))
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    east_m += 2.0 / 3.0 * (wave + 20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi))
    east_m += 2.0 / 3.0 * (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi))
    phi = lat / 180.0 * pi
    w2 = 1.0 - _ECCENTRICITY_2 * sin(phi) ** 2
    meridian_m = _AXIS_M * (1.0 - _ECCENTRICITY_2) / (w2 * sqrt(w2))
    parallel_m = _AXIS_M / sqrt(w2) * cos(phi)
    return lon + east_m / parallel_m * 180.0 / pi, lat + north_m / meridian_m * 180.0 / pi


def gcj02_to_bd09(lon: float, lat: float) -> tuple[float, float]:
    """Displace GCJ-02 degrees as Baidu does."""
    radius = hypot(lon, lat) + 0.00002 * sin(lat * _BAIDU_PI)
    angle = atan2(lat, lon) + 0.000003 * cos(lon * _BAIDU_PI)
    return radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006


def _inverted(displace: Callable[[float, float], tuple[float, float]], lon: float, lat: float) -> tuple[float, float]:
    """Find the place that ``displace`` moves to (lon, lat)."""
    x, y = lon, lat
    for _ in range(_ROUNDS):
        moved_x, moved_y = displace(x, y)
        x, y = x + lon - moved_x, y + lat - moved_y
    return x, y
