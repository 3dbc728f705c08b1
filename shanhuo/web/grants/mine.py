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

SOURCES = {
    Source.FOLLOWED: gettext_lazy("They follow you"),
    Source.PLACE: gettext_lazy("They chose your county, or like what comes from it"),
    Source.SEASON: gettext_lazy("What you show is in season"),
    Source.TOPIC: gettext_lazy("They often watch your topics"),
    Source.TOGETHER: gettext_lazy("They liked clips that others like together with yours"),
    Source.FRESH: gettext_lazy("First viewers of a new clip"),
    Source.TRENDING: gettext_lazy("Many people were watching it"),
    Source.RANDOM: gettext_lazy("Drawn by lot"),
    Source.GRANT: gettext_lazy("A traffic grant"),
    Source.CHOSEN: gettext_lazy("On another page, or by a shared address"),
    Source.NEIGHBOURS: gettext_lazy("They watched clips that are watched beside yours"),
    Source.AGAIN: gettext_lazy("Shown again: they had seen everything new"),
}
DAYS, MOST_CLIPS = 28, 30
HIDDEN_OFTEN = 0.03


@dataclass(frozen=True, slots=True)
class ClipLine:
    """A clip, how it was received, and in plain words what holds it back."""

    card: PostCard
    reception: ClipReception
    reasons: list[str]


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """The last four weeks of the reader's own published clips."""
    own = content.published_posts().filter(author=actor_of(request))[:MOST_CLIPS]
    cards, now = content.cards(own), clock.now()
    posts = [card.id for card in cards]
    since = now - timedelta(days=DAYS)
    found = origins_of(traffic.signal_log(), posts, since=since, until=now)
    context: dict[str, Any] = {
        "days": DAYS,
        "origins": found,
        "sources": [
            (SOURCES[source], count, count / found.shown) for source, count in found.sources
        ],
        "clips": [_line(card, found) for card in cards],
    }
    return render(request, "web/grants/mine.html", context)


def _line(card: PostCard, found: Origins) -> ClipLine:
    reception = found.clips.get(card.id, ClipReception(card.id, 0, 0, 0, 0, 0))
    return ClipLine(card, reception, list(_reasons(reception, found.usual_finish_ratio)))


def _reasons(clip: ClipReception, usual: float | None) -> Iterator[str]:
    if clip.shown < TRIALS:
        yield _("It is still on trial: every clip gets its first 100 exposures, some take days.")
        return
    ratio = clip.finish_ratio
    if ratio is not None and usual is not None and ratio < 0.8 * usual:
        yield _("Fewer viewers watch it to the end than other clips: try a shorter one.")
    if clip.hidden > HIDDEN_OFTEN * clip.shown:
        yield _("Many viewers pressed “not interested”.")
    if clip.played < clip.shown / 2:
        yield _("Many viewers scroll on at once: the first second decides.")
