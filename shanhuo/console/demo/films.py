"""The creators film, upload in pieces, and post over three weeks; operators review every post."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import connection

from shanhuo.console.demo import clips
from shanhuo.console.demo.cast import Cast, Place
from shanhuo.content import services as content
from shanhuo.content.limits import PIECE_BYTES
from shanhuo.kernel import clock, jobs

if TYPE_CHECKING:
    from shanhuo.content.models import Post
    from shanhuo.goods.models import Product

NOTE = "（示例画面，人物与村庄均为演示）"
TOPICS = ("山货上头条", "新农人")


@dataclass(frozen=True, slots=True)
class Film:
    """One clip with its words and who posts it."""

    path: Path
    caption: str
    place: Place
    product: "Product"
    creator_number: int

    @property
    def creator(self) -> tuple[int, "object"]:
        """(organisation id, person)."""
        organisation, person = self.place.creators[self.creator_number]
        return organisation.pk, person


def programme(places: list[Place], products: list["Product"], *, folder: Path) -> list[Film]:
    """Every clip, the counties taking turns, so that no county has the feed to itself."""
    turns = zip_longest(*(place.script.captions for place in places))
    films: list[Film] = []
    for turn, captions in enumerate(turns):
        for number, caption in enumerate(captions):
            if caption is None:
                continue
            place = places[number]
            films.append(
                Film(
                    path=folder / f"{len(films)}.mp4",
                    caption=caption + NOTE,
                    place=place,
                    product=products[number],
                    creator_number=turn % len(place.creators),
                )
            )
    return films


def upload(film: Film, *, now: datetime) -> "Post":
    """A draft with its words first, then the bytes in pieces, as a phone sends them."""
    organisation_id, person = film.creator
    post = content.draft_post(
        author=person,
        organisation_id=organisation_id,
        county_id=film.place.county.pk,
        kind="clip",
        caption=film.caption,
        topics=[film.place.script.product, *TOPICS],
        place_name=film.place.script.villages[0],
        product_id=film.product.pk,
        now=now,
    )
    whole = film.path.read_bytes()
    begun = content.begin_upload(
        author=person, post_id=post.pk, total_bytes=len(whole), name=film.path.name, now=now
    )
    for offset in range(0, len(whole), PIECE_BYTES):
        content.receive_piece(
            author=person,
            upload_id=begun.public_id,
            offset=offset,
            piece=whole[offset : offset + PIECE_BYTES],
            now=now,
        )
    return post


def render_on_all_cores(*, now: datetime) -> None:
    """Run the jobs that make renditions, two at a time: each waits for ffmpeg, not for Python."""

    def work(number: int) -> None:
        with clock.at(now):
            jobs.run_due(worker=f"season-{number}")
        connection.close()

    with ThreadPoolExecutor(clips.CORES) as pool:
        list(pool.map(work, range(clips.CORES)))


def publish(cast: Cast, film: Film, post: "Post", *, now: datetime) -> None:
    """The creator asks for publication; an operator looks at it and lets it through."""
    content.send_to_review(post_id=post.pk, author=film.creator[1], now=now)
    content.publish_post(post_id=post.pk, reviewer=cast.operator, now=now)


def refuse_and_appeal(cast: Cast, film: Film, post: "Post", *, now: datetime) -> None:
    """One post is refused, its author objects, and a second person lets it through."""
    author = film.creator[1]
    content.send_to_review(post_id=post.pk, author=author, now=now)
    content.refuse_post(
        post_id=post.pk,
        reviewer=cast.operator,
        reason="false_claim",
        note="“最”字请改掉，或附上依据（演示）",
        now=now,
    )
    content.appeal(
        post_id=post.pk, author=author, text="没有用“最”字，是听岔了，请再看一眼。", now=now
    )
    content.publish_post(post_id=post.pk, reviewer=cast.helper, now=now)


def leave_in_queue(film: Film, post: "Post", *, now: datetime) -> None:
    """One post waits for review, so that an operator of the demo finds work."""
    content.send_to_review(post_id=post.pk, author=film.creator[1], now=now)
