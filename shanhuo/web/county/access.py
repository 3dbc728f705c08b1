"""Who may open each county page."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {
    "county:home": Access.OFFICER,
    "county:pool": Access.OFFICER,
    "county:pool_export": Access.OFFICER,
    "county:pool_candidates": Access.OFFICER,
    "county:pool_nominate": Access.OFFICER,
    "county:pool_entry": Access.OFFICER,
    "county:households": Access.OFFICER,
    "county:household_new": Access.OFFICER,
    "county:household_export": Access.OFFICER,
    "county:household_template": Access.OFFICER,
    "county:consent_sheet": Access.OFFICER,
    "county:household_import_new": Access.OFFICER,
    "county:household_import": Access.OFFICER,
    "county:household_import_confirm": Access.OFFICER,
    "county:household_import_undo": Access.OFFICER,
    "county:household_import_discard": Access.OFFICER,
    "county:household_import_errors": Access.OFFICER,
    "county:household": Access.OFFICER,
    "county:household_edit": Access.OFFICER,
    "county:household_reveal": Access.OFFICER,
    "county:household_withdraw": Access.OFFICER,
    "county:figures": Access.OFFICER,
    "county:figures_export": Access.OFFICER,
    "county:places": Access.OFFICER,
    "county:key_county": Access.OFFICER,
    "county:projects": Access.OFFICER,
}
