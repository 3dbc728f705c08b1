"""Into the county's pool by two people, out of it with a reason."""

from datetime import timedelta

import pytest

from shanhuo.goods import queries
from shanhuo.goods import services as goods
from shanhuo.goods.choices import ExitReason
from shanhuo.goods.events import ProductAdmitted, ProductExited, ProductNominated
from shanhuo.goods.models import PoolEntry
from shanhuo.kernel import facts

ALL = goods.Checks(licence_ok=True, certificate_ok=True, stock_ok=True, price_ok=True)


def told(noon):
    day = timedelta(days=1)
    kinds = (ProductNominated, ProductAdmitted, ProductExited)
    return [
        (kind.__name__, fact.payload)
        for kind in kinds
        for fact in facts.read_log(kind, since=noon - day, until=noon + day)
    ]


@pytest.fixture
def entry(listed, lin, noon):
    return goods.nominate_product(
        product_id=listed.pk, actor_id=lin.pk, reason="三县评比第一名", now=noon
    )


def admit(entry, person, noon, checks=ALL):
    return goods.admit_product(entry_id=entry.pk, actor=person, checks=checks, note="", now=noon)


def test_nominated_checked_admitted_and_out_again(entry, listed, wang, noon):
    admit(entry, wang, noon)
    goods.exit_pool(
        entry_id=entry.pk,
        actor=wang,
        reason=ExitReason.SEASON_OVER,
        note="",
        now=noon,
    )
    whose = {"product": listed.public_id, "county": "500237"}
    assert told(noon) == [
        ("ProductNominated", whose),
        ("ProductAdmitted", whose),
        ("ProductExited", {**whose, "reason": "season_over"}),
    ]
    assert not queries.in_pool(queries.products_on_sale()).exists()


def test_nobody_checks_their_own_nomination(listed, wang, noon):
    entry = goods.nominate_product(product_id=listed.pk, actor_id=wang.pk, reason="好", now=noon)
    with pytest.raises(goods.OwnNomination):
        admit(entry, wang, noon)
    entry.refresh_from_db()
    assert (entry.status, entry.checked_by) == ("nominated", None)


@pytest.mark.parametrize("missing", ["licence_ok", "certificate_ok", "stock_ok", "price_ok"])
def test_admission_needs_all_four_checks(entry, wang, noon, missing):
    ticks = {"licence_ok": True, "certificate_ok": True, "stock_ok": True, "price_ok": True}
    with pytest.raises(goods.ChecksMissing):
        admit(entry, wang, noon, goods.Checks(**{**ticks, missing: False}))
    entry.refresh_from_db()
    assert entry.status == "nominated"


def test_what_cannot_be_sold_is_not_admitted(entry, wang, noon):
    with pytest.raises(goods.NoLongerSellable) as refusal:
        admit(entry, wang, noon + timedelta(days=40))
    assert refusal.value.details["gaps"] == ["window"]


def test_a_refusal_has_a_reason_and_opens_the_way_for_another_try(entry, listed, lin, wang, noon):
    with pytest.raises(goods.ReasonNeeded):
        goods.refuse_nomination(entry_id=entry.pk, actor=wang, note=" ", now=noon)
    goods.refuse_nomination(entry_id=entry.pk, actor=wang, note="包装照片不清", now=noon)
    with pytest.raises(goods.AlreadyDecided):
        admit(entry, wang, noon)
    goods.nominate_product(product_id=listed.pk, actor_id=lin.pk, reason="已补", now=noon)
    assert PoolEntry.objects.filter(product=listed).count() == 2


def test_a_product_is_in_the_pool_once_and_a_draft_never(entry, listed, draft, lin, noon):
    with pytest.raises(goods.AlreadyInPool):
        goods.nominate_product(product_id=listed.pk, actor_id=lin.pk, reason="再来", now=noon)
    goods.unlist_product(product_id=listed.pk, actor=lin, now=noon)
    with pytest.raises(goods.NotListed):
        goods.nominate_product(product_id=listed.pk, actor_id=lin.pk, reason="再来", now=noon)
    assert PoolEntry.objects.count() == 1


def test_attack_15_other_counties_officers_and_strangers_see_no_entry(
    entry, make_user, make_county, make_organisation, stranger, lin, wang
):
    elsewhere = make_user("外县干部")
    make_organisation(
        "county_office", name="奉节县", county=make_county("奉节县", "500236"), members=(elsewhere,)
    )
    seen = {
        person: list(queries.pool_entries_visible_to(person))
        for person in (lin, wang, elsewhere, stranger)
    }
    assert seen == {lin: [entry], wang: [entry], elsewhere: [], stranger: []}
    assert list(queries.pool_in_public()) == []
