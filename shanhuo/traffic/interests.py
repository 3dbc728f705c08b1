"""Interest tags (兴趣标签): what the feed believes a viewer likes, why, and what they say to it.

What is believed is read from the memory of the feed and from the ranker's model, the reasons from
the signal log. Only the viewer's own words are kept in a table, by the number that signals carry.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal
from shanhuo.kernel.prepared import prepared
from shanhuo.traffic import moments
from shanhuo.traffic.models import Interest
from shanhuo.traffic.wishes import About, Subject, Wish, Wishes, wishes_of

MOST = 60
MOST_CHOSEN = 8
KEPT = timedelta(days=400)
"""As long as the viewer token lives."""


class TooManyInterests(Refusal):
    code = "too_many_interests"
    status = 409
    message = _("You can keep %(most)s tags, %(chosen)s of them chosen. Delete one first.")


@transaction.atomic
def wish(*, viewer: int, about: About, subject: Subject, wish: Wish, now: datetime) -> None:
    """Choose or mute something, or (`Wish.NONE`) take that back. Raises TooManyInterests."""
    if wish:
        _refuse_too_many(viewer, about, subject, wish)
    Interest.objects.update_or_create(
        viewer=viewer,
        about=about,
        subject=str(subject),
        defaults={"wish": wish, "changed_at": now},
    )


@transaction.atomic
def forget(*, viewer: int, about: About, subject: Subject, now: datetime) -> None:
    """Delete a tag: neither chosen nor muted, and what was learned about it until now is gone."""
    Interest.objects.update_or_create(
        viewer=viewer,
        about=about,
        subject=str(subject),
        defaults={"wish": Wish.NONE, "forgotten_at": now, "changed_at": now},
    )


@transaction.atomic
def forget_all(*, viewer: int, now: datetime) -> None:
    """Delete all tags, what was chosen and muted too. Follows of an account stay its follows."""
    Interest.objects.filter(viewer=viewer).delete()
    Interest.objects.create(viewer=viewer, about=About.ALL, forgotten_at=now, changed_at=now)


def erase(*, viewer: int) -> None:
    """The account is erased: no row remains."""
    Interest.objects.filter(viewer=viewer).delete()


def forget_old(*, now: datetime) -> int:
    """Rows of browsers whose token has long lapsed; returns how many."""
    return Interest.objects.filter(changed_at__lt=now - KEPT).delete()[0]


def wishes_since(moment: datetime | None) -> dict[int, Wishes]:
    """The wishes of all viewers who changed theirs since; None: of everybody."""
    if moment is None:
        return _wishes(Interest.objects.all())
    viewers = {viewer for (viewer,) in _changed(since=moment)}
    return wishes_of_viewers(viewers) if viewers else {}


@prepared
def _changed(since: datetime) -> "QuerySet[Interest, tuple[int]]":
    return Interest.objects.filter(changed_at__gte=since).values_list("viewer")


def wishes_of_viewers(viewers: Collection[int]) -> dict[int, Wishes]:
    """The wishes of these viewers; of one without any, none."""
    found = _wishes(Interest.objects.filter(viewer__in=viewers))
    return {viewer: found.get(viewer, Wishes()) for viewer in viewers}


def _wishes(rows: Iterable[Interest]) -> dict[int, Wishes]:
    ordered = sorted(rows, key=lambda row: (row.viewer, row.pk))
    return {
        viewer: wishes_of(
            [(row.about, row.subject, row.wish, _ms(row.forgotten_at)) for row in group]
        )
        for viewer, group in groupby(ordered, key=lambda row: row.viewer)
    }


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else moments.to_ms(moment)


def _refuse_too_many(viewer: int, about: About, subject: Subject, wish: Wish) -> None:
    others = Interest.objects.filter(viewer=viewer).exclude(about=about, subject=str(subject))
    chosen = others.filter(wish=Wish.CHOSEN).count() if wish is Wish.CHOSEN else 0
    if others.count() >= MOST or chosen >= MOST_CHOSEN:
        raise TooManyInterests(most=MOST, chosen=MOST_CHOSEN)
