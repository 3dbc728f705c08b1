"""A prepared question answers what the queryset would."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError, connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from shanhuo.goods.models import Product, Sku
from shanhuo.kernel.models import FactReceipt, FactRecord, IdempotencyKey
from shanhuo.kernel.prepared import prepared
from shanhuo.kernel.rows import change, change_each, insert, remove
from shanhuo.orders.models import LedgerAccount
from tests.conftest import Maker

pytestmark = pytest.mark.django_db

made: list[str] = []


@prepared
def facts_of(kinds: Sequence[str], since: datetime) -> QuerySet[FactRecord]:
    made.append("facts_of")
    return FactRecord.objects.filter(kind__in=kinds, at__gte=since).order_by("pk")


@prepared
def sizes_of(product_ids: Sequence[int]) -> QuerySet[Sku]:
    skus = Sku.objects.filter(product__in=product_ids).select_related("product__county")
    return skus.only("name", "product__title", "product__county__adcode").order_by("pk")


@prepared
def names_of(product_id: int) -> QuerySet[Sku, tuple[str, int]]:
    return Sku.objects.filter(product=product_id).values_list("name", "price_fen")


@prepared
def locked(product_id: int) -> QuerySet[Product]:
    return Product.objects.filter(pk=product_id).select_for_update()


def note(kind: str, at: datetime) -> FactRecord:
    return FactRecord.objects.create(kind=kind, at=at, payload={"fen": 1})


def test_it_answers_as_the_queryset_does_whatever_the_number_of_values(noon: datetime) -> None:
    rows = [note(f"k{number}", noon) for number in range(6)]
    note("k0", noon - timedelta(seconds=1))
    made.clear()
    for count in (1, 2, 3, 5, 6):
        kinds = [row.kind for row in rows[:count]]
        assert facts_of(kinds=kinds, since=noon) == rows[:count]
    assert made == ["facts_of"] * 4
    assert facts_of(kinds=["k3"], since=noon)[0].payload == {"fen": 1}


def test_nothing_asked_for_is_nothing_found_and_costs_no_statement(noon: datetime) -> None:
    with CaptureQueriesContext(connection) as statements:
        assert facts_of(kinds=[], since=noon) == []
    assert len(statements) == 0


def test_joined_rows_come_with_it_and_other_columns_when_they_are_asked_for(
    make_sku: Maker, make_product: Maker
) -> None:
    boxes = [make_sku(make_product(f"脆李 {number}"), name=f"{number} kg") for number in range(3)]
    with CaptureQueriesContext(connection) as statements:
        found = sizes_of(product_ids=[box.product_id for box in boxes])
        read = [(sku.name, sku.product.title, sku.product.county.adcode) for sku in found]
    assert read == [(f"{n} kg", f"脆李 {n}", "500237") for n in range(3)]
    assert len(statements) == 1
    assert found[0].price_fen == boxes[0].price_fen


def test_tuples_are_answered_where_the_question_asks_for_values(make_sku: Maker) -> None:
    box = make_sku(name="2.5 kg")
    assert names_of(product_id=box.product_id) == [("2.5 kg", box.price_fen)]


@pytest.mark.django_db(transaction=True)
def test_rows_are_locked_in_a_transaction_or_not_at_all(make_product: Maker) -> None:
    if not connection.features.has_select_for_update:
        pytest.skip("SQLite locks the whole database instead")
    plums = make_product()
    for _ in range(2):
        with pytest.raises(Exception, match="transaction"):
            locked(product_id=plums.pk)


def test_a_question_with_a_prefetch_is_refused() -> None:
    @prepared
    def whole(product_id: int) -> QuerySet[Product]:
        return Product.objects.filter(pk=product_id).prefetch_related("skus")

    with pytest.raises(TypeError):
        whole(product_id=1)


# ---- New rows ----


def test_rows_are_written_at_once_and_get_their_ids(noon: datetime) -> None:
    rows = [FactRecord(kind=f"k{number}", at=noon, payload={"n": number}) for number in range(3)]
    with CaptureQueriesContext(connection) as statements:
        assert insert(rows) is True
    assert len(statements) == 1
    assert list(FactRecord.objects.order_by("pk").values_list("pk", "kind", "at", "payload")) == [
        (row.pk, row.kind, noon, row.payload) for row in rows
    ]
    rows[0].kind = "changed"
    rows[0].save()
    assert (FactRecord.objects.count(), insert([])) == (3, True)


def test_a_row_that_is_there_already_is_left_as_it_is(noon: datetime) -> None:
    def key(owner: str) -> IdempotencyKey:
        return IdempotencyKey(
            scope="order", key="k" * 16, owner=owner, body_digest="", started_at=noon
        )

    assert insert([key("mei")], unless_there=True) is True
    assert insert([key("lin")], unless_there=True) is False
    assert IdempotencyKey.objects.get().owner == "mei"
    accounts = [LedgerAccount(code=code, kind="held") for code in ("held", "held2")]
    assert insert(accounts[:1], unless_there=True) is True
    assert insert(accounts, unless_there=True) is False
    assert LedgerAccount.objects.count() == 2


def test_a_row_that_points_at_a_new_row_is_written_with_it(noon: datetime) -> None:
    fact = FactRecord(kind="k", at=noon, payload={})
    insert([fact])
    insert([FactReceipt(fact=fact, receiver="r")])
    assert FactReceipt.objects.get().fact == fact


# ---- Rows that change and go ----


def test_rows_get_new_values_there_and_in_memory(noon: datetime) -> None:
    rows = [note(f"k{number}", noon) for number in range(3)]
    change(rows[:2], kind="changed", payload={"fen": 2})
    change([], kind="nothing")
    assert [(row.kind, row.payload["fen"]) for row in rows] == [
        ("changed", 2),
        ("changed", 2),
        ("k2", 1),
    ]
    assert list(FactRecord.objects.order_by("pk").values_list("kind", "payload")) == [
        (row.kind, row.payload) for row in rows
    ]


def test_rows_get_values_of_their_own(noon: datetime) -> None:
    rows = [note(f"k{number}", noon) for number in range(3)]
    for number, row in enumerate(rows):
        row.kind, row.payload = f"changed{number}", {"fen": number}
    with CaptureQueriesContext(connection) as statements:
        change_each(rows, "payload")
        change_each([], "kind")
    assert len(statements) == 1
    assert list(FactRecord.objects.order_by("pk").values_list("kind", "payload")) == [
        (f"k{number}", {"fen": number}) for number in range(3)
    ]


def test_rows_are_removed_and_no_others(noon: datetime) -> None:
    rows = [note(f"k{number}", noon) for number in range(3)]
    remove(rows[1:])
    remove([])
    assert list(FactRecord.objects.all()) == rows[:1]


# ---- PostgreSQL ----

on_postgres = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite plans in the process that asks"
)


@on_postgres
@pytest.mark.concurrency
def test_a_question_is_planned_once_however_large_its_values_are() -> None:
    for number in (1, 70_000, 5_000_000_000):
        assert names_of(product_id=number) == []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s",
            ['SELECT "goods_sku"."name"%'],
        )
        assert cursor.fetchone() == (1,)


@on_postgres
@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_ended_meanwhile_is_not_used() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (ended,) = cursor.fetchone()
    assert connection.is_usable()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 1000)", [ended])
    finally:
        other.close()
    assert not connection.is_usable()
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    connection.close()
