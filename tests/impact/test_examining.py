"""An auditor counts a figure again, signs it off, and the sign-off falls with the number."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from shanhuo.impact import examining, queries, services
from shanhuo.impact.examinations import (
    examinations_in_public,
    examinations_visible_to,
    with_examinations,
)
from shanhuo.impact.metrics import BY_ID, METRICS
from shanhuo.impact.models import Examination, Fill
from shanhuo.impact.windows import Window
from shanhuo.kernel import facts, jobs
from shanhuo.kernel.models import AuditEntry, FactRecord
from shanhuo.orders.events import OrderPaid
from shanhuo.people.queries import auditors_of
from shanhuo.traffic import compaction
from shanhuo.traffic.queries import signal_log
from tests.impact.conftest import WUSHAN, Tell, Watch, line, paid, slip

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
JUNE = Window(date(2026, 6, 1), date(2026, 6, 30))
LAST_DAY = Window(date(2026, 6, 30), date(2026, 6, 30))


@pytest.fixture
def season(tell: Tell, watch: Watch, noon: datetime, make_county: Any) -> None:
    """Two orders, a clip seen by three and ten households, all yesterday; all counted."""
    make_county()
    tell(paid(line(4_000)), noon - DAY)
    tell(paid(line(6_000)), noon - DAY)
    watch(noon - DAY, viewers=(1, 2, 3))
    for number in range(10):
        tell(slip(f"household{number}", 10_000 + number, 8_000), noon - DAY)
    services.fill_everything(now=noon)
    services.release_households(now=noon)


@pytest.fixture
def opened(audit_person: Any, make_county: Any, noon: datetime) -> Any:
    """Open an examination of a figure of Wushan and let the job count."""

    def make(metric: str = "paid_gmv", window: Window = LAST_DAY, **changes: Any) -> Examination:
        wishes = {
            "metric": BY_ID[metric],
            "window": window,
            "county": make_county(),
            "product": None,
            "organisation": audit_person_organisation(audit_person),
            "auditor": audit_person,
            "now": noon,
        }
        made = examining.open_examination(**wishes | changes)
        jobs.run_due()
        made.refresh_from_db()
        return made

    return make


def audit_person_organisation(user: Any) -> Any:
    return auditors_of(user).get()


def figure_of(metric: str, window: Window = LAST_DAY) -> Any:
    report = queries.report(window, county=WUSHAN)
    (found,) = with_examinations([report.figures[metric]], county=WUSHAN)
    return found


def sign(examination: Examination, auditor: Any, now: datetime, *, named: bool = False) -> None:
    examining.sign_off(examination=examination, auditor=auditor, named=named, now=now)


@pytest.mark.parametrize("metric", [metric.id for metric in METRICS])
def test_every_metric_is_recounted_with_a_fingerprint_of_what_was_read(
    season: None, opened: Any, metric: str
) -> None:
    one = opened(metric)
    assert (one.status, one.shown, one.days_read) == ("counted", one.recounted, 1)
    assert len(one.fingerprint) == 64
    counted = {"exposures": 0, "plays": 3, "viewers": 3, "orders": 2, "paid_gmv": 2}
    households = dict.fromkeys(("farm_gate", "households", "income_gain"), 10)
    expected = (counted | households).get(metric, 0)
    assert one.entry_count == expected
    assert len(one.evidence["days"]) == bool(expected)


def test_a_signed_figure_says_audited_since_when_and_by_whom(
    season: None, opened: Any, audit_person: Any, noon: datetime
) -> None:
    assert figure_of("paid_gmv").status == "paid"
    sign(opened(), audit_person, noon)
    figure = figure_of("paid_gmv")
    assert (figure.status, figure.value) == ("audited", 11_600)
    assert (figure.examination.decided_at, figure.examination.signer) == (noon, "审计")
    assert figure_of("orders").status == "paid"
    verbs = list(AuditEntry.objects.order_by("pk").values_list("verb", "actor"))
    who = audit_person.public_id
    assert verbs == [("figure.examine", who), ("figure.sign_off", who)]


def test_the_auditor_is_named_only_if_they_agree(
    season: None, opened: Any, audit_person: Any, noon: datetime
) -> None:
    sign(opened(), audit_person, noon, named=True)
    sign(opened("orders"), audit_person, noon)
    assert figure_of("paid_gmv").examination.signer == "审计 · 审计员"
    assert figure_of("orders").examination.signer == "审计"


def test_an_objection_needs_a_reason_that_everybody_reads(
    season: None, opened: Any, audit_person: Any, noon: datetime
) -> None:
    one = opened()
    with pytest.raises(examining.ReasonNeeded):
        examining.object_to(
            examination=one, auditor=audit_person, reason=" ", named=False, now=noon
        )
    examining.object_to(
        examination=one, auditor=audit_person, reason="两单重复", named=False, now=noon
    )
    figure = figure_of("paid_gmv")
    assert (figure.status, figure.examination.reason) == ("paid", "两单重复")
    with pytest.raises(examining.NothingToDecide):
        sign(one, audit_person, noon)
    assert opened().status == "counted"


def test_a_late_entry_that_alters_the_number_voids_the_sign_off_at_once(
    season: None, opened: Any, audit_person: Any, tell: Tell, noon: datetime
) -> None:
    sign(opened(), audit_person, noon)
    sign(opened("plays"), audit_person, noon)
    tell(paid(line(1_000)), noon - DAY)
    services.fill_recent(now=noon)
    figure = figure_of("paid_gmv")
    assert (figure.status, figure.examination.status) == ("paid", "void")
    assert (figure.examination.recounted, figure.examination.found_later) == (11_600, 13_400)
    assert figure_of("plays").status == "audited"
    entry = AuditEntry.objects.latest("pk")
    assert (entry.verb, entry.actor, entry.detail["metric"]) == (
        "figure.sign_off_void",
        "",
        "paid_gmv",
    )


def test_a_page_never_says_audited_beside_another_number(
    season: None, opened: Any, audit_person: Any, noon: datetime
) -> None:
    """Even in the moment between a new count and the note that the sign-off is void."""
    sign(opened(), audit_person, noon)
    Examination.objects.update(shown=1, recounted=1)
    figure = figure_of("paid_gmv")
    assert (figure.status, figure.examination.status) == ("paid", "void")


def test_a_fact_rewritten_to_the_same_sum_is_found_by_night(
    season: None, opened: Any, audit_person: Any, noon: datetime
) -> None:
    sign(opened(), audit_person, noon)
    assert examining.check_signed(now=noon) == 0
    record = FactRecord.objects.filter(kind=facts.kind_of(OrderPaid)).first()
    assert record is not None
    record.payload["buyer_key"] = "somebody else"
    record.save()
    assert examining.check_signed(now=noon) == 1
    assert figure_of("paid_gmv").examination.status == "void"


def test_compaction_cuts_other_files_and_no_sign_off_falls(
    season: None, opened: Any, audit_person: Any, noon: datetime
) -> None:
    one = opened("plays")
    sign(one, audit_person, noon)
    assert one.evidence["files"] == []
    compaction.compact(signal_log())
    assert examining.check_signed(now=noon) == 0
    Examination.objects.all().delete()
    again = opened("plays")
    assert again.fingerprint == one.fingerprint
    assert [file["rows"] for file in again.evidence["files"]] == [3]


def test_a_recount_that_differs_cannot_be_signed(
    season: None, opened: Any, audit_person: Any, noon: datetime
) -> None:
    one = opened()
    Examination.objects.update(recounted=1)
    with pytest.raises(examining.NumbersDiffer):
        sign(one, audit_person, noon)
    with pytest.raises(IntegrityError), transaction.atomic():
        Examination.objects.update(status="signed", decided_at=noon)


@pytest.mark.parametrize("until", [date(2026, 7, 1), date(2026, 7, 2)], ids=["running", "future"])
def test_a_period_that_is_not_closed_is_refused(season: None, opened: Any, until: date) -> None:
    with pytest.raises(examining.PeriodNotClosed):
        opened(window=Window(date(2026, 6, 30), until))
    assert Examination.objects.count() == 0


def test_a_day_closes_two_hours_after_midnight_when_no_phone_can_add_to_it(
    season: None, opened: Any, noon: datetime
) -> None:
    midnight = noon - timedelta(hours=12)
    with pytest.raises(examining.PeriodNotClosed):
        opened(now=midnight + timedelta(minutes=119))
    assert opened(now=midnight + timedelta(minutes=120)).status == "counted"


def test_a_period_with_days_never_counted_is_refused(season: None, opened: Any) -> None:
    with pytest.raises(examining.PeriodNotCounted) as refusal:
        opened(window=JUNE)
    assert "29" in str(refusal.value)
    assert Fill.objects.filter(day__lt=LAST_DAY.since_day).count() == 0


def test_a_figure_is_examined_by_one_at_a_time(season: None, opened: Any) -> None:
    opened()
    with pytest.raises(examining.AlreadyExamined):
        opened()
    assert Examination.objects.count() == 1


def test_attack_15_nobody_audits_what_they_run(
    season: None,
    opened: Any,
    audit_person: Any,
    op: Any,
    wang: Any,
    stranger: Any,
    make_organisation: Any,
    noon: datetime,
) -> None:
    one = opened()
    for user in (op, wang, stranger, None):
        with pytest.raises(examining.NotAnAuditor):
            sign(one, user, noon)
    make_organisation("county_office", members=(audit_person,))
    with pytest.raises(examining.NotAnAuditor):
        sign(one, audit_person, noon)
    with pytest.raises(examining.NotAnAuditor):
        opened("orders")
    assert Examination.objects.get().status == "counted"


def test_the_job_may_be_killed_and_run_again(season: None, opened: Any) -> None:
    one = opened()
    before = one.fingerprint
    Examination.objects.update(status="counting", days_read=0, fingerprint="")
    examining.recount_again.call(one.public_id)
    examining.recount_again.call(one.public_id)
    one.refresh_from_db()
    assert (one.status, one.fingerprint, one.days_read) == ("counted", before, 1)


# ---- households ----


def test_attack_36_household_figures_are_audited_in_public_only_as_published(
    season: None, opened: Any, audit_person: Any, noon: datetime
) -> None:
    sign(opened("farm_gate"), audit_person, noon)
    (farm_gate, *_rest) = with_examinations(queries.published_figures(WUSHAN), county=WUSHAN)
    assert (farm_gate.value, farm_gate.status) == (100_000, "audited")
    assert [one.metric for one in examinations_in_public()] == ["farm_gate"]


def test_attack_36_days_that_were_not_published_stay_at_the_desk(
    season: None, opened: Any, audit_person: Any, tell: Tell, stranger: Any, noon: datetime
) -> None:
    tell(slip("one alone", 7_700, 5_000), noon - 2 * DAY)
    services.fill_recent(now=noon)
    one = opened("farm_gate", Window(date(2026, 6, 29), date(2026, 6, 29)))
    sign(one, audit_person, noon)
    assert list(examinations_in_public()) == []
    assert list(examinations_visible_to(stranger)) == []
    assert list(examinations_visible_to(audit_person)) == [one]


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (None, JUNE),
        (date(2026, 5, 1), JUNE),
        (date(2026, 6, 20), Window(date(2026, 6, 20), date(2026, 6, 30))),
        (date(2026, 7, 1), Window(date(2026, 7, 1), date(2026, 7, 4))),
        (date(2026, 7, 5), Window(date(2026, 7, 4), date(2026, 7, 4))),
    ],
)
def test_the_period_that_is_offered_is_one_that_was_counted(
    noon: datetime, first: date | None, expected: Window
) -> None:
    if first:
        Fill.objects.create(log="facts", day=first, entry_count=0, filled_at=noon)
    assert examining.period_to_offer(noon + 4 * DAY) == expected
