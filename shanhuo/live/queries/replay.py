"""The replay of a session with its chapters, and clips of it for other pages."""

from dataclasses import dataclass
from datetime import datetime

from shanhuo.live.media import replay as media
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


def replay_of(session: Session) -> ReplayView | None:
    """None: it is not made yet, or there was no picture."""
    row = Replay.objects.filter(session=session).first()
    if row is None:
        return None
    has_cover = (media.public_folder(session.media_key) / media.COVER).is_file()
    return ReplayView(
        address=media.address_of(session.media_key),
        cover=media.address_of(session.media_key, media.COVER) if has_cover else "",
        duration_ms=row.duration_ms,
        chapters=_chapters(session, timeline_of(row)),
        is_withdrawn=row.withdrawn_at is not None,
        withdrawn_why=row.withdrawn_why,
    )


@dataclass(frozen=True, slots=True)
class ExplainClip:
    """讲解回放: where in a replay a product was explained."""

    session: str
    title: str
    host: str
    at: datetime
    from_ms: int
    until_ms: int

    @property
    def address(self) -> str:
        """A player goes to the part by itself (Media Fragments)."""
        return address_of_part(self.session, self.from_ms, self.until_ms)

    @property
    def seconds(self) -> int:
        return (self.until_ms - self.from_ms) // 1000


def explain_clips(product_id: int) -> list[ExplainClip]:
    """The newest explanations of a product that can be seen again; for its page."""
    rows = Explanation.objects.filter(
        item__product=product_id,
        ended_at__isnull=False,
        item__session__replay__isnull=False,
        item__session__replay__withdrawn_at=None,
    ).select_related("item__session__replay", "item__session__host")
    clips = []
    for row in rows.order_by("-started_at")[: CLIPS_SHOWN * 2]:
        session, timeline = row.item.session, timeline_of(row.item.session.replay)
        from_ms, until_ms = span_in(timeline, row.started_at, row.ended_at)
        if until_ms - from_ms >= SHORTEST_CLIP_MS:
            clips.append(
                ExplainClip(
                    session=session.public_id,
                    title=session.title,
                    host=session.host.display_name,
                    at=row.started_at,
                    from_ms=from_ms,
                    until_ms=until_ms,
                )
            )
    return clips[:CLIPS_SHOWN]


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
