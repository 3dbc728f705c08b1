"""What is left of a person who leaves, and of a family that takes its consent back: sums."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.conf import settings as platform
from django.test import Client

from shanhuo.content import services as content
from shanhuo.impact import services as impact
from shanhuo.impact.metrics import BY_ID
from shanhuo.impact.recount import recount
from shanhuo.impact.windows import Window
from shanhuo.kernel import clock, facts, jobs
from shanhuo.kernel.models import FactRecord
from shanhuo.orders import services
from shanhuo.orders.events import OrderPaid
from shanhuo.orders.models import OrderLine, PurchaseSlip
from shanhuo.people import phones, queries
from shanhuo.people import services as people
from shanhuo.people.models import User
from shanhuo.traffic import queries as traffic
from shanhuo.traffic import services as recording
from shanhuo.traffic import viewers
from shanhuo.traffic.intake import Batch
from shanhuo.traffic.kinds import Kind, ObjectKind
from shanhuo.traffic.moments import to_ms
from shanhuo.traffic.sheets import unseal
from tests.orders.test_attribution import sheet_for

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_signals(settings, tmp_path):
    settings.SIGNALS_DIR = tmp_path / "signals"


def everything_kept() -> str:
    """Every column of every table as the platform itself reads it, decrypted, and every signal."""
    rows = [repr(row) for model in apps.get_models() for row in model._base_manager.values_list()]
    files = [path.read_bytes() for path in platform.SIGNALS_DIR.rglob("*") if path.is_file()]
    return "\n".join(rows) + b"".join(files).decode("latin-1")


def texts_of(answer) -> str:
    """What stands in a page, or inside a workbook."""
    if not answer.content.startswith(b"PK"):
        return answer.content.decode()
    with ZipFile(BytesIO(answer.content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist())


# ---- a person ----


@pytest.fixture
def mei(mei):
    mei.display_name, mei.phone = "梅小姐的厨房", "+8613711137111"
    mei.phone_digest = phones.digest(mei.phone)
    mei.save()
    return mei


@pytest.fixture
def clip(make_post, make_sku, noon):
    return make_post("巫山脆李熟了", product=make_sku(stock_count=10).product)


@pytest.fixture
def her_season(mei, lin, clip, make_address, paid_order, noon):
    """Mei watched a clip, bought from it, got it, praised it and complained."""
    sheet = sheet_for(mei, (ObjectKind.POST, clip.pk))
    recorder = recording.open_recorder(now_ms=to_ms(noon))
    seen = Batch(sheets=[sheet], signals=[(0, 0, Kind.PLAY, 1000, 0)])
    viewer = viewers.viewer_of(mei.viewer_secret).key
    recorder.record([recording.Received(seen, viewer, to_ms(noon))])
    recorder.close()
    shown = f"{unseal(sheet).id:x}.0"
    source = services.Source(post=clip.public_id, exposure=shown)
    address = make_address(
        mei, recipient="梅若兰", phone="13911139111", street="解放碑步行街 77 号"
    )
    sku = clip.product.skus.get()
    order = paid_order(mei, {sku: 2}, now=noon, address=address, source=source)
    line = OrderLine.objects.get()
    sent = {"carrier": "sf", "tracking_number": "SF100200300", "actor": lin, "now": noon}
    services.ship(order_id=order.pk, quantities={line.pk: 2}, **sent)
    services.receive(order_id=order.pk, actor=mei, now=noon)
    services.settle_order(order_id=order.pk, now=noon)
    content.like(user=mei, post_id=clip.pk, now=noon)
    content.comment(author=mei, post_id=clip.pk, text="比去年还甜", now=noon)
    content.report(reporter=mei, post_id=clip.pk, reason="unusable", note="声音太大", now=noon)
    return {"viewer": viewer, "shown": shown, "order": order, "secret": mei.viewer_secret}


def personal(season) -> list[str]:
    return [
        *("梅小姐的厨房", "13711137111", "梅若兰", "13911139111", "解放碑步行街"),
        *("比去年还甜", "声音太大", season["secret"], season["shown"]),
        phones.digest("+8613711137111"),
    ]


def test_the_test_would_see_what_is_kept(her_season):
    kept = everything_kept()
    assert [text for text in personal(her_season) if text not in kept] == []


def test_attack_38_a_deleted_account_leaves_no_trace_that_leads_back(mei, her_season, noon):
    people.delete_account(user=mei, now=noon)
    jobs.run_due()
    kept = everything_kept()
    assert [text for text in personal(her_season) if text in kept] == []


def test_attack_38_what_was_watched_stays_counted_and_belongs_to_nobody(mei, her_season, noon):
    people.delete_account(user=mei, now=noon)
    jobs.run_due()
    since, until = clock.day_bounds(clock.day_of(noon))
    with traffic.signal_log().open(since=since, until=until) as signals:
        watched = signals.execute("SELECT viewer, kind FROM signals").fetchall()
    assert watched == [(her_season["viewer"], Kind.PLAY)]
    left = User.objects.get(pk=mei.pk)
    candidates = ("", left.public_id, str(left.pk), left.password)
    assert her_season["viewer"] not in {viewers.viewer_of(text).key for text in candidates}


def test_attack_38_the_books_still_balance_after_a_farewell(mei, clip, her_season, noon):
    window = Window(clock.day_of(noon), clock.day_of(noon))
    before = [recount(BY_ID[name], window) for name in ("orders", "paid_gmv", "settled", "viewers")]
    people.delete_account(user=mei, now=noon)
    jobs.run_due()
    after = [recount(BY_ID[name], window) for name in ("orders", "paid_gmv", "settled", "viewers")]
    assert before == after
    assert before[0] == before[3] == 1
    since, until = clock.day_bounds(clock.day_of(noon))
    (paid,) = facts.read_log(OrderPaid, since=since, until=until)
    assert [line["via_exposure"] for line in paid.payload["lines"]] == [""]
    assert [line["via_post"] for line in paid.payload["lines"]] == [clip.public_id]


def test_attack_38_no_page_or_export_names_a_person_who_left(mei, lin, op, her_season, noon):
    people.delete_account(user=mei, now=noon)
    jobs.run_due()
    order = her_season["order"].public_id
    addresses = {
        lin: ["/sell/orders", f"/sell/orders/{order}", "/sell/statement?format=xlsx"],
        op: ["/ops/books", f"/ops/people?q={mei.public_id}"],
    }
    for reader, paths in addresses.items():
        browser = Client()
        browser.force_login(reader)
        for path in paths:
            answer = browser.get(path)
            assert answer.status_code == 200, path
            told = texts_of(answer)
            assert [text for text in personal(her_season) if text in told] == [], path


# ---- a family ----


@pytest.fixture
def paid_family(make_household, make_lot, lin, noon):
    """A family on the list, and Lin's slip for what it brought."""
    family = make_household(
        head_name="冉光荣", number="WS-0417", phone="+8615923715923", address="曲尺乡柑园村 4 组"
    )
    lot = make_lot()
    slip = services.pay_household(
        actor=lin,
        household=queries.payable_household(lin, family.public_id),
        lot=lot,
        grams=12_500,
        price_fen_per_kg=800,
        baseline_fen_per_kg=650,
        means="cash",
        bought_on=clock.day_of(noon),
        key="0123456789",
        now=noon,
    )
    return family, PurchaseSlip.objects.get(public_id=slip)


def test_attack_38_a_withdrawn_consent_leaves_the_sum_and_no_family(paid_family, wang, noon):
    family, _slip = paid_family
    old = family.public_id
    people.withdraw_consent(household=family, officer=wang, now=noon)
    jobs.run_due()
    impact.fill_everything(now=noon)
    kept = everything_kept()
    names = ["冉光荣", "WS-0417", "15923715923", "柑园村 4 组"]
    assert [text for text in names if text in kept] == []
    # The old id stands in the audit log alone, which says what was done and names nobody.
    holders = {
        model.__name__
        for model in apps.get_models()
        if old in repr(list(model._base_manager.values_list()))
    }
    assert holders == {"AuditEntry"}


def test_a_slip_taken_back_after_a_withdrawal_is_the_old_familys(paid_family, lin, wang, noon):
    family, slip = paid_family
    key = slip.household_key
    people.withdraw_consent(household=family, officer=wang, now=noon)
    services.reverse_slip(slip_id=slip.pk, actor=lin, now=noon)
    told = FactRecord.objects.filter(kind__in=["orders.SlipPaid", "orders.SlipReversed"])
    assert [row.payload["household_key"] for row in told.order_by("pk")] == [key, key]
    assert set(PurchaseSlip.objects.values_list("household_key", flat=True)) == {key}
    family.refresh_from_db()
    assert family.fact_key != key


@pytest.mark.parametrize("name", ["farm_gate", "households", "income_gain"])
def test_a_slip_taken_back_after_a_withdrawal_leaves_nothing_to_count(
    paid_family, lin, wang, noon, name
):
    family, slip = paid_family
    day = clock.day_of(noon)
    people.withdraw_consent(household=family, officer=wang, now=noon)
    before = recount(BY_ID[name], Window(day, day))
    services.reverse_slip(slip_id=slip.pk, actor=lin, now=noon)
    assert before > 0
    assert recount(BY_ID[name], Window(day, day)) == 0
