"""Who may; and everybody else."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from shanhuo.people import queries, rules
from shanhuo.people.models import Membership, Organisation, Verification

pytestmark = pytest.mark.django_db
HELPERS = [
    rules.is_operator,
    rules.is_auditor,
    rules.officer_county_ids,
    rules.merchant_ids,
    rules.creator_ids,
    rules.may_trade,
]


def test_each_role_is_a_membership_in_an_organisation(
    op, audit_person, wang, lin, cooperative, zhao
):
    held = [[bool(helper(user)) for helper in HELPERS[:5]] for user in (op, audit_person, wang)]
    assert held == [
        [True, False, False, False, False],
        [False, True, False, False, False],
        [False, False, True, False, False],
    ]
    assert rules.merchant_ids(lin) == frozenset({cooperative.pk})
    assert len(rules.creator_ids(zhao)) == 1


def test_all_roles_at_once_say_the_same_as_one_by_one(wang, lin, cooperative, mei, op):
    for user in (wang, lin, mei, op, None, AnonymousUser()):
        roles = rules.roles_of(user)
        assert roles.is_operator == rules.is_operator(user)
        assert roles.is_auditor == rules.is_auditor(user)
        assert roles.county_ids == rules.officer_county_ids(user)
        assert roles.merchant_ids == rules.merchant_ids(user)
        assert roles.creator_ids == rules.creator_ids(user)


@pytest.mark.parametrize("who", ["none", "anonymous", "inactive", "stranger"])
def test_attack_17_nobody_may_nothing(who, op, wang, lin, cooperative, stranger):
    lin.is_active = False
    user = {
        "none": None,
        "anonymous": AnonymousUser(),
        "inactive": lin,
        "stranger": stranger,
    }[who]
    for helper in HELPERS[:5]:
        assert helper(user) in (False, frozenset())
    assert rules.roles_of(user) == rules.Roles()
    assert not rules.is_member(user, cooperative)
    assert not rules.can_manage(user, cooperative)
    assert not rules.can_decide(user, Verification(organisation=cooperative))
    for rows in (
        queries.households_visible_to(user),
        queries.imports_visible_to(user),
        queries.organisations_visible_to(user),
        queries.verifications_visible_to(user),
        queries.documents_visible_to(user),
        queries.households_payable_by(user),
        queries.merchants_of(user),
        queries.offices_of(user),
    ):
        if who != "inactive":
            assert rows.count() == 0


def test_attack_17_an_organisation_that_is_none_has_no_members(lin, cooperative):
    assert not rules.is_member(lin, None)
    assert not rules.can_manage(lin, None)
    assert not rules.can_decide(lin, None)


@pytest.mark.parametrize("status", ["applied", "refused", "suspended"])
def test_a_role_needs_a_verified_organisation(lin, cooperative, status):
    Organisation.objects.filter(pk=cooperative.pk).update(status=status)
    assert rules.merchant_ids(lin) == frozenset()
    assert rules.is_member(lin, cooperative)


def test_attack_15_an_ended_membership_gives_nothing_from_that_moment(lin, cooperative, noon):
    Membership.objects.filter(user=lin).update(ended_at=noon + timedelta(days=1))
    assert rules.merchant_ids(lin) == frozenset()
    assert not rules.is_member(lin, cooperative)


def test_youth_mode_takes_trade_away(mei):
    assert rules.may_trade(mei)
    mei.youth_pin = "x"
    assert not rules.may_trade(mei)
