"""Published clips in a database, for benchmarks: rows as the services would leave them, written in
bulk. `python -m bench._posts COUNT` fills the database of the current settings."""

import os
import random
import sys
from collections.abc import Iterator
from datetime import timedelta

import django
from django.core.management import call_command

COUNTIES, AUTHORS, PRODUCTS, TOPICS = 100, 1_000, 300, 40


def seed(count: int) -> None:
    """Migrate, then write `count` posts by AUTHORS people from COUNTIES counties."""
    call_command("migrate", verbosity=0)
    from shanhuo.content.models import Clip, Post, Topic  # noqa: PLC0415
    from shanhuo.goods.models import Product  # noqa: PLC0415
    from shanhuo.kernel import clock  # noqa: PLC0415
    from shanhuo.people.models import Organisation, User  # noqa: PLC0415
    from shanhuo.regions.models import County, Province  # noqa: PLC0415

    chance, now = random.Random(1), clock.now()
    province = Province.objects.create(adcode="500000", name="重庆市")
    counties = County.objects.bulk_create(
        County(adcode=f"{500100 + n}", name=f"第{n}县", province=province, exit_year=2018 + n % 3)
        for n in range(COUNTIES)
    )
    organisations = Organisation.objects.bulk_create(
        Organisation(kind="merchant", name=f"合作社{n}", county=county, status="verified")
        for n, county in enumerate(counties)
    )
    authors = User.objects.bulk_create(User(display_name=f"果农{n}") for n in range(AUTHORS))
    products = Product.objects.bulk_create(
        Product(
            merchant=chance.choice(organisations),
            county=chance.choice(counties),
            title=f"脆李 {n} 号，五斤装",
            category="fruit",
            season_mask=chance.randrange(1 << 12),
            status="listed",
            created_at=now,
            listed_at=now,
        )
        for n in range(PRODUCTS)
    )
    topics = Topic.objects.bulk_create(Topic(name=f"话题{n}") for n in range(TOPICS))

    def posts() -> Iterator[Post]:
        for number in range(count):
            at = now - timedelta(minutes=chance.randrange(60 * 24 * 60))
            organisation = chance.choice(organisations)
            yield Post(
                author=chance.choice(authors),
                organisation=organisation,
                county=organisation.county,
                product=chance.choice(products) if chance.random() < 0.5 else None,
                kind="clip",
                caption=f"第 {number} 条：清早的山上，果子带着露水，一筐一筐背下来",
                status="published",
                created_at=at,
                published_at=at,
                media_ready=True,
            )

    written = Post.objects.bulk_create(posts(), batch_size=500)
    Clip.objects.bulk_create(
        (
            Clip(
                post=post,
                duration_ms=15_000,
                width=720,
                height=1280,
                has_sound=True,
                rungs=["480p"],
            )
            for post in written
        ),
        batch_size=500,
    )
    link = Post.topics.through
    link._default_manager.bulk_create(
        (link(post_id=post.pk, topic_id=chance.choice(topics).pk) for post in written),
        batch_size=500,
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanhuo.settings")
    django.setup()
    seed(int(sys.argv[1]))
