"""Who may add to the map. Users live in a room above: callers pass the counties they work for."""


def may_describe(*, county_id: int, office_county_ids: frozenset[int]) -> bool:
    """Whether somebody of these county offices may add villages and designations here."""
    return county_id in office_county_ids
