"""What a reader may ask of a list."""

from django import forms
from django.utils.translation import gettext_lazy as _

from shanhuo.goods import season
from shanhuo.goods.choices import Category
from shanhuo.kernel.textsearch import LONGEST_QUERY
from shanhuo.web.fields import SearchField
from shanhuo.web.filters import Filters


class ShelfForm(Filters):
    """Search words, category, month. What is odd is left out, not an error: it is a filter."""

    q = SearchField(max_length=LONGEST_QUERY, hint=_("Plums, rice, tea …"))
    category = forms.ChoiceField(
        label=_("Kind of goods"), required=False, choices=[("", _("All kinds")), *Category.choices]
    )
    month = forms.TypedChoiceField(
        label=_("In season"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[
            ("", _("All year")),
            *((month, season.lazy_name_of(month)) for month in season.MONTHS),
        ],
    )


class PoolForm(Filters):
    """Search words, county code and whether a product is in the pool or has left it."""

    q = SearchField(max_length=LONGEST_QUERY)
    county = forms.RegexField(
        regex=r"^\d{6}$", label=_("County code"), required=False, widget=forms.HiddenInput
    )
    status = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), ("admitted", _("In the pool")), ("exited", _("Left the pool"))],
    )
