"""What the cooperatives bring: a brand, a certified lot, sizes, a place in the pool."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from shanhuo.console.demo import clips
from shanhuo.console.demo.cast import Cast, Place
from shanhuo.goods import services as goods
from shanhuo.goods.choices import Promise, ProofMethod
from shanhuo.goods.prices import PriceChain
from shanhuo.kernel import clock

if TYPE_CHECKING:
    from shanhuo.goods.models import Product

PHOTOS = 3
_HARVEST_BEGAN = timedelta(days=6)
_HARVEST_LASTS = timedelta(days=45)
_SOLD_FOR = timedelta(days=75)


def bring_product(cast: Cast, place: Place, number: int, *, now: datetime) -> "Product":
    """From the survey to the public pool, by the people whose work each step is."""
    brand_id = _publish_brand(place, now=now)
    product = goods.create_product(
        merchant_id=place.cooperative.pk,
        county_id=place.county.pk,
        details=_details(place, brand_id, now=now),
        now=now,
    )
    _take_photos(product, number)
    _enter_lot(place, product, now=now)
    for sku in place.script.skus:
        goods.add_sku(
            product_id=product.pk,
            name=sku.name,
            grams_per_unit=sku.grams,
            chain=PriceChain(*sku.chain),
            stock_count=sku.stock,
            actor_id=place.seller.pk,
            now=now,
        )
    goods.list_product(product_id=product.pk, now=now)
    _admit(cast, place, product, now=now)
    return product


def _publish_brand(place: Place, *, now: datetime) -> int:
    part = place.script
    brand = goods.create_brand(
        organisation_id=place.cooperative.pk,
        county_id=place.county.pk,
        name=part.product,
        now=now,
    )
    source = "公开发布的口号" if part.published else "演示用口号，非官方"
    goods.save_dossier(
        brand_id=brand.pk,
        dossier=goods.Dossier(
            survey=part.survey,
            selling_points=part.selling_points,
            positioning=part.positioning,
            slogan=part.slogan,
            differentiators=part.differentiators,
            forbidden_claims=part.forbidden_claims,
            proof=f"口号来源：{source}。其余内容为演示。",
        ),
    )
    goods.publish_dossier(brand_id=brand.pk, actor_id=place.seller.pk, now=now)
    return brand.pk


def _details(place: Place, brand_id: int, *, now: datetime) -> goods.ProductDetails:
    part = place.script
    month = clock.day_of(now).month
    return goods.ProductDetails(
        title=part.product,
        category=part.category,
        story=f"{part.survey}\n\n图片与视频为示例画面，人物、村庄与价格均为演示。",
        storage_note=part.storage,
        eating_note=part.eating,
        season_months=frozenset({month, month % 12 + 1}),
        brand_id=brand_id,
        standard=goods.Standard(
            grade=part.grade,
            size=part.size,
            sugar=part.sugar,
            packing=part.packing,
            inspection="合作社自检，每批留样（演示）",
        ),
    )


def _take_photos(product: "Product", number: int) -> None:
    for offset in range(PHOTOS):
        name = clips.PICTURES[(number + offset * 3) % len(clips.PICTURES)]
        with (clips.MEDIA_DIR / name).open("rb") as file:
            goods.add_photo(product_id=product.pk, file=file)


def _enter_lot(place: Place, product: "Product", *, now: datetime) -> None:
    day = clock.day_of(now)
    lot = goods.enter_lot(
        product_id=product.pk,
        details=goods.LotDetails(
            number=f"{day:%Y%m}-1",
            goods_name=place.script.product,
            quantity=Decimal(place.script.lot_jin),
            origin=f"{place.county.name}{place.script.villages[0]}",
            promiser=place.cooperative.name,
            contact="17000000003",
            promises=tuple(Promise.values),
            proof_method=ProofMethod.SELF_TEST,
            issued_on=day,
            harvest_from=day - _HARVEST_BEGAN,
            harvest_until=day + _HARVEST_LASTS,
            valid_until=day + _SOLD_FOR,
        ),
        now=now,
    )
    goods.certify_lot(lot_id=lot.pk, actor_id=place.seller.pk, now=now)


def _admit(cast: Cast, place: Place, product: "Product", *, now: datetime) -> None:
    entry = goods.nominate_product(
        product_id=product.pk,
        reason="本县重点农产品，农户多，品控稳定（演示）",
        actor_id=place.officer.pk,
        now=now,
    )
    goods.admit_product(
        entry_id=entry.pk,
        actor=cast.operator,
        checks=goods.Checks(licence_ok=True, certificate_ok=True, stock_ok=True, price_ok=True),
        note="四项核对无误（演示）",
        now=now,
    )
