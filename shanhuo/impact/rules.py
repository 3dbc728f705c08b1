"""Who may see and do what with figures."""

from typing import Any

from shanhuo.people import rules as people


def may_see_households(user: Any, county_id: int) -> bool:
    """Whether exact household figures of a county may be shown: its office, operators, auditors."""
    return (
        county_id in people.officer_county_ids(user)
        or people.is_operator(user)
        or people.is_auditor(user)
    )


def may_open_project(user: Any, county_id: int) -> bool:
    return county_id in people.officer_county_ids(user)


def may_sign(user: Any, county_id: int | None) -> bool:
    """Whether the user may sign a figure of the county (None: the country) off, or object to it.

    Nobody audits what they run themselves: no operator, and no officer of that county.
    """
    return (
        people.is_auditor(user)
        and not people.is_operator(user)
        and county_id not in people.officer_county_ids(user)
    )
