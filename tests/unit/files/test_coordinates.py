"""GCJ-02 and BD-09 come back to WGS-84 within a millimetre, far below the metre that matters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from services.files.coordinates import Crs, gcj02_to_bd09, to_wgs84, wgs84_to_gcj02

GEOD = Geod(ellps="WGS84")
LON, LAT = st.floats(73.5, 135), st.floats(18, 53.5)


@given(LON, LAT)
def test_gcj02_comes_back(lon: float, lat: float) -> None:
    back = to_wgs84(*wgs84_to_gcj02(lon, lat), Crs.GCJ02)
    assert GEOD.inv(lon, lat, *back)[2] < 0.001


@given(LON, LAT)
def test_bd09_comes_back(lon: float, lat: float) -> None:
    back = to_wgs84(*gcj02_to_bd09(*wgs84_to_gcj02(lon, lat)), Crs.BD09)
    assert GEOD.inv(lon, lat, *back)[2] < 0.001


def test_the_displacement_is_the_published_one() -> None:
    # (120, 40) in the documentation of the PyPI package coord-convert; data/jilin's 兴华街道 in both systems.
    assert wgs84_to_gcj02(120, 40)[0] == pytest.approx(120.00567568, abs=1e-7)
    assert to_wgs84(126.570234, 43.880003, Crs.GCJ02) == pytest.approx((126.564575, 43.877798), abs=2e-6)


def test_places_outside_china_stay() -> None:
    assert to_wgs84(42.97, 126.74, Crs.GCJ02) == (42.97, 126.74)
    assert to_wgs84(2.35, 48.85, Crs.WGS84) == (2.35, 48.85)
