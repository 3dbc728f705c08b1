"""Asking for traffic, deciding on it, and ending it."""

from datetime import timedelta

import pytest
from django.utils import translation

from shanhuo.content import services as content
from shanhuo.kernel import facts, jobs
from shanhuo.kernel.models import FactRecord
from shanhuo.people import services as people
from shanhuo.traffic.events import GrantApproved
from shanhuo.traffic.grants import book, booking, services, targets
from shanhuo.traffic.grants import terms as conditions
from shanhuo.traffic.grants.terms import Wish
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.models import Contract, Grant, LedgerEntry, Programme
from shanhuo.traffic.models.grants import Placement
from shanhuo.traffic.models.ledger import Account
from tests.traffic import grants_kit as kit

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def ask(wang, programme, county, *wishes, now, **differently):
    return services.request_grant(
        requester=wang,
        programme_id=programme.pk,
        county_id=county.pk,
        terms=kit.terms(*wishes, **differently),
        now=now,
    )


def lies(programme) -> dict[str, int]:
    found = book.balances(LedgerEntry.objects.filter(programme=programme))
    return {account.value: amount for account, amount in found.items() if amount}


def test_a_programme_promises_exposures_and_the_first_entry_says_so(op, noon):
    programme = kit.open_programme(op, now=noon, budget=10_000)
    assert lies(programme) == {"supply": -10_000, "budget": 10_000}
    assert book.first_break(programme.pk) is None


def test_a_grant_goes_from_request_to_contracts(op, wang, make_county, make_post, noon):
    post, county = make_post(), make_county()
    programme = kit.open_programme(op, now=noon, budget=10_000)
    grant = ask(wang, programme, county, kit.wish_for(post, 300), kit.county_wish(700), now=noon)
    assert (grant.status, grant.asked_count) == ("requested", 1_000)
    assert lies(programme) == {"supply": -10_000, "budget": 10_000}
    grant = services.approve_grant(operator=op, grant_id=grant.pk, now=noon)
    assert grant.status == "approved"
    assert lies(programme) == {"supply": -10_000, "budget": 9_000, "object": 1_000}
    (fact,) = facts.read_log(GrantApproved, since=noon, until=noon + DAY)
    assert fact.payload["exposures"] == 1_000
    assert fact.payload["contracts"] == [one.pk for one in grant.contracts.order_by("pk")]
    services.turn(now=noon)
    grant.refresh_from_db()
    assert grant.status == "running"


def test_whoever_asked_does_not_decide(op, make_county, make_post, noon):
    make_post()
    programme = kit.open_programme(op, now=noon)
    grant = ask(op, programme, make_county(), kit.county_wish(), now=noon)
    with pytest.raises(services.OwnRequest):
        services.approve_grant(operator=op, grant_id=grant.pk, now=noon)
    grant.refresh_from_db()
    assert (grant.status, LedgerEntry.objects.count()) == ("requested", 1)


def test_the_office_asks_for_its_own_county_only(op, wang, make_county, make_post, stranger, noon):
    make_post()
    programme = kit.open_programme(op, now=noon)
    elsewhere = make_county("奉节县", "500236")
    for person, county in ((wang, elsewhere), (stranger, make_county())):
        with pytest.raises(services.NotYourCounty):
            ask(person, programme, county, kit.county_wish(), now=noon)
    with pytest.raises(services.NotOperator):
        kit.open_programme(wang, now=noon)
    assert Grant.objects.count() == 0


def test_an_object_of_another_county_is_refused(op, wang, make_county, make_post, noon):
    make_post()
    programme = kit.open_programme(op, now=noon)
    for wish in (
        Wish(Contract.Kind.COUNTY, "500236", 10),
        Wish(Contract.Kind.POST, "0" * 16, 10),
        Wish(Contract.Kind.CREATOR, "0" * 16, 10),
        Wish(Contract.Kind.PRODUCT, "0" * 16, 10),
    ):
        with pytest.raises(targets.ObjectUnknown):
            ask(wang, programme, make_county(), wish, now=noon)


def test_a_county_without_a_clip_has_nothing_to_show(op, wang, make_county, noon):
    programme = kit.open_programme(op, now=noon)
    with pytest.raises(targets.NothingToShow):
        ask(wang, programme, make_county(), kit.county_wish(), now=noon)


def banner_wish(quota=100):
    return kit.county_wish(quota, placement=Placement.BANNER)


@pytest.mark.parametrize(
    ("wish", "terms", "code"),
    [
        (kit.county_wish(0), {}, "nothing_asked"),
        (kit.county_wish(-5), {}, "nothing_asked"),
        (kit.county_wish(10**12), {}, "too_much_asked"),
        (kit.county_wish(200_000), {}, "too_much_asked"),
        (kit.county_wish(100, day_cap=0), {}, "nothing_asked"),
        (kit.county_wish(100, day_cap=9), {}, "day_cap_too_small"),
        (kit.county_wish(), {"ends_on": kit.FIRST - DAY}, "dates_wrong"),
        (kit.county_wish(), {"starts_on": kit.FIRST - DAY}, "dates_past"),
        (kit.county_wish(), {"ends_on": kit.LAST + DAY}, "outside_programme"),
        (kit.county_wish(), {"ends_on": kit.FIRST + 400 * DAY}, "dates_too_far"),
        (kit.county_wish(), {"caps": {Placement.FEED: 0}}, "caps_wrong"),
        (kit.county_wish(), {"least_finish_percent": 100}, "gate_wrong"),
        (kit.county_wish(), {"title": "  "}, "words_missing"),
        (kit.county_wish(), {"reason": "\n"}, "words_missing"),
        (banner_wish(0), {}, "nothing_asked"),
        (banner_wish(), {"caps": {Placement.BANNER: 0}}, "caps_wrong"),
        (banner_wish(), {"caps": {Placement.BANNER: -1}}, "caps_wrong"),
        (banner_wish(), {"caps": {Placement.BANNER: 4}}, "caps_wrong"),
        (banner_wish(), {"caps": {Placement.SPLASH: 1}}, "cap_for_nothing"),
    ],
)
def test_terms_that_cannot_be_meant_are_refused(
    op, wang, make_county, make_post, noon, wish, terms, code
):
    make_post()
    programme = kit.open_programme(op, now=noon)
    with pytest.raises(conditions.Refusal) as refusal:
        ask(wang, programme, make_county(), wish, now=noon, **terms)
    assert refusal.value.code == code
    assert str(refusal.value)
    assert (Grant.objects.count(), Contract.objects.count()) == (0, 0)


def test_an_opening_card_needs_a_cap_and_says_so_in_both_languages(op, wang, make_county, noon):
    programme = kit.open_programme(op, now=noon, splash_cap=None)
    card = kit.county_wish(placement=Placement.SPLASH)
    with pytest.raises(conditions.CapNeeded) as refusal:
        ask(wang, programme, make_county(), card, now=noon)
    assert refusal.value.details == {"placement": "开屏"}
    assert str(refusal.value) == "开屏：计划没有规定频次上限，请写明每位观众一天最多几次曝光。"
    with translation.override("en"), pytest.raises(conditions.CapNeeded, match="Opening card"):
        ask(wang, programme, make_county(), card, now=noon)
    assert Grant.objects.count() == 0
    asked = ask(wang, programme, make_county(), card, now=noon, caps={Placement.SPLASH: 1})
    assert asked.caps == {Placement.FEED: None, Placement.BANNER: None, Placement.SPLASH: 1}


def test_a_placement_is_capped_by_the_programme_unless_the_grant_says_otherwise(
    op, wang, make_county, make_post, noon
):
    make_post()
    programme = kit.open_programme(op, now=noon, feed_cap=5, banner_cap=2)
    wishes = [kit.county_wish(placement=placement) for placement in Placement]
    grant = ask(wang, programme, make_county(), *wishes, now=noon, caps={Placement.BANNER: 1})
    assert [one.viewer_cap for one in grant.contracts.order_by("pk")] == [5, 1, 1]
    assert grant.asked_count == 300


def test_a_programme_refuses_caps_that_nobody_can_mean(op, noon):
    for caps in ({"feed_cap": 0}, {"banner_cap": 4}, {"splash_cap": -1}):
        with pytest.raises(conditions.CapsWrong):
            kit.open_programme(op, now=noon, **caps)
    assert Programme.objects.count() == 0


def test_no_object_and_one_object_twice_are_refused(op, wang, make_county, make_post, noon):
    make_post()
    programme = kit.open_programme(op, now=noon)
    with pytest.raises(conditions.NoObjects):
        ask(wang, programme, make_county(), now=noon)
    with pytest.raises(conditions.SameObjectTwice):
        ask(wang, programme, make_county(), kit.county_wish(), kit.county_wish(5), now=noon)


@pytest.mark.parametrize("budget", [0, -1, 10**12])
def test_a_budget_that_cannot_be_meant_is_refused(op, noon, budget):
    with pytest.raises(conditions.BadTerms):
        kit.open_programme(op, now=noon, budget=budget)
    assert Programme.objects.count() == 0


def test_an_object_is_in_one_grant_of_a_programme_at_a_time(op, wang, make_county, make_post, noon):
    make_post()
    first, second = kit.open_programme(op, now=noon), kit.open_programme(op, now=noon)
    ask(wang, first, make_county(), kit.county_wish(), now=noon, ends_on=kit.FIRST + 2 * DAY)
    with pytest.raises(services.ObjectsOverlap):
        ask(wang, first, make_county(), kit.county_wish(), now=noon)
    ask(wang, first, make_county(), kit.county_wish(), now=noon, starts_on=kit.FIRST + 3 * DAY)
    ask(wang, second, make_county(), kit.county_wish(), now=noon)
    assert Grant.objects.count() == 3


def test_a_budget_is_granted_once(op, wang, make_county, make_post, noon):
    post = make_post()
    programme = kit.open_programme(op, now=noon, budget=1_000)
    one = ask(wang, programme, make_county(), kit.county_wish(600), now=noon)
    other = ask(wang, programme, make_county(), kit.wish_for(post, 600), now=noon)
    services.approve_grant(operator=op, grant_id=one.pk, now=noon)
    with pytest.raises(services.BudgetShort) as short:
        services.approve_grant(operator=op, grant_id=other.pk, now=noon)
    assert short.value.details == {"free": 400, "needed": 600}
    with pytest.raises(services.AlreadyDecided):
        services.approve_grant(operator=op, grant_id=one.pk, now=noon)
    assert lies(programme) == {"supply": -1_000, "budget": 400, "object": 600}


def test_a_refusal_has_a_reason_that_the_county_reads(op, wang, make_county, make_post, noon):
    make_post()
    grant = ask(wang, kit.open_programme(op, now=noon), make_county(), kit.county_wish(), now=noon)
    with pytest.raises(services.ReasonNeeded):
        services.refuse_grant(operator=op, grant_id=grant.pk, reason=" ", now=noon)
    services.refuse_grant(operator=op, grant_id=grant.pk, reason="下月再议。", now=noon)
    grant.refresh_from_db()
    assert (grant.status, grant.decision_reason) == ("refused", "下月再议。")


def test_a_grant_is_stopped_once(op, wang, make_county, make_post, noon):
    make_post()
    grant = kit.approved(op, wang, make_county(), kit.terms(kit.county_wish()), now=noon)
    services.stop_grant(operator=op, grant_id=grant.pk, reason="停播。", now=noon)
    (contract,) = grant.contracts.all()
    assert contract.end_reason == "stopped"
    with pytest.raises(services.NotUnderWay):
        services.stop_grant(operator=op, grant_id=grant.pk, reason="停播。", now=noon)
    assert FactRecord.objects.filter(kind="traffic.GrantEnded").count() == 1


def end_reasons() -> dict[str, str]:
    jobs.run_due()
    return {one.kind: one.end_reason for one in Contract.objects.all()}


def test_a_withdrawn_clip_ends_its_contract_at_once(op, wang, zhao, make_county, make_post, noon):
    post = make_post()
    asked = kit.terms(kit.wish_for(post), kit.county_wish())
    kit.approved(op, wang, make_county(), asked, now=noon)
    content.withdraw_post(post_id=post.pk, by=zhao, now=noon)
    assert end_reasons() == {"post": "withdrawn", "county": ""}


def test_what_is_withdrawn_while_its_grant_is_asked_for_is_promised_nothing(
    op, wang, zhao, make_county, make_post, noon, tmp_path
):
    post, county = make_post(), make_county()
    programme = kit.open_programme(op, now=noon, budget=1_000)
    both = ask(wang, programme, county, kit.wish_for(post, 300), kit.county_wish(700), now=noon)
    make_post()
    content.withdraw_post(post_id=post.pk, by=zhao, now=noon)
    assert end_reasons() == {"post": "withdrawn", "county": ""}
    services.approve_grant(operator=op, grant_id=both.pk, now=noon)
    booking.book_recent(SignalLog(tmp_path / "signals"), now=noon)
    assert lies(programme) == {"supply": -1_000, "budget": 300, "object": 700}


def test_a_request_of_which_nothing_is_left_is_not_approved(
    op, wang, zhao, make_county, make_post, noon
):
    post = make_post()
    programme = kit.open_programme(op, now=noon)
    grant = ask(wang, programme, make_county(), kit.wish_for(post, 300), now=noon)
    content.withdraw_post(post_id=post.pk, by=zhao, now=noon)
    jobs.run_due()
    with pytest.raises(services.NothingLeft):
        services.approve_grant(operator=op, grant_id=grant.pk, now=noon)
    grant.refresh_from_db()
    assert (grant.status, LedgerEntry.objects.filter(grant=grant).count()) == ("requested", 0)


def test_attack_38_a_grant_no_longer_names_who_left(op, wang, zhao, make_county, make_post, noon):
    post = make_post("赵家的脆李，找赵大叔")
    asked = kit.terms(Wish(Contract.Kind.CREATOR, zhao.public_id, 50), kit.wish_for(post))
    grant = kit.approved(op, wang, make_county(), asked, now=noon)
    told = [zhao.public_id, post.public_id]
    people.delete_account(user=zhao, now=noon)
    assert [one.name for one in grant.contracts.order_by("pk")] == told


def test_a_suspended_creator_ends_the_contract_at_once(
    op, wang, zhao, make_county, make_post, noon
):
    make_post()
    asked = kit.terms(Wish(Contract.Kind.CREATOR, zhao.public_id, 50), kit.county_wish())
    kit.approved(op, wang, make_county(), asked, now=noon)
    people.suspend_account(user=zhao, operator=op, reason="假货", now=noon)
    assert end_reasons() == {"creator": "banned", "county": ""}


def test_a_finished_stock_ends_the_contracts_on_the_product_and_its_clips(
    op, wang, make_county, make_post, make_sku, noon
):
    sku = make_sku(stock_count=5)
    post = make_post(product=sku.product)
    product = Wish(Contract.Kind.PRODUCT, sku.product.public_id, 50)
    asked = kit.terms(product, kit.wish_for(post), kit.county_wish())
    kit.approved(op, wang, make_county(), asked, now=noon)
    assert services.end_unsellable(now=noon) == 0
    sku.stock_count = 0
    sku.save()
    assert services.end_unsellable(now=noon) == 2
    assert end_reasons() == {"goods": "no_stock", "post": "no_stock", "county": ""}


def test_a_programme_that_is_over_lets_the_rest_of_its_budget_expire(op, noon):
    programme = kit.open_programme(op, now=noon, budget=1_000)
    services.turn(now=noon + 30 * DAY)
    services.turn(now=noon + 30 * DAY)
    assert lies(programme) == {"supply": -1_000, "expired": 1_000}
    assert Account.EXPIRED.value == "expired"
