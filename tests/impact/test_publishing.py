"""Attack 36 on the last digits: money of households is published in steps of 100 yuan."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from shanhuo.impact import queries, services
from shanhuo.impact.metrics import BY_ID, METRICS, Unit
from shanhuo.impact.models import Project
from shanhuo.impact.publishing import published_value
from shanhuo.kernel import clock
from tests.impact.conftest import WUSHAN, Tell, slip

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("exact", "public"),
    [(0, 0), (4_999, 0), (5_000, 10_000), (14_999, 10_000), (-4_999, 0), (-5_001, -10_000)],
)
def test_money_of_households_is_rounded_half_up(exact: int, public: int) -> None:
    assert published_value(BY_ID["farm_gate"], exact) == public
    assert published_value(BY_ID["income_gain"], exact) == public


def test_rounding_a_rounded_number_changes_nothing_and_other_figures_stay_exact() -> None:
    for metric in METRICS:
        once = published_value(metric, 1_234_567)
        assert published_value(metric, once) == once
        is_rounded = metric.is_sensitive and metric.unit is Unit.FEN
        assert (once == 1_234_567) != is_rounded


def pay(tell: Tell, at: datetime, households: range, *, product: str, fen: int = 12_345) -> None:
    for number in households:
        tell(slip(f"household{number}", fen, 8_000, product), at)


def publish(now: datetime) -> None:
    services.fill_everything(now=now)
    services.release_households(now=now)


def public_money(product: str = "") -> int:
    figures = {one.metric.id: one.value for one in queries.published_figures(WUSHAN, product)}
    assert figures["farm_gate"] is not None
    return figures["farm_gate"]


def test_attack_36_the_exact_sum_stands_nowhere_in_public(
    client: Client, tell: Tell, make_product: Any, noon: datetime
) -> None:
    plums = make_product()
    project = Project.objects.create(
        county=plums.county,
        product=plums,
        name="脆李上头条",
        starts_on=(noon - DAY).date(),
        ends_on=noon.date(),
    )
    pay(tell, noon - DAY, range(11), product=plums.public_id)
    publish(noon)
    for address in (f"/c/{WUSHAN}", f"/projects/{project.public_id}"):
        page = client.get(address).content.decode()
        assert ("1,400.00" in page, "1,357.95" in page, "477.95" in page) == (True, False, False)
    csv = client.get(f"/c/{WUSHAN}/export?format=csv").content.decode("utf-8-sig")
    assert ("1400" in csv, "1357.95" in csv) == (True, False)
    sheet = load_workbook(BytesIO(client.get(f"/c/{WUSHAN}/export").content)).active
    assert sheet is not None
    cells = {cell for row in sheet.iter_rows(values_only=True) for cell in row}
    assert (1400 in cells, 1357.95 in cells) == (True, False)
    for address in (f"/api/counties/{WUSHAN}/figures", f"/api/projects/{project.public_id}"):
        body = client.get(address).content.decode()
        assert ("140000" in body, "135795" in body) == (True, False)


def test_attack_36_who_knows_nine_of_ten_slips_does_not_learn_the_tenth(
    tell: Tell, noon: datetime
) -> None:
    pay(tell, noon - DAY, range(9), product="plum")
    tell(slip("the tenth", 17_311, 8_000, "plum"), noon - DAY)
    publish(noon)
    told = public_money()
    assert told - 9 * 12_345 != 17_311
    # Every payment within 100 yuan of each other fits what was published.
    fits = [
        fen for fen in range(30_000) if published_value(BY_ID["farm_gate"], 111_105 + fen) == told
    ]
    assert len(fits) == 10_000


def test_attack_36_the_difference_of_two_releases_is_no_exact_sum(
    tell: Tell, noon: datetime
) -> None:
    pay(tell, noon - DAY, range(20), product="plum")
    publish(noon)
    before = public_money()
    pay(tell, noon, range(20, 31), product="plum")
    with clock.at(noon + DAY):
        publish(noon + DAY)
    assert before == 250_000
    assert public_money() - before == 130_000
    assert 11 * 12_345 == 135_795


def test_attack_36_the_total_less_its_products_gives_no_exact_sum(
    tell: Tell, noon: datetime
) -> None:
    for start, product in ((0, "plum"), (20, "tea"), (40, "rice")):
        pay(tell, noon - DAY, range(start, start + 13), product=product)
    publish(noon)
    parts = [public_money(product) for product in ("plum", "tea", "rice")]
    assert parts == [160_000] * 3
    assert public_money() - sum(parts[:2]) == 160_000
    assert 13 * 12_345 == 160_485


# ---- when the next release comes ----


def text_of(client: Client, address: str) -> str:
    return client.get(address, headers={"accept-language": "en"}).content.decode()


def test_a_slip_paid_now_is_at_the_desk_at_once_and_not_in_public(
    client: Client, tell: Tell, wang: Any, noon: datetime
) -> None:
    pay(tell, noon - DAY, range(10), product="plum")
    publish(noon)
    before = text_of(Client(), f"/c/{WUSHAN}")
    tell(slip("one more", 7_700, 5_000, "plum"), noon)
    services.fill_recent(now=noon)
    after = text_of(Client(), f"/c/{WUSHAN}")
    assert ("¥</i>1,200.00" in before, "¥</i>1,200.00" in after) == (True, True)
    assert "Next look:" in after
    assert 'datetime="2026-07-02T00:00:00+08:00"' in after
    client.force_login(wang)
    desk = text_of(client, "/county/figures")
    assert "Paid since, not public yet" in desk
    assert "¥</i>77.00" in desk
    assert f'href="/c/{WUSHAN}#households"' in desk
    assert 'datetime="2026-07-02T00:00:00+08:00"' in desk


def test_before_the_first_release_the_desk_shows_every_slip(
    client: Client, tell: Tell, wang: Any, noon: datetime
) -> None:
    assert queries.unreleased_figures(WUSHAN, today=noon.date()) == []
    tell(slip("the first", 7_700, 5_000, "plum"), noon - 9 * DAY)
    services.fill_everything(now=noon)
    (farm_gate, *_rest) = queries.unreleased_figures(WUSHAN, today=noon.date())
    assert (farm_gate.value, farm_gate.window.since_day) == (7_700, (noon - 9 * DAY).date())
    assert "Nothing is published yet" in text_of(Client(), f"/c/{WUSHAN}")
    client.force_login(wang)
    assert "¥</i>77.00" in text_of(client, "/county/figures")
