"""Two evenings of live selling, planned and checked, one for a phone's camera, one for an encoder:
each a session that may go on air, five pieces of a limited offer, and a crowd that wants them. Run
inside the platform that `house` opens."""

import json
import os
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanhuo.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import (  # noqa: E402
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
)

from shanhuo.console.demo import cast, shelves  # noqa: E402
from shanhuo.console.demo.cast import Cast  # noqa: E402
from shanhuo.kernel import clock  # noqa: E402
from shanhuo.live.services import planning, showcase  # noqa: E402
from shanhuo.orders import services as orders  # noqa: E402
from shanhuo.orders.models import CouponBatch  # noqa: E402
from shanhuo.people import api_tokens, phones  # noqa: E402
from shanhuo.people.models import Membership, User  # noqa: E402
from tests.browser.people import PHONES  # noqa: E402

PIECES, CROWD = 5, 12
COUNTY = 5
SCRIPT = "先说自己是谁，再讲产地、合格证和价格构成。"


def plan() -> None:
    now = clock.now()
    operator, auditor = _person("platform"), _person("auditor")
    people = Cast(operator, operator, auditor)
    place = cast.settle_county(people, COUNTY, now=now)
    product = shelves.bring_product(people, place, COUNTY, now=now)
    crowd = [User.objects.create(display_name=f"买家{n}", joined_at=now) for n in range(CROWD)]
    batch = _coupons(place, now)
    orders.take_coupon(batch_id=batch.pk, by=_buyer(), now=now)
    common = {
        "coupon": batch.public_id,
        "product": product.title,
        "host": _signed_in(place.seller),
        "tokens": [api_tokens.issue(user=user, now=now) for user in crowd],
    }
    told = {
        camera: common | _show(place, product, operator, now) for camera in ("phone", "encoder")
    }
    (settings.DATA_DIR / "evening.json").write_text(json.dumps(told))


def _show(place: Any, product: Any, checker: User, now: datetime) -> dict[str, str]:
    session = planning.draft(
        host=place.seller,
        organisation_id=place.cooperative.pk,
        kind="selling",
        title="今晚产地直播",
        script=SCRIPT,
        starts_at=now + timedelta(minutes=1),
        is_adult=True,
        now=now,
    )
    item = showcase.add_item(session_id=session.pk, product_id=product.pk, by=place.seller, now=now)
    offer = showcase.attach_offer(
        item_id=item.pk,
        sku=product.skus.order_by("pk")[0].public_id,
        price_fen=990,
        stock_count=PIECES,
        per_person=1,
        opens_at=now,
        closes_at=now + timedelta(hours=1),
        by=place.seller,
        now=now,
    )
    planning.submit(session_id=session.pk, by=place.seller, now=now)
    planning.check(session_id=session.pk, checker=checker, agreed=True, now=now)
    return {"session": session.public_id, "offer": offer.public_id}


def _coupons(place: Any, now: datetime) -> CouponBatch:
    return orders.offer_coupons(
        merchant_id=place.cooperative.pk,
        threshold_fen=5000,
        off_fen=500,
        stock_count=100,
        per_person=1,
        opens_at=now,
        closes_at=now + timedelta(hours=2),
        use_by=now + timedelta(days=7),
        actor=place.seller,
        now=now,
    )


def _buyer() -> User:
    return User.objects.get(phone_digest=phones.digest(phones.normalise(PHONES["mei"])))


def _signed_in(user: User) -> str:
    """A session's cookie: the host has had a code a moment ago, and gets none so soon."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "shanhuo.people.backends.CodeBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return str(store.session_key)


def _person(kind: str) -> User:
    return Membership.objects.select_related("user").filter(organisation__kind=kind)[0].user


if __name__ == "__main__":
    plan()
