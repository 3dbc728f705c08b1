import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanhuo.regions.datum import Gcj02, Wgs84, to_gcj02, to_wgs84

# lng and lat in WGS-84, then in GCJ-02, from an independent conversion (scenic spot list).
KNOWN = [
    (116.39081, 39.91635, 116.39705, 39.91775),  # 故宫博物院
    (116.40454, 39.88054, 116.41078, 39.88194),  # beside 天坛
]


@pytest.mark.parametrize(("lng", "lat", "chinese_lng", "chinese_lat"), KNOWN)
def test_a_gps_position_lands_where_chinese_maps_have_it(
    lng: float, lat: float, chinese_lng: float, chinese_lat: float
) -> None:
    placed = to_gcj02(Wgs84(lng, lat))
    assert (placed.lng, placed.lat) == pytest.approx((chinese_lng, chinese_lat), abs=2e-5)


@given(st.floats(74, 134), st.floats(4, 53))
def test_there_and_back_is_the_same_place(lng: float, lat: float) -> None:
    back = to_wgs84(to_gcj02(Wgs84(lng, lat)))
    assert (back.lng, back.lat) == pytest.approx((lng, lat), abs=1e-8)


def test_the_offset_is_hundreds_of_metres_inside_the_box_and_nothing_outside() -> None:
    wushan, kyoto = Wgs84(109.879, 31.075), Wgs84(139.7, 35.0)
    assert abs(to_gcj02(wushan).lng - wushan.lng) + abs(to_gcj02(wushan).lat - wushan.lat) > 0.001
    assert to_gcj02(kyoto) == Gcj02(139.7, 35.0)
