"""Every list costs the same however long it is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shanhuo.goods import services as goods
from shanhuo.goods.models import Product
from tests.goods.conftest import lot_details

ALL = goods.Checks(licence_ok=True, certificate_ok=True, stock_ok=True, price_ok=True)


@pytest.fixture
def grow(make_product, make_sku, make_lot, lin, wang, noon):
    """Admitted products, each with a lot and a size, until there are as many as wanted."""

    def until(wanted):
        while (number := Product.objects.count()) < wanted:
            product = make_product(f"脆李 {number}")
            make_sku(product)
            goods.enter_lot(
                product_id=product.pk, details=lot_details(noon.date(), number="B"), now=noon
            )
            entry = goods.nominate_product(
                product_id=product.pk, actor_id=lin.pk, reason="好", now=noon
            )
            if number % 2:
                type(entry).objects.filter(pk=entry.pk).update(
                    status="admitted",
                    checked_by=wang,
                    checked_at=noon,
                    licence_ok=True,
                    certificate_ok=True,
                    stock_ok=True,
                    price_ok=True,
                )

    return until


@pytest.mark.parametrize(
    ("who", "address"),
    [
        ("", "/goods"),
        ("", "/c/500237/shop"),
        ("", "/pool"),
        ("", "/api/products"),
        ("", "/api/pool"),
        ("lin", "/sell/products"),
        ("lin", "/sell/lots"),
        ("lin", "/api/seller/products"),
        ("lin", "/api/seller/lots"),
        ("wang", "/county/pool"),
        ("wang", "/county/pool/propose"),
        ("wang", "/api/county/pool"),
    ],
)
def test_one_row_and_three_cost_the_same(client, request, grow, who, address):
    if who:
        client.force_login(request.getfixturevalue(who))
    client.get(address)
    counts = []
    for wanted in (2, 6):
        grow(wanted)
        with CaptureQueriesContext(connection) as statements:
            assert client.get(address).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]
