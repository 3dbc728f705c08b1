"""A dossier from the survey to the slogan."""

import pytest

from shanhuo.goods import queries
from shanhuo.goods import services as goods
from tests.goods.conftest import details

FULL = goods.Dossier(
    survey="走访 12 个村，亩产 900 斤",
    selling_points="脆、离核、晚熟",
    positioning="三峡坡地上的鲜食李",
    slogan="一口脆甜 三峡味道",
    differentiators="挂果期长 20 天",
    forbidden_claims="全国第一\n治病",
    proof="地理标志登记",
)


@pytest.fixture
def brand(cooperative, noon):
    return goods.create_brand(
        organisation_id=cooperative.pk, county_id=cooperative.county_id, name="巫山脆李", now=noon
    )


def test_each_publication_makes_a_version_that_stays(brand, lin, noon):
    goods.save_dossier(brand_id=brand.pk, dossier=FULL)
    first = goods.publish_dossier(brand_id=brand.pk, actor_id=lin.pk, now=noon)
    goods.save_dossier(
        brand_id=brand.pk, dossier=goods.Dossier(**{**vars_of(FULL), "slogan": "脆得响"})
    )
    brand.refresh_from_db()
    assert brand.current == first  # The draft is not shown.
    second = goods.publish_dossier(brand_id=brand.pk, actor_id=lin.pk, now=noon)
    brand.refresh_from_db()
    first.refresh_from_db()
    assert (first.number, first.slogan) == (1, "一口脆甜 三峡味道")
    assert (second.number, brand.current.slogan) == (2, "脆得响")


def vars_of(dossier):
    return {name: getattr(dossier, name) for name in dossier.__dataclass_fields__}


def test_an_unfinished_dossier_is_not_published(brand, lin, noon):
    goods.save_dossier(brand_id=brand.pk, dossier=goods.Dossier(survey="走访", slogan="脆"))
    with pytest.raises(goods.DossierIncomplete) as refusal:
        goods.publish_dossier(brand_id=brand.pk, actor_id=lin.pk, now=noon)
    assert refusal.value.details["missing"] == ["selling_points", "positioning", "proof"]
    brand.refresh_from_db()
    assert brand.current is None


def test_a_slogan_keeps_the_brands_own_rules(brand, lin, noon):
    goods.save_dossier(
        brand_id=brand.pk, dossier=goods.Dossier(**{**vars_of(FULL), "slogan": "全国第一脆"})
    )
    with pytest.raises(goods.SloganBreaksOwnRule):
        goods.publish_dossier(brand_id=brand.pk, actor_id=lin.pk, now=noon)


def test_the_current_slogan_stands_on_every_card(brand, listed, lin, noon):
    goods.edit_product(product_id=listed.pk, details=details(brand_id=brand.pk))
    goods.save_dossier(brand_id=brand.pk, dossier=FULL)
    goods.publish_dossier(brand_id=brand.pk, actor_id=lin.pk, now=noon)
    [card] = queries.cards(queries.products_on_sale(), day=noon.date())
    assert card.slogan == "一口脆甜 三峡味道"
    assert list(queries.search(queries.products_on_sale(), "三峡味道")) == [listed]


def test_a_name_is_taken_once_per_organisation(brand, cooperative, noon):
    with pytest.raises(goods.BrandExists):
        goods.create_brand(
            organisation_id=cooperative.pk,
            county_id=cooperative.county_id,
            name="巫山脆李",
            now=noon,
        )
