"""What a viewer says about their own taste (兴趣标签): chosen, muted, forgotten. Pure; kept by
`interests`.

A wish speaks louder than signals. What was muted is not shown; what was chosen has a share of the
candidates; what was forgotten is not learned again from signals before that moment.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from shanhuo.traffic.catalogue import Card, topic_number

Subject = int | str
"""An author's row id, a county's adcode, or the name of a topic."""


class About(TextChoices):
    """What a wish is about; `ALL` is only ever forgotten."""

    TOPIC = "topic", _("Topic")
    COUNTY = "county", _("County")
    AUTHOR = "author", _("Author")
    ALL = "all", _("Everything")


class Wish(TextChoices):
    """`NONE`: nothing but forgetting."""

    NONE = "", _("Nothing")
    CHOSEN = "chosen", _("Chosen")
    MUTED = "muted", _("Muted")


@dataclass(frozen=True, slots=True)
class Wishes:
    """All wishes of one viewer; `forgotten` says until which moment (ms) nothing is known."""

    topics: tuple[str, ...] = ()
    counties: tuple[int, ...] = ()
    muted: frozenset[tuple[About, Subject]] = frozenset()
    forgotten: Mapping[tuple[About, Subject], int] = field(default_factory=dict)
    all_forgotten: int = -1

    @property
    def forgets(self) -> bool:
        """Whether anything at all is to be forgotten."""
        return self.all_forgotten >= 0 or bool(self.forgotten)

    def may_know(self, about: About, subject: Subject, at_ms: int) -> bool:
        """Whether a signal of that moment may still say something about this."""
        return at_ms > max(self.all_forgotten, self.forgotten.get((about, subject), -1))

    def may_know_card(self, card: Card, at_ms: int) -> bool:
        """Whether a signal of that moment may say something about all that the post is."""
        return all(self.may_know(about, subject, at_ms) for about, subject in subjects_of(card))

    def mutes(self, card: Card) -> bool:
        return not self.muted.isdisjoint(subjects_of(card))

    def forgotten_since(self, moment_ms: int) -> dict[str, list[int]]:
        """Numbers by column of the ranker whose effects a model of that moment must not use."""
        found: dict[str, list[int]] = {}
        for (about, subject), at_ms in self.forgotten.items():
            if at_ms > moment_ms:
                found.setdefault(about, []).append(_number(subject))
        return found


NO_WISHES = Wishes()


def wishes_of(rows: Collection[tuple[str, str, str, int | None]]) -> Wishes:
    """From (about, subject as text, wish, forgotten at in ms or None), the oldest wish first."""
    read = [
        (About(about), _subject(About(about), text), Wish(wish), at_ms)
        for about, text, wish, at_ms in rows
    ]
    forgotten = {(about, subject): at for about, subject, _wish, at in read if at is not None}
    chosen = [(about, subject) for about, subject, wish, _at in read if wish is Wish.CHOSEN]
    return Wishes(
        topics=tuple(str(subject) for about, subject in chosen if about is About.TOPIC),
        counties=tuple(int(subject) for about, subject in chosen if about is About.COUNTY),
        muted=frozenset((about, one) for about, one, wish, _at in read if wish is Wish.MUTED),
        all_forgotten=forgotten.pop((About.ALL, ""), -1),
        forgotten=forgotten,
    )


def subjects_of(card: Card) -> list[tuple[About, Subject]]:
    """All that a wish could say about this post."""
    topics: list[tuple[About, Subject]] = [(About.TOPIC, topic) for topic in card.topics]
    return [(About.AUTHOR, card.author_id), (About.COUNTY, card.county), *topics]


def _subject(about: About, text: str) -> Subject:
    return text if about in (About.TOPIC, About.ALL) else int(text)


def _number(subject: Subject) -> int:
    return subject if isinstance(subject, int) else topic_number((subject,))
