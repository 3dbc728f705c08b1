"""What an officer decides about the pool."""

from django import forms
from django.utils.translation import gettext_lazy as _

from shanhuo.goods import services as goods
from shanhuo.web.fields import SearchField
from shanhuo.web.filters import Filters


class PoolFilterForm(Filters):
    """The filter above the pool's list."""

    q = SearchField()
    status = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All")),
            ("nominated", _("Waiting for the check")),
            ("admitted", _("In the pool")),
            ("refused", _("Not admitted")),
            ("exited", _("Left the pool")),
        ],
    )


class CheckForm(forms.Form):
    """Four checks that the officer made, and a note."""

    licence_ok = forms.BooleanField(label=_("Licence: valid, and it is theirs"), required=False)
    certificate_ok = forms.BooleanField(
        label=_("Certificate: complete, and the lot is the one on sale"), required=False
    )
    stock_ok = forms.BooleanField(
        label=_("Stock: as much as they say, seen or shown"), required=False
    )
    price_ok = forms.BooleanField(
        label=_("Price: the chain is plausible, growers get their share"), required=False
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )

    def checks(self) -> goods.Checks:
        """The ticks, for the service. Call it on a valid form."""
        ticks = {name: self.cleaned_data[name] for name in self.cleaned_data if name != "note"}
        return goods.Checks(**ticks)
