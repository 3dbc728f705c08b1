"""A market day, for tests that look, watch and weigh: four counties with goods, real photos, and
clips as the pipeline makes them. Run inside the platform that `house` opens.

People, shelves and films are those of the demo season, without its three weeks of buying. Wushan,
the county of the story, stays empty.
"""

import json
import os
import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanhuo.settings")
django.setup()

from django.conf import settings  # noqa: E402

from shanhuo.console.demo import cast, clips, films, live, shelves  # noqa: E402
from shanhuo.console.demo.cast import Cast, Place  # noqa: E402
from shanhuo.content import services as content  # noqa: E402
from shanhuo.content.models import Post  # noqa: E402
from shanhuo.kernel import clock, jobs  # noqa: E402
from shanhuo.live.states import SessionKind  # noqa: E402
from shanhuo.people.models import Membership  # noqa: E402

if TYPE_CHECKING:
    from shanhuo.goods.models import Product
    from shanhuo.people.models import User

COUNTIES = (1, 2, 3, 4)
CLIPS, SECONDS = 8, 2
PHOTOS = ("tea_gardens.jpg", "spices_market.jpg", "mountain_lake.jpg")


def hold() -> None:
    now = clock.now()
    operator = _person("platform")
    people = Cast(operator, operator, _person("auditor"))
    places = [cast.settle_county(people, number, now=now) for number in COUNTIES]
    products = [
        shelves.bring_product(people, place, number, now=now)
        for number, place in zip(COUNTIES, places, strict=True)
    ]
    posts = [*_clips(places, products, now=now), _photos(places[0], products[0], now=now)]
    _wait_for_media()
    for post in posts:
        content.send_to_review(post_id=post.pk, author=post.author, now=now)
        content.publish_post(post_id=post.pk, reviewer=operator, now=now)
    announced = {"session": _session(places[0], products[0], operator, now=now)}
    (settings.DATA_DIR / "market.json").write_text(json.dumps(announced))


def _session(place: Place, product: "Product", operator: "User", *, now: datetime) -> str:
    session = live.plan(place, SessionKind.SELLING, now + timedelta(days=1), now=now)
    live.fill(session, place.seller, [product], now=now)
    live.submit(session, place.seller, [operator], now=now)
    return str(session.public_id)


def _person(kind: str) -> "User":
    members = Membership.objects.select_related("user")
    return members.filter(organisation__kind=kind)[0].user


def _clips(places: list[Place], products: list["Product"], *, now: datetime) -> list[Post]:
    folder = settings.DATA_DIR / "market"
    recipes = [replace(recipe, seconds=SECONDS) for recipe in clips.recipes(CLIPS)]
    made = list(clips.make_clips(recipes, folder=folder))
    programme = films.programme(places, products, folder=folder)
    return [films.upload(film, now=now) for film in programme[: len(made)]]


def _photos(place: Place, product: "Product", *, now: datetime) -> Post:
    # Not the author of the first and third round of clips: the feed shows two of one author.
    organisation, person = place.creators[1]
    post = content.draft_post(
        author=person,
        organisation_id=organisation.pk,
        county_id=place.county.pk,
        kind=Post.Kind.PHOTOS,
        caption="山里的三张照片（示例画面）",
        topics=(),
        product_id=product.pk,
        now=now,
    )
    files = [(clips.MEDIA_DIR / name).read_bytes() for name in PHOTOS]
    # All are announced before the first arrives: else the post is complete with that one.
    begun = [
        content.begin_upload(
            author=person, post_id=post.pk, total_bytes=len(file), position=place, now=now
        )
        for place, file in enumerate(files)
    ]
    for upload, file in zip(begun, files, strict=True):
        content.receive_piece(
            author=person, upload_id=upload.public_id, offset=0, piece=file, now=now
        )
    return post


def _wait_for_media() -> None:
    """Side by side with the platform's own worker, which takes some of it."""
    while Post.objects.filter(media_ready=False).exists():
        if not jobs.run_due(worker="market"):
            time.sleep(0.1)


if __name__ == "__main__":
    hold()
