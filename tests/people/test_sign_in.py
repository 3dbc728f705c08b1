"""Signing in by telephone, and those who try to get in by other ways."""

import re
from datetime import timedelta

import altcha
import pytest

from shanhuo.kernel import encryption, tokens
from shanhuo.kernel.limits import TooMany
from shanhuo.people import phones, proof_of_work, services
from shanhuo.people.models import SignInCode, User
from shanhuo.people.services.sign_in import AccountClosed, CodeExpired, PhoneTaken, WrongCode

HOME = "203.0.113.7"
pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(settings, monkeypatch, noon):
    """Ask for a code as the demo does, which tells it."""
    settings.DEMO = True
    # The size of the sum is not what is tested here.
    monkeypatch.setattr(proof_of_work, "LEAST_STEPS", 10)
    monkeypatch.setattr(proof_of_work, "MOST_STEPS", 20)

    def request(phone="13800138000", address=HOME, now=noon, proof=None):
        solved = solve(proof_of_work.challenge(now=now)) if proof is None else proof
        return services.request_code(phone=phone, address=address, proof=solved, now=now)

    return request


def solve(challenge: dict) -> str:
    made = altcha.Challenge.from_dict(challenge)
    return altcha.Payload(made, altcha.solve_challenge(made)).to_base64()


def confirm(sent, now, guess=None, address=HOME):
    return services.confirm_code(
        reference=sent.reference, guess=guess or sent.demo_code, address=address, now=now
    )


def wrong(sent):
    return f"{(int(sent.demo_code) + 1) % 10**6:06d}"


@pytest.mark.parametrize(
    "typed",
    [
        "13800138000",
        "138 0013 8000",
        "+86 138-0013-8000",
        "0086 13800138000",
        "１３８００１３８０００",
    ],
)
def test_a_number_is_the_same_however_it_is_typed(typed):
    assert phones.normalise(typed) == "+8613800138000"


@pytest.mark.parametrize(
    "typed", ["", "12345", "01088886666", "4008123123", "+86 400 812 3123", "' OR 1=1"]
)
def test_what_is_no_mobile_number_is_refused(typed):
    with pytest.raises(phones.NotAPhone):
        phones.normalise(typed)


def test_a_code_opens_an_account_and_the_next_one_the_same(ask, noon):
    first = confirm(ask(), noon)
    later = noon + timedelta(minutes=2)
    second = confirm(ask(now=later), later)
    assert (first.is_new, second.is_new) == (True, False)
    assert first.user == second.user
    assert User.objects.count() == 1


def test_the_number_is_nowhere_in_the_clear(ask, noon, capsys):
    user = confirm(ask(), noon).user
    columns = User.objects.raw("SELECT id, phone AS raw_phone, phone_digest FROM people_user")
    stored = f"{columns[0].raw_phone} {columns[0].phone_digest}"
    assert "13800138000" not in stored
    assert encryption.decrypt(columns[0].raw_phone) == "+8613800138000"
    assert "13800138000" not in capsys.readouterr().err
    assert str(user).startswith("用户")


def test_a_code_typed_with_full_width_digits_is_the_same_code(ask, noon):
    sent = ask()
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in sent.demo_code)
    assert confirm(sent, noon, guess=f" {wide[:3]} {wide[3:]}").is_new


def test_outside_the_demo_the_code_is_told_to_the_telephone_only(ask, settings, noon, capsys):
    settings.DEMO = False
    sent = services.request_code(phone="13800138000", address=HOME, proof="", now=noon)
    assert sent.demo_code == ""
    assert re.search(r"SMS to 138\*\*\*\*8000: \d{6}$", capsys.readouterr().err.strip())


def test_attack_19_a_code_works_once(ask, noon):
    sent = ask()
    confirm(sent, noon)
    with pytest.raises(CodeExpired):
        confirm(sent, noon)


def test_attack_19_a_code_is_worth_nothing_after_ten_minutes(ask, noon):
    sent = ask()
    with pytest.raises(CodeExpired):
        confirm(sent, noon + timedelta(minutes=10))


def test_attack_19_five_wrong_guesses_kill_the_code(ask, noon):
    sent = ask()
    for left in (4, 3, 2, 1):
        with pytest.raises(WrongCode) as refusal:
            confirm(sent, noon, guess=wrong(sent))
        assert refusal.value.details == {"left": left}
    with pytest.raises(CodeExpired):
        confirm(sent, noon, guess=wrong(sent))
    with pytest.raises(CodeExpired):
        confirm(sent, noon)
    assert User.objects.count() == 0


def test_attack_19_the_code_of_one_browser_is_no_use_in_another(ask, noon):
    mine = ask()
    theirs = ask(phone="13900139000")
    with pytest.raises(WrongCode):
        services.confirm_code(
            reference=theirs.reference, guess=mine.demo_code, address=HOME, now=noon
        )
    assert User.objects.count() == 0


def test_attack_19_guessing_across_many_codes_is_capped_by_address(ask, noon):
    sent = ask()
    for _ in range(60):
        with pytest.raises((WrongCode, CodeExpired)):
            confirm(sent, noon, guess=wrong(sent))
    with pytest.raises(TooMany):
        confirm(ask(phone="13900139000"), noon)


def test_attack_19_a_new_owner_of_a_released_number_does_not_inherit_the_account(
    ask, op, wang, noon
):
    sent = ask()
    old = confirm(sent, noon).user
    services.release_phone(user=old, operator=op, reason="运营商回收", now=noon)
    later = noon + timedelta(minutes=2)
    new = confirm(ask(now=later), later)
    assert new.is_new
    assert new.user != old


def test_attack_19_sessions_end_when_the_number_moves(ask, noon):
    user = confirm(ask(), noon).user
    before = user.get_session_auth_hash()
    sent = ask(phone="13900139000")
    services.change_phone(
        user=user, reference=sent.reference, guess=sent.demo_code, address=HOME, now=noon
    )
    user.refresh_from_db()
    assert user.phone == "+8613900139000"
    assert user.get_session_auth_hash() != before


def test_attack_19_five_wrong_guesses_kill_the_code_of_a_move_too(ask, noon):
    user = confirm(ask(), noon).user
    sent = ask(phone="13900139000")
    said = {"reference": sent.reference, "guess": wrong(sent), "address": HOME, "now": noon}
    for _ in range(4):
        with pytest.raises(WrongCode):
            services.change_phone(user=user, **said)
    with pytest.raises(CodeExpired):
        services.change_phone(user=user, **said)
    user.refresh_from_db()
    assert user.phone == "+8613800138000"


def test_a_number_that_has_an_account_cannot_be_moved_to(ask, noon):
    confirm(ask(), noon)
    other = confirm(ask(phone="13900139000"), noon).user
    later = noon + timedelta(minutes=2)
    sent = ask(now=later)
    with pytest.raises(PhoneTaken):
        services.change_phone(
            user=other, reference=sent.reference, guess=sent.demo_code, address=HOME, now=later
        )
    other.refresh_from_db()
    assert other.phone == "+8613900139000"


def test_a_suspended_account_cannot_sign_in(ask, op, noon):
    user = confirm(ask(), noon).user
    services.suspend_account(user=user, operator=op, reason="刷单", now=noon)
    later = noon + timedelta(minutes=2)
    with pytest.raises(AccountClosed):
        confirm(ask(now=later), later)


def test_attack_32_one_number_gets_one_code_a_minute_and_ten_a_day(ask, noon):
    ask()
    with pytest.raises(TooMany):
        ask(address="203.0.113.8")
    for minute in range(1, 10):
        ask(address=f"203.0.113.{minute + 10}", now=noon + timedelta(minutes=minute))
    with pytest.raises(TooMany):
        ask(address="203.0.113.99", now=noon + timedelta(minutes=11))


def test_attack_32_one_address_gets_twenty_codes_an_hour(ask, noon):
    for number in range(20):
        ask(phone=f"138001380{number:02d}")
    with pytest.raises(TooMany):
        ask(phone="13800138077")
    assert SignInCode.objects.count() == 20


def test_attack_32_the_neighbours_in_one_ipv6_network_are_one_address(ask, noon):
    for number in range(20):
        ask(phone=f"138001380{number:02d}", address=f"2001:db8::{number + 1:x}")
    with pytest.raises(TooMany):
        ask(phone="13800138077", address="2001:db8::ffff")


def test_attack_32_the_whole_site_stops_at_its_daily_cap(ask, settings, noon):
    settings.SMS_DAILY_CAP = 2
    ask(phone="13800138001", address="203.0.113.1")
    ask(phone="13800138002", address="203.0.113.2")
    with pytest.raises(TooMany):
        ask(phone="13800138003", address="203.0.113.3")


@pytest.mark.parametrize(
    "typed", ["+1 900 555 0100", "+44 70 1234 5678", "+252 61 555 0100", "00 882 13 555 0100"]
)
def test_attack_32_foreign_and_premium_numbers_get_nothing(ask, typed):
    with pytest.raises(phones.CountryNotServed):
        ask(phone=typed)
    assert SignInCode.objects.count() == 0


def test_attack_32_without_a_proof_two_codes_a_day_and_no_more(ask, noon):
    ask(phone="13800138001", proof="")
    ask(phone="13800138002", proof="")
    with pytest.raises(TooMany):
        ask(phone="13800138003", proof="")


def test_attack_32_a_proof_is_spent_by_its_first_use(ask, noon):
    solved = solve(proof_of_work.challenge(now=noon))
    ask(proof=solved)
    with pytest.raises(proof_of_work.BadProof):
        ask(phone="13900139000", proof=solved)
    with pytest.raises(proof_of_work.BadProof):
        ask(phone="13900139000", proof=solved, now=noon + timedelta(minutes=9))


def test_attack_32_an_old_a_home_made_and_a_broken_proof_are_refused(ask, noon):
    old = solve(proof_of_work.challenge(now=noon - timedelta(minutes=10)))
    foreign = altcha.create_challenge("SHA-256", 1, counter=1, hmac_secret=b"not ours")
    unsigned = altcha.create_challenge("SHA-256", 1, counter=1)
    easier = proof_of_work.challenge(now=noon)
    easier["parameters"]["keyPrefix"] = "00"
    for proof in (
        old,
        solve(foreign.to_dict()),
        solve(unsigned.to_dict()),
        solve(easier),
        "not base64 at all",
        "e30=",
        "A" * 5000,
    ):
        with pytest.raises(proof_of_work.BadProof):
            ask(proof=proof)
    assert SignInCode.objects.count() == 0


def test_a_proof_of_another_purpose_is_no_proof(ask):
    other = altcha.create_challenge(
        "SHA-256", 1, counter=1, data={"until": 9**10}, hmac_secret=tokens.key_for("other")
    )
    with pytest.raises(proof_of_work.BadProof):
        ask(proof=solve(other.to_dict()))


def test_a_code_that_was_not_sent_is_not_kept(ask, settings, monkeypatch):
    class Broken:
        def send_code(self, *, phone, code):
            raise services.sign_in.sms.SmsFailed

    monkeypatch.setattr(services.sign_in.sms, "sender", Broken)
    with pytest.raises(services.sign_in.sms.SmsFailed):
        ask()
    assert SignInCode.objects.count() == 0


def test_codes_and_the_numbers_they_went_to_are_swept_away(ask, noon):
    ask()
    assert services.sweep_codes(now=noon + timedelta(minutes=9)) == 0
    assert services.sweep_codes(now=noon + timedelta(minutes=10)) == 1
    assert SignInCode.objects.count() == 0
