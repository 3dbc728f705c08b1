"""Lots and their certificates."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from shanhuo.goods import queries
from shanhuo.goods import services as goods
from shanhuo.goods.events import LotCertified
from shanhuo.goods.models import Lot
from shanhuo.kernel import facts
from tests.goods.conftest import lot_details


def recorded(fact_type, noon):
    day = timedelta(days=1)
    return [fact.payload for fact in facts.read_log(fact_type, since=noon - day, until=noon + day)]


def test_a_certificate_is_issued_and_told(draft, lin, noon):
    lot = goods.enter_lot(product_id=draft.pk, details=lot_details(noon.date()), now=noon)
    goods.certify_lot(lot_id=lot.pk, actor_id=lin.pk, now=noon)
    lot.refresh_from_db()
    assert (lot.status, lot.declared_grams, lot.contact) == ("certified", 1_000_000, "13800138000")
    assert lot.certificate_number == f"500237-20260701-{lot.public_id[:4].upper()}"
    assert recorded(LotCertified, noon) == [
        {
            "lot": lot.public_id,
            "product": draft.public_id,
            "county": "500237",
            "grams": 1_000_000,
            "valid_until": "2026-07-31",
        }
    ]


def test_every_missing_field_is_named_and_nothing_is_issued(draft, lin, noon):
    bare = goods.LotDetails(number="A")
    lot = goods.enter_lot(product_id=draft.pk, details=bare, now=noon)
    with pytest.raises(goods.CertificateIncomplete) as refusal:
        goods.certify_lot(lot_id=lot.pk, actor_id=lin.pk, now=noon)
    assert refusal.value.details["missing"] == [
        "goods_name",
        "quantity",
        "origin",
        "promiser",
        "contact",
        "proof_method",
        "issued_on",
        "harvest_from",
        "harvest_until",
        "valid_until",
        "promises",
    ]
    lot.refresh_from_db()
    assert (lot.status, recorded(LotCertified, noon)) == ("draft", [])


def test_all_three_promises_are_needed(draft, lin, noon):
    halfhearted = lot_details(noon.date(), promises=("no_banned", "true"))
    lot = goods.enter_lot(product_id=draft.pk, details=halfhearted, now=noon)
    with pytest.raises(goods.CertificateIncomplete) as refusal:
        goods.certify_lot(lot_id=lot.pk, actor_id=lin.pk, now=noon)
    assert refusal.value.details["missing"] == ["promises"]


def test_a_certified_lot_is_final(ready, lin, noon):
    lot = ready.lots.get()
    with pytest.raises(goods.LotIsFinal):
        goods.edit_lot(lot_id=lot.pk, details=lot_details(noon.date(), quantity=Decimal(9)))
    with pytest.raises(goods.LotIsFinal):
        goods.certify_lot(lot_id=lot.pk, actor_id=lin.pk, now=noon)
    lot.refresh_from_db()
    assert lot.declared_grams == 1_000_000


@pytest.mark.parametrize(
    ("quantity", "unit", "grams"),
    [("3", "jin", 1500), ("2.5", "kg", 2500), ("0.03", "tonne", 30_000), ("0.01", "jin", 5)],
)
def test_units_become_grams(draft, noon, quantity, unit, grams):
    details = lot_details(noon.date(), quantity=Decimal(quantity), unit=unit)
    assert goods.enter_lot(product_id=draft.pk, details=details, now=noon).declared_grams == grams


@pytest.mark.parametrize("quantity", ["0", "-1", "1e30", "0.001"])
def test_attack_06_odd_volumes_are_refused(draft, noon, quantity):
    details = lot_details(noon.date(), quantity=Decimal(quantity))
    with pytest.raises(goods.BadVolume):
        goods.enter_lot(product_id=draft.pk, details=details, now=noon)
    assert not draft.lots.exists()


@pytest.mark.parametrize("contact", ["call me", "123", "1380013800013800"])
def test_what_is_not_a_telephone_number_is_refused(draft, noon, contact):
    with pytest.raises(goods.BadTelephone):
        goods.enter_lot(
            product_id=draft.pk, details=lot_details(noon.date(), contact=contact), now=noon
        )


def test_the_telephone_number_is_not_readable_in_the_database(ready):
    with connection.cursor() as cursor:
        cursor.execute("SELECT contact FROM goods_lot")
        assert "13800138000" not in cursor.fetchone()[0]


def test_a_recall_stops_the_sale_and_finds_the_orders(listed, lin, noon):
    sku, lot = listed.skus.get(), listed.lots.get()
    goods.hold_stock(quantities={sku.pk: 2}, reference="order-1", now=noon)
    goods.hold_stock(quantities={sku.pk: 1}, reference="order-2", now=noon)
    goods.return_held_stock(reference="order-2")
    goods.withdraw_lot(lot_id=lot.pk, actor=lin, now=noon)
    assert queries.reach_of(lot) == [queries.LotReach("order-1", "5 斤装", 2, "held")]
    with pytest.raises(goods.OutOfStock):
        goods.hold_stock(quantities={sku.pk: 1}, reference="order-3", now=noon)


def test_a_draft_that_is_withdrawn_is_gone(draft, lin, noon):
    lot = goods.enter_lot(product_id=draft.pk, details=lot_details(noon.date()), now=noon)
    goods.withdraw_lot(lot_id=lot.pk, actor=lin, now=noon)
    assert not Lot.objects.exists()


def test_lot_numbers_are_not_used_twice_and_dates_are_in_order(ready, noon):
    with pytest.raises(goods.LotExists):
        goods.enter_lot(product_id=ready.pk, details=lot_details(noon.date()), now=noon)
    backwards = lot_details(noon.date(), number="B", harvest_until=noon.date() - timedelta(days=1))
    with pytest.raises(goods.LotDatesWrong):
        goods.enter_lot(product_id=ready.pk, details=backwards, now=noon)
    assert ready.lots.count() == 1
