"""Who may open each page of traffic grants."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {
    "grants:grants": Access.ANYONE,
    "grants:grants_export": Access.ANYONE,
    "grants:rules": Access.ANYONE,
    "grants:programme": Access.ANYONE,
    "grants:grant": Access.ANYONE,
    "grants:pace": Access.ANYONE,
    "grants:grant_export": Access.ANYONE,
    "grants:entries_export": Access.ANYONE,
    "grants:recount": Access.AUDITOR | Access.OPERATOR,
    "grants:opening": Access.ANYONE,
    "grants:mine": Access.SIGNED_IN,
    "grants:county": Access.OFFICER,
    "grants:request": Access.OFFICER | Access.OPERATOR,
    "grants:objects": Access.OFFICER | Access.OPERATOR,
    "grants:desk": Access.OPERATOR | Access.AUDITOR,
    "grants:desk_export": Access.OPERATOR | Access.AUDITOR,
    "grants:programme_new": Access.OPERATOR,
    "grants:rates": Access.OPERATOR,
    "grants:trial": Access.OPERATOR,
    "grants:trial_stop": Access.OPERATOR,
    "grants:trial_export": Access.ANYONE,
    "grants:approve": Access.OPERATOR,
    "grants:refuse": Access.OPERATOR,
    "grants:stop": Access.OPERATOR,
    "grants:audience": Access.OPERATOR,
}
