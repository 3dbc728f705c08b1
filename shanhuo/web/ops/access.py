"""Who may open each ops page."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {
    "ops:home": Access.OPERATOR | Access.AUDITOR,
}
