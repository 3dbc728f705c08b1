"""What a room process, a page and a moderator's desk ask about a room."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet, Sum

from shanhuo.live.models import Message, Penalty, Presence, RoomMinute, Session
from shanhuo.live.states import MessageStatus, PenaltyKind, SessionStatus

LAST_LINES = 20
BELIEVED_FOR = timedelta(seconds=10)
"""A room process that was killed leaves its presence; after this nobody counts it any more."""
TOLD_AFTER_THE_END = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class RoomNow:
    """How a session stands, as far as its room must know."""

    session_id: int
    public_id: str
    media_key: str
    status: str
    version: int
    on_air_at: datetime | None
    announcement: str

    @property
    def is_over(self) -> bool:
        return self.status not in {
            SessionStatus.SCHEDULED,
            SessionStatus.ON_AIR,
            SessionStatus.INTERRUPTED,
        }


def rooms_now(session_ids: Collection[int], *, now: datetime) -> dict[int, RoomNow]:
    """The named sessions, all that are on air, and those that ended a moment ago."""
    wanted = (
        Q(pk__in=session_ids)
        | Q(status__in=[SessionStatus.ON_AIR, SessionStatus.INTERRUPTED])
        | Q(status=SessionStatus.ENDED, ended_at__gt=now - TOLD_AFTER_THE_END)
    )
    columns = ("pk", "public_id", "media_key", "status", "room_version", "on_air_at")
    rows = Session.objects.filter(wanted).values_list(*columns, "announcement")
    return {row[0]: RoomNow(*row) for row in rows}


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line that may be read."""

    id: str
    name: str
    body: str
    badge: str
    at: datetime


def last_lines(session_id: int, *, count: int = LAST_LINES) -> list[ShownLine]:
    """The newest lines that may be read, the oldest of them first."""
    shown = Message.objects.filter(session=session_id, status=MessageStatus.SHOWN)
    columns = ("public_id", "author__display_name", "body", "badge", "at")
    newest = shown.order_by("-at", "-pk").values_list(*columns)[:count]
    return [ShownLine(*row) for row in reversed(newest)]


@dataclass(frozen=True, slots=True)
class Change:
    """A line came to be read, or was taken away."""

    session_id: int
    line: ShownLine
    is_shown: bool


def lines_since(session_ids: Collection[int], moment: datetime) -> list[Change]:
    """Lines said since `moment` (inclusive) that may be read, in the order of their saying."""
    said = Message.objects.filter(
        session__in=session_ids, at__gte=moment, status=MessageStatus.SHOWN
    )
    return _changes(said)


def decisions_since(session_ids: Collection[int], moment: datetime) -> list[Change]:
    """Lines that a moderator showed or hid since `moment` (inclusive)."""
    return _changes(Message.objects.filter(session__in=session_ids, decided_at__gte=moment))


def _changes(lines: QuerySet[Message]) -> list[Change]:
    columns = ("public_id", "author__display_name", "body", "badge", "at")
    rows = lines.order_by("at", "pk").values_list("session_id", "status", *columns)
    return [
        Change(session, ShownLine(*line), status == MessageStatus.SHOWN)
        for session, status, *line in rows
    ]


def banned_from(session_ids: Collection[int], *, now: datetime) -> dict[int, frozenset[int]]:
    """session id -> ids of people who may not be in its room now."""
    bans = Penalty.objects.holding_at(now).filter(session__in=session_ids, kind=PenaltyKind.BAN)
    rows = bans.values_list("session_id", "user_id")
    found: dict[int, set[int]] = {session: set() for session in session_ids}
    for session, user in rows:
        found[session].add(user)
    return {session: frozenset(users) for session, users in found.items()}


def likes_of(session_ids: Collection[int]) -> dict[int, int]:
    """session id -> all taps so far, of all processes."""
    sums = RoomMinute.objects.filter(session__in=session_ids).values("session_id")
    rows = sums.annotate(likes=Sum("likes")).values_list("session_id", "likes")
    return dict.fromkeys(session_ids, 0) | dict(rows)


def viewers_of(session_ids: Collection[int], *, now: datetime, without: str = "") -> dict[int, int]:
    """session id -> viewers in all room processes, but for the one named `without`."""
    told = Presence.objects.filter(session__in=session_ids, told_at__gt=now - BELIEVED_FOR)
    rows = told.exclude(process=without).values("session_id").annotate(all=Sum("viewers"))
    return dict.fromkeys(session_ids, 0) | dict(rows.values_list("session_id", "all"))


# For moderators.


def lines_to_decide(session: Session) -> QuerySet[Message]:
    """Held by a listed word, or reported and not looked at yet; the oldest first."""
    held = Q(status=MessageStatus.HELD)
    reported = Q(status=MessageStatus.SHOWN, decided_at=None, reports__isnull=False)
    return (
        Message.objects.filter(held | reported, session=session)
        .annotate(report_count=Count("reports"))
        .select_related("author")
        .order_by("at", "pk")
    )


def penalties_of(session: Session, *, now: datetime) -> QuerySet[Penalty]:
    """Mutes and bans that hold now, the newest first."""
    living = Penalty.objects.holding_at(now).filter(session=session)
    return living.select_related("user", "by").order_by("-at")


def may_enter(session_id: int, user_id: int, *, now: datetime) -> bool:
    """False for somebody who was sent out of this room."""
    return user_id not in banned_from([session_id], now=now)[session_id]
