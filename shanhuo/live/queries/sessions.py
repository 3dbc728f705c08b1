"""Sessions: the one door to their rows, the lists, and how one looks on a list."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from shanhuo.goods import queries as goods
from shanhuo.live import rules
from shanhuo.live.models import Cast, Check, Reminder, Session, SessionStep, ShowcaseItem
from shanhuo.live.states import CastRole, SessionStatus
from shanhuo.people import rules as people

# For faces, which may name the type but not the table.
AnySession: TypeAlias = Session

NOW = (SessionStatus.ON_AIR, SessionStatus.INTERRUPTED)
OVER = (SessionStatus.ENDED, SessionStatus.SEALED)
# Announced and not begun: after that long nobody waits for it any more.
GIVEN_UP_AFTER = timedelta(hours=6)
ROOMS_PER_MODERATOR = 50


def sessions_visible_to(user: Any) -> QuerySet[Session]:
    """Announced sessions for everybody, also those called off since; drafts for their cast, the
    office of their county, and the platform's operators and auditors."""
    everybody = Q(status__in=rules.PUBLIC) | Q(pk__in=_called_off())
    roles = people.roles_of(user)
    if roles.is_operator or roles.is_auditor:
        return _named(Session.objects.all())
    if not getattr(user, "is_active", False):
        return _named(Session.objects.filter(everybody))
    own = Session.objects.filter(cast__user=user).values("pk")
    return _named(
        Session.objects.filter(everybody | Q(pk__in=own) | Q(county__in=roles.county_ids))
    )


def _called_off() -> QuerySet[SessionStep, Any]:
    """Sessions that were announced until they were cancelled: their words had passed the check.
    A draft that is cancelled never was anybody else's."""
    steps = SessionStep.objects.filter(
        before=SessionStatus.SCHEDULED, after=SessionStatus.CANCELLED
    )
    return steps.values("session")


def why_cancelled(session: Session) -> str:
    """What the host said; empty where nothing was."""
    said = SessionStep.objects.filter(session=session, after=SessionStatus.CANCELLED)
    return said.values_list("note", flat=True).first() or ""


def in_public() -> QuerySet[Session]:
    """What takes place, or did, for everybody to see."""
    return _named(Session.objects.filter(status__in=rules.PUBLIC))


def on_air() -> QuerySet[Session]:
    """What is on now, gaps of the signal included; the longest on air first."""
    return in_public().filter(status__in=NOW).order_by("on_air_at", "pk")


def upcoming(*, now: datetime) -> QuerySet[Session]:
    """What is announced, the next first."""
    rows = in_public().filter(status=SessionStatus.SCHEDULED, starts_at__gt=now - GIVEN_UP_AFTER)
    return rows.order_by("starts_at", "pk")


def replays() -> QuerySet[Session]:
    """What can be seen again, the latest first."""
    return in_public().filter(status__in=OVER).order_by("-ended_at", "-pk")


def sessions_of(user: Any) -> QuerySet[Session]:
    """The sessions that the user has a part in, the latest first."""
    if not getattr(user, "is_active", False):
        return Session.objects.none()
    mine = Cast.objects.filter(session=OuterRef("pk"), user_id=user.pk)
    return _named(Session.objects.filter(Exists(mine))).order_by("-starts_at", "-pk")


def sessions_directed_by(user: Any) -> QuerySet[Session]:
    """Those that the user may change: as host or co-host."""
    mine = Cast.objects.filter(
        session=OuterRef("pk"), user_id=_id_of(user), role__in=rules.ON_STAGE
    )
    return _named(Session.objects.filter(Exists(mine))).order_by("-starts_at", "-pk")


def waiting_for_check(user: Any) -> QuerySet[Session]:
    """What the user may check and has not yet, the next to begin first."""
    if not people.is_operator(user):
        return Session.objects.none()
    mine = Cast.objects.filter(session=OuterRef("pk"), user_id=user.pk)
    looked = Check.objects.filter(
        session=OuterRef("pk"), checker_id=user.pk, submitted_at=OuterRef("submitted_at")
    )
    rows = Session.objects.filter(~Exists(mine), ~Exists(looked), status=SessionStatus.SUBMITTED)
    return _named(rows).order_by("starts_at", "pk")


@dataclass(frozen=True, slots=True)
class SessionCard:
    """A session on a list. `cover` and `thumb`: addresses of its first product's, or empty."""

    public_id: str
    title: str
    kind: str
    kind_label: str
    status: str
    status_label: str
    is_official: bool
    starts_at: datetime
    on_air_at: datetime | None
    ended_at: datetime | None
    county_name: str
    adcode: str
    operator_name: str
    host_name: str
    goods_count: int
    cover: str
    cover_jpeg: str
    thumb: str

    @property
    def is_now(self) -> bool:
        return self.status in NOW

    @property
    def is_over(self) -> bool:
        return self.status in OVER

    @property
    def length(self) -> timedelta | None:
        """From the first picture to the end."""
        return self.ended_at - self.on_air_at if self.ended_at and self.on_air_at else None


def cards(sessions: Iterable[Session], *, day: date) -> list[SessionCard]:
    """In the order given, with two queries more."""
    rows = list(sessions)
    items = ShowcaseItem.objects.filter(session__in=rows, removed_at=None)
    shelves: dict[int, list[int]] = {row.pk: [] for row in rows}
    for session_id, product_id in items.order_by("position", "pk").values_list(
        "session", "product"
    ):
        shelves[session_id].append(product_id)
    first = {shelf[0] for shelf in shelves.values() if shelf}
    products = goods.cards_by_id(first, day=day) if first else {}
    return [_card(row, shelves[row.pk], products) for row in rows]


def _card(row: Session, shelf: list[int], products: dict[int, Any]) -> SessionCard:
    shown = products.get(shelf[0]) if shelf else None
    return SessionCard(
        public_id=row.public_id,
        title=row.title,
        kind=row.kind,
        kind_label=row.get_kind_display(),
        status=row.status,
        status_label=row.get_status_display(),
        is_official=row.is_official,
        starts_at=row.starts_at,
        on_air_at=row.on_air_at,
        ended_at=row.ended_at,
        county_name=row.county.name,
        adcode=row.county.adcode,
        operator_name=row.organisation.name,
        host_name=row.host.display_name,
        goods_count=len(shelf),
        cover=_address(shown.cover if shown else ""),
        cover_jpeg=_address(shown.cover_jpeg if shown else ""),
        thumb=_address(shown.thumb if shown else ""),
    )


def _address(path: str) -> str:
    return f"{settings.MEDIA_URL}{path}" if path else ""


@dataclass(frozen=True, slots=True)
class CastLine:
    """Somebody in the cast, as pages name them."""

    user_id: int
    public_id: str
    name: str
    role: str
    role_label: str
    organisation_id: int | None
    house_name: str
    county_name: str
    share_basis_points: int
    agreed_at: datetime | None


def cast_of(session: Session) -> list[CastLine]:
    """Host first, then co-hosts, experts and moderators."""
    order = list(CastRole.values)
    rows = Cast.objects.filter(session=session).select_related("user", "organisation", "county")
    lines = [_cast_line(row) for row in rows.order_by("pk")]
    return sorted(lines, key=lambda line: order.index(line.role))


def _cast_line(row: Cast) -> CastLine:
    return CastLine(
        user_id=row.user_id,
        public_id=row.user.public_id,
        name=row.user.display_name,
        role=row.role,
        role_label=row.get_role_display(),
        organisation_id=row.organisation_id,
        house_name=row.organisation.name if row.organisation else "",
        county_name=row.county.name if row.county else "",
        share_basis_points=row.share_basis_points,
        agreed_at=row.agreed_at,
    )


def my_part(user: Any, session: Session) -> Cast | None:
    return Cast.objects.filter(session=session, user_id=_id_of(user)).first()


def checks_of(session: Session) -> QuerySet[Check]:
    """Every look before air, the latest first."""
    return Check.objects.filter(session=session).select_related("checker").order_by("-pk")


@dataclass(frozen=True, slots=True)
class StepLine:
    """A change of status: `label` names the new one; `actor` is empty for the platform itself."""

    label: str
    at: datetime
    actor: str
    note: str


def steps_of(session: Session) -> list[StepLine]:
    """How it went so far, the latest first."""
    rows = SessionStep.objects.filter(session=session).select_related("actor").order_by("-pk")
    return [
        StepLine(
            label=str(SessionStatus(row.after).label),
            at=row.at,
            actor=row.actor.display_name if row.actor else "",
            note=row.note,
        )
        for row in rows
    ]


def last_refusal(session: Session) -> Check | None:
    """Why it came back from the check, while nothing newer was sent there."""
    last = checks_of(session).first()
    return last if last and not last.agreed and session.status == SessionStatus.DRAFT else None


# ---- reminders ----


def wants_reminder(user: Any, session: Session) -> bool:
    return Reminder.objects.filter(session=session, user_id=_id_of(user)).exists()


def reminder_count(session: Session) -> int:
    return Reminder.objects.filter(session=session).count()


def sessions_reminded_of(user: Any) -> QuerySet[Session]:
    """What the user wants to be told of and is on now or to come; what is on first."""
    wanted = Reminder.objects.filter(session=OuterRef("pk"), user_id=_id_of(user))
    to_tell = Q(status__in=[*NOW, SessionStatus.SCHEDULED]) | Q(pk__in=_called_off())
    rows = Session.objects.filter(Exists(wanted), to_tell)
    return _named(rows).order_by(F("on_air_at").asc(nulls_last=True), "starts_at", "pk")


def begun_for(user: Any) -> QuerySet[Session]:
    """What the user wanted to be told of and is on air at this moment."""
    return sessions_reminded_of(user).filter(status__in=NOW)


# ---- the platform's watch ----


@dataclass(frozen=True, slots=True)
class ModerationLoad:
    """Rooms on air against the people who moderate them; the law wants one for every 50 rooms."""

    rooms: int
    moderators: int
    unwatched: int

    @property
    def is_too_few(self) -> bool:
        return self.rooms > self.moderators * ROOMS_PER_MODERATOR


def moderation_load() -> ModerationLoad:
    """Counted over what is on air now: each moderator once, however many rooms."""
    rooms = Session.objects.filter(status__in=NOW)
    watching = Cast.objects.filter(session__in=rooms, role=CastRole.MODERATOR)
    return ModerationLoad(
        rooms=rooms.count(),
        moderators=watching.aggregate(count=Count("user", distinct=True))["count"],
        unwatched=rooms.exclude(pk__in=watching.values("session")).count(),
    )


def _id_of(user: Any) -> int:
    """0, which is nobody, for a stranger."""
    return int(getattr(user, "pk", None) or 0)


def _named(sessions: QuerySet[Session]) -> QuerySet[Session]:
    return sessions.select_related("organisation", "county", "host")
