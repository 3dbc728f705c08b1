"""Households: consented, kept to their county, erased on request."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from shanhuo.kernel.models import AuditEntry, FactRecord
from shanhuo.people import queries, services
from shanhuo.people.entries import (
    ConsentEntry,
    ConsentMissing,
    EntryIncomplete,
    HouseholdEntry,
    IdentityNumberFound,
    NotAContact,
    RiskMissing,
)
from shanhuo.people.models import Household, HouseholdConsent, Membership
from shanhuo.people.services.households import HouseholdGone, NotYourCounty, NumberTaken
from shanhuo.people.services.verification import ReasonMissing

pytestmark = pytest.mark.django_db
ZHANG = HouseholdEntry(
    number="SL-001",
    head_name="张·三丰",
    kind="monitored",
    risk="marginal",
    phone="138 0013 8000",
    address="双龙镇 3 组",
)
AGREED = ConsentEntry(given_on=date(2026, 6, 1))


@pytest.fixture
def wushan(make_county):
    return make_county()


@pytest.fixture
def register(wang, wushan, noon):
    def register(entry=ZHANG, given=AGREED, officer=wang, county=wushan):
        return services.register_household(
            county_id=county.pk, entry=entry, given=given, officer=officer, now=noon
        )

    return register


@pytest.fixture
def neighbour(make_user, make_organisation, make_county):
    """An officer of the next county."""
    user = make_user("邻县专员")
    county = make_county("奉节县", "500236")
    make_organisation("county_office", name="奉节县农业农村委", county=county, members=(user,))
    return user


def test_a_household_that_agreed_is_on_the_list(register, wang):
    household = register()
    assert list(queries.households_visible_to(wang)) == [household]
    assert household.head_name == "张·三丰"
    assert household.phone == "13800138000"
    consent = HouseholdConsent.objects.get()
    assert (consent.text_version, consent.given_on) == ("2026-11", date(2026, 6, 1))


def test_nothing_personal_lies_in_the_clear(register):
    register()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM people_household")
        stored = str(cursor.fetchall())
    for secret in ("张", "三丰", "13800138000", "双龙", "SL-001"):
        assert secret not in stored


@pytest.mark.parametrize(
    ("entry", "refusal"),
    [
        (replace(ZHANG, number=" "), EntryIncomplete),
        (replace(ZHANG, head_name=""), EntryIncomplete),
        (replace(ZHANG, risk=""), RiskMissing),
        (replace(ZHANG, kind="other"), RiskMissing),
        (replace(ZHANG, kind="poor"), RiskMissing),
        (replace(ZHANG, phone="call me"), NotAContact),
        (replace(ZHANG, address="身份证 500237199001011234"), IdentityNumberFound),
        (
            replace(ZHANG, head_name="张 ６２２２０２０２００１１２２３３４４５"),
            IdentityNumberFound,
        ),
        (replace(ZHANG, number="50023719900101123X"), IdentityNumberFound),
    ],
)
def test_an_entry_that_cannot_be_is_refused(register, entry, refusal):
    with pytest.raises(refusal):
        register(entry=entry)
    assert Household.objects.count() == 0


@pytest.mark.parametrize("given_on", [date(2019, 12, 31), date(2026, 7, 2)])
def test_without_consent_there_is_no_household(register, given_on):
    with pytest.raises(ConsentMissing):
        register(given=ConsentEntry(given_on=given_on))
    assert Household.objects.count() == 0


def test_a_number_stands_once_in_a_county(register):
    register()
    with pytest.raises(NumberTaken):
        register(entry=replace(ZHANG, head_name="李四"))
    assert Household.objects.count() == 1


def test_attack_18_an_officer_of_another_county_reads_and_writes_nothing(
    register, neighbour, wushan, noon
):
    household = register()
    assert queries.households_visible_to(neighbour).count() == 0
    assert queries.imports_visible_to(neighbour).count() == 0
    for act in (
        lambda: register(entry=replace(ZHANG, number="X"), officer=neighbour),
        lambda: services.change_household(
            household=household, entry=ZHANG, officer=neighbour, now=noon
        ),
        lambda: services.reveal_household(
            household=household, officer=neighbour, reason="查看", now=noon
        ),
        lambda: services.withdraw_consent(household=household, officer=neighbour, now=noon),
        lambda: services.preview_import(county_id=wushan.pk, raw=b"", officer=neighbour, now=noon),
    ):
        with pytest.raises(NotYourCounty):
            act()
    household.refresh_from_db()
    assert (household.head_name, household.erased_at) == ("张·三丰", None)


def test_attack_18_nobody_but_the_countys_officers_sees_households(
    register, op, audit_person, lin, zhao, stranger
):
    register()
    for user in (op, audit_person, lin, zhao, stranger, None):
        assert queries.households_visible_to(user).count() == 0


def test_attack_15_former_staff_see_nothing_from_that_moment(register, wang, noon):
    register()
    Membership.objects.filter(user=wang).update(ended_at=noon)
    assert queries.households_visible_to(wang).count() == 0
    with pytest.raises(NotYourCounty):
        register(entry=replace(ZHANG, number="SL-002"))


def test_attack_37_looking_closely_needs_a_reason_and_leaves_a_trace(register, wang, noon):
    household = register()
    with pytest.raises(ReasonMissing):
        services.reveal_household(household=household, officer=wang, reason=" ", now=noon)
    seen = services.reveal_household(
        household=household, officer=wang, reason="电话回访收购款", now=noon
    )
    assert (seen.head_name, seen.phone) == ("张·三丰", "13800138000")
    entry = AuditEntry.objects.get(verb="household.reveal")
    assert entry.actor == wang.public_id
    assert entry.detail == {"county": "500237", "reason": "电话回访收购款"}


def test_attack_37_the_audit_log_and_the_facts_name_nobody(register, wang, noon):
    household = register()
    services.withdraw_consent(household=household, officer=wang, now=noon)
    told = str(list(AuditEntry.objects.values())) + str(list(FactRecord.objects.values()))
    for secret in ("三丰", "13800138000", "双龙镇", "SL-001"):
        assert secret not in told


def test_attack_38_withdrawal_erases_everything_that_leads_back(register, wang, noon):
    household = register()
    old_id, old_key = household.public_id, household.fact_key
    services.withdraw_consent(household=household, officer=wang, now=noon)
    left = Household.objects.get()
    assert (left.head_name, left.phone, left.address, left.number) == ("", "", "", "")
    assert (left.number_digest, left.head_name_digest, left.village_id) == (None, "", None)
    assert left.public_id != old_id
    assert left.fact_key != old_key
    assert left.kind == "monitored"
    assert queries.households_visible_to(wang).count() == 0
    fact = FactRecord.objects.get(kind="people.HouseholdErased")
    assert fact.payload == {"household_key": old_key, "county": "500237"}
    assert HouseholdConsent.objects.get().withdrawn_at == noon


def test_attack_38_after_withdrawal_nothing_can_be_read_or_written_again(register, wang, noon):
    household = register()
    services.withdraw_consent(household=household, officer=wang, now=noon)
    household.refresh_from_db()
    services.withdraw_consent(household=household, officer=wang, now=noon)
    assert FactRecord.objects.filter(kind="people.HouseholdErased").count() == 1
    for act in (
        lambda: services.change_household(household=household, entry=ZHANG, officer=wang, now=noon),
        lambda: services.reveal_household(
            household=household, officer=wang, reason="看看", now=noon
        ),
    ):
        with pytest.raises(HouseholdGone):
            act()
    with pytest.raises(IntegrityError), transaction.atomic():
        Household.objects.filter(pk=household.pk).update(address="双龙镇")


def test_after_withdrawal_the_number_is_free_again(register, wang, noon):
    services.withdraw_consent(household=register(), officer=wang, now=noon)
    assert register().number == "SL-001"


def test_search_finds_an_exact_number_or_name_only(register, wang):
    household = register()
    rows = queries.households_visible_to(wang)
    for text, found in (
        ("SL-001", [household]),
        ("ＳＬ-００１", [household]),
        ("张·三丰", [household]),
        ("张", []),
        ("", []),
    ):
        assert list(queries.search_households(rows, text)) == found


def test_a_cooperative_sees_masked_households_of_its_own_county_with_consent(
    register, lin, cooperative, make_household, make_county, wang, noon
):
    register()
    make_household(make_county("奉节县", "500236"))
    without = make_household(head_name="撤回户", number="SL-900")
    HouseholdConsent.objects.filter(household=without).update(withdrawn_at=noon)
    [payable] = queries.payable_households(lin)
    assert (payable.number, payable.masked_name) == ("SL-001", "张**")
    assert queries.payable_household(lin, payable.public_id) == payable
    assert queries.payable_household(lin, without.public_id) is None
    assert queries.payable_households(wang) == []


def test_a_change_is_noted_without_its_words(register, wang, noon):
    household = register()
    later = noon + timedelta(days=1)
    services.change_household(
        household=household, entry=replace(ZHANG, head_name="张四"), officer=wang, now=later
    )
    household.refresh_from_db()
    assert (household.head_name, household.changed_at) == ("张四", later)
    assert AuditEntry.objects.get(verb="household.change").detail == {"county": "500237"}
