"""Promising, giving back and handing over stock."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from shanhuo.goods import services as goods
from shanhuo.goods.models import Product, Sku, StockShare
from shanhuo.goods.prices import PriceChain


def stand_of(sku):
    sku.refresh_from_db()
    return sku.stock_count, sku.held_count


def committed(*lots):
    for lot in lots:
        lot.refresh_from_db()
    return [lot.committed_grams for lot in lots]


def test_a_hold_answers_with_the_price_and_where_it_goes(make_sku, noon):
    tea = make_sku(price_fen=3980, packing_fen=300, freight_fen=800, commission_fen=200)
    unit = goods.hold_stock(quantities={tea.pk: 2}, reference="o1", now=noon)[tea.pk]
    assert unit.price_fen == unit.chain.retail_fen == 3980
    assert unit.chain == PriceChain(2680, 300, 800, 0, 200)
    assert (unit.product_public_id, unit.merchant_id) == (
        tea.product.public_id,
        tea.product.merchant_id,
    )
    assert stand_of(tea) == (100, 2)


def test_units_are_filled_first_harvest_first_and_never_from_two_lots(
    make_product, make_lot, make_sku, noon
):
    plums = make_product()
    day = noon.date()
    later = make_lot(plums, 10_000, harvest_from=day - timedelta(days=2))
    first = make_lot(plums, 6_000, harvest_from=day - timedelta(days=5))
    box = make_sku(plums, grams_per_unit=2500)
    goods.hold_stock(quantities={box.pk: 4}, reference="o1", now=noon)
    # The first lot's last 1,000 g do not fill a box: a box of two lots needs a new certificate.
    assert committed(first, later) == [5_000, 5_000]


def test_no_more_is_sold_than_the_lots_declare(make_product, make_lot, make_sku, noon):
    plums = make_product()
    lot = make_lot(plums, 10_000)
    small, large = make_sku(plums, grams_per_unit=1000), make_sku(plums, grams_per_unit=5000)
    with pytest.raises(goods.OutOfStock) as refusal:
        goods.hold_stock(quantities={large.pk: 2, small.pk: 1}, reference="o1", now=noon)
    assert refusal.value.details == {"sku_ids": [small.pk]}
    assert (committed(lot), stand_of(small), stand_of(large)) == ([0], (100, 0), (100, 0))
    assert not StockShare.objects.exists()


@pytest.mark.parametrize(
    "dates",
    [
        {"harvest_from": timedelta(days=1)},
        {"valid_until": timedelta(days=-1), "harvest_until": timedelta(days=-2)},
    ],
    ids=["not yet ripe", "certificate over"],
)
def test_a_lot_is_sold_in_its_season_only(make_product, make_lot, make_sku, noon, dates):
    plums = make_product()
    make_lot(plums, **{name: noon.date() + shift for name, shift in dates.items()})
    box = make_sku(plums)
    with pytest.raises(goods.OutOfStock):
        goods.hold_stock(quantities={box.pk: 1}, reference="o1", now=noon)


def test_what_is_not_listed_is_not_sold(make_product, make_sku, noon):
    draft = make_sku(make_product(status=Product.Status.DRAFT, listed_at=None))
    retired = make_sku(is_active=False)
    wanted = {draft.pk: 1, retired.pk: 1, 999_999: 1}
    with pytest.raises(goods.NotForSale) as refusal:
        goods.hold_stock(quantities=wanted, reference="o1", now=noon)
    assert refusal.value.details == {"sku_ids": [draft.pk, retired.pk, 999_999]}
    assert (stand_of(draft), stand_of(retired)) == ((100, 0), (100, 0))


def test_a_shop_that_lost_its_verification_sells_nothing(make_sku, cooperative, noon):
    box = make_sku()
    cooperative.status = "suspended"
    cooperative.save()
    with pytest.raises(goods.NotForSale):
        goods.hold_stock(quantities={box.pk: 1}, reference="o1", now=noon)
    assert stand_of(box) == (100, 0)


@pytest.mark.parametrize("units", [0, -1, 1.5, 10**30, "２", "1", True, None])
def test_attack_06_odd_quantities_hold_nothing(make_sku, noon, units):
    box = make_sku()
    with pytest.raises(goods.BadQuantity):
        goods.hold_stock(quantities={box.pk: units}, reference="o1", now=noon)
    assert stand_of(box) == (100, 0)


def test_what_was_held_goes_back_to_its_own_lots_once(make_product, make_lot, make_sku, noon):
    plums = make_product()
    lots = [make_lot(plums, 5_000), make_lot(plums, 5_000)]
    box = make_sku(plums, grams_per_unit=2500)
    goods.hold_stock(quantities={box.pk: 1}, reference="o1", now=noon)
    goods.hold_stock(quantities={box.pk: 2}, reference="o2", now=noon)
    assert committed(*lots) == [5_000, 2_500]
    assert goods.return_held_stock(reference="o2") is True
    assert goods.return_held_stock(reference="o2") is False
    assert committed(*lots) == [2_500, 0]
    assert stand_of(box) == (100, 1)


def test_paid_stock_leaves_the_warehouse_and_its_grams_stay_committed(
    make_product, make_lot, make_sku, noon
):
    plums = make_product()
    lot = make_lot(plums)
    box = make_sku(plums, stock_count=10)
    goods.hold_stock(quantities={box.pk: 3}, reference="o1", now=noon)
    assert goods.take_held_stock(reference="o1") is True
    assert goods.take_held_stock(reference="o1") is False
    assert goods.return_held_stock(reference="o1") is False
    assert (stand_of(box), committed(lot)) == ((7, 0), [7_500])


def test_a_paid_order_cancelled_before_shipping_goes_back_on_sale(
    make_product, make_lot, make_sku, noon
):
    plums = make_product()
    lot = make_lot(plums)
    small, large = make_sku(plums, grams_per_unit=1000), make_sku(plums, grams_per_unit=2500)
    goods.hold_stock(quantities={small.pk: 1, large.pk: 2}, reference="o1", now=noon)
    goods.take_held_stock(reference="o1")
    goods.put_back_taken_stock(reference="o1", units={large.pk: 1})
    assert (stand_of(small), stand_of(large), committed(lot)) == ((99, 0), (99, 0), [3_500])
    goods.put_back_taken_stock(reference="o1", units={large.pk: 1})
    goods.put_back_taken_stock(reference="o1", units={large.pk: 1})
    assert (stand_of(small), stand_of(large), committed(lot)) == ((99, 0), (100, 0), [1_000])


def test_a_reference_holds_once(make_sku, noon):
    box = make_sku()
    goods.hold_stock(quantities={box.pk: 1}, reference="o1", now=noon)
    with pytest.raises(IntegrityError), transaction.atomic():
        goods.hold_stock(quantities={box.pk: 1}, reference="o1", now=noon)
    assert stand_of(box) == (100, 1)


def test_the_table_itself_refuses_to_hold_more_than_there_is(make_sku, make_lot, noon):
    box = make_sku(stock_count=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Sku.objects.filter(pk=box.pk).update(held_count=2)
    lot = make_lot(box.product, 1_000)
    with pytest.raises(IntegrityError), transaction.atomic():
        type(lot).objects.filter(pk=lot.pk).update(committed_grams=1_001)


def test_a_hold_costs_five_statements_however_many_lots_there_are(
    make_product, make_lot, make_sku, noon
):
    for lot_count in (1, 3):
        plums = make_product(title=f"脆李{lot_count}")
        for _number in range(lot_count):
            make_lot(plums)
        box = make_sku(plums)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            goods.hold_stock(quantities={box.pk: 1}, reference=f"o{lot_count}", now=noon)
        told = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
        assert len(told) == 5
