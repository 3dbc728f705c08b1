"""Who may open each impact page."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {
    "impact:county": Access.ANYONE,
    "impact:county_map": Access.ANYONE,
    "impact:county_export": Access.ANYONE,
    "impact:metrics": Access.ANYONE,
    "impact:metric": Access.ANYONE,
    "impact:fairness": Access.ANYONE,
    "impact:fairness_export": Access.ANYONE,
    "impact:audits": Access.ANYONE,
    "impact:audits_export": Access.ANYONE,
    "impact:audit": Access.ANYONE,
    "impact:projects": Access.ANYONE,
    "impact:project": Access.ANYONE,
}
