"""What is shown to whom, found by which words, in how many statements."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shanhuo.goods import queries
from shanhuo.goods import services as goods
from shanhuo.goods.models import Product
from shanhuo.goods.services.search import refresh_search
from tests.goods.conftest import CHAIN, details, picture


@pytest.mark.parametrize("query", ["脆李", "巫山", "手摘", "水果", "合作社", "5斤", "李"])
def test_two_character_words_are_found(listed, query):
    assert list(queries.search(queries.products_on_sale(), query)) == [listed]


@pytest.mark.parametrize("query", ["核桃", "脆桃", '"*', "脆李 核桃"])
def test_other_words_find_nothing_else(listed, query):
    found = list(queries.search(queries.products_on_sale(), query))
    assert found == ([listed] if query == '"*' else [])


def test_the_harvest_calendar_filters(listed):
    on_sale = queries.products_on_sale()
    fresh = [month for month in range(1, 13) if queries.in_season(on_sale, month).exists()]
    assert fresh == [7, 8]


def test_attack_15_drafts_are_seen_by_their_own_shop_only(draft, lin, wang, stranger, op):
    for person in (wang, stranger, op, AnonymousUser(), None):
        assert not queries.products_visible_to(person).exists()
        assert not queries.products_editable_by(person).exists()
        assert not queries.lots_editable_by(person).exists()
        assert not queries.skus_editable_by(person).exists()
    assert list(queries.products_editable_by(lin)) == [draft]


def test_attack_17_a_person_who_left_or_was_locked_out_edits_nothing(draft, lin, noon):
    lin.is_active = False
    lin.save()
    assert not queries.products_editable_by(lin).exists()
    assert not queries.products_visible_to(lin).exists()


def test_a_suspended_shop_disappears(listed, cooperative):
    cooperative.status = "suspended"
    cooperative.save()
    assert not queries.products_on_sale().exists()


def test_a_list_costs_the_same_for_one_and_for_three(make_product, make_sku, noon):
    counts = []
    for shown in (1, 3):
        while Product.objects.count() < shown:
            product = make_product(f"脆李 {Product.objects.count()}")
            make_sku(product)
            goods.add_photo(product_id=product.pk, file=picture())
        with CaptureQueriesContext(connection) as statements:
            assert len(queries.cards(queries.products_on_sale(), day=noon.date())) == shown
        counts.append(len(statements))
    assert counts == [1, 1]


def test_a_card_says_whether_a_unit_can_be_had_today(listed, noon):
    [card] = queries.cards(queries.products_on_sale(), day=noon.date())
    assert (card.is_available, card.price_from_fen, card.season_words) == (True, 3980, "7–8月")
    sku = listed.skus.get()
    goods.hold_stock(quantities={sku.pk: 40}, reference="o1", now=noon)
    [card] = queries.cards(queries.products_on_sale(), day=noon.date())
    assert card.is_available is False


def test_an_offer_counts_whole_units_in_single_lots(make_product, make_lot, make_sku, noon):
    plums = make_product()
    make_lot(plums, 6_000)
    make_lot(plums, 6_000)
    box = make_sku(plums, grams_per_unit=2500, stock_count=9)
    offer = queries.offers([box.public_id, "unknown"], day=noon.date())[box.public_id]
    assert (offer.available_count, offer.is_on_sale, offer.adcode) == (4, True, "500237")


def test_offers_of_one_and_three_skus_cost_the_same(make_sku, noon):
    skus = [make_sku() for _number in range(3)]
    counts = []
    for chosen in (skus[:1], skus):
        with CaptureQueriesContext(connection) as statements:
            queries.offers([sku.public_id for sku in chosen], day=noon.date())
        counts.append(len(statements))
    assert counts == [3, 3]


def test_a_story_that_changes_is_found_by_its_new_words(listed):
    goods.edit_product(product_id=listed.pk, details=details(story="核桃林里养的"))
    assert list(queries.search(queries.products_on_sale(), "核桃")) == [listed]
    refresh_search(Product.objects.all())
    assert list(queries.search(queries.products_on_sale(), "手摘")) == []


def test_the_page_of_a_product_tells_everything(listed, noon):
    page = queries.product_page(listed, day=noon.date())
    [line] = page.skus
    assert (line.chain, line.available_count, page.season) == (CHAIN, 40, ((7, 8),))
    assert [lot.origin for lot in page.lots] == ["巫山县曲尺乡柑园村"]
    assert (len(page.photos), page.is_in_pool) == (1, False)
