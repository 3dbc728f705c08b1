"""Organisations: opened, joined, checked by two people, left."""

from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from PIL import Image

from shanhuo.kernel.images import PictureTooLarge
from shanhuo.kernel.models import AuditEntry, FactRecord
from shanhuo.people import phones, queries, rules, services
from shanhuo.people.models import (
    Invitation,
    Membership,
    Organisation,
    Verification,
    VerificationDocument,
)
from shanhuo.people.papers import PaperRefused, PaperTooLarge, clean
from shanhuo.people.services.accounts import LastOwner, NotOperator
from shanhuo.people.services.organisations import (
    AgeNotDeclared,
    AlreadyCreator,
    AlreadyMember,
    InvitationGone,
    NotOwner,
    OrganisationClosed,
)
from shanhuo.people.services.verification import (
    AlreadyDecided,
    AlreadyOpen,
    KindNeedsNoPapers,
    PapersMissing,
    ReasonMissing,
    SecondPersonNeeded,
)

pytestmark = pytest.mark.django_db


def photo(**options):
    out = BytesIO()
    Image.new("RGB", (60, 40), "#1f5b41").save(out, "JPEG", **options)
    return out.getvalue()


def stored_papers(settings):
    return sorted(Path(settings.PRIVATE_DIR).glob("verification/*/*"))


@pytest.fixture
def hand_in(mei, make_county, noon):
    def hand_in(kind="merchant", documents=None, applicant=mei):
        organisation = services.apply_for_organisation(
            applicant=applicant,
            kind=kind,
            name="奉节脐橙合作社",
            county=make_county(),
            licence_number="91500237MA5U000000",
            documents=[("other", photo())] if documents is None else documents,
            now=noon,
        )
        return Verification.objects.get(organisation=organisation)

    return hand_in


def decide(case, decider, accept=True, reason="", now=None):
    services.decide_verification(
        verification=case, decider=decider, accept=accept, reason=reason, now=now
    )


# ---- creators ----


def test_a_farmer_becomes_a_creator_in_one_step(mei, make_county, noon):
    made = services.become_creator(
        user=mei, name="梅家菜园", county=make_county(), is_adult=True, now=noon
    )
    assert rules.creator_ids(mei) == frozenset({made.pk})
    assert AuditEntry.objects.filter(verb="organisation.verify").count() == 1
    assert FactRecord.objects.get(kind="people.OrganisationVerified").payload["kind"] == "creator"


def test_a_person_is_one_creator(mei, make_county, noon):
    terms = {"user": mei, "name": "梅家菜园", "county": make_county(), "is_adult": True}
    services.become_creator(now=noon, **terms)
    with pytest.raises(AlreadyCreator):
        services.become_creator(now=noon, **terms)
    assert Organisation.objects.count() == 1


def test_attack_39_who_is_under_18_or_in_youth_mode_publishes_and_sells_nothing(
    mei, make_county, noon, hand_in
):
    terms = {"user": mei, "name": "x", "county": make_county(), "now": noon}
    with pytest.raises(AgeNotDeclared):
        services.become_creator(is_adult=False, **terms)
    services.turn_youth_mode_on(user=mei, guardian_code="1234")
    mei.refresh_from_db()
    with pytest.raises(AgeNotDeclared):
        services.become_creator(is_adult=True, **terms)
    with pytest.raises(AgeNotDeclared):
        hand_in()
    assert Organisation.objects.count() == 0


# ---- papers ----


def test_papers_wait_and_give_no_role_yet(hand_in, mei):
    case = hand_in()
    assert case.organisation.status == "applied"
    assert rules.merchant_ids(mei) == frozenset()


def test_a_second_person_accepts_and_the_role_is_there(hand_in, mei, op, noon):
    case = hand_in()
    decide(case, op, now=noon)
    assert rules.merchant_ids(mei) == frozenset({case.organisation_id})
    entry = AuditEntry.objects.get(verb="verification.accepted")
    assert (entry.actor, entry.detail["organisation"]) == (
        op.public_id,
        case.organisation.public_id,
    )


def test_a_refusal_needs_a_reason_and_new_papers_may_follow(hand_in, mei, op, noon):
    case = hand_in()
    with pytest.raises(ReasonMissing):
        decide(case, op, accept=False, now=noon)
    decide(case, op, accept=False, reason="看不清", now=noon)
    case.organisation.refresh_from_db()
    assert case.organisation.status == "refused"
    services.hand_in_papers(
        organisation=case.organisation, applicant=mei, documents=[("other", photo())], now=noon
    )
    decide(queries.open_verification_of(case.organisation), op, now=noon)
    assert rules.merchant_ids(mei) == frozenset({case.organisation_id})


def test_nobody_decides_alone(hand_in, op, mei, stranger, make_user, make_organisation, noon):
    own = hand_in(applicant=op)
    other_op = make_user("另一位运营")
    make_organisation("platform", name="平台二", members=(other_op,))
    for person in (op, mei, stranger):
        with pytest.raises(SecondPersonNeeded):
            decide(own, person, now=noon)
    Membership.objects.create(
        user=other_op, organisation=own.organisation, started_at=noon, ended_at=noon
    )
    with pytest.raises(SecondPersonNeeded):
        decide(own, other_op, now=noon)
    own.refresh_from_db()
    assert own.status == "open"


def test_the_database_refuses_a_decision_by_the_applicant(hand_in, mei):
    case = hand_in()
    with pytest.raises(IntegrityError), transaction.atomic():
        Verification.objects.filter(pk=case.pk).update(decided_by=mei, status="accepted")


def test_a_case_is_decided_once(hand_in, op, noon):
    case = hand_in()
    decide(case, op, now=noon)
    with pytest.raises(AlreadyDecided):
        decide(case, op, accept=False, reason="改主意", now=noon)
    case.organisation.refresh_from_db()
    assert case.organisation.status == "verified"


def test_papers_are_looked_at_one_set_at_a_time(hand_in, mei, noon):
    case = hand_in()
    with pytest.raises(AlreadyOpen):
        services.hand_in_papers(
            organisation=case.organisation, applicant=mei, documents=[("other", photo())], now=noon
        )


@pytest.mark.parametrize("kind", ["platform", "auditor", "creator", "king"])
def test_nobody_applies_to_run_the_platform(hand_in, kind):
    with pytest.raises(KindNeedsNoPapers):
        hand_in(kind=kind)
    assert Organisation.objects.count() == 0


@pytest.mark.parametrize("count", [0, 7])
def test_one_to_six_papers(hand_in, count):
    with pytest.raises(PapersMissing):
        hand_in(documents=[("other", photo())] * count)
    assert Organisation.objects.count() == 0


def test_a_photo_is_drawn_anew_and_lies_outside_every_served_folder(hand_in, settings):
    marked = Image.Exif()
    marked[0x010E] = "secret place"
    raw = photo(exif=marked.tobytes()) + b"PK\x03\x04 and a zip behind it"
    hand_in(documents=[("business_licence", raw)])
    paper = VerificationDocument.objects.get()
    stored = Path(paper.file.path).read_bytes()
    assert Path(paper.file.path) in stored_papers(settings)
    assert not Path(paper.file.path).is_relative_to(settings.MEDIA_ROOT)
    assert b"secret place" not in stored
    assert b"PK\x03\x04" not in stored
    assert (paper.content_type, paper.byte_count) == ("image/jpeg", len(stored))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html>",
        b"ffconcat version 1.0\nfile x",
        b"%PDF-1.7 no end",
        photo()[:100],
    ],
)
def test_attack_21_what_is_no_paper_is_refused_and_leaves_nothing(hand_in, raw, settings):
    before = stored_papers(settings)
    with pytest.raises(PaperRefused):
        hand_in(documents=[("other", photo()), ("other", raw)])
    assert Organisation.objects.count() == 0
    assert stored_papers(settings) == before


def test_attack_22_sizes_are_refused_before_the_work_begins():
    with pytest.raises(PaperTooLarge):
        clean(b"%PDF-" + b"0" * (10 * 1024 * 1024))
    out = BytesIO()
    Image.new("1", (40_000, 40_000)).save(out, "PNG")
    with pytest.raises(PictureTooLarge):
        clean(out.getvalue())


def test_a_pdf_is_kept_as_it_is():
    raw = b"%PDF-1.7\n1 0 obj\n%%EOF\n"
    assert clean(raw).content == raw


def test_attack_16_papers_are_seen_by_their_owner_and_by_operators(
    hand_in, mei, op, lin, wang, audit_person, stranger
):
    hand_in()
    seen = [
        queries.documents_visible_to(user).count()
        for user in (mei, op, lin, wang, audit_person, stranger, None)
    ]
    assert seen == [1, 1, 0, 0, 0, 0, 0]


# ---- members ----


def invite(organisation, inviter, now, phone="13900139000", role="staff"):
    return services.invite(
        organisation=organisation, phone=phone, role=role, inviter=inviter, now=now
    )


@pytest.fixture
def guest(make_user):
    user = make_user("客人")
    user.phone = "+8613900139000"
    user.phone_digest = phones.digest(user.phone)
    user.save()
    return user


def test_an_invited_person_joins_and_acts(cooperative, lin, guest, noon):
    invite(cooperative, lin, noon)
    [invitation] = queries.invitations_for(guest, now=noon)
    services.accept_invitation(invitation=invitation, user=guest, now=noon)
    assert rules.merchant_ids(guest) == frozenset({cooperative.pk})
    assert not rules.can_manage(guest, cooperative)
    assert Invitation.objects.count() == 0


def test_only_an_owner_invites(cooperative, lin, guest, stranger, op, noon):
    for person in (guest, stranger, op):
        with pytest.raises(NotOwner):
            invite(cooperative, person, noon)
    assert Invitation.objects.count() == 0


def test_an_invitation_is_for_one_number_only(cooperative, lin, guest, stranger, noon):
    invitation = invite(cooperative, lin, noon)
    for person in (stranger, lin):
        with pytest.raises(InvitationGone):
            services.accept_invitation(invitation=invitation, user=person, now=noon)
    with pytest.raises(InvitationGone):
        services.accept_invitation(invitation=invitation, user=guest, now=noon + timedelta(days=14))
    assert not rules.is_member(guest, cooperative)


def test_inviting_twice_is_one_invitation_and_a_member_is_not_invited(
    cooperative, lin, guest, noon
):
    first = invite(cooperative, lin, noon)
    assert invite(cooperative, lin, noon, role="owner").pk == first.pk
    services.accept_invitation(invitation=first, user=guest, now=noon)
    with pytest.raises(AlreadyMember):
        invite(cooperative, lin, noon)


def test_a_suspended_organisation_takes_nobody_in(cooperative, lin, guest, op, noon):
    invitation = invite(cooperative, lin, noon)
    services.suspend_organisation(organisation=cooperative, operator=op, reason="查", now=noon)
    invitation.organisation.refresh_from_db()
    with pytest.raises(OrganisationClosed):
        services.accept_invitation(invitation=invitation, user=guest, now=noon)
    assert rules.merchant_ids(lin) == frozenset()


def test_a_removed_member_is_out_at_once_and_may_come_back(cooperative, lin, guest, noon):
    services.accept_invitation(invitation=invite(cooperative, lin, noon), user=guest, now=noon)
    [membership] = queries.members_of(cooperative).filter(user=guest)
    services.end_membership(membership=membership, actor=lin, now=noon)
    services.end_membership(membership=membership, actor=lin, now=noon)
    assert rules.merchant_ids(guest) == frozenset()
    assert FactRecord.objects.filter(kind="people.MembershipEnded").count() == 1
    services.accept_invitation(invitation=invite(cooperative, lin, noon), user=guest, now=noon)
    assert rules.is_member(guest, cooperative)


def test_staff_removes_nobody_but_itself(cooperative, lin, guest, stranger, noon):
    services.accept_invitation(invitation=invite(cooperative, lin, noon), user=guest, now=noon)
    boss, staff = queries.members_of(cooperative)
    for person in (guest, stranger):
        with pytest.raises(NotOwner):
            services.end_membership(membership=boss, actor=person, now=noon)
    services.end_membership(membership=staff, actor=guest, now=noon)
    assert rules.is_member(lin, cooperative)


def test_the_last_owner_stays(cooperative, lin, noon):
    [membership] = queries.members_of(cooperative)
    with pytest.raises(LastOwner):
        services.end_membership(membership=membership, actor=lin, now=noon)
    assert rules.is_member(lin, cooperative)


def test_roles_are_in_the_audit_log_without_names_or_numbers(cooperative, lin, guest, noon):
    services.accept_invitation(invitation=invite(cooperative, lin, noon), user=guest, now=noon)
    verbs = list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["membership.invite", "membership.start"]
    told = str(list(AuditEntry.objects.values()))
    assert "1390013" not in told
    assert "客人" not in told


def test_the_command_line_appoints_the_first_operators(noon):
    call_command("operator", "138 0013 8000", name="山货平台", stdout=StringIO())
    call_command("operator", "13900139000", stdout=StringIO())
    platform = Organisation.objects.get()
    assert [rules.is_operator(row.user) for row in queries.members_of(platform)] == [True, True]
    for wrong in ("13900139000", "12345"):
        with pytest.raises(CommandError):
            call_command("operator", wrong)


def test_only_operators_open_organisations_without_papers(lin, op, make_county, noon):
    terms = {"kind": "county_office", "name": "办", "county": make_county(), "now": noon}
    with pytest.raises(NotOperator):
        services.open_organisation(opened_by=lin, owners=[lin], **terms)
    made = services.open_organisation(opened_by=op, owners=[lin], **terms)
    assert rules.officer_county_ids(lin) == frozenset({made.county_id})
