"""The company's books: payments, refunds and notices still to be delivered, in one SQLite file."""

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS payment (
    merchant_id TEXT NOT NULL, out_trade_no TEXT NOT NULL, app_id TEXT NOT NULL,
    token TEXT NOT NULL UNIQUE, transaction_id TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL, total INTEGER NOT NULL CHECK (total > 0), currency TEXT NOT NULL,
    notify_url TEXT NOT NULL, return_url TEXT NOT NULL, expires_at REAL NOT NULL,
    state TEXT NOT NULL DEFAULT 'NOTPAY' CHECK (state IN ('NOTPAY', 'SUCCESS', 'CLOSED')),
    paid_at REAL, refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND total),
    PRIMARY KEY (merchant_id, out_trade_no)
);
CREATE TABLE IF NOT EXISTS refund (
    merchant_id TEXT NOT NULL, out_refund_no TEXT NOT NULL, out_trade_no TEXT NOT NULL,
    refund_id TEXT NOT NULL UNIQUE, amount INTEGER NOT NULL CHECK (amount > 0),
    reason TEXT NOT NULL, notify_url TEXT NOT NULL, done_at REAL NOT NULL,
    PRIMARY KEY (merchant_id, out_refund_no)
);
CREATE TABLE IF NOT EXISTS notice (
    id TEXT PRIMARY KEY, url TEXT NOT NULL, body BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, due_at REAL NOT NULL, delivered_at REAL
);
CREATE INDEX IF NOT EXISTS notice_due ON notice (due_at) WHERE delivered_at IS NULL;
"""


class Conflict(Exception):
    """The same number was used before with other contents, or the state forbids it."""


class Unknown(Exception):
    """No such payment or refund."""


class Store:
    """One connection per piece of work, so that any thread may call."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        """`clock`: the moment the books are at, in seconds since 1970."""
        self.path, self.clock = path, clock
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.work() as database:
            database.executescript(SCHEMA)

    @contextmanager
    def work(self) -> Iterator[sqlite3.Connection]:
        """One transaction that holds the write lock from its start."""
        with closing(sqlite3.connect(self.path, timeout=20, isolation_level=None)) as database:
            database.row_factory = sqlite3.Row
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.rollback()
                raise
            database.commit()

    def open_payment(self, terms: dict[str, object]) -> sqlite3.Row:
        """Idempotent by (merchant, out_trade_no). Raises Conflict if other terms were agreed."""
        key = (terms["merchant_id"], terms["out_trade_no"])
        with self.work() as database:
            known = _payment(database, *key)
            if known is None:
                _insert(database, "payment", {**terms, **_fresh_payment_ids()})
                known = _payment(database, *key)
        if known is None or any(
            known[name] != terms[name] for name in ("app_id", "total", "currency")
        ):
            raise Conflict
        return known

    def payment(self, merchant_id: str, out_trade_no: str) -> sqlite3.Row:
        """Raises Unknown."""
        with self.work() as database:
            return _known(_payment(database, merchant_id, out_trade_no))

    def payment_on_page(self, token: str) -> sqlite3.Row:
        """The payment whose page has this secret address. Raises Unknown."""
        with self.work() as database:
            return _known(_by_token(database, token))

    def pay(self, token: str) -> tuple[sqlite3.Row, bool]:
        """The buyer pays: (payment, whether this call did it). Raises Conflict when too late."""
        now = self.clock()
        with self.work() as database:
            before = _known(_by_token(database, token))
            if before["state"] == "SUCCESS":
                return before, False
            if before["state"] == "CLOSED" or before["expires_at"] < now:
                raise Conflict
            database.execute(
                "UPDATE payment SET state = 'SUCCESS', paid_at = ? WHERE token = ?", (now, token)
            )
            return _known(_by_token(database, token)), True

    def close(self, merchant_id: str, out_trade_no: str) -> None:
        """No payment will be taken any more. Raises Conflict if it was paid."""
        with self.work() as database:
            if _known(_payment(database, merchant_id, out_trade_no))["state"] == "SUCCESS":
                raise Conflict
            database.execute(
                "UPDATE payment SET state = 'CLOSED' WHERE merchant_id = ? AND out_trade_no = ?",
                (merchant_id, out_trade_no),
            )

    def refund(self, terms: dict[str, object]) -> tuple[sqlite3.Row, bool]:
        """Idempotent by (merchant, out_refund_no): (refund, whether this call did it).

        Raises Unknown for a payment that was never made, Conflict above what was paid.
        """
        key = (terms["merchant_id"], terms["out_refund_no"])
        with self.work() as database:
            known = _refund(database, *key)
            if known is not None:
                if any(known[name] != terms[name] for name in ("out_trade_no", "amount")):
                    raise Conflict
                return known, False
            paid = _known(_payment(database, terms["merchant_id"], terms["out_trade_no"]))
            if paid["state"] != "SUCCESS" or paid["refunded"] + terms["amount"] > paid["total"]:
                raise Conflict
            database.execute(
                "UPDATE payment SET refunded = refunded + ? WHERE token = ?",
                (terms["amount"], paid["token"]),
            )
            refund_id = "R" + secrets.token_hex(12)
            _insert(database, "refund", {**terms, "refund_id": refund_id, "done_at": self.clock()})
            return _known(_refund(database, *key)), True

    def refund_of(self, merchant_id: str, out_refund_no: str) -> sqlite3.Row:
        """Raises Unknown."""
        with self.work() as database:
            return _known(_refund(database, merchant_id, out_refund_no))

    def queue_notice(self, *, url: str, body: bytes, notice_id: str) -> None:
        """A notice to be delivered from now on."""
        values = {"id": notice_id, "url": url, "body": body, "due_at": time.time()}
        with self.work() as database:
            _insert(database, "notice", values)

    def due_notices(self, *, limit: int = 50) -> list[sqlite3.Row]:
        """Undelivered notices whose time has come, the oldest first."""
        with self.work() as database:
            return database.execute(
                "SELECT * FROM notice WHERE delivered_at IS NULL AND due_at <= ? "
                "ORDER BY due_at LIMIT ?",
                (time.time(), limit),
            ).fetchall()

    def note_delivery(self, notice_id: str, *, delivered: bool, next_due_at: float) -> None:
        """Write down one attempt."""
        with self.work() as database:
            database.execute(
                "UPDATE notice SET attempts = attempts + 1, due_at = ?, delivered_at = ? "
                "WHERE id = ?",
                (next_due_at, time.time() if delivered else None, notice_id),
            )


def _fresh_payment_ids() -> dict[str, object]:
    return {"token": secrets.token_urlsafe(24), "transaction_id": "T" + secrets.token_hex(14)}


def _insert(database: sqlite3.Connection, table: str, values: dict[str, object]) -> None:
    # Table and column names come from this module, never from a request.
    columns, marks = ", ".join(values), ", ".join("?" * len(values))
    database.execute(
        f"INSERT INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608
        list(values.values()),
    )


def _payment(database: sqlite3.Connection, *key: object) -> sqlite3.Row | None:
    query = "SELECT * FROM payment WHERE merchant_id = ? AND out_trade_no = ?"
    row: sqlite3.Row | None = database.execute(query, key).fetchone()
    return row


def _by_token(database: sqlite3.Connection, token: str) -> sqlite3.Row | None:
    query = "SELECT * FROM payment WHERE token = ?"
    row: sqlite3.Row | None = database.execute(query, (token,)).fetchone()
    return row


def _refund(database: sqlite3.Connection, *key: object) -> sqlite3.Row | None:
    query = "SELECT * FROM refund WHERE merchant_id = ? AND out_refund_no = ?"
    row: sqlite3.Row | None = database.execute(query, key).fetchone()
    return row


def _known(row: sqlite3.Row | None) -> sqlite3.Row:
    if row is None:
        raise Unknown
    return row
