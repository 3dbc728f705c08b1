"""The public shelves as a reader meets them."""

from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from shanhuo.goods import services as goods
from shanhuo.goods.choices import ExitReason
from shanhuo.kernel import clock
from shanhuo.traffic.kinds import Surface
from shanhuo.traffic.sheets import unseal
from tests.goods.conftest import CHAIN, details, lot_details, picture

ALL = goods.Checks(licence_ok=True, certificate_ok=True, stock_ok=True, price_ok=True)
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def admitted(listed, lin, wang, noon):
    entry = goods.nominate_product(product_id=listed.pk, actor_id=lin.pk, reason="好", now=noon)
    return goods.admit_product(entry_id=entry.pk, actor=wang, checks=ALL, note="", now=noon)


def page(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def test_the_page_of_a_product_shows_who_gets_what(client, listed):
    text = page(client, f"/g/{listed.public_id}")
    for fen in ("24.00", "4.00", "8.00", "1.80", "2.00", "39.80"):
        assert f"<i>¥</i>{fen}" in text
    assert "巫山县曲尺乡柑园村" in text
    assert "特级" in text


def test_the_page_remembers_which_clip_brought_the_buyer(client, listed):
    text = page(client, f'/g/{listed.public_id}?post=abc"><script>')
    assert 'name="via_post" value="abc&quot;&gt;&lt;script&gt;"' in text
    assert "via_post" not in page(client, f"/g/{listed.public_id}")


def test_the_shelf_finds_two_character_words(client, listed):
    assert listed.title in page(client, "/goods?q=脆李")
    assert listed.title not in page(client, "/goods?q=核桃")
    assert listed.title in page(client, "/goods?month=7&category=fruit")
    assert listed.title not in page(client, "/goods?month=1")
    assert listed.title in page(client, "/goods?month=13&page=-1")


def test_the_countys_shop_shows_what_was_admitted(client, listed, admitted, cooperative, noon):
    assert listed.title in page(client, "/c/500237/shop")
    assert listed.title in page(client, "/c/500237/shop?month=8")
    page(client, "/c/999999/shop", status=404)
    other = goods.create_product(
        merchant_id=cooperative.pk, county_id=cooperative.county_id, details=details(), now=noon
    )
    assert other.public_id not in page(client, "/c/500237/shop")


def test_a_nomination_is_no_admission(client, listed, lin, noon):
    goods.nominate_product(product_id=listed.pk, actor_id=lin.pk, reason="好", now=noon)
    assert listed.title not in page(client, "/c/500237/shop")
    assert listed.title not in page(client, "/pool")


def test_the_public_pool_tells_why_something_left(client, listed, admitted, wang, noon):
    assert listed.title in page(client, "/pool?county=500237")
    goods.exit_pool(
        entry_id=admitted.pk,
        actor=wang,
        reason=ExitReason.QUALITY,
        note="果径不够",
        now=noon,
    )
    text = page(client, "/pool?status=exited&q=脆李")
    assert "果径不够" in text
    assert listed.title not in page(client, "/pool?status=admitted")


def test_a_certificate_is_public_and_hides_the_middle_of_the_number(client, listed):
    lot = listed.lots.get()
    text = page(client, f"/lot/{lot.public_id}")
    assert "138****8000" in text
    assert "13800138000" not in text
    assert "<svg" in text
    typed = f"{lot.public_id[:4]}-{lot.public_id[4:]}".upper()
    assert lot.certificate_number in page(client, f"/lot/{typed}")


def test_a_draft_lot_has_no_public_certificate(client, listed, noon):
    draft = goods.enter_lot(
        product_id=listed.pk, details=lot_details(noon.date(), number="B"), now=noon
    )
    page(client, f"/lot/{draft.public_id}", status=404)


def test_a_withdrawn_lot_warns(client, listed, lin, noon):
    lot = listed.lots.get()
    goods.withdraw_lot(lot_id=lot.pk, actor=lin, now=noon)
    assert 'role="alert"' in page(client, f"/lot/{lot.public_id}")


def test_attack_15_a_draft_is_nobodys_business(client, draft, stranger):
    page(client, f"/g/{draft.public_id}", status=404)
    client.force_login(stranger)
    page(client, f"/g/{draft.public_id}", status=404)


def test_attack_26_script_in_every_field_is_text(client, cooperative, lin, noon):
    standard = goods.Standard(
        grade=SCRIPT[:30], size=SCRIPT, sugar=SCRIPT[:30], packing=SCRIPT, inspection=SCRIPT
    )
    product = goods.create_product(
        merchant_id=cooperative.pk,
        county_id=cooperative.county_id,
        details=details(
            title=SCRIPT, story=SCRIPT, storage_note=SCRIPT, eating_note=SCRIPT, standard=standard
        ),
        now=noon,
    )
    goods.add_photo(product_id=product.pk, file=picture())
    goods.add_sku(
        product_id=product.pk,
        name=SCRIPT,
        grams_per_unit=2500,
        chain=CHAIN,
        stock_count=5,
        actor_id=lin.pk,
        now=noon,
    )
    lot = goods.enter_lot(
        product_id=product.pk,
        details=lot_details(
            noon.date(),
            number=SCRIPT[:30],
            goods_name=SCRIPT,
            origin=SCRIPT,
            promiser=SCRIPT,
            certificate_number=SCRIPT,
        ),
        now=noon,
    )
    goods.certify_lot(lot_id=lot.pk, actor_id=lin.pk, now=noon)
    goods.list_product(product_id=product.pk, now=noon)
    for address in ("/goods", f"/g/{product.public_id}", f"/lot/{lot.public_id}"):
        text = page(client, address)
        assert "<script>" not in text
        assert "&lt;script&gt;" in text


def test_attack_28_formulas_in_names_are_disarmed(client, listed, admitted):
    goods.edit_product(product_id=listed.pk, details=details(title="=HYPERLINK(1)"))
    answer = client.get("/pool/export")
    rows = list(load_workbook(BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert rows[1][1] == "'=HYPERLINK(1)"
    assert len(rows) == 2


def test_out_of_season_nothing_can_be_bought(client, listed, noon):
    assert 'name="sku"' in page(client, f"/g/{listed.public_id}")
    with clock.at(noon + timedelta(days=40)):
        assert 'name="sku"' not in page(client, f"/g/{listed.public_id}")


def test_the_countys_shop_seals_what_it_shows(client, admitted, listed):
    """Its sheet names the surface and each product, so that orders and signals can join it."""
    answer = client.get("/c/500237/shop")
    showing = answer.context["showing"]
    sheet = unseal(showing.sheet)
    assert (sheet.surface, sheet.slots["object"].tolist()) == (Surface.MALL, [listed.pk])
    assert f'data-sheet="{showing.sheet}"' in answer.content.decode()
