"""The formats of live sessions: what each starts with, and what must be there before its check."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shanhuo.live.states import CastRole, SessionKind

Words = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A template of a kind of session.

    `title`, `notice` and `outline` fill the form of a new session; {county} stands for the county's
    name. `roles`: how many of each must be in the cast; `counties`: from how many different ones
    the people on stage come; `goods`: how many the showcase holds at least.
    """

    kind: SessionKind
    sign: str
    what: Words
    title: Words
    notice: Words
    outline: Words
    roles: dict[CastRole, int]
    goods: int = 1
    counties: int = 1
    is_official: bool = False
    grace_seconds: int = 90
    slow_mode_seconds: int = 0


_SELLING = Format(
    kind=SessionKind.SELLING,
    sign="basket",
    what=_("One host, some goods. Say where they grew, what they cost, and who is paid what."),
    title=_("Fresh from {county}"),
    notice=_("What we show, who grew it, and when it is sent."),
    outline=_(
        "0–5 min: who we are and where we stand\n"
        "5–40 min: each product: origin, certificate, price chain, how it is packed and sent\n"
        "40–55 min: questions from the chat\n"
        "55–60 min: when orders leave, how damage is settled"
    ),
    roles={},
)
_MAYORS = Format(
    kind=SessionKind.MAYORS,
    sign="seal",
    what=_("An official speaks for the county's goods. Two persons check it before air."),
    title=_("{county}: the county head speaks for our goods"),
    notice=_("Who speaks, for which goods, and where the money goes."),
    outline=_(
        "0–5 min: the official says name, office, and that nothing is earned by speaking\n"
        "5–25 min: the county and its villages; only figures that stand on the county page\n"
        "25–50 min: goods of the pool with the growers beside them\n"
        "50–60 min: questions; who answers for complaints"
    ),
    roles={CastRole.MODERATOR: 1},
    is_official=True,
    slow_mode_seconds=5,
)
_FESTIVAL = Format(
    kind=SessionKind.FESTIVAL,
    sign="sun",
    what=_("Many goods in one evening, with limited offers at set times."),
    title=_("{county} selling festival"),
    notice=_("The offers, when each opens, and how many there are."),
    outline=_(
        "0–10 min: the programme: which product when, how many at what price\n"
        "10–100 min: ten minutes for each product; the limited offer opens when it is announced\n"
        "100–120 min: what sold out after how many minutes; what is still there"
    ),
    roles={CastRole.MODERATOR: 1},
    goods=3,
    slow_mode_seconds=5,
)
_COSTREAM = Format(
    kind=SessionKind.COSTREAM,
    sign="people",
    what=_("Several counties, one cart. What each is credited stands before the check."),
    title=_("{county} and its neighbours in one cart"),
    notice=_("Which counties, which goods, and who brings which."),
    outline=_(
        "0–10 min: every host says name and county\n"
        "10–90 min: in turns; each host explains the goods of the own county\n"
        "90–100 min: questions to all"
    ),
    roles={CastRole.COHOST: 1},
    goods=2,
    counties=2,
)
_CLINIC = Format(
    kind=SessionKind.CLINIC,
    sign="leaf",
    what=_("Growers ask, an expert answers; each answer is kept as a clip of its own."),
    title=_("{county} agronomy clinic"),
    notice=_("Which crops, which expert. Send your question before, with what you see."),
    outline=_(
        "0–5 min: the expert says name and field\n"
        "5–55 min: the queue of questions; say crop and symptom aloud before answering\n"
        "55–60 min: what to do this week; where to ask next time"
    ),
    roles={CastRole.EXPERT: 1},
    goods=0,
)

FORMATS = {each.kind: each for each in (_SELLING, _MAYORS, _FESTIVAL, _COSTREAM, _CLINIC)}


def format_of(kind: str) -> Format:
    return FORMATS[SessionKind(kind)]
