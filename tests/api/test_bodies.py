"""What a body may say, over every operation that takes one, read from the API's own description."""

import json
from collections.abc import Iterator

import pytest
from django.apps import apps

from shanhuo.people.models import User

pytestmark = pytest.mark.django_db
# Decided by a service, proved by a notice, or read from the session: never said by a client.
NEVER_SAID = {
    *("id", "pk", "public_id", "user", "owner", "author", "buyer", "actor", "merchant"),
    *("status", "state", "paid", "is_paid", "paid_fen", "refunded_fen", "settled", "verified"),
    *("is_staff", "is_superuser", "is_active", "session_epoch", "erased_at", "balance_fen"),
    *("held_count", "committed_grams", "household_key", "buyer_key", "viewer", "via_exposure"),
    *("discount_fen", "unit_discount_fen", "amount_fen", "commission_rate", "platform_fee_fen"),
}
# The seller's side of a price, and a size of theirs that is off the shelf for now.
SAID_BY_SELLERS = {
    ("POST /api/seller/products/{public_id}/skus", "platform_fee_fen"),
    ("PUT /api/seller/skus/{public_id}/price", "platform_fee_fen"),
    ("PUT /api/seller/skus/{public_id}", "is_active"),
}


def bodies(client) -> Iterator[tuple[str, dict]]:
    """(operation, the schema of its body) of everything that writes."""
    document = client.get("/api/openapi.json").json()
    shapes = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield f"{verb.upper()} {path}", _whole(content["schema"], shapes)


def _whole(shape: dict, shapes: dict) -> dict:
    """The schema with every reference in it followed."""
    if "$ref" in shape:
        return _whole(shapes[shape["$ref"].rpartition("/")[2]], shapes)
    return {name: _followed(value, shapes) for name, value in shape.items()}


def _followed(value, shapes):
    if isinstance(value, dict):
        return _whole(value, shapes)
    if isinstance(value, list):
        return [_followed(one, shapes) for one in value]
    return value


def fields(shape) -> Iterator[str]:
    """Every field that a body of this schema may have, at any depth."""
    if isinstance(shape, dict):
        yield from shape.get("properties", {})
        for part in shape.values():
            yield from fields(part)
    elif isinstance(shape, list):
        for part in shape:
            yield from fields(part)


def test_attack_05_no_body_has_a_place_for_what_a_service_decides(client):
    asked = {(key, name) for key, shape in bodies(client) for name in fields(shape)}
    assert {(key, name) for key, name in asked if name in NEVER_SAID} - SAID_BY_SELLERS == set()


def test_attack_05_every_writing_operation_was_looked_at(client):
    """A body that is a bare dictionary would take anything."""
    open_bodies = {
        key
        for key, shape in bodies(client)
        if shape.get("type") == "object" and shape.get("additionalProperties") is True
    }
    assert open_bodies == set()


def test_attack_05_columns_of_an_account_are_not_fields_of_a_body(client, mei):
    client.force_login(mei)
    columns = apps.get_model("people.User")._meta.concrete_fields
    said = {field.attname: 1 for field in columns} | {"name": "梅", "role": "owner"}
    before = User.objects.filter(pk=mei.pk).values().get()
    answer = client.patch("/api/me", json.dumps(said), content_type="application/json")
    assert answer.status_code == 200
    after = User.objects.filter(pk=mei.pk).values().get()
    assert {name for name in before if before[name] != after[name]} == {"display_name"}
