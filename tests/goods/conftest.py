"""A product as Lin would bring it, and the details of its forms."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from PIL import Image

from shanhuo.goods import services as goods
from shanhuo.goods.prices import PriceChain

CHAIN = PriceChain(2400, 400, 800, 180, 200)
STANDARD = goods.Standard(
    grade="特级",
    size="单果 30–40 g",
    sugar="≥ 12 °Bx",
    packing="泡沫箱加冰袋",
    inspection="每批抽检 1%",
)


def details(**changes):
    values = {
        "title": "巫山脆李 5 斤装",
        "category": "fruit",
        "story": "长江边 400 米以上的坡地，手摘。",
        "season_months": frozenset({7, 8}),
        "standard": STANDARD,
    }
    return goods.ProductDetails(**{**values, **changes})


def lot_details(day, **changes):
    values = {
        "number": "2026-07-A",
        "goods_name": "巫山脆李",
        "quantity": Decimal(2000),
        "unit": "jin",
        "origin": "巫山县曲尺乡柑园村",
        "promiser": "林合作社",
        "contact": "138 0013 8000",
        "promises": ("no_banned", "residues", "true"),
        "proof_method": "self_test",
        "issued_on": day,
        "harvest_from": day,
        "harvest_until": day + timedelta(days=10),
        "valid_until": day + timedelta(days=30),
    }
    return goods.LotDetails(**{**values, **changes})


def picture(size=(320, 240)) -> BytesIO:
    out = BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(out, "JPEG")
    out.seek(0)
    return out


@pytest.fixture(autouse=True)
def media_in_a_folder_of_its_own(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def draft(cooperative, noon):
    """Lin's new product, with nothing but its text."""
    return goods.create_product(
        merchant_id=cooperative.pk, county_id=cooperative.county_id, details=details(), now=noon
    )


@pytest.fixture
def ready(draft, lin, noon):
    """The same with a photo, a size and a certified lot: it may be listed."""
    goods.add_photo(product_id=draft.pk, file=picture())
    goods.add_sku(
        product_id=draft.pk,
        name="5 斤装",
        grams_per_unit=2500,
        chain=CHAIN,
        stock_count=40,
        actor_id=lin.pk,
        now=noon,
    )
    lot = goods.enter_lot(product_id=draft.pk, details=lot_details(noon.date()), now=noon)
    goods.certify_lot(lot_id=lot.pk, actor_id=lin.pk, now=noon)
    return draft


@pytest.fixture
def listed(ready, noon):
    """On sale."""
    return goods.list_product(product_id=ready.pk, now=noon)
