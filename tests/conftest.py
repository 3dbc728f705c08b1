"""People and makers that every test may use. The same people everywhere."""

import itertools
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from shanhuo.content import services as content
from shanhuo.content.media import shelf
from shanhuo.content.models import Post
from shanhuo.goods.models import Lot, Product, Sku
from shanhuo.kernel import clock
from shanhuo.people import entries
from shanhuo.people.models import Household, HouseholdConsent, Membership, Organisation, User
from shanhuo.regions.models import County, Province
from tests import empty, guards

Maker = Callable[..., Any]
CHAIN_AFTER_FARM_GATE = ("packing_fen", "freight_fen", "platform_fee_fen", "commission_fen")


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings: None) -> bool:
    """On SQLite a kept database moves in, which Django then finds migrated."""
    if connection.vendor == "sqlite":
        database = Path(connection.settings_dict["TEST"]["NAME"])
        empty.move_in(database.parent, database.name)
    return connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """SQLite has no TRUNCATE: after a test with threads Django empties its tables row by row, which
    the guards of the books refuse. There they stand in the tests that ask for `guarded`."""
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            guards.take_down()


@pytest.fixture
def guarded(db: None) -> None:
    """The books and the audit log as the migrations leave them, for one test."""
    if connection.vendor == "sqlite":
        guards.put_up()


@pytest.fixture
def unguarded(db: None) -> None:
    """Somebody with the database's own rights has taken the guards away, for one test."""
    if connection.vendor != "sqlite":
        guards.take_down()


@pytest.fixture
def noon() -> Iterator[datetime]:
    """An ordinary noon in the plum season, at which the clock stands."""
    moment = datetime(2026, 7, 1, 12, 0, tzinfo=clock.SHANGHAI)
    with clock.at(moment):
        yield moment


@pytest.fixture
def make_county(db: None) -> Maker:
    def make(name: str = "巫山县", adcode: str = "500237") -> County:
        province, _ = Province.objects.get_or_create(
            adcode=f"{adcode[:2]}0000", defaults={"name": f"省{adcode[:2]}"}
        )
        county, _ = County.objects.get_or_create(
            adcode=adcode, defaults={"name": name, "province": province}
        )
        return county

    return make


@pytest.fixture
def make_user(db: None) -> Maker:
    def make(name: str = "somebody") -> User:
        return User.objects.create(display_name=name)

    return make


@pytest.fixture
def signed_in(db: None) -> Callable[[User], Client]:
    """A browser of one's own for whoever is named."""

    def open_one(user: User) -> Client:
        browser = Client()
        browser.force_login(user)
        return browser

    return open_one


@pytest.fixture
def make_organisation(make_county: Maker) -> Maker:
    """Make a verified organisation, with `members` as its owners."""

    def make(
        kind: str,
        *,
        name: str = "巫山山货合作社",
        county: Any = None,
        members: tuple[User, ...] = (),
    ) -> Organisation:
        organisation = Organisation.objects.create(
            kind=kind,
            name=name,
            county=county or make_county(),
            status=Organisation.Status.VERIFIED,
        )
        for user in members:
            Membership.objects.create(
                user=user,
                organisation=organisation,
                role=Membership.Role.OWNER,
                started_at=clock.now(),
            )
        return organisation

    return make


@pytest.fixture
def lin(make_user: Maker) -> User:
    """Runs the cooperative (see `cooperative`)."""
    return make_user("林合作社")


@pytest.fixture
def cooperative(make_organisation: Maker, lin: User) -> Organisation:
    """Lin's cooperative in Wushan."""
    return make_organisation(Organisation.Kind.MERCHANT, members=(lin,))


@pytest.fixture
def mei(make_user: Maker) -> User:
    """Buys."""
    return make_user("梅买家")


@pytest.fixture
def wang(make_user: Maker, make_organisation: Maker) -> User:
    """Works in the county office of Wushan."""
    user = make_user("王专员")
    make_organisation(Organisation.Kind.COUNTY_OFFICE, name="巫山县农业农村委", members=(user,))
    return user


@pytest.fixture
def zhao(make_user: Maker, make_organisation: Maker) -> User:
    """Farms, and films it."""
    user = make_user("赵大姐")
    make_organisation(Organisation.Kind.CREATOR, name="赵大姐的果园", members=(user,))
    return user


@pytest.fixture
def op(make_user: Maker, make_organisation: Maker) -> User:
    """Operates the platform."""
    user = make_user("平台运营")
    make_organisation(Organisation.Kind.PLATFORM, name="平台", members=(user,))
    return user


@pytest.fixture
def audit_person(make_user: Maker, make_organisation: Maker) -> User:
    """Audits."""
    user = make_user("审计员")
    make_organisation(Organisation.Kind.AUDITOR, name="审计", members=(user,))
    return user


@pytest.fixture
def stranger(make_user: Maker) -> User:
    """Must see nothing that is not public."""
    return make_user("路人")


@pytest.fixture
def make_product(cooperative: Organisation) -> Maker:
    """Make a product that is on sale."""

    def make(
        title: str = "巫山脆李", merchant: Organisation | None = None, **fields: Any
    ) -> Product:
        seller = merchant or cooperative
        values = {
            "county": seller.county,
            "category": "fruit",
            "status": Product.Status.LISTED,
            "created_at": clock.now(),
            "listed_at": clock.now(),
        }
        return Product.objects.create(merchant=seller, title=title, **{**values, **fields})

    return make


@pytest.fixture
def make_lot(make_product: Maker) -> Maker:
    """Make a certified lot of 1 t that was begun ten days ago and is valid for sixty more."""

    def make(product: Product | None = None, declared_grams: int = 1_000_000, **fields: Any) -> Lot:
        product = product or make_product()
        today = clock.today()
        values = {
            "number": f"L{Lot.objects.filter(product=product).count() + 1}",
            "goods_name": product.title,
            "quantity": Decimal(declared_grams) / 500,
            "unit": "jin",
            "origin": "巫山县曲尺乡柑园村",
            "promiser": "巫山山货合作社",
            "contact": "13800138000",
            "promises": ["no_banned", "residues", "true"],
            "proof_method": "self_test",
            "issued_on": today,
            "harvest_from": today - timedelta(days=10),
            "harvest_until": today + timedelta(days=20),
            "valid_until": today + timedelta(days=60),
            "status": Lot.Status.CERTIFIED,
            "created_at": clock.now(),
            "certified_at": clock.now(),
        }
        return Lot.objects.create(
            product=product, declared_grams=declared_grams, **{**values, **fields}
        )

    return make


@pytest.fixture
def make_sku(make_product: Maker, make_lot: Maker) -> Maker:
    """Make a SKU of a product that has a lot large enough; its price all goes to the farm gate."""

    def make(
        product: Product | None = None,
        *,
        stock_count: int = 100,
        price_fen: int = 3980,
        grams_per_unit: int = 2500,
        **fields: Any,
    ) -> Sku:
        product = product or make_product()
        if not Lot.objects.filter(product=product).exists():
            make_lot(product, declared_grams=max(1_000_000, stock_count * grams_per_unit))
        rest = sum(fields.get(part, 0) for part in CHAIN_AFTER_FARM_GATE)
        number = product.skus.count() + 1
        name = "5 斤装" if number == 1 else f"5 斤装 {number}"
        values = {"name": name, "farm_gate_fen": price_fen - rest}
        return Sku.objects.create(
            product=product,
            price_fen=price_fen,
            grams_per_unit=grams_per_unit,
            stock_count=stock_count,
            **{**values, **fields},
        )

    return make


@pytest.fixture
def make_household(make_county: Maker) -> Maker:
    """Make a household that has agreed, as the county office registers it."""
    numbers = itertools.count(1)

    def make(
        county: County | None = None,
        head_name: str = "示例户",
        *,
        kind: str = Household.Kind.LIFTED,
        number: str = "",
        **columns: Any,
    ) -> Household:
        number = number or f"SL-{next(numbers):03d}"
        household = Household.objects.create(
            county=county or make_county(),
            kind=kind,
            number=number,
            number_digest=entries.number_digest(number),
            head_name=head_name,
            head_name_digest=entries.name_digest(head_name),
            registered_at=clock.now(),
            changed_at=clock.now(),
            **columns,
        )
        HouseholdConsent.objects.create(
            household=household,
            text_version="2026-11",
            given_on=clock.today(),
            recorded_at=clock.now(),
        )
        return household

    return make


@pytest.fixture
def make_post(
    zhao: User, op: User, settings: Any, tmp_path_factory: pytest.TempPathFactory
) -> Maker:
    """Make a clip that went through review; its media folder is empty.

    `author` speaks for the first organisation of theirs; `published=False` leaves it in the queue.
    """
    folder = tmp_path_factory.mktemp("files")
    settings.MEDIA_DIR, settings.PRIVATE_DIR = folder / "media", folder / "private"

    def make(
        caption: str = "巫山脆李熟了",
        *,
        author: User | None = None,
        product: Product | None = None,
        topics: tuple[str, ...] = (),
        place_name: str = "",
        duration_ms: int = 15_000,
        published: bool = True,
    ) -> Post:
        writer, now = author or zhao, clock.now()
        membership = Membership.objects.filter(user=writer).select_related("organisation")[0]
        post = content.draft_post(
            author=writer,
            organisation_id=membership.organisation_id,
            county_id=membership.organisation.county_id,
            kind=Post.Kind.CLIP,
            caption=caption,
            topics=topics,
            place_name=place_name,
            product_id=product.pk if product else None,
            wants_review=True,
            now=now,
        )
        shelf.private_folder(post.media_key).mkdir(parents=True)
        content.store_clip(
            post_id=post.pk,
            duration_ms=duration_ms,
            width=720,
            height=1280,
            has_sound=True,
            rungs=["480p", "720p"],
            content_digest="",
            cover_fingerprint="",
            now=now,
        )
        if published:
            content.publish_post(post_id=post.pk, reviewer=op, now=now)
        post.refresh_from_db()
        return post

    return make
