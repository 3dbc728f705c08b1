"""Schemathesis calls every operation with made-up input, as a visitor, as a buyer and as the
platform's operator: no server error, and every answer as the document says."""

from collections import defaultdict
from collections.abc import Iterator

import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from ninja import Schema
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shanhuo.kernel import clock
from shanhuo.people import api_tokens
from shanhuo.people.models import User

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# The checks read the body as it comes; packing it is the server's affair.
AS_IT_COMES = {"Accept-Encoding": "identity"}
FEW = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@schemathesis.serializer("application/offset+octet-stream")
def piece_of_a_file(_context: object, value: object) -> bytes:
    """The body of a tus PATCH travels as it is."""
    return value if isinstance(value, bytes) else repr(value).encode()


DOCUMENT = schemathesis.openapi.from_wsgi("/api/openapi.json", get_wsgi_application())
OPERATIONS = [result.ok() for result in DOCUMENT.get_all_operations()]


def test_no_two_shapes_have_one_name():
    """The document knows them by name alone: of two, one would be described as the other."""
    names: dict[str, set[str]] = defaultdict(set)
    shapes = [Schema]
    while shapes:
        for shape in shapes.pop().__subclasses__():
            shapes.append(shape)
            if shape.__module__.startswith("shanhuo."):
                names[shape.__name__].add(shape.__module__)
    assert {name: where for name, where in names.items() if len(where) > 1} == {}
    assert len(names) > 100


@pytest.fixture
def one_connection(db) -> Iterator[None]:
    """Requests in this process may not close the connection whose transaction the test holds."""
    both = (signals.request_started, signals.request_finished)
    for signal in both:
        signal.disconnect(close_old_connections)
    yield
    for signal in both:
        signal.connect(close_old_connections)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_operation_answers_as_documented(operation, mei, op, one_connection):
    everybody = [{}, bearer(mei), bearer(op)]

    @FEW
    @given(case=operation.as_strategy())
    def ask(case: schemathesis.Case) -> None:
        for who in everybody:
            case.call_and_validate(checks=CHECKS, headers={**AS_IT_COMES, **who})

    ask()


def bearer(user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {api_tokens.issue(user=user, now=clock.now())}"}
