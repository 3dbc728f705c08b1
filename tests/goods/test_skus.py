"""Sizes, prices and counts."""

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from shanhuo.goods import services as goods
from shanhuo.goods.models import PriceVersion, Sku
from shanhuo.goods.prices import BadPrice, FeeTooSmall, PriceChain
from tests.goods.conftest import CHAIN


@pytest.fixture
def box(ready):
    return ready.skus.get()


def test_the_chain_is_the_price(box):
    assert (box.price_fen, CHAIN.retail_fen) == (3980, 3980)
    assert dict(CHAIN.parts()) == {
        "farm_gate_fen": 2400,
        "packing_fen": 400,
        "freight_fen": 800,
        "platform_fee_fen": 180,
        "commission_fen": 200,
    }


@given(st.lists(st.integers(0, 10**6), min_size=5, max_size=5))
def test_whatever_the_parts_are_they_sum_to_the_price(parts):
    chain = PriceChain(*parts)
    assert chain.retail_fen == sum(fen for _name, fen in chain.parts())


def test_a_new_price_leaves_the_old_one_on_record(box, lin, noon):
    dearer = PriceChain(2900, 400, 800, 180, 200)
    goods.set_price(sku_id=box.pk, chain=dearer, actor_id=lin.pk, now=noon)
    box.refresh_from_db()
    assert (box.price_fen, box.price_number) == (4480, 2)
    history = PriceVersion.objects.filter(sku=box).values_list("number", "price_fen")
    assert list(history) == [(2, 4480), (1, 3980)]


@pytest.mark.parametrize(
    "chain",
    [PriceChain(0, 0, 0, 0, 0), PriceChain(100, -1, 0, 0, 0), PriceChain(10_000_001, 0, 0, 0, 0)],
    ids=["nothing", "negative", "too dear"],
)
def test_attack_05_impossible_prices_change_nothing(box, lin, noon, chain):
    with pytest.raises(BadPrice):
        goods.set_price(sku_id=box.pk, chain=chain, actor_id=lin.pk, now=noon)
    box.refresh_from_db()
    assert (box.price_fen, box.price_number) == (3980, 1)


def test_a_seller_may_not_state_less_for_the_platform_than_it_asks(box, lin, noon, settings):
    settings.PLATFORM_FEE_BASIS_POINTS = 500
    enough = PriceChain(3000, 0, 0, 158, 0)
    assert goods.set_price(sku_id=box.pk, chain=enough, actor_id=lin.pk, now=noon).price_fen == 3158
    with pytest.raises(FeeTooSmall, match=r"1\.58"):
        less = PriceChain(3000, 1, 0, 157, 0)
        goods.set_price(sku_id=box.pk, chain=less, actor_id=lin.pk, now=noon)


def test_the_table_itself_refuses_a_price_that_does_not_add_up(box):
    with pytest.raises(IntegrityError), transaction.atomic():
        Sku.objects.filter(pk=box.pk).update(price_fen=1)


def test_stock_is_counted_anew_but_never_below_what_is_promised(box, listed, lin, noon):
    goods.hold_stock(quantities={box.pk: 5}, reference="o1", now=noon)
    with pytest.raises(goods.StockBelowHeld) as refusal:
        goods.set_stock(sku_id=box.pk, stock_count=4, seen_count=40, actor=lin, now=noon)
    assert refusal.value.details == {"held": 5}
    goods.set_stock(sku_id=box.pk, stock_count=5, seen_count=40, actor=lin, now=noon)
    box.refresh_from_db()
    assert (box.stock_count, box.held_count) == (5, 5)


def test_a_count_over_an_old_figure_is_refused(box, listed, lin, noon):
    goods.hold_stock(quantities={box.pk: 5}, reference="o1", now=noon)
    goods.take_held_stock(reference="o1")
    with pytest.raises(goods.StockMoved) as refusal:
        goods.set_stock(sku_id=box.pk, stock_count=100, seen_count=40, actor=lin, now=noon)
    assert refusal.value.details == {"stock": 35}


@pytest.mark.parametrize("count", [-1, 1_000_001, 10**30])
def test_attack_06_odd_stock_is_refused(box, lin, noon, count):
    with pytest.raises(goods.BadStock):
        goods.set_stock(sku_id=box.pk, stock_count=count, seen_count=40, actor=lin, now=noon)


def test_a_size_is_added_once_however_often_the_form_is_sent(box, draft, lin, noon):
    with pytest.raises(goods.SkuExists):
        goods.add_sku(
            product_id=draft.pk,
            name=box.name,
            grams_per_unit=2500,
            chain=CHAIN,
            stock_count=1,
            actor_id=lin.pk,
            now=noon,
        )
    assert draft.skus.count() == 1
