"""Forms of the feed."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from shanhuo.regions import queries as regions


class FeedForm(forms.Form):
    """What a viewer decides about their own feed; works signed in or not, and at once."""

    personal = forms.BooleanField(
        label=_("Choose clips by what I watched and liked"),
        required=False,
        help_text=_(
            "When this is off, nothing you watch changes what you are shown, and nothing is learnt."
        ),
    )
    county = forms.CharField(
        label=_("A county I care about"),
        max_length=20,
        required=False,
        help_text=_("Its clips come first. Name, pinyin or code; leave it empty for none."),
    )

    def clean_county(self) -> int:
        """The adcode of the one county that was meant; 0 for none."""
        text = self.cleaned_data["county"].strip()
        if not text:
            return 0
        found = regions.search_counties(text, limit=5)
        exact = [county for county in found if text in (county.name, county.adcode)]
        found = exact or found
        if len(found) != 1:
            names = "、".join(f"{county.name} {county.adcode}" for county in found)
            raise ValidationError(
                _("Which one? %(names)s") if found else _("We know no such county."),
                params={"names": names},
            )
        return int(found[0].adcode)
