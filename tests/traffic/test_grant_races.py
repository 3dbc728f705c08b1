"""Grants decided at the same moment: on SQLite and on PostgreSQL."""

from collections import Counter
from functools import partial

import pytest

from shanhuo.kernel.errors import Refusal
from shanhuo.kernel.models import FactRecord
from shanhuo.traffic.grants import book, services
from shanhuo.traffic.models import Contract, Grant, LedgerEntry
from shanhuo.traffic.models.ledger import Account
from shanhuo.traffic.trials.services import register_trial
from tests.threads import at_once
from tests.traffic import grants_kit as kit

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


def ask(wang, programme, county, *wishes, now):
    return services.request_grant(
        requester=wang,
        programme_id=programme.pk,
        county_id=county.pk,
        terms=kit.terms(*wishes),
        now=now,
    )


def codes(results) -> Counter[str]:
    """How many went through, and why the others did not; anything but a refusal is a fault."""
    faults = [one for one in results if isinstance(one, Exception) and not isinstance(one, Refusal)]
    assert faults == []
    return Counter(one.code if isinstance(one, Refusal) else "done" for one in results)


def test_twenty_approvals_at_once_promise_no_more_than_the_budget(
    op, wang, make_county, make_post, noon
):
    posts, county = [make_post(f"第 {number} 条") for number in range(20)], make_county()
    programme = kit.open_programme(op, now=noon, budget=700)
    asked = [ask(wang, programme, county, kit.wish_for(post, 100), now=noon) for post in posts]
    approve = partial(services.approve_grant, operator=op, now=noon)
    results = at_once([partial(approve, grant_id=grant.pk) for grant in asked])
    assert codes(results) == {"done": 7, "budget_short": 13}
    lies = book.balances(LedgerEntry.objects.filter(programme=programme))
    assert (lies[Account.BUDGET], lies[Account.OBJECT]) == (0, 700)
    assert book.first_break(programme.pk) is None


def test_of_many_who_decide_at_once_one_does(op, wang, make_county, make_post, noon):
    make_post()
    programme = kit.open_programme(op, now=noon)
    grant = ask(wang, programme, make_county(), kit.county_wish(100), now=noon)
    approve = partial(services.approve_grant, operator=op, grant_id=grant.pk, now=noon)
    refuse = partial(services.refuse_grant, operator=op, grant_id=grant.pk, reason="不", now=noon)
    assert codes(at_once([approve, refuse] * 4)) == {"done": 1, "already_decided": 7}
    grant.refresh_from_db()
    promised = book.balances(LedgerEntry.objects.filter(grant=grant))[Account.OBJECT]
    assert promised == (100 if grant.status == Grant.Status.APPROVED else 0)


def test_a_grant_stopped_and_tried_by_many_at_once_is_so_once(
    op, wang, make_county, make_post, noon, log
):
    make_post()
    programme = kit.open_programme(op, now=noon, starts_on=kit.FIRST)
    terms = kit.terms(kit.county_wish(1_000), starts_on=kit.LAST)
    grant = kit.approved(op, wang, make_county(), terms, now=noon, programme=programme)
    register = partial(
        register_trial, log, operator=op, grant_id=grant.pk, metric="plays", now=noon
    )
    stop = partial(services.stop_grant, operator=op, grant_id=grant.pk, reason="停", now=noon)
    assert codes(at_once([register] * 4)) == {"done": 1, "trial_exists": 3}
    assert codes(at_once([stop] * 4)) == {"done": 1, "not_under_way": 3}
    assert Contract.objects.get().end_reason == "stopped"
    assert FactRecord.objects.filter(kind="traffic.GrantEnded").count() == 1


def test_one_object_asked_for_by_many_at_once_is_asked_for_once(
    op, wang, make_county, make_post, noon
):
    post, county = make_post(), make_county()
    programme = kit.open_programme(op, now=noon)
    deed = partial(ask, wang, programme, county, kit.wish_for(post, 100), now=noon)
    assert codes(at_once([deed] * 8)) == {"done": 1, "objects_overlap": 7}
