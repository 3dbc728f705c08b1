"""Where viewers came from and what the goods drew: for the host's desk, the results and Excel."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from shanhuo.kernel import clock
from shanhuo.live import tickets
from shanhuo.live.models import Explanation, Session, ShowcaseItem
from shanhuo.live.services import room_sums
from shanhuo.live.services.room_sums import Sums
from shanhuo.live.states import Arrival
from shanhuo.traffic import moments
from shanhuo.traffic import queries as traffic
from shanhuo.traffic.intake import Batch, Received
from shanhuo.traffic.kinds import Kind
from shanhuo.traffic.recorder import Recorder
from shanhuo.traffic.sheets import unseal
from shanhuo.traffic.showcases import Pull, pulls_of

MINUTE = timedelta(minutes=1)


@pytest.fixture
def on_air(announced, noon):
    """On air for ten minutes; its plums have been talked about since two."""
    session = announced()
    Session.objects.filter(pk=session.pk).update(status="on_air", on_air_at=noon - 10 * MINUTE)
    item = ShowcaseItem.objects.get()
    Explanation.objects.create(item=item, started_at=noon - 2 * MINUTE)
    session.refresh_from_db()
    return session


@pytest.fixture
def recorder(settings, tmp_path, noon):
    settings.SIGNALS_DIR = tmp_path / "signals"
    recorder = Recorder(settings.SIGNALS_DIR, now_ms=moments.to_ms(noon))
    yield recorder
    recorder.close()


@pytest.fixture
def open_goods(client, on_air, recorder):
    """Somebody comes out of the room to the page of its product and looks at it."""

    def open_page(at, session=None):
        product = on_air.items.get().product.public_id
        with clock.at(at):
            page = client.get(f"/g/{product}?session={session or on_air.public_id}")
        text = page.content.decode()
        sheet = re.search(r'<main[^>]* data-sheet="([^"]+)"', text)[1]
        slot = re.search(r'<h1 data-slot="(\d+)" data-seen="open_item"', text)
        if slot:
            batch = Batch([sheet], [(0, int(slot[1]), int(Kind.OPEN_ITEM), 0, 0)])
            recorder.record([Received(batch, unseal(sheet).viewer, moments.to_ms(at))])
        return slot is not None

    return open_page


@pytest.mark.parametrize(
    ("query", "before", "source"),
    [
        ("", "", Arrival.DIRECT),
        ("?via=share", "http://testserver/live", Arrival.SHARE),
        ("?via=nonsense", "http://testserver/live", Arrival.LIST),
        ("", "http://testserver/c/500237/shop", Arrival.COUNTY),
        ("", "http://testserver/search?q=脆李", Arrival.SEARCH),
        ("", "http://testserver/nowhere", Arrival.OTHER),
        ("", "https://weixin.example/", Arrival.OUTSIDE),
    ],
)
def test_the_ticket_knows_what_led_the_viewer_here(client, on_air, noon, query, before, source):
    headers = {"referer": before} if before else {}
    page = client.get(f"/live/{on_air.public_id}{query}", headers=headers).content.decode()
    ticket = re.search(r'data-ticket="([^"]+)"', page)[1]
    assert tickets.read(ticket, now=noon).came == source
    renewal = re.search(r'data-renew="([^"]+)"', page)[1]
    again = client.get(renewal).json()["ticket"]
    assert tickets.read(again, now=noon).came == source
    assert f"{on_air.public_id}?via=share" in page


def test_the_desk_says_where_viewers_came_from_and_what_the_goods_drew(
    client, on_air, open_goods, lin, noon
):
    room_sums.add_sums([Sums(on_air.pk, {Arrival.LIST: 3, Arrival.SHARE: 9})], now=noon)
    assert open_goods(noon - 5 * MINUTE)
    assert open_goods(noon - MINUTE)
    # A session that never showed the product has no part in it, nor has a made-up one.
    assert not open_goods(noon - MINUTE, session="0123456789abcdef")
    client.force_login(lin)
    desk = client.get(f"/studio/live/{on_air.public_id}/desk").content.decode()
    assert "打开 2 次（讲解中 1 次）" in desk
    assert desk.index("分享链接") < desk.index("直播列表")


def test_the_results_of_a_session_have_the_same_figures_in_excel(
    client, on_air, open_goods, lin, noon
):
    room_sums.add_sums([Sums(on_air.pk, {Arrival.SHARE: 9})], now=noon)
    open_goods(noon - MINUTE)
    client.force_login(lin)
    here = f"/live/{on_air.public_id}/results"
    page = client.get(here).content.decode()
    assert ("分享链接" in page, "讲解中 1" in page) == (True, True)
    titles, row = load_workbook(BytesIO(client.get(f"{here}?format=xlsx").content)).active.values
    shown = dict(zip(titles, row, strict=True))
    assert (shown["从直播间打开"], shown["讲解中打开"], shown["支付订单数"]) == (1, 1, 0)
    every = load_workbook(BytesIO(client.get("/studio/live/results?format=xlsx").content))
    titles, row = every.active.values
    assert dict(zip(titles, row, strict=True))["来源：分享链接"] == 9


def test_an_order_counts_for_the_talk_in_which_it_was_placed(bought, ended, recorder, noon):
    """Mei ordered at noon; the plums were talked about from five to nine minutes into the show."""
    Session.objects.filter(pk=ended.pk).update(ended_at=noon + MINUTE)
    ended.refresh_from_db()
    product = ended.items.get().product_id
    drew = pulls_of(traffic.signal_log(), ended, now=noon)
    assert drew[product] == Pull(orders=1)
    Explanation.objects.update(ended_at=noon + MINUTE)
    drew = pulls_of(traffic.signal_log(), ended, now=noon)
    assert drew[product] == Pull(orders=1, orders_in_talks=1)
