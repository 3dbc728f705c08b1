"""Who may ask for traffic, decide on it, and read what became of it."""

from typing import Any

from shanhuo.people import rules as people
from shanhuo.traffic.models import Grant


def may_open_programme(user: Any) -> bool:
    return people.is_operator(user)


def may_request(user: Any, county_id: int) -> bool:
    """The office of the county, or an operator on its behalf."""
    return county_id in people.officer_county_ids(user) or people.is_operator(user)


def may_decide(user: Any, grant: Grant) -> bool:
    """An operator who did not ask for it."""
    return people.is_operator(user) and grant.requested_by_id != user.pk


def may_stop(user: Any) -> bool:
    return people.is_operator(user)


def may_read_requests(user: Any) -> bool:
    """See requests of all counties, refused ones too: operators and auditors."""
    return people.is_operator(user) or people.is_auditor(user)
