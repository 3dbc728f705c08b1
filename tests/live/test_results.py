"""What a show brought, in the words of the house for money; and the figures read off the facts."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from shanhuo.goods.models import Sku
from shanhuo.live import queries
from shanhuo.live.evidence import folder
from shanhuo.live.models import Cast, Pin, Session, SessionStep, ShowcaseItem
from shanhuo.live.services import sealing
from shanhuo.live.states import UnpinReason
from shanhuo.orders import services as orders
from shanhuo.orders.choices import RefundReason


@pytest.fixture
def settled(bought, mei, lin, noon):
    line = bought.lines.get()
    sent = {"carrier": "sf", "tracking_number": "SF100200300", "actor": lin, "now": noon}
    orders.ship(order_id=bought.pk, quantities={line.pk: 3}, **sent)
    orders.receive(order_id=bought.pk, actor=mei, now=noon)
    orders.refund_shipped(
        order_id=bought.pk,
        quantities={line.pk: 1},
        reason=RefundReason.DAMAGED,
        actor=mei,
        now=noon,
    )
    orders.settle_order(order_id=bought.pk, now=noon)
    return bought


def result_of(session):
    [result] = queries.results_of(queries.sessions_with_results(Session.objects.all()))
    return result


def test_a_session_counts_who_came_and_what_was_paid_returned_and_settled(ended, settled, noon):
    SessionStep.objects.create(
        session=ended, before="scheduled", after="on_air", at=noon - timedelta(minutes=25)
    )
    result = result_of(ended)
    assert (result.joins, result.most_viewers, result.likes) == (12, 9, 140)
    assert (result.orders, result.units) == (1, 3)
    assert (result.paid_fen, result.refunded_fen, result.settled_fen) == (11_940, 3_980, 7_960)
    assert [(one.title, one.units) for one in result.products] == [("巫山脆李", 3)]
    assert result.on_air == timedelta(minutes=25)


def test_shares_of_a_co_stream_add_up_to_the_fen(ended, settled, zhao):
    Cast.objects.filter(session=ended).update(share_basis_points=3_333)
    Cast.objects.create(session=ended, user=zhao, role="cohost", share_basis_points=6_667)
    parts = [(one.name, one.paid_fen) for one in result_of(ended).shares]
    assert parts == [("林合作社", 3_980), ("赵大姐", 7_960)]


def test_totals_by_county_and_host(ended, settled):
    results = [result_of(ended)]
    [county] = queries.totals_by("county", results)
    assert (county.name, county.sessions, county.paid_fen) == ("巫山县", 1, 11_940)
    assert [one.name for one in queries.totals_by("host", results)] == ["林合作社"]


def test_evidence_holds_the_orders_and_nobodys_address(ended, bought, mei, lin, noon):
    sealing.seal(session_id=ended.pk, now=noon)
    path = folder.part_folder(ended.public_id, 0) / "records" / "orders.jsonl"
    text = path.read_text()
    assert f'"order":"{bought.public_id}"' in text
    assert '"status":"preparing"' in text
    for secret in ("梅女士", "13900139000", "解放碑", mei.public_id):
        assert secret not in text


def test_an_order_refunded_later_goes_into_a_supplement(ended, bought, mei, lin, noon):
    sealing.seal(session_id=ended.pk, now=noon)
    later = noon + timedelta(hours=20)
    line = bought.lines.get()
    orders.refund_unshipped(
        order_id=bought.pk,
        quantities={line.pk: 3},
        reason=RefundReason.CHANGED_MIND,
        actor=mei,
        now=later,
    )
    sealing.note_order_news(now=later + timedelta(hours=5))
    assert sealing.bundles_with_news().count() == 1
    assert sealing.seal_supplement(bundle_id=ended.bundle.pk, now=later)
    path = folder.part_folder(ended.public_id, 1) / "records" / "orders.jsonl"
    assert '"cancelled_count":3' in path.read_text()


def test_pages_of_results_for_host_and_office(client, ended, settled, lin, wang, mei):
    for user, address in ((lin, "/studio/live/results"), (wang, "/county/live/results")):
        client.force_login(user)
        page = client.get(address).content.decode()
        assert "119.40" in page
        assert "脆李开园" in page
        book = load_workbook(BytesIO(client.get(f"{address}?format=xlsx").content))
        assert [cell.value for cell in book.active[2]][1] == "脆李开园"
        one = client.get(f"/live/{ended.public_id}/results").content.decode()
        assert "79.60" in one
    client.force_login(mei)
    assert client.get(f"/live/{ended.public_id}/results").status_code == 404
    assert client.get("/county/live/results").status_code == 403


def test_results_show_the_prices_that_stood_on_the_screen_and_why_they_left(
    client, ended, lin, noon
):
    item = ShowcaseItem.objects.create(
        session=ended, product=Sku.objects.get().product, position=7, added_at=noon, removed_at=noon
    )
    Pin.objects.create(
        item=item, price_fen=3_650, pinned_at=noon, ended_at=noon, ended_why=UnpinReason.STOCK
    )
    client.force_login(lin)
    page = client.get(f"/live/{ended.public_id}/results").content.decode()
    assert ("36.50" in page, "上过屏的价格" in page, str(UnpinReason.STOCK.label) in page) == (
        True,
    ) * 3


def test_three_sessions_cost_what_one_costs(ended, settled, make_session, noon):
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            queries.results_of(queries.sessions_with_results(Session.objects.all()))
        return len(asked)

    one = cost()
    for _ in range(2):
        make_session("ended", on_air_at=noon, ended_at=noon, keep_until=noon)
    assert cost() == one
