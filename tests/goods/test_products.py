"""A product on its way to the shelf."""

from datetime import timedelta

import pytest

from shanhuo.goods import services as goods
from shanhuo.goods.models import Product
from shanhuo.kernel import clock
from shanhuo.kernel.models import AuditEntry
from tests.goods.conftest import CHAIN, details, lot_details, picture


def test_a_complete_product_goes_on_sale(ready, noon):
    product = goods.list_product(product_id=ready.pk, now=noon)
    assert (product.status, product.listed_at) == (Product.Status.LISTED, noon)


def test_everything_that_is_missing_is_named_at_once(cooperative, noon):
    draft = goods.create_product(
        merchant_id=cooperative.pk,
        county_id=cooperative.county_id,
        details=details(category="processed", standard=goods.Standard()),
        now=noon,
    )
    with pytest.raises(goods.NotReady) as refusal:
        goods.list_product(product_id=draft.pk, now=noon)
    assert refusal.value.details["gaps"] == ["photo", "standard", "sku", "licence", "certificate"]
    draft.refresh_from_db()
    assert (draft.status, draft.listed_at) == (Product.Status.DRAFT, None)


def test_a_draft_lot_is_no_certificate(draft, lin, noon):
    goods.add_photo(product_id=draft.pk, file=picture())
    goods.add_sku(
        product_id=draft.pk,
        name="箱",
        grams_per_unit=2500,
        chain=CHAIN,
        stock_count=1,
        actor_id=lin.pk,
        now=noon,
    )
    goods.enter_lot(product_id=draft.pk, details=lot_details(noon.date()), now=noon)
    with pytest.raises(goods.NotReady) as refusal:
        goods.list_product(product_id=draft.pk, now=noon)
    assert refusal.value.details["gaps"] == ["certificate"]


@pytest.mark.parametrize("days", [-1, 31], ids=["before the harvest", "after the certificate"])
def test_listing_is_refused_outside_the_window(ready, noon, days):
    with pytest.raises(goods.NotReady) as refusal:
        goods.list_product(product_id=ready.pk, now=noon + timedelta(days=days))
    assert refusal.value.details["gaps"] == ["window"]


def test_listing_is_refused_when_the_declared_volume_is_sold(ready, noon):
    goods.list_product(product_id=ready.pk, now=noon)
    sku = ready.skus.get()
    lot = ready.lots.get()
    type(lot).objects.filter(pk=lot.pk).update(committed_grams=lot.declared_grams)
    with pytest.raises(goods.NotReady) as refusal:
        goods.list_product(product_id=ready.pk, now=noon)
    assert refusal.value.details["gaps"] == ["volume"]
    with pytest.raises(goods.OutOfStock):
        goods.hold_stock(quantities={sku.pk: 1}, reference="o1", now=noon)


def test_a_shop_that_lost_its_verification_lists_nothing(ready, cooperative, noon):
    cooperative.status = "suspended"
    cooperative.save()
    with pytest.raises(goods.NotReady) as refusal:
        goods.list_product(product_id=ready.pk, now=noon)
    assert refusal.value.details["gaps"] == ["merchant"]


def test_words_that_the_dossier_forbids_keep_a_product_off_sale(ready, cooperative, lin, noon):
    brand = goods.create_brand(
        organisation_id=cooperative.pk,
        county_id=cooperative.county_id,
        name="巫山脆李",
        now=noon,
    )
    goods.save_dossier(
        brand_id=brand.pk,
        dossier=goods.Dossier(
            survey="走访 12 村",
            selling_points="脆",
            positioning="鲜食李",
            slogan="一口脆甜",
            forbidden_claims="治病\n全国第一",
            proof="地理标志 AGI00000",
        ),
    )
    goods.publish_dossier(brand_id=brand.pk, actor_id=lin.pk, now=noon)
    goods.edit_product(product_id=ready.pk, details=details(story="全国第一甜", brand_id=brand.pk))
    with pytest.raises(goods.NotReady) as refusal:
        goods.list_product(product_id=ready.pk, now=noon)
    assert refusal.value.details["gaps"] == ["claim"]
    goods.edit_product(product_id=ready.pk, details=details(brand_id=brand.pk))
    goods.list_product(product_id=ready.pk, now=noon)
    with pytest.raises(goods.ForbiddenClaim):
        goods.edit_product(product_id=ready.pk, details=details(title="治病李", brand_id=brand.pk))
    ready.refresh_from_db()
    assert ready.title == "巫山脆李 5 斤装"


def test_another_shops_brand_cannot_be_worn(draft, make_organisation, make_user, noon):
    rival = make_organisation("merchant", name="别家", members=(make_user("别人"),))
    brand = goods.create_brand(
        organisation_id=rival.pk, county_id=rival.county_id, name="别家牌", now=noon
    )
    with pytest.raises(goods.UnknownBrand):
        goods.edit_product(product_id=draft.pk, details=details(brand_id=brand.pk))


def test_taking_a_product_off_sale_is_written_down(listed, lin, noon):
    goods.unlist_product(product_id=listed.pk, actor=lin, now=noon)
    listed.refresh_from_db()
    assert listed.status == Product.Status.UNLISTED
    entry = AuditEntry.objects.get(verb="product.unlist")
    assert (entry.actor, entry.subject) == (lin.public_id, f"goods.Product:{listed.public_id}")


def test_the_clock_decides_in_shanghai(ready, noon):
    last_minute = clock.start_of(noon.date() + timedelta(days=31)) - timedelta(minutes=1)
    goods.list_product(product_id=ready.pk, now=last_minute)
    with pytest.raises(goods.NotReady):
        goods.list_product(product_id=ready.pk, now=last_minute + timedelta(minutes=1))
