"""Interest tags (兴趣标签) as a person sees them: what the feed believes, why, and what to do.

Nothing is counted for this page: the feed's memory, the ranker's model and the signal log are asked
when it is opened.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp

import msgspec
from django.utils.translation import gettext_lazy as _

from shanhuo.content import queries as content
from shanhuo.kernel import limits
from shanhuo.kernel.encryption import keyed_hash
from shanhuo.kernel.errors import Refusal
from shanhuo.regions import queries as regions
from shanhuo.traffic import interests, queries
from shanhuo.traffic.catalogue import Card, Catalogue, topic_number
from shanhuo.traffic.kinds import Flags, Kind, ObjectKind
from shanhuo.traffic.learned import LearnedRanker
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.memory import LIKING, Memory
from shanhuo.traffic.numbers import UNKNOWN
from shanhuo.traffic.serving import Serving, serving
from shanhuo.traffic.viewers import Viewer
from shanhuo.traffic.wishes import About, Subject, Wish, Wishes, subjects_of

READ = timedelta(days=60)
"""As far back as the ranker learns."""

NOTEWORTHY = 0.03
"""Log-odds below which the model knows nothing worth a line: about 3 % more or fewer long views."""

MOST_SHOWN, LONGEST_TOPIC = 12, 30

Key = tuple[About, Subject]


@dataclass(frozen=True, slots=True)
class Belief:
    """`deeds` says by kind how many clips the viewer did it to; `likes`: how
    strongly the feed looks for such clips at the moment; `learned`: log-odds that the model adds.
    """

    about: About
    subject: Subject
    wish: Wish
    deeds: Mapping[Kind, int]
    likes: float
    learned: float


def beliefs_of(
    viewer: Viewer, house: Serving, log: SignalLog, wishes: Wishes, *, now: datetime
) -> list[Belief]:
    """What was chosen, what is believed (the strongest first), and what was muted."""
    memory = house.live.memories.known(viewer.key) or Memory()
    deeds = _deeds(viewer, house.live.catalogue, log, wishes, now=now)
    weights = _weights(memory)

    def belief(key: Key, wish: Wish, learned: float = 0.0) -> Belief:
        likes = weights.get(key, 0.0)
        return Belief(*key, wish, deeds.get(key, Counter()), likes, learned)

    chosen: list[Key] = [(About.TOPIC, topic) for topic in wishes.topics]
    chosen += [(About.COUNTY, county) for county in wishes.counties]
    muted = sorted(wishes.muted, key=str)
    others = {**weights, **deeds}.keys() - {*chosen, *muted}
    believed = [
        belief(key, Wish.NONE, _learned(house.ranker, viewer, wishes, key)) for key in others
    ]
    believed = [one for one in believed if one.likes > 0 or abs(one.learned) >= NOTEWORTHY]
    believed.sort(key=lambda one: (-one.likes - one.learned, str(one.subject)))
    return [
        *(belief(key, Wish.CHOSEN) for key in chosen),
        *believed[:MOST_SHOWN],
        *(belief(key, Wish.MUTED) for key in muted),
    ]


def _weights(memory: Memory) -> dict[Key, float]:
    """What the feed remembers at this moment, by how much it counts."""
    found: dict[Key, float] = {(About.TOPIC, one): by for one, by in memory.topics.items()}
    found |= {(About.COUNTY, one): by for one, by in memory.counties.items()}
    found |= {(About.AUTHOR, one): LIKING[Kind.FOLLOW] for one in memory.follows}
    return found


def _learned(ranker: LearnedRanker, viewer: Viewer, wishes: Wishes, key: Key) -> float:
    """What the model on the shelf adds for this viewer, unless they want it forgotten."""
    about, subject = key
    model = ranker.model
    if model is None or not wishes.may_know(about, subject, model.trained_ms):
        return 0.0
    number = subject if isinstance(subject, int) else topic_number((subject,))
    return ranker.leaning(viewer, **{about.value: number})


def _deeds(
    viewer: Viewer, catalogue: Catalogue, log: SignalLog, wishes: Wishes, *, now: datetime
) -> dict[Key, Counter[Kind]]:
    """From the log: to how many clips of each subject the viewer did what."""
    found: dict[Key, Counter[Kind]] = {}
    for card, kind, at_ms in _history(viewer, catalogue, log, now=now):
        for about, subject in subjects_of(card):
            if wishes.may_know(about, subject, at_ms):
                found.setdefault((about, subject), Counter())[kind] += 1
    return found


def _history(
    viewer: Viewer, catalogue: Catalogue, log: SignalLog, *, now: datetime
) -> Iterator[tuple[Card, Kind, int]]:
    """(post, what was done to it, when last), of what may be learned from."""
    with log.open(since=now - READ, until=now) as connection:
        rows = connection.execute(
            "SELECT object, kind, max(at_ms) FROM signals WHERE viewer = ? AND object_kind = ?"
            " AND list_contains(?, kind) AND flags & ? = 0 GROUP BY object, kind",
            [
                viewer.key,
                int(ObjectKind.POST),
                [int(kind) for kind in LIKING],
                int(Flags.NOT_PERSONAL),
            ],
        ).fetchall()
    for post, kind, at_ms in rows:
        row = catalogue.numbers.of_one(post)
        if row != UNKNOWN:
            yield catalogue.cards[row], Kind(kind), int(at_ms)


@dataclass(frozen=True, slots=True)
class Tag:
    """A belief in words. `key` is public: a topic's name, an adcode, an author's public id."""

    about: About
    key: str
    name: str
    wish: Wish
    reasons: list[str]


def tags_of(viewer: Viewer, *, now: datetime) -> list[Tag]:
    """The interest tags of a viewer, as things stand at this moment."""
    house = serving()
    house.bring_up_to_date(now=now)
    wishes = interests.wishes_of_viewers([viewer.key])[viewer.key]
    believed = beliefs_of(viewer, house, queries.signal_log(), wishes, now=now)
    names = _Names(house, [one.subject for one in believed if one.about is About.COUNTY])
    tags = []
    for one in believed:
        named = names.of(one.about, one.subject)
        if named is not None:
            tags.append(Tag(one.about, *named, one.wish, list(_reasons(one))))
    return tags


class _Names:
    """(public key, name) of what tags are about; None for an author who has nothing up now."""

    def __init__(self, house: Serving, counties: Iterable[Subject]) -> None:
        self._board = house.live.board
        codes = [f"{county:06d}" for county in counties]
        found = regions.counties_in(codes) if codes else ()
        self._counties = {county.adcode: county.name for county in found}

    def of(self, about: About, subject: Subject) -> tuple[str, str] | None:
        if about is About.TOPIC:
            return str(subject), str(subject)
        if about is About.COUNTY:
            code = f"{subject:06d}"
            return code, self._counties.get(code, code)
        rows = self._board.of_author.get(int(subject), ())
        for row in rows:
            author = msgspec.json.decode(b"{%s}" % self._board.cards[row].body)["author"]
            return author["id"], author["name"]
        return None


def suggestions(tags: Collection[Tag], *, most: int = 8) -> list[str]:
    """Topics that many clips have and that no tag of the viewer names yet."""
    named = {tag.key for tag in tags if tag.about is About.TOPIC}
    topics = serving().live.board.of_topic
    ordered = sorted(topics, key=lambda topic: (-len(topics[topic]), topic))
    return [topic for topic in ordered if topic not in named][:most]


class UnknownInterest(Refusal):
    code = "unknown_interest"
    status = 404
    message = _("No clip here has this topic, and no county or author has this name.")


class NotToChoose(Refusal):
    code = "not_to_choose"
    status = 409
    message = _("Authors are not chosen here: follow them on their page.")


def say(viewer: Viewer, about: About, key: str, wish: Wish, *, address: str, now: datetime) -> None:
    """Choose or mute; the next list obeys. Raises UnknownInterest, NotToChoose, TooManyInterests,
    TooMany."""
    _count_use(address, now)
    subject = _subject_of(about, key)
    if about is About.AUTHOR and wish is Wish.CHOSEN:
        raise NotToChoose
    interests.wish(viewer=viewer.key, about=about, subject=subject, wish=wish, now=now)
    serving().live.heed(viewer.key)


def delete(viewer: Viewer, about: About, key: str, *, address: str, now: datetime) -> None:
    """Take a tag away, with everything learned about it; the next list obeys. Raises as `say`."""
    _count_use(address, now)
    subject = _subject_of(about, key)
    interests.forget(viewer=viewer.key, about=about, subject=subject, now=now)
    serving().live.heed(viewer.key)


def delete_all(viewer: Viewer, *, address: str, now: datetime) -> None:
    """Know nothing of this viewer any more; the next list obeys. Raises TooMany."""
    _count_use(address, now)
    interests.forget_all(viewer=viewer.key, now=now)
    serving().live.heed(viewer.key)


def meant_by(text: str) -> tuple[About, str] | None:
    """What somebody typed: a topic that clips have, or the one county of that name."""
    wanted = text.strip().lstrip("#").rstrip("#").strip()
    if wanted in serving().live.board.of_topic:
        return About.TOPIC, wanted
    found = regions.search_counties(wanted, limit=2) if wanted else []
    exact = [county for county in found if wanted in (county.name, county.adcode)] or found
    return (About.COUNTY, exact[0].adcode) if len(exact) == 1 else None


def _count_use(address: str, now: datetime) -> None:
    """Every change is a row that a browser without an account may write."""
    key = keyed_hash("traffic.address", address)
    limits.take(scope="traffic.interests", key=key, cap=300, window=timedelta(hours=1), now=now)


def _subject_of(about: About, key: str) -> Subject:
    if about is About.TOPIC and 0 < len(key) <= LONGEST_TOPIC:
        return key
    if about is About.COUNTY and regions.county_of(key) is not None:
        return int(key)
    if about is About.AUTHOR:
        author = content.author_id_of(key)
        if author is not None:
            return author
    raise UnknownInterest


def _reasons(belief: Belief) -> Iterator[str]:
    """Why the feed believes it, in plain words."""
    for kind, words in _DEEDS.items():
        count = belief.deeds.get(kind, 0)
        if count:
            yield words % {"count": count}
    share = round(100 * (exp(abs(belief.learned)) - 1))
    if belief.learned >= NOTEWORTHY:
        yield _("The ranker learned: %(share)s%% better odds that you watch it for long.") % {
            "share": share
        }
    elif belief.learned <= -NOTEWORTHY:
        yield _("The ranker learned: %(share)s%% worse odds that you watch it for long.") % {
            "share": share
        }


_DEEDS = {
    Kind.FINISH: _("You watched %(count)s of these clips to the end."),
    Kind.LIKE: _("You liked %(count)s."),
    Kind.COMMENT: _("You commented on %(count)s."),
    Kind.SHARE: _("You shared %(count)s."),
    Kind.FOLLOW: _("You followed from %(count)s."),
    Kind.CLICK_PRODUCT: _("You opened the product of %(count)s."),
    Kind.OPEN_COUNTY: _("You went to the county from %(count)s."),
    Kind.BASKET: _("You put goods into the basket from %(count)s."),
    Kind.BUY_CLICK: _("You pressed buy at %(count)s."),
    Kind.NOT_INTERESTED: _("You did not want to see %(count)s."),
}
