"""Every address says whom it serves, and keeps to it; nothing is open by accident."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from shanhuo.people.access import Access, may_enter
from shanhuo.people.models import User
from shanhuo.web.access import whole_table

NOBODYS_ID = "0" * 16
PERSONAS = ["lin", "mei", "wang", "zhao", "op", "audit_person", "stranger"]
_PLACEHOLDER = re.compile(r"<(?:(?P<kind>\w+):)?\w+>|\{\w+\}")


def routes(patterns=None, namespaces=(), prefix="") -> Iterator[tuple[str, str]]:
    """(name as the tables write it, route) of every address Django would answer."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(entry, URLResolver):
            inner = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from routes(entry.url_patterns, inner, prefix + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield ":".join((*namespaces, entry.name or "")), prefix + str(entry.pattern)


def pages() -> list[tuple[str, str]]:
    """Our own pages; the back office and the API are walked apart."""
    return [(n, r) for n, r in routes() if not r.startswith(("api/", "admin/"))]


def operations() -> list[str]:
    """`GET /api/orders/{public_id}` and its like."""
    return [key for key in whole_table() if " /api/" in key]


def path_of(route: str) -> str:
    """An address of that form that leads to nobody's thing."""

    def dummy(match: re.Match[str]) -> str:
        return "1" if match["kind"] == "int" else NOBODYS_ID

    return "/" + _PLACEHOLDER.sub(dummy, route.replace("\\Z", "").lstrip("/"))


def test_attack_15_every_page_stands_in_the_access_table():
    table = whole_table()
    unlisted = [
        name
        for name, route in routes()
        if not route.startswith("api/")
        and name not in table
        and f"{name.split(':')[0]}:*" not in table
    ]
    assert unlisted == []


def test_attack_15_the_table_names_no_page_that_is_gone():
    names = {name for name, _route in routes()}
    listed = {key for key in whole_table() if "/" not in key and not key.endswith("*")}
    assert listed - names == set()


def test_attack_17_anonymous_and_inactive_people_pass_only_open_doors(lin, cooperative):
    assert [may_enter(None, role) for role in Access] == [True] + [False] * 7
    assert may_enter(lin, Access.SELLER)
    lin.is_active = False
    assert [may_enter(lin, role) for role in Access] == [True] + [False] * 7


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_attack_15_visitors_are_sent_to_sign_in_at_every_closed_page(client, method):
    table = whole_table()
    let_in = [
        name
        for name, route in pages()
        if not may_enter(None, table[name])
        and not is_sent_to_sign_in(getattr(client, method)(path_of(route)))
    ]
    assert let_in == []


@pytest.mark.parametrize("who", PERSONAS)
def test_attack_15_nobody_enters_a_page_of_another_role(who, request, cooperative, client):
    user: User = request.getfixturevalue(who)
    client.force_login(user)
    table = whole_table()
    let_in = [
        f"{method} {name}"
        for name, route in pages()
        for method in ("get", "post")
        if not may_enter(user, table[name])
        and getattr(client, method)(path_of(route)).status_code != 403
    ]
    assert let_in == []


@pytest.mark.parametrize("who", PERSONAS)
def test_attack_15_an_id_that_is_nobodys_is_refused_without_an_error(
    who, request, cooperative, client
):
    client.force_login(request.getfixturevalue(who))
    broken = [
        (name, status)
        for name, route in pages()
        if "<" in route
        and (status := client.get(path_of(route)).status_code) not in {302, 403, 404, 405}
    ]
    assert broken == []


@pytest.mark.django_db
def test_attack_15_visitors_get_401_from_every_closed_operation(client):
    table = whole_table()
    let_in = [
        key
        for key in operations()
        if not may_enter(None, table[key]) and call(client, key).status_code != 401
    ]
    assert let_in == []


@pytest.mark.parametrize("who", PERSONAS)
def test_attack_15_nobody_calls_an_operation_of_another_role(who, request, cooperative, client):
    user: User = request.getfixturevalue(who)
    client.force_login(user)
    table = whole_table()
    let_in = [
        key
        for key in operations()
        if not may_enter(user, table[key]) and call(client, key).status_code != 403
    ]
    assert let_in == []


def test_attack_15_every_operation_stands_in_the_table(client, db):
    document = client.get("/api/openapi.json").json()
    described = {
        f"{verb.upper()} {path}"
        for path, operations_ in document["paths"].items()
        for verb in operations_
    }
    infrastructure = {"GET /api/", "GET /api/docs", "GET /api/openapi.json"}
    assert described == set(operations()) - infrastructure


def call(client: Client, key: str):
    """An operation with an empty body and nobody's id."""
    method, path = key.split(" ", 1)
    return client.generic(method, path_of(path), data="{}", content_type="application/json")


def is_sent_to_sign_in(answer) -> bool:
    return answer.status_code == 302 and answer.headers["Location"].startswith("/account/sign-in?")
