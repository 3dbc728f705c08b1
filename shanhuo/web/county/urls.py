"""Addresses of the county pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver, path

from shanhuo.web.county import household_imports, households, pool
from shanhuo.web.county.figures import figures, figures_export
from shanhuo.web.county.home import home
from shanhuo.web.county.places import key_county, places
from shanhuo.web.county.projects import projects

app_name = "county"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("pool", pool.pool, name="pool"),
    path("pool/export", pool.pool_export, name="pool_export"),
    path("pool/propose", pool.pool_candidates, name="pool_candidates"),
    path("pool/propose/<slug:public_id>", pool.pool_nominate, name="pool_nominate"),
    path("pool/<slug:public_id>", pool.pool_entry, name="pool_entry"),
    path("households", households.households, name="households"),
    path("households/new", households.household_new, name="household_new"),
    path("households/export", households.export, name="household_export"),
    path("households/template", households.template, name="household_template"),
    path("households/consent", households.consent_sheet, name="consent_sheet"),
    path("households/import", household_imports.import_new, name="household_import_new"),
    path(
        "households/imports/<slug:public_id>",
        household_imports.household_import,
        name="household_import",
    ),
    path(
        "households/imports/<slug:public_id>/confirm",
        household_imports.confirm,
        name="household_import_confirm",
    ),
    path(
        "households/imports/<slug:public_id>/undo",
        household_imports.undo,
        name="household_import_undo",
    ),
    path(
        "households/imports/<slug:public_id>/discard",
        household_imports.discard,
        name="household_import_discard",
    ),
    path(
        "households/imports/<slug:public_id>/errors",
        household_imports.errors,
        name="household_import_errors",
    ),
    path("households/<slug:public_id>", households.household, name="household"),
    path("households/<slug:public_id>/edit", households.household_edit, name="household_edit"),
    path("households/<slug:public_id>/reveal", households.reveal, name="household_reveal"),
    path("households/<slug:public_id>/withdraw", households.withdraw, name="household_withdraw"),
    path("figures", figures, name="figures"),
    path("figures/export", figures_export, name="figures_export"),
    path("places", places, name="places"),
    path("places/key-county", key_county, name="key_county"),
    path("projects", projects, name="projects"),
]
