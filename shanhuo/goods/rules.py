"""Who may do what with goods. Unknown, inactive and anonymous people may nothing."""

from typing import Any

from shanhuo.goods.models import PoolEntry
from shanhuo.people import rules as people


def can_decide(user: Any, entry: PoolEntry) -> bool:
    """An officer of the county who is not the one who proposed it."""
    return entry.county_id in people.officer_county_ids(user) and entry.nominated_by_id != user.pk
