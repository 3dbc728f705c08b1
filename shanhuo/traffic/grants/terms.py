"""The terms of programmes and grants, and what is wrong with those that are refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal
from shanhuo.traffic.models import Contract, Grant
from shanhuo.traffic.models.grants import Means, Placement

LARGEST_COUNT = 100_000_000_000
LONGEST_DAYS = 366
FURTHEST_AHEAD_DAYS = 730
MOST_OBJECTS = 200
LARGEST_CAPS = MappingProxyType({Placement.FEED: 50, Placement.BANNER: 3, Placement.SPLASH: 3})
"""Per viewer and day. A card on a page is always the same thing, and of one thing three exposures
a day are believed (`fakes`); in the feed a contract may have many clips."""


class BadTerms(Refusal):
    """Terms that cannot be meant; its subclasses say why."""

    code = "bad_terms"
    status = 422


class NothingAsked(BadTerms):
    code = "nothing_asked"
    message = _("Ask for at least one exposure: %(name)s has %(count)s.")


class TooMuchAsked(BadTerms):
    code = "too_much_asked"
    message = _("%(count)s exposures are more than the %(most)s that are possible here.")


class DatesWrong(BadTerms):
    code = "dates_wrong"
    message: ClassVar[str | Promise] = _("The last day is before the first.")


class DatesPast(DatesWrong):
    code = "dates_past"
    message = _("The first day, %(day)s, is over already.")


class DatesTooFar(DatesWrong):
    code = "dates_too_far"
    message = _("At most %(days)s days, beginning within two years.")


class OutsideProgramme(DatesWrong):
    code = "outside_programme"
    message = _("The programme runs from %(first)s to %(last)s; the grant must lie within.")


class WordsMissing(BadTerms):
    code = "words_missing"
    message = _("Give it a title, and say why the county needs it: everybody reads both.")


class NoObjects(BadTerms):
    code = "no_objects"
    message = _("Name at least one object, and at most %(most)s.")


class SameObjectTwice(BadTerms):
    code = "same_object_twice"
    message = _("%(name)s stands in the list twice. Put both figures in one line.")


class DayCapTooSmall(BadTerms):
    code = "day_cap_too_small"
    message = _(
        "%(name)s: at most %(cap)s a day for %(days)s days makes %(reach)s, less than the "
        "%(quota)s asked for."
    )


class CapsWrong(BadTerms):
    code = "caps_wrong"
    message: ClassVar[str | Promise] = _(
        "%(placement)s: %(cap)s per viewer and day cannot be meant; 1 to %(most)s can."
    )


class CapNeeded(CapsWrong):
    code = "cap_needed"
    message = _(
        "%(placement)s: the programme has no cap of its own, so say how many exposures a viewer "
        "may have in one day."
    )


class CapForNothing(CapsWrong):
    code = "cap_for_nothing"
    message = _("%(placement)s: a cap is given, but no object asks for this placement.")


class GateWrong(BadTerms):
    code = "gate_wrong"
    message = _("The least share of finished plays is 0 to 90 percent.")


@dataclass(frozen=True, slots=True)
class Wish:
    """So many exposures for one object. `public_id` is an adcode for a county."""

    kind: Contract.Kind
    public_id: str
    quota_count: int
    day_cap: int | None = None
    placement: Placement = Placement.FEED


@dataclass(frozen=True, slots=True)
class Terms:
    """What somebody asks for. `caps`: exposures to one viewer in one day; of placements that are
    not in it, the programme's. `pooled`: what an object cannot use any more goes to the county."""

    title: str
    reason: str
    means: Means
    starts_on: date
    ends_on: date
    wishes: tuple[Wish, ...]
    audience: Grant.Audience = Grant.Audience.EVERYONE
    caps: Mapping[Placement, int] = field(default_factory=dict)
    least_finish_percent: int = 0
    pooled: bool = False

    @property
    def is_pooled(self) -> bool:
        """Whether there is anything to pool: a county's own contract is no small object of it."""
        return self.pooled and any(wish.kind != Contract.Kind.COUNTY for wish in self.wishes)

    @property
    def placements(self) -> frozenset[Placement]:
        return frozenset(wish.placement for wish in self.wishes)

    @property
    def asked_count(self) -> int:
        return sum(wish.quota_count for wish in self.wishes)

    @property
    def day_count(self) -> int:
        return (self.ends_on - self.starts_on).days + 1


def check_count(name: str, count: int) -> None:
    """Raises NothingAsked, TooMuchAsked."""
    if count < 1:
        raise NothingAsked(name=name, count=count)
    if count > LARGEST_COUNT:
        raise TooMuchAsked(count=count, most=LARGEST_COUNT)


def check_days(starts_on: date, ends_on: date, *, today: date) -> None:
    """Raises DatesWrong, DatesPast, DatesTooFar."""
    if ends_on < starts_on:
        raise DatesWrong
    if starts_on < today:
        raise DatesPast(day=starts_on)
    too_long = (ends_on - starts_on).days >= LONGEST_DAYS
    if too_long or (starts_on - today).days > FURTHEST_AHEAD_DAYS:
        raise DatesTooFar(days=LONGEST_DAYS)


def check(terms: Terms, *, today: date) -> None:
    """Whether terms can be meant at all, whoever asks. Raises a BadTerms."""
    check_days(terms.starts_on, terms.ends_on, today=today)
    if not (terms.title.strip() and terms.reason.strip()):
        raise WordsMissing
    if not 1 <= len(terms.wishes) <= MOST_OBJECTS:
        raise NoObjects(most=MOST_OBJECTS)
    if not 0 <= terms.least_finish_percent <= 90:
        raise GateWrong
    for placement, cap in terms.caps.items():
        check_cap(placement, cap)
    seen: set[tuple[str, str, str]] = set()
    for wish in terms.wishes:
        check_count(wish.public_id, wish.quota_count)
        _check_day_cap(wish, terms.day_count)
        if (wish.kind, wish.public_id, wish.placement) in seen:
            raise SameObjectTwice(name=wish.public_id)
        seen.add((wish.kind, wish.public_id, wish.placement))


def _check_day_cap(wish: Wish, days: int) -> None:
    if wish.day_cap is None:
        return
    check_count(wish.public_id, wish.day_cap)
    if wish.day_cap * days < wish.quota_count:
        raise DayCapTooSmall(
            name=wish.public_id,
            cap=wish.day_cap,
            days=days,
            reach=wish.day_cap * days,
            quota=wish.quota_count,
        )


def check_cap(placement: Placement, cap: int) -> None:
    """Raises CapsWrong."""
    most = LARGEST_CAPS[placement]
    if not 1 <= cap <= most:
        raise CapsWrong(placement=placement.label, cap=cap, most=most)


def settled_caps(
    terms: Terms, defaults: Mapping[Placement, int | None]
) -> dict[Placement, int | None]:
    """The caps that hold, by placement: of the terms, else the programme's; None where nothing
    stands. Raises CapNeeded, CapForNothing."""
    caps: dict[Placement, int | None] = dict.fromkeys(Placement)
    for placement in Placement:
        if placement in terms.placements:
            caps[placement] = terms.caps.get(placement, defaults[placement])
            if caps[placement] is None:
                raise CapNeeded(placement=placement.label)
        elif placement in terms.caps and placement is not Placement.FEED:
            raise CapForNothing(placement=placement.label)
    return caps
