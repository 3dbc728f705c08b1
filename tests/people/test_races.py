"""Many at once, with real threads. Runs on SQLite, and with `-p tests.postgres` on PostgreSQL."""

from functools import partial

import pytest

from shanhuo.people import queries, services
from shanhuo.people.models import Household, Membership, SignInCode, User, Verification
from shanhuo.people.services.sign_in import CodeExpired, SignedIn, WrongCode
from shanhuo.people.services.verification import AlreadyDecided
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]
HOME = "203.0.113.7"


@pytest.fixture
def sent(settings, noon):
    settings.DEMO = True
    return services.request_code(phone="13800138000", address=HOME, proof="", now=noon)


def confirm(sent, guess, now):
    return services.confirm_code(reference=sent.reference, guess=guess, address=HOME, now=now)


def test_attack_19_one_code_sent_by_eight_browsers_at_once_opens_one_account(sent, noon):
    answers = at_once([partial(confirm, sent, sent.demo_code, noon)] * 8)
    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert sum(isinstance(answer, CodeExpired) for answer in answers) == 7
    assert User.objects.count() == 1


def test_attack_19_parallel_guesses_are_counted_one_by_one(sent, noon):
    wrong = f"{(int(sent.demo_code) + 1) % 10**6:06d}"
    answers = at_once([partial(confirm, sent, wrong, noon)] * 12)
    assert sum(isinstance(answer, WrongCode | CodeExpired) for answer in answers) == 12
    assert SignInCode.objects.get().guesses_left == 0
    with pytest.raises(CodeExpired):
        confirm(sent, sent.demo_code, noon)


def test_of_two_operators_who_decide_at_once_one_does(make_user, make_organisation, mei, noon):
    pair = [make_user("甲"), make_user("乙")]
    make_organisation("platform", name="平台", members=tuple(pair))
    place = make_organisation("merchant", name="新社")
    case = Verification.objects.create(organisation=place, applied_by=mei, applied_at=noon)
    answers = at_once(
        [
            partial(
                services.decide_verification,
                verification=case,
                decider=decider,
                accept=accept,
                reason="理由",
                now=noon,
            )
            for decider, accept in zip(pair, (True, False), strict=True)
        ]
    )
    assert sorted(type(answer) for answer in answers if answer) == [AlreadyDecided]
    case.refresh_from_db()
    assert case.decided_by in pair


def test_two_owners_who_leave_at_once_leave_one_behind(make_user, make_organisation, noon):
    pair = [make_user("甲"), make_user("乙")]
    place = make_organisation("merchant", members=tuple(pair))
    rows = list(queries.members_of(place))
    at_once(
        [partial(services.end_membership, membership=row, actor=row.user, now=noon) for row in rows]
    )
    assert Membership.objects.filter(organisation=place, ended_at=None).count() == 1


def test_a_list_confirmed_twice_at_once_is_imported_once(wang, make_county, noon):
    raw = "户编号,户主姓名,户类型,同意日期\nSL-1,张三,脱贫户,2026-03-05\n".encode()
    batch = services.preview_import(county_id=make_county().pk, raw=raw, officer=wang, now=noon)
    at_once([partial(services.confirm_import, batch=batch, officer=wang, now=noon)] * 4)
    assert Household.objects.count() == 1
