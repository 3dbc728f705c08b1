"""The replay of a session with its chapters, and clips of it for other pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from shanhuo.live.media import replay as media
from shanhuo.live.media.stitching import FILM
from shanhuo.live.models import Explanation, Question, Replay, Session
from shanhuo.live.states import QuestionStatus
from shanhuo.live.timeline import Stretch, Timeline

CLIPS_SHOWN = 3
SHORTEST_CLIP_MS = 2_000


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of a replay: what was talked about, in milliseconds of the replay.

    product: public id, empty where a question was answered.
    """

    title: str
    product: str
    from_ms: int
    until_ms: int

    @property
    def clock(self) -> str:
        """ "1:02:03" """
        seconds = self.from_ms // 1000
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


@dataclass(frozen=True, slots=True)
class ReplayView:
    """What a page needs to show a replay. cover: empty if no picture could be drawn.

    withdrawn_why is for those who may know; everybody else hears that there is none.
    """

    address: str
    cover: str
    duration_ms: int
    chapters: list[Chapter]
    is_withdrawn: bool
    withdrawn_why: str


@dataclass(frozen=True, slots=True)
class FilmView:
    """The whole replay in one file. state: none, waiting, making, ready, or problem.

    done_bytes of about of_bytes are written; `problem` is a code.
    """

    state: str
    done_bytes: int
    of_bytes: int
    problem: str


def film_of(session: Session) -> FilmView:
    """How the file stands that `services.film` makes."""
    row = Replay.objects.filter(session=session, withdrawn_at=None).first()
    if row is None or row.film_asked_at is None:
        return FilmView("none", 0, 0, "")
    if row.file_bytes is not None:
        return FilmView("ready", row.file_bytes, row.file_bytes, "")
    if row.film_problem:
        return FilmView("problem", 0, 0, row.film_problem)
    draft = media.film_desk(session.public_id) / FILM
    done = draft.stat().st_size if draft.is_file() else 0
    total = row.film_of_bytes or 0
    return FilmView("making" if total else "waiting", min(done, total), total, "")


def replay_of(session: Session) -> ReplayView | None:
    """None: it is not made yet, or there was no picture."""
    row = Replay.objects.filter(session=session).first()
    if row is None:
        return None
    return ReplayView(
        address=media.address_of(session.media_key),
        cover=_cover_of(session),
        duration_ms=row.duration_ms,
        chapters=_chapters(session, timeline_of(row)),
        is_withdrawn=row.withdrawn_at is not None,
        withdrawn_why=row.withdrawn_why,
    )


@dataclass(frozen=True, slots=True)
class ExplainClip:
    """讲解回放: where in a replay a product was explained. film: the address of that part as a film
    of its own, empty while there is none; cover: of the replay, or empty."""

    session: str
    product: str
    title: str
    host: str
    at: datetime
    from_ms: int
    until_ms: int
    film: str
    cover: str

    @property
    def page(self) -> str:
        """Its own address."""
        return f"/live/{self.session}/explained/{self.product}"

    @property
    def address(self) -> str:
        """A player goes to the part by itself (Media Fragments)."""
        return address_of_part(self.session, self.from_ms, self.until_ms)

    @property
    def seconds(self) -> int:
        return (self.until_ms - self.from_ms) // 1000


def explain_clips(product_id: int) -> list[ExplainClip]:
    """The newest explanations of a product that can be seen again; for its page."""
    rows = _explanations().filter(item__product=product_id).order_by("-started_at")
    return _long_enough(rows[: CLIPS_SHOWN * 2])[:CLIPS_SHOWN]


def clips_of_session(session: Session, *, product: str = "") -> list[ExplainClip]:
    """Every explanation of a session that can be seen again, or those of one product (public id),
    in the order of the show."""
    rows = _explanations().filter(item__session=session)
    if product:
        rows = rows.filter(item__product__public_id=product)
    return _long_enough(rows.order_by("started_at", "pk"))


def _explanations() -> QuerySet[Explanation]:
    rows = Explanation.objects.filter(
        ended_at__isnull=False,
        item__session__replay__isnull=False,
        item__session__replay__withdrawn_at=None,
    )
    return rows.select_related("item__session__replay", "item__session__host", "item__product")


def _long_enough(rows: Iterable[Explanation]) -> list[ExplainClip]:
    clips = [_explain_clip(row) for row in rows]
    return [clip for clip in clips if clip.until_ms - clip.from_ms >= SHORTEST_CLIP_MS]


def _explain_clip(row: Explanation) -> ExplainClip:
    session = row.item.session
    from_ms, until_ms = span_in(timeline_of(session.replay), row.started_at, row.ended_at)
    film = media.clip_path(session.media_key, row.pk)
    shown = film.is_file()
    return ExplainClip(
        session=session.public_id,
        product=row.item.product.public_id,
        title=session.title,
        host=session.host.display_name,
        at=row.started_at,
        from_ms=from_ms,
        until_ms=until_ms,
        film=media.address_of(session.media_key, f"clips/{film.name}") if shown else "",
        cover=_cover_of(session),
    )


def _cover_of(session: Session) -> str:
    drawn = (media.public_folder(session.media_key) / media.COVER).is_file()
    return media.address_of(session.media_key, media.COVER) if drawn else ""


def timeline_of(replay: Replay) -> Timeline:
    """Where a replay shows which moment."""
    return Timeline(tuple(Stretch(*stretch) for stretch in replay.stretches))


def span_in(timeline: Timeline, begin: datetime | None, end: datetime | None) -> tuple[int, int]:
    """Positions of two moments; an open end is the end of the replay."""
    from_ms = timeline.position_of(_ms(begin)) if begin else 0
    until_ms = timeline.position_of(_ms(end)) if end else timeline.duration_ms
    return from_ms, until_ms


def address_of_part(session: str, from_ms: int, until_ms: int) -> str:
    """Whole seconds that hold the part."""
    return f"/live/{session}#t={from_ms // 1000},{-(-until_ms // 1000)}"


def _chapters(session: Session, timeline: Timeline) -> list[Chapter]:
    """What was explained and what was answered, by time; what fell into a gap has no chapter."""
    explained = Explanation.objects.filter(item__session=session).select_related("item__product")
    answered = Question.objects.filter(session=session, status=QuestionStatus.ANSWERED)
    found = [
        Chapter(
            row.item.product.title,
            row.item.product.public_id,
            *span_in(timeline, row.started_at, row.ended_at),
        )
        for row in explained
    ]
    found += [
        Chapter(row.body, "", *span_in(timeline, row.answer_started_at, row.answer_ended_at))
        for row in answered
    ]
    return sorted(
        (chapter for chapter in found if chapter.until_ms > chapter.from_ms),
        key=lambda chapter: (chapter.from_ms, chapter.until_ms),
    )


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
