"""A whole platform for S1: `python -m bench._town COUNT` fills the database, the signal log and the
model shelf of the current settings, whose database must be migrated.

Posts are rows as the services would leave them, written by SQL in bulk; the server reads them at
its start in the way it reads any. There are counties, authors and products to choose from, 500
running contracts, viewers with a past of three days, and a model learned from that past.
"""

import os
import sys
from datetime import datetime, timedelta
from typing import Any

import django
import numpy as np
from django.db import connection
from numpy.typing import NDArray

COUNTIES, TOPICS, PRODUCTS = 832, 200, 2_000
POSTS_PER_AUTHOR = 20
CONTRACTS, GRANTS = 500, 100
QUOTA = 1_000
VIEWERS, PAST = 2_000, 100
FIRST_ADCODE = 500_100
MINUTES = 60 * 24 * 60
HOUR_MS = 3_600_000

_POSTS = """
INSERT INTO content_post (
    id, public_id, place_name, kind, caption, status, wants_review, created_at, published_at,
    withdrawn_by_author, media_key, media_ready, media_problem, progress_percent, content_digest,
    cover_fingerprint, words_found, author_id, county_id, organisation_id, product_id
)
WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count})
SELECT n, printf('%016d', n), '', 'clip',
    printf('第 %d 条：清早的山上，果子带着露水，一筐一筐背下来', n), 'published', 0,
    datetime('{now}', '-' || (n * 7919 % {minutes}) || ' minutes'),
    datetime('{now}', '-' || (n * 7919 % {minutes}) || ' minutes'),
    0, printf('%016d', n), 1, '', 100, '', '', '{{}}',
    n % {authors} + 1, n % {authors} % {counties} + 1, n % {authors} % {counties} + 1,
    CASE WHEN n % 2 THEN n % {products} + 1 END
FROM n
"""
_CLIPS = """
INSERT INTO content_clip (post_id, duration_ms, width, height, has_sound, rungs)
SELECT id, 15000, 720, 1280, 1, '["480p"]' FROM content_post
"""
_TOPICS = """
INSERT INTO content_post_topics (post_id, topic_id)
SELECT id, id % {topics} + 1 FROM content_post
UNION ALL SELECT id, id / 7 % {topics} + 1 FROM content_post WHERE id / 7 % 200 <> id % 200
"""


def fill(count: int) -> None:
    """`count` published clips and everything around them."""
    from shanhuo.kernel import clock  # noqa: PLC0415

    now = clock.now()
    authors = max(COUNTIES, count // POSTS_PER_AUTHOR)
    _write_people_and_goods(authors, now)
    sizes = {"authors": authors, "counties": COUNTIES, "products": PRODUCTS, "topics": TOPICS}
    stamp = f"{now:%Y-%m-%d %H:%M:%S}"
    with connection.cursor() as cursor:
        cursor.execute(_POSTS.format(count=count, now=stamp, minutes=MINUTES, **sizes))
        cursor.execute(_CLIPS)
        cursor.execute(_TOPICS.format(**sizes))
    _write_contracts(count, now)
    past = _past(count, authors, now)
    _write_log(past, now)
    _put_model(past, authors, now)


def _write_people_and_goods(authors: int, now: datetime) -> None:
    from shanhuo.content.models import Topic  # noqa: PLC0415
    from shanhuo.goods.models import Product  # noqa: PLC0415
    from shanhuo.people.models import Organisation, User  # noqa: PLC0415
    from shanhuo.regions.models import County, Province  # noqa: PLC0415

    province = Province.objects.create(adcode="500000", name="重庆市")
    counties = County.objects.bulk_create(
        County(
            adcode=f"{FIRST_ADCODE + n}",
            name=f"第{n}县",
            province=province,
            exit_year=2019 if n % 3 == 0 else None,
        )
        for n in range(COUNTIES)
    )
    shops = Organisation.objects.bulk_create(
        Organisation(kind="merchant", name=f"合作社{n}", county=county, status="verified")
        for n, county in enumerate(counties)
    )
    User.objects.bulk_create(
        (User(display_name=f"果农{n}") for n in range(authors)), batch_size=1_000
    )
    Topic.objects.bulk_create(Topic(name=f"话题{n}") for n in range(TOPICS))
    Product.objects.bulk_create(
        Product(
            merchant=shops[n % COUNTIES],
            county=counties[n % COUNTIES],
            title=f"脆李 {n} 号，五斤装",
            category="fruit",
            season_mask=1 << n % 12,
            status="listed",
            created_at=now,
            listed_at=now,
        )
        for n in range(PRODUCTS)
    )


def _write_contracts(count: int, now: datetime) -> None:
    """Of counties, creators, products and clips, in turn; since yesterday, for a week."""
    from shanhuo.kernel import clock  # noqa: PLC0415
    from shanhuo.people.models import User  # noqa: PLC0415
    from shanhuo.traffic.models import Contract, Grant, Programme  # noqa: PLC0415

    kinds, today = list(Contract.Kind), clock.day_of(now)
    person = User.objects.order_by("pk")[0]
    days = {"starts_on": today - timedelta(days=1), "ends_on": today + timedelta(days=5)}
    programme = Programme.objects.create(
        name="山货上头条",
        purpose="让脱贫县的山货被看见。",
        budget_count=CONTRACTS * QUOTA,
        most_per_grant=CONTRACTS * QUOTA,
        opened_by=person,
        opened_at=now,
        **days,
    )
    grants = Grant.objects.bulk_create(
        Grant(
            programme=programme,
            county_id=1 + n,
            title=f"第{n}批",
            reason="今年丰收，销路还不够。",
            means="product",
            status="running",
            asked_count=CONTRACTS // GRANTS * QUOTA,
            audience=list(Grant.Audience)[n % 3],
            requested_by=person,
            requested_at=now,
            **days,
        )
        for n in range(GRANTS)
    )
    Contract.objects.bulk_create(
        Contract(
            grant=grants[n % GRANTS],
            kind=kinds[n % len(kinds)],
            target=_target(kinds[n % len(kinds)], n, count),
            target_public_id="",
            name=f"第{n}份",
            quota_count=QUOTA,
        )
        for n in range(CONTRACTS)
    )


def _target(kind: str, number: int, count: int) -> int:
    """A different object for every contract of a kind."""
    if kind == "county":
        return FIRST_ADCODE + number
    return 1 + number * 7 % {"creator": count // POSTS_PER_AUTHOR, "goods": 2_000}.get(kind, count)


def _past(count: int, authors: int, now: datetime) -> NDArray[Any]:
    """What VIEWERS people saw and liked: popular things more often, a part of it under contracts,
    so that these are where their calendar wants them, some ahead and some behind."""
    from shanhuo.kernel import clock  # noqa: PLC0415
    from shanhuo.traffic.kinds import Kind, ObjectKind, Source, Surface  # noqa: PLC0415
    from shanhuo.traffic.records import RECORD  # noqa: PLC0415

    chance, now_ms = np.random.default_rng(1), int(now.timestamp() * 1000)
    passed = now - clock.start_of(clock.day_of(now) - timedelta(days=1))
    due = QUOTA * (passed / timedelta(days=7)) * chance.uniform(0.9, 1.02, CONTRACTS)
    seen = np.zeros(VIEWERS * PAST, RECORD)
    seen["viewer"] = np.repeat(_viewer_keys(), PAST)
    seen["object"] = 1 + (count * chance.random(len(seen)) ** 3).astype(np.int64)
    seen["county"] = FIRST_ADCODE + seen["object"] % authors % COUNTIES
    contracts = np.repeat(np.arange(1, CONTRACTS + 1), due.astype(int))[: len(seen)]
    seen["grant"][chance.permutation(len(seen))[: len(contracts)]] = contracts
    seen["sheet"] = np.arange(len(seen)) // 10 + 1
    seen["slot"] = np.arange(len(seen)) % 10
    seen["at_ms"] = now_ms - np.sort(chance.integers(0, 40 * HOUR_MS, len(seen)))[::-1]
    seen["policy"], seen["propensity"], seen["source"] = 1, 0.985, Source.TRENDING
    seen["object_kind"], seen["surface"], seen["kind"] = ObjectKind.POST, Surface.FEED, 1
    some = chance.random(len(seen))
    parts = [seen]
    for kind, share in ((Kind.PLAY, 0.6), (Kind.FINISH, 0.2), (Kind.LIKE, 0.05)):
        told = seen[some < share].copy()
        told["kind"] = kind
        parts.append(told)
    told = seen[some > 1 - 2 / PAST].copy()
    told["kind"] = Kind.FOLLOW
    return np.concatenate([*parts, told])


def _viewer_keys() -> NDArray[np.uint64]:
    return np.array([one.key for one in viewers()], np.uint64)


def viewers() -> list[Any]:
    """The people of the town, as their cookies say."""
    from shanhuo.traffic.viewers import viewer_of  # noqa: PLC0415

    return [
        viewer_of(str(number), county=FIRST_ADCODE + number % COUNTIES) for number in range(VIEWERS)
    ]


def _write_log(past: NDArray[Any], now: datetime) -> None:
    from django.conf import settings  # noqa: PLC0415

    from shanhuo.traffic.segments import Segments  # noqa: PLC0415

    segment = Segments(settings.SIGNALS_DIR).create(now_ms=int(now.timestamp() * 1000))
    for part in np.array_split(past, 1 + len(past) // 100_000):
        segment.append(part)
    segment.close()


def _put_model(past: NDArray[Any], authors: int, now: datetime) -> None:
    """What training learns from this past, without the comparison that decides whether to."""
    from django.conf import settings  # noqa: PLC0415

    from shanhuo.traffic.catalogue import topic_number  # noqa: PLC0415
    from shanhuo.traffic.learning import training  # noqa: PLC0415
    from shanhuo.traffic.learning.lessons import Lessons, content_of  # noqa: PLC0415
    from shanhuo.traffic.learning.shelf import Shelf  # noqa: PLC0415

    seen = past[(past["kind"] == 1) & (past["grant"] == 0)]
    posts = seen["object"].astype(np.int64)
    topics = np.array([topic_number((f"话题{n}",)) for n in range(TOPICS)], np.uint64)
    about = content_of(posts % authors + 1, seen["county"], topics[posts % TOPICS], posts % 2)
    columns = {
        **about,
        "viewer": seen["viewer"].astype(np.int64),
        "post": posts,
        "source": seen["source"].astype(np.int64),
        "hour": seen["at_ms"] // HOUR_MS % 24 + 1,
    }
    chance = np.random.default_rng(2)
    outcomes = {
        goal: chance.random(len(seen)) < share + 0.1 * (posts % 7 == 0)
        for goal, share in (("long_view", 0.3), ("purchase_click", 0.03), ("visit", 0.02))
    }
    report = training.Comparison(len(seen) // 10, 0.6, None, 0.62)
    model = training.learn(
        Lessons(columns, outcomes), report, version=1, now_ms=int(now.timestamp() * 1000)
    )
    Shelf(settings.RANKER_DIR).put(model)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanhuo.settings")
    django.setup()
    fill(int(sys.argv[1]))
