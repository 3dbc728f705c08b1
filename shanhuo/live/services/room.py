"""What is said in a room, and who keeps order there.

Lines come from the room process many at a time (`say_all`, one INSERT) and from the form of the
page one at a time (`say`); the same rules decide. Everything here raises `room_version`, by which
the room process hears of it within a second.
"""

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from shanhuo.content import words
from shanhuo.content.reasons import Reason
from shanhuo.kernel import audit, limits
from shanhuo.kernel.errors import Refusal
from shanhuo.live import rules
from shanhuo.live.models import Cast, Message, MessageReport, Penalty, Session
from shanhuo.live.states import Badge, CastRole, MessageStatus, PenaltyKind, SessionStatus
from shanhuo.live.telling import tell_room
from shanhuo.people import queries as people

LONGEST_LINE = 100
LONGEST_ANNOUNCEMENT = 200
SLOW_MODES = (0, 5, 15, 60)
QUICKEST = timedelta(seconds=1)
"""Between two lines of one person, also without slow mode."""
REPORTS_PER_HOUR = 30
OPEN = frozenset({SessionStatus.SCHEDULED, SessionStatus.ON_AIR, SessionStatus.INTERRUPTED})

_BADGES = {
    CastRole.HOST: Badge.HOST,
    CastRole.COHOST: Badge.HOST,
    CastRole.EXPERT: Badge.EXPERT,
    CastRole.MODERATOR: Badge.MODERATOR,
}
# Invisible letters that emoji are made with; all others only hide something.
_JOINERS = "\u200d\ufe0f"


class Verdict(StrEnum):
    """What became of a line. Codes go over the socket; only the first two were written."""

    SHOWN = "shown"
    HELD = "held"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_FAST = "too_fast"
    MUTED = "muted"
    CLOSED = "closed"
    NOT_ALLOWED = "not_allowed"


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody says something in a session."""

    session_id: int
    author_id: int
    body: str


class NotSaid(Refusal):
    """`details["why"]` is the Verdict."""

    code = "not_said"
    status = 409
    message = _("This was not said: the room is closed to it.")


class EmptyLine(NotSaid):
    code = "empty_line"
    status = 422
    message = _("Write between 1 and %(most)s characters.")


class TooFast(NotSaid):
    code = "too_fast"
    status = 429
    message = _("Not so fast: others want to be read, too. Wait a moment.")


class Muted(NotSaid):
    code = "muted"
    status = 403
    message = _("A moderator has muted you in this room.")


class NotYourRoom(Refusal):
    code = "not_your_room"
    status = 404
    message = _("Only moderators of this room may do this.")


class NotThem(Refusal):
    code = "not_them"
    status = 409
    message = _("This person keeps order here and cannot be muted or sent out.")


class UnknownSlowMode(Refusal):
    code = "unknown_slow_mode"
    status = 422
    message = _("Choose one of the pauses of the list.")


_REFUSALS: dict[Verdict, type[NotSaid]] = {
    Verdict.EMPTY: EmptyLine,
    Verdict.TOO_LONG: EmptyLine,
    Verdict.TOO_FAST: TooFast,
    Verdict.MUTED: Muted,
}


# Saying.


@transaction.atomic
def say(*, author: Any, session_id: int, body: str, now: datetime) -> Verdict:
    """Say one line, as the form does; SHOWN, or HELD for a moderator.

    Raises EmptyLine, TooFast, Muted, NotSaid.
    """
    # One person's two forms at once would both find that nothing was said a second ago.
    Session.objects.select_for_update(no_key=True).filter(pk=session_id).first()
    (verdict,) = say_all([Line(session_id, author.pk, body)], now=now)
    if verdict not in {Verdict.SHOWN, Verdict.HELD}:
        raise _REFUSALS.get(verdict, NotSaid)(most=LONGEST_LINE, why=verdict.value)
    return verdict


@transaction.atomic
def say_all(lines: Sequence[Line], *, now: datetime) -> list[Verdict]:
    """Write what may be said, in the order of arrival, with one INSERT; a verdict for each line.

    A line with a listed word in it, in whatever spelling, is held until a moderator has read it.
    """
    hall = _Hall.of(lines, now=now)
    verdicts, rows = [], []
    for line in lines:
        body = cleaned(line.body)
        verdict = hall.verdict_on(line, body, now=now)
        if verdict is Verdict.SHOWN:
            found = words.found_in(body)
            verdict = Verdict.HELD if found else Verdict.SHOWN
            rows.append(_row(line, body, next(iter(found.values()), ""), hall, now=now))
        verdicts.append(verdict)
    Message.objects.bulk_create(rows)
    return verdicts


def cleaned(text: str) -> str:
    """The line as it is kept: one row of visible letters in one normal form."""
    shown = (
        letter
        for letter in unicodedata.normalize("NFC", text)
        if letter in _JOINERS or letter.isspace() or unicodedata.category(letter)[0] != "C"
    )
    return " ".join("".join(shown).split()).strip(_JOINERS)


def _row(line: Line, body: str, reason: str, hall: "_Hall", *, now: datetime) -> Message:
    return Message(
        session_id=line.session_id,
        author_id=line.author_id,
        body=body,
        at=now,
        badge=hall.badge_of(line),
        status=MessageStatus.HELD if reason else MessageStatus.SHOWN,
        reason=reason,
    )


@dataclass(slots=True)
class _Hall:
    """What decides over a batch of lines, read with one statement each."""

    sessions: dict[int, Session]
    speakers: dict[int, people.Speaker]
    roles: dict[tuple[int, int], str]
    silenced: set[tuple[int, int]]
    last_said: dict[tuple[int, int], datetime]

    @classmethod
    def of(cls, lines: Collection[Line], *, now: datetime) -> "_Hall":
        sessions = Session.objects.in_bulk({line.session_id for line in lines})
        authors = {line.author_id for line in lines}
        here = {"session__in": sessions, "user__in": authors}
        roles = Cast.objects.filter(**here).values_list("session_id", "user_id", "role")
        silenced = Penalty.objects.holding_at(now).filter(**here)
        pauses = [timedelta(seconds=one.slow_mode_seconds) for one in sessions.values()]
        recent = Message.objects.filter(
            session__in=sessions, author__in=authors, at__gt=now - max([QUICKEST, *pauses])
        )
        last = recent.values_list("session_id", "author_id").annotate(at=Max("at"))
        return cls(
            sessions=sessions,
            speakers=people.speakers(authors),
            roles={(session, user): role for session, user, role in roles},
            silenced=set(silenced.values_list("session_id", "user_id")),
            last_said={(session, user): at for session, user, at in last},
        )

    def verdict_on(self, line: Line, body: str, *, now: datetime) -> Verdict:
        """SHOWN where nothing but the words is left to look at; then the line counts as said."""
        key = (line.session_id, line.author_id)
        session = self.sessions.get(line.session_id)
        if session is None or session.status not in OPEN:
            return Verdict.CLOSED
        if line.author_id not in self.speakers:
            return Verdict.NOT_ALLOWED
        if key in self.silenced:
            return Verdict.MUTED
        if not 1 <= len(body) <= LONGEST_LINE:
            return Verdict.TOO_LONG if body else Verdict.EMPTY
        if key in self.last_said and now - self.last_said[key] < self._pause(session, key):
            return Verdict.TOO_FAST
        self.last_said[key] = now
        return Verdict.SHOWN

    def _pause(self, session: Session, key: tuple[int, int]) -> timedelta:
        """The people of the session are not slowed down."""
        if key in self.roles:
            return QUICKEST
        return max(QUICKEST, timedelta(seconds=session.slow_mode_seconds))

    def badge_of(self, line: Line) -> str:
        role = self.roles.get((line.session_id, line.author_id))
        speaker, session = self.speakers[line.author_id], self.sessions[line.session_id]
        if role:
            return _BADGES[CastRole(role)]
        is_official = speaker.is_operator or session.county_id in speaker.county_ids
        return Badge.OFFICIAL if is_official else ""


# Keeping order.


def report(*, reporter: Any, line_id: str, reason: str, now: datetime) -> None:
    """A viewer says that a line breaks a rule; once per person and line. Raises NotSaid, TooMany.

    line_id: a public id; reason: a `content.reasons` code.
    """
    limits.take(
        scope="live.report",
        key=reporter.public_id,
        cap=REPORTS_PER_HOUR,
        window=timedelta(hours=1),
        now=now,
    )
    said = Message.objects.filter(public_id=line_id, status=MessageStatus.SHOWN).first()
    if said is None:
        raise NotSaid
    MessageReport.objects.get_or_create(
        message=said, reporter=reporter, defaults={"reason": Reason(reason), "at": now}
    )


@transaction.atomic
def hide(*, line_id: str, by: Any, reason: str, now: datetime) -> None:
    """Take a line away; viewers see it go. It stays in the record. Raises NotYourRoom."""
    _decide(line_id, MessageStatus.HIDDEN, by=by, reason=Reason(reason), now=now)


@transaction.atomic
def show(*, line_id: str, by: Any, now: datetime) -> None:
    """Let a held or reported line be read; its reports are settled. Raises NotYourRoom."""
    _decide(line_id, MessageStatus.SHOWN, by=by, reason="", now=now)


def _decide(line_id: str, status: MessageStatus, *, by: Any, reason: str, now: datetime) -> None:
    said = Message.objects.select_for_update().filter(public_id=line_id).first()
    if said is None:
        raise NotYourRoom
    session = _moderated(said.session_id, by)
    said.status, said.reason, said.decided_by, said.decided_at = status, reason, by, now
    said.save(update_fields=["status", "reason", "decided_by", "decided_at"])
    tell_room(session)
    verb = "live.hide_line" if status == MessageStatus.HIDDEN else "live.show_line"
    _note(verb, session, by=by, now=now, line=said.public_id, reason=reason)


@transaction.atomic
def mute(
    *, session_id: int, user_id: int, by: Any, lasting: timedelta, now: datetime, reason: str = ""
) -> None:
    """Somebody may read but not write for a while. Raises NotYourRoom, NotThem."""
    _punish(PenaltyKind.MUTE, session_id, user_id, by=by, lasting=lasting, now=now, reason=reason)


@transaction.atomic
def ban(
    *, session_id: int, user_id: int, by: Any, lasting: timedelta, now: datetime, reason: str = ""
) -> None:
    """Somebody leaves the room and may not come back for a while. Raises NotYourRoom, NotThem."""
    _punish(PenaltyKind.BAN, session_id, user_id, by=by, lasting=lasting, now=now, reason=reason)


def _punish(
    kind: PenaltyKind,
    session_id: int,
    user_id: int,
    *,
    by: Any,
    lasting: timedelta,
    now: datetime,
    reason: str,
) -> None:
    session = _moderated(session_id, by)
    speaker = people.speakers([user_id]).get(user_id)
    in_cast = Cast.objects.filter(session=session, user=user_id).exists()
    if in_cast or (speaker is not None and speaker.is_operator):
        raise NotThem
    penalty = Penalty.objects.create(
        session=session,
        user_id=user_id,
        kind=kind,
        by=by,
        at=now,
        until=now + lasting,
        reason=reason[:200],
    )
    tell_room(session)
    _note(f"live.{kind}", session, by=by, now=now, penalty=penalty.pk)


@transaction.atomic
def lift(*, penalty_id: int, by: Any, now: datetime) -> None:
    """End a mute or ban early. Safe to call twice. Raises NotYourRoom."""
    penalty = Penalty.objects.filter(pk=penalty_id).first()
    if penalty is None:
        raise NotYourRoom
    session = _moderated(penalty.session_id, by)
    if Penalty.objects.filter(pk=penalty_id, lifted_at=None).update(lifted_at=now):
        tell_room(session)
        _note("live.lift", session, by=by, now=now, penalty=penalty.pk)


@transaction.atomic
def announce(*, session_id: int, by: Any, text: str, now: datetime) -> None:
    """A sentence that stands above the chat until another takes its place; empty takes it down."""
    session = _moderated(session_id, by)
    session.announcement = cleaned(text)[:LONGEST_ANNOUNCEMENT]
    session.save(update_fields=["announcement"])
    tell_room(session)
    _note("live.announce", session, by=by, now=now)


@transaction.atomic
def set_slow_mode(*, session_id: int, by: Any, seconds: int, now: datetime) -> None:
    """How long one person waits between two lines: one of SLOW_MODES. Raises UnknownSlowMode."""
    session = _moderated(session_id, by)
    if seconds not in SLOW_MODES:
        raise UnknownSlowMode
    session.slow_mode_seconds = seconds
    session.save(update_fields=["slow_mode_seconds"])
    tell_room(session)
    _note("live.slow_mode", session, by=by, now=now, seconds=seconds)


def _moderated(session_id: int, by: Any) -> Session:
    session = Session.objects.select_for_update(no_key=True).filter(pk=session_id).first()
    if session is None or not rules.can_moderate(by, session):
        raise NotYourRoom
    return session


def _note(verb: str, session: Session, *, by: Any, now: datetime, **detail: Any) -> None:
    subject = f"live.Session:{session.public_id}"
    audit.record(verb=verb, subject=subject, actor=by, detail=detail, now=now)
