"""Every address says whom it serves; nothing is open by accident."""

from django.urls import URLPattern, URLResolver, get_resolver

from shanhuo.people.access import Access, may_enter
from shanhuo.web.access import whole_table


def routes(patterns=None, namespaces=(), prefix=""):
    """(name as the tables write it, route) of every address Django would answer."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(entry, URLResolver):
            inner = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from routes(entry.url_patterns, inner, prefix + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield ":".join((*namespaces, entry.name or "")), prefix + str(entry.pattern)


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
    pages = {key for key in whole_table() if "/" not in key and not key.endswith("*")}
    assert pages - names == set()


def test_attack_17_anonymous_and_inactive_people_pass_only_open_doors(lin, cooperative):
    assert [may_enter(None, role) for role in Access] == [True] + [False] * 7
    assert may_enter(lin, Access.SELLER)
    lin.is_active = False
    assert [may_enter(lin, role) for role in Access] == [True] + [False] * 7
