"""The room and the live desk: what viewers see, what hosts do, who keeps order."""

import re
from datetime import timedelta

import pytest

from shanhuo.kernel import clock
from shanhuo.live.media import takes
from shanhuo.live.models import Message, Penalty, Session, ShowcaseItem
from shanhuo.live.services import airing
from shanhuo.live.states import TakeProblem
from shanhuo.traffic import viewers
from shanhuo.traffic.attribution import source_of
from shanhuo.traffic.kinds import ObjectKind, Source, Surface
from shanhuo.traffic.moments import to_ms
from shanhuo.traffic.sheets import Slot, seal, unseal


@pytest.fixture
def on_air(announced, noon):
    session = announced()
    Session.objects.filter(pk=session.pk).update(
        status="on_air", on_air_at=noon - timedelta(minutes=3)
    )
    session.refresh_from_db()
    return session


def test_without_script_the_room_has_film_goods_buy_buttons_and_who_sells(client, on_air):
    page = client.get(f"/live/{on_air.public_id}").content.decode()
    product = on_air.items.get().product
    assert f'controls preload="none" src="/media/live/{on_air.media_key}/index.m3u8"' in page
    assert "<noscript>" in page
    assert f"/g/{product.public_id}?session={on_air.public_id}" in page
    assert ("巫山山货合作社 销售" in page, "合格证" in page, "主播" in page) == (True,) * 3
    # Its head names a desk only where one is.
    assert 'class="desk"' not in page


def test_in_a_gap_the_room_says_so_and_still_sells(client, on_air, noon):
    Session.objects.filter(pk=on_air.pk).update(status="interrupted", interrupted_at=noon)
    page = client.get(f"/live/{on_air.public_id}").content.decode()
    assert ("data-gap hidden" in page, f"?session={on_air.public_id}" in page) == (False, True)


def test_a_host_fills_and_orders_the_showcase(signed_in, plan, make_sku, make_product, lin):
    session, browser = plan(), signed_in(lin)
    first, second = (make_sku(make_product(title)).product for title in ("脆李", "柚子"))
    here = f"/studio/live/{session.public_id}/goods"
    for product in (first, second):
        browser.post(f"{here}/add", {"product": product.public_id})
    assert "柚子" in browser.get(f"{here}?q=柚子").content.decode()
    item = session.items.get(product=second)
    browser.post(f"{here}/move", {"item": item.pk, "to": "up"})
    order = session.items.order_by("position").values_list("product", flat=True)
    assert list(order) == [second.pk, first.pk]
    browser.post(f"{here}/move", {"item": item.pk, "to": "out"})
    assert session.items.filter(removed_at=None).get().product == first
    assert browser.post(f"{here}/add", {"product": "nonsense"}).status_code == 409


def test_the_live_desk_pins_explains_and_offers(signed_in, on_air, lin, mei):
    browser, here = signed_in(lin), f"/studio/live/{on_air.public_id}"
    item = on_air.items.get()
    assert browser.get(f"{here}/air").status_code == 200
    answer = browser.post(
        f"{here}/deed", {"item": item.pk, "deed": "pin"}, headers={"HX-Request": "true"}
    )
    assert "下屏" in answer.content.decode()
    browser.post(f"{here}/deed", {"item": item.pk, "deed": "explain"})
    item.refresh_from_db()
    assert (item.pinned_at is not None, item.state) == (True, "explaining")
    sku = item.product.skus.get()
    terms = {
        "sku": sku.public_id,
        "price_fen": "19.80",
        "stock_count": "5",
        "per_person": "1",
        "opens_at": "2026-07-01T12:05",
        "closes_at": "2026-07-01T12:20",
    }
    assert browser.post(f"{here}/offer", {**terms, "price_fen": "ten"}).status_code == 422
    assert browser.post(f"{here}/offer", terms).status_code == 302
    assert ShowcaseItem.objects.get().hot_sale.stock_count == 5
    assert signed_in(mei).get(f"{here}/air").status_code == 404


def test_the_desk_says_what_is_wrong_with_the_picture(signed_in, on_air, lin, noon, monkeypatch):
    here = f"/studio/live/{on_air.public_id}/desk"
    take = airing.begin_take(session_id=on_air.pk, source="encoder", container="flv", now=noon)
    assert 'class="notice bad"' not in signed_in(lin).get(here).content.decode()
    airing.note_problem(take_id=take.pk, problem=TakeProblem.UNKNOWN_CODEC)
    page = signed_in(lin).get(here).content.decode()
    assert "浏览器放不了这种画面。请把推流软件设为 H.264 和 AAC。" in page
    monkeypatch.setattr(takes, "RESERVE_BYTES", 2**62)
    assert "磁盘已满" in signed_in(lin).get(here).content.decode()


def test_a_stream_key_is_shown_once_and_only_to_hosts(signed_in, on_air, lin, mei):
    here = f"/studio/live/{on_air.public_id}"
    assert signed_in(mei).post(f"{here}/key").status_code == 404
    page = signed_in(lin).post(f"{here}/key").content.decode()
    on_air.refresh_from_db()
    assert (on_air.public_id + "-" in page, bool(on_air.key_digest)) == (True, True)
    assert on_air.public_id + "-" not in signed_in(lin).get(f"{here}/air").content.decode()


def test_the_host_ends_the_session_and_the_room_offers_the_replay(signed_in, on_air, lin):
    browser = signed_in(lin)
    assert browser.post(f"/studio/live/{on_air.public_id}/end").status_code == 302
    on_air.refresh_from_db()
    page = browser.get(f"/live/{on_air.public_id}").content.decode()
    assert (on_air.status, "看回放" in page) == ("ended", True)


def test_a_moderator_hides_a_line_and_mutes_its_author(signed_in, on_air, lin, mei, noon):
    line = Message.objects.create(session=on_air, author=mei, body="骗人的", at=noon)
    here = f"/studio/live/{on_air.public_id}"
    assert signed_in(mei).post(f"{here}/line", {"line": line.public_id}).status_code == 404
    browser = signed_in(lin)
    assert "骗人的" in browser.get(f"{here}/room").content.decode()
    browser.post(f"{here}/line", {"line": line.public_id, "deed": "mute"})
    line.refresh_from_db()
    assert (line.status, Penalty.objects.get().user) == ("hidden", mei)
    browser.post(f"{here}/lift", {"penalty": Penalty.objects.get().pk})
    assert Penalty.objects.get().lifted_at is not None
    browser.post(f"{here}/announce", {"text": "八点整开抢"})
    browser.post(f"{here}/slow", {"seconds": "15"})
    on_air.refresh_from_db()
    assert (on_air.announcement, on_air.slow_mode_seconds) == ("八点整开抢", 15)


# ---- from the card of the feed ----


def card_of(session, viewer):
    """The sheet of a list whose second slot showed the session to this viewer."""
    slots = [Slot(ObjectKind.POST, 1, 500237, Source.FRESH)]
    slots.append(Slot(ObjectKind.SESSION, session.pk, 500237, Source.LIVE))
    return seal(slots, viewer=viewer.key, surface=Surface.FEED, now_ms=to_ms(clock.now()))


def test_what_is_done_in_the_room_counts_for_the_card_that_led_there(client, on_air, noon):
    viewer = viewers.new_viewer()
    client.cookies[viewers.COOKIE] = viewers.write(viewer)
    sheet, token = card_of(on_air, viewer)
    room = f"/live/{on_air.public_id}"
    page = client.get(f"{room}?sheet={token}&slot=1").content.decode()
    assert f'data-sheet="{token}" data-slot="1"' in page
    product = on_air.items.get().product.public_id
    source = source_of(
        product=product,
        post="",
        sheet=token,
        slot=1,
        viewer=viewer.key,
        session=on_air.public_id,
    )
    assert source.exposure == f"{sheet:x}.1"


def test_another_viewers_card_and_another_slot_give_the_room_a_sheet_of_its_own(
    client, on_air, noon
):
    viewer = viewers.new_viewer()
    client.cookies[viewers.COOKIE] = viewers.write(viewer)
    foreign = card_of(on_air, viewers.new_viewer())[1]
    for token, slot in ((foreign, 1), (card_of(on_air, viewer)[1], 0), ("", "")):
        room = f"/live/{on_air.public_id}?sheet={token}&slot={slot}"
        page = client.get(room).content.decode()
        own = unseal(re.findall(r'data-sheet="([^"]+)"', page)[0])
        assert (own.viewer, own.surface) == (viewer.key, Surface.LIVE_SQUARE)
        assert (own.slots["object_kind"][0], own.slots["source"][0]) == (
            ObjectKind.SESSION,
            Source.CHOSEN,
        )
