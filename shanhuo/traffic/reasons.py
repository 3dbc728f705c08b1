"""Why something is shown (为什么看到), in plain words, from what the sheet logged alone."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shanhuo.traffic import moments
from shanhuo.traffic.kinds import Flags, Source
from shanhuo.traffic.sheets import Sheet

WORDS: dict[Source, str | Promise] = {
    Source.FOLLOWED: _("You follow the person who made it."),
    Source.PLACE: _("It comes from a county that you chose or often watch."),
    Source.SEASON: _("What it shows is in season now."),
    Source.TOPIC: _("It has a topic that you often watch."),
    Source.TOGETHER: _("People who liked what you liked also liked it."),
    Source.FRESH: _("It is new, and every new clip gets its first viewers."),
    Source.TRENDING: _("Many people are watching and liking it at the moment."),
    Source.RANDOM: _("By chance: some places are drawn by lot, so that every clip can be found."),
    Source.GRANT: _("A support programme gives its county extra exposure."),
    Source.CHOSEN: _("It was chosen by hand for this page."),
    Source.NEIGHBOURS: _("People who watched clips like those you watched liked it, too."),
    Source.LIVE: _("It is on air at this moment."),
    Source.COUNTY_FLOOR: _(
        "Every list keeps places for counties that left poverty or need help most; it comes from "
        "one of them, and would not stand here otherwise."
    ),
    Source.NEWCOMER_FLOOR: _(
        "Every list keeps a place for a clip that few were shown yet; it would not stand here "
        "otherwise."
    ),
    Source.LIVE_FLOOR: _(
        "It is on air at this moment. Every list keeps a place for a live session, of somebody you "
        "follow or near what you like if there is one; it would not stand here otherwise."
    ),
    Source.AGAIN: _("You have seen everything new; this is what you saw longest ago."),
}


@dataclass(frozen=True, slots=True)
class Why:
    """What was logged of one slot. `chance`: how likely this place was to show it, 0 to 1."""

    source: Source
    words: str | Promise
    county: int
    shown_at: datetime
    chance: float
    price: float
    grant: int
    policy: int
    personal: bool


def explain(sheet: Sheet, slot: int) -> Why:
    """The reason of one slot. Raises IndexError for a slot that the sheet has not got."""
    logged = sheet.slots[slot]
    source = Source(int(logged["source"]))
    return Why(
        source=source,
        words=WORDS[source],
        county=int(logged["county"]),
        shown_at=moments.from_ms(sheet.issued_ms),
        chance=float(logged["propensity"]),
        price=float(logged["price"]),
        grant=int(logged["grant"]),
        policy=int(logged["policy"]),
        personal=not sheet.flags & Flags.NOT_PERSONAL,
    )
