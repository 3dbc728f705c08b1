"""A creator's own page: where my exposures came from, and why a clip is shown little."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from shanhuo.content import queries as content
from shanhuo.content.queries import PostCard
from shanhuo.kernel import clock
from shanhuo.people.actors import actor_of
from shanhuo.traffic import queries as traffic
from shanhuo.traffic.board import TRIALS
from shanhuo.traffic.kinds import Source
from shanhuo.traffic.origins import ClipReception, Origins, origins_of
from shanhuo.traffic.outlook import share_ahead
from shanhuo.traffic.serving import serving

SOURCES = {
    Source.FOLLOWED: gettext_lazy("They follow you"),
    Source.PLACE: gettext_lazy("They chose your county, or like what comes from it"),
    Source.SEASON: gettext_lazy("What you show is in season"),
    Source.TOPIC: gettext_lazy("They often watch your topics"),
    Source.TOGETHER: gettext_lazy("They liked clips that others like together with yours"),
    Source.FRESH: gettext_lazy("First viewers of a new clip"),
    Source.TRENDING: gettext_lazy("Many people were watching it"),
    Source.RANDOM: gettext_lazy("Drawn by lot"),
    Source.COUNTY_FLOOR: gettext_lazy("A place kept for counties like yours"),
    Source.NEWCOMER_FLOOR: gettext_lazy("A place kept for new clips"),
    Source.GRANT: gettext_lazy("A traffic grant"),
    Source.CHOSEN: gettext_lazy("On another page, or by a shared address"),
    Source.NEIGHBOURS: gettext_lazy("They watched clips that are watched beside yours"),
    Source.AGAIN: gettext_lazy("Shown again: they had seen everything new"),
}
DAYS, MOST_CLIPS = 28, 30
HIDDEN_OFTEN = 0.03


SEEN_BY_MOST, BEHIND_MOST = 0.6, 0.8
MANY_CLIPS = 10
WAITING = {
    "draft": gettext_lazy("It is a draft: send it, and the review begins."),
    "processing": gettext_lazy("Its film is being prepared; then it is reviewed."),
    "in_review": gettext_lazy("It is under review: nobody sees it before that ends."),
    "appealed": gettext_lazy("It is under review: nobody sees it before that ends."),
    "refused": gettext_lazy("The review refused it; its page says why and how to appeal."),
    "withdrawn": gettext_lazy("It was withdrawn and is not shown any more."),
}


@dataclass(frozen=True, slots=True)
class ClipLine:
    """A clip, where its exposures came from, and in plain words what holds it back."""

    card: PostCard
    reception: ClipReception
    sources: list[tuple[Any, int]]
    reasons: list[str]


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """The last four weeks of the reader's own clips, the newest first."""
    own = list(content.posts_of(actor_of(request))[:MOST_CLIPS])
    published = [post.pk for post in own if post.status == "published"]
    now = clock.now()
    since = now - timedelta(days=DAYS)
    found = origins_of(traffic.signal_log(), published, since=since, until=now)
    house = serving()
    house.bring_up_to_date(now=now)
    ahead = share_ahead(house, published)
    lines = [
        ClipLine(
            card,
            reception := found.clips.get(post.pk, ClipReception(post.pk, 0, 0, 0, 0, 0, 0)),
            [(SOURCES[source], count) for source, count in found.of_clip.get(post.pk, [])],
            [str(WAITING[post.status])]
            if post.status in WAITING
            else list(_reasons(reception, found, ahead.get(post.pk, 0.0), len(published))),
        )
        for post, card in zip(own, content.cards(own), strict=True)
    ]
    context: dict[str, Any] = {
        "days": DAYS,
        "origins": found,
        "sources": [
            (SOURCES[source], count, count / found.shown) for source, count in found.sources
        ],
        "clips": lines,
    }
    return render(request, "web/grants/mine.html", context)


def _reasons(clip: ClipReception, found: Origins, ahead: float, clips: int) -> Iterator[str]:
    """Why it is not shown more, from the log and the ranker; nothing where nothing holds it."""
    if clip.shown < TRIALS:
        yield _(
            "It is still on trial: every clip gets its first 100 exposures (%(shown)s so far), "
            "some take days."
        ) % {"shown": clip.shown}
    elif ahead > BEHIND_MOST:
        yield _(
            "The ranker expects less of it (long views, purchases, visits) than of %(share)s in "
            "100 clips."
        ) % {"share": round(100 * ahead)}
    if found.viewers and clip.viewers > SEEN_BY_MOST * found.viewers:
        yield _(
            "%(seen)s of %(viewers)s viewers of the feed have seen it already; it comes again only "
            "when nothing new is left."
        ) % {"seen": clip.viewers, "viewers": found.viewers}
    if clips >= MANY_CLIPS:
        yield _(
            "No list holds more than two clips of one author: your %(clips)s clips stand before "
            "one another."
        ) % {"clips": clips}
    if clip.shown >= TRIALS:
        yield from _received(clip, found.usual_finish_ratio)


def _received(clip: ClipReception, usual: float | None) -> Iterator[str]:
    ratio = clip.finish_ratio
    if ratio is not None and usual is not None and ratio < 0.8 * usual:
        yield _("Fewer viewers watch it to the end than other clips: try a shorter one.")
    if clip.hidden > HIDDEN_OFTEN * clip.shown:
        yield _("Many viewers pressed “not interested”.")
    if clip.played < clip.shown / 2:
        yield _("Many viewers scroll on at once: the first second decides.")
