"""What a household agrees to. A text is never changed: a new wording gets a new version, so that a
record always says what was read out on that day."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CURRENT = "2026-11"

TEXTS: dict[str, tuple[str | Promise, ...]] = {
    "2026-11": (
        _(
            "Our household agrees that the county office keeps on this platform: the name of the "
            "person who speaks for us, our village, a telephone number and address if we give "
            "them, and whether we are a household lifted out of poverty, a monitored household "
            "or another."
        ),
        _(
            "It is used for one thing: to record what buyers of our products paid us, and to "
            "count, together with other households, how many were paid and how much."
        ),
        _(
            "No identity number, bank account, illness or child is recorded. Nothing that "
            "points to one household is published: figures of fewer than ten households are "
            "not shown."
        ),
        _(
            "We may withdraw at any time at the county office, without giving a reason. Then our "
            "name, telephone and address are erased; sums already counted stay without us."
        ),
    )
}
