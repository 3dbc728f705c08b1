"""Forms of the trade pages. They check shape; the services decide."""

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.orders.choices import Carrier, SlipMeans
from shanhuo.orders.services import LARGEST_QUANTITY
from shanhuo.people import phones
from shanhuo.regions import queries as regions
from shanhuo.web.fields import DayField, MomentField, YuanField
from shanhuo.web.forms import offer


class AddressForm(forms.Form):
    """Where a parcel goes. The county is found by name, so that nobody scrolls through 2,800."""

    recipient = forms.CharField(
        label=_("Recipient"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    phone = forms.CharField(
        label=_("Mobile number"),
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}),
    )
    place = forms.CharField(
        label=_("County or district"),
        max_length=80,
        help_text=_("Begin with its name or pinyin, for example 渝中区 or yuzhong."),
        widget=forms.TextInput(
            attrs={
                "hx-get": "/addresses/places",
                "hx-trigger": "input changed delay:250ms",
                "hx-target": "#places",
                "list": "places",
                "autocomplete": "off",
            }
        ),
    )
    street = forms.CharField(
        label=_("Street, building, door"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    is_default = forms.BooleanField(label=_("Use it by default"), required=False)

    def clean_phone(self) -> str:
        try:
            return phones.normalise(self.cleaned_data["phone"])
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    def clean_place(self) -> int:
        """The county's id: by full path, or a name that only one county has."""
        text = unicodedata.normalize("NFKC", self.cleaned_data["place"]).strip()
        name = text.split("·")[-1].strip()
        found = [c for c in regions.search_counties(name) if text in (c.path_name, c.name)]
        exact = [county for county in found if county.path_name == text]
        choice = exact or found
        if len(choice) != 1:
            raise forms.ValidationError(_("Choose the county or district from the list."))
        return int(choice[0].pk)

    def address(self) -> dict[str, Any]:
        """Arguments for `services.keep_address`."""
        data = self.cleaned_data
        return {
            "county_id": data["place"],
            "recipient": data["recipient"],
            "phone": data["phone"],
            "street": data["street"],
            "is_default": data["is_default"],
        }


class ShipForm(forms.Form):
    """A parcel: who carries it and under which number."""

    carrier = forms.ChoiceField(label=_("Carrier"), choices=Carrier.choices)
    tracking_number = forms.RegexField(
        label=_("Parcel number"), regex=r"^[0-9A-Za-z-]{6,40}$", max_length=40
    )


class PeriodForm(forms.Form):
    """From and until, both days included; the current month where nothing is said."""

    since = DayField(label=pgettext_lazy("a day", "From"))
    until = DayField(label=_("Until"))

    @classmethod
    def of(cls, data: Any) -> "PeriodForm":
        """The form with what was asked for, or with this month."""
        today = clock.today()
        asked = {name: data.get(name) for name in ("since", "until") if data.get(name)}
        form = cls({"since": today.replace(day=1), "until": today, **asked})
        return form if form.is_valid() else cls.of({})


class FreightForm(forms.Form):
    """A merchant's freight rule."""

    base_fen = YuanField(label=_("First kilogram"))
    per_kg_fen = YuanField(label=_("Each further kilogram"))
    free_over_fen = YuanField(label=_("Free from"), required=False)
    remote_fen = YuanField(label=_("Surcharge for remote provinces"))


class PriceCutForm(forms.Form):
    """So much off every unit for some days, paid by the merchant."""

    sku = forms.ChoiceField(label=_("Size"))
    off_fen = YuanField(label=_("Off each piece"))
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=30, initial=3)

    def __init__(self, *args: Any, skus: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "sku", skus)


class HotSaleForm(forms.Form):
    """So many pieces of a size at a price, from a moment on."""

    sku = forms.ChoiceField(label=_("Size"))
    price_fen = YuanField(label=_("Price of one piece"))
    stock_count = forms.IntegerField(
        label=_("Pieces"),
        min_value=1,
        max_value=99_999,
        help_text=_("They leave the shelf at once and come back when the sale is over."),
    )
    per_person = forms.IntegerField(
        label=_("At most for one person"), min_value=1, max_value=LARGEST_QUANTITY, initial=1
    )
    opens_at = MomentField(label=_("Opens"), help_text=_("By the platform's clock."))
    closes_at = MomentField(label=_("Closes"))

    def __init__(self, *args: Any, skus: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "sku", skus)

    def terms(self) -> dict[str, Any]:
        """Arguments for `services.open_hot_sale`, without the size."""
        return {name: value for name, value in self.cleaned_data.items() if name != "sku"}


class CouponForm(forms.Form):
    """So many coupons, each so much off goods from so much on."""

    merchant = forms.ChoiceField(label=_("Merchant"))
    threshold_fen = YuanField(
        label=_("Goods for at least"),
        help_text=_("Goods after price cuts. Freight does not count."),
    )
    off_fen = YuanField(label=_("Takes off"))
    stock_count = forms.IntegerField(label=_("How many coupons"), min_value=1, max_value=1_000_000)
    per_person = forms.IntegerField(
        label=_("Coupons for one person at most"),
        min_value=1,
        max_value=20,
        initial=1,
        help_text=_("By telephone number: a second account is the same person."),
    )
    opens_at = MomentField(label=_("Opens"))
    closes_at = MomentField(label=_("Closes"))
    use_by = MomentField(label=_("To be used by"))
    products = forms.MultipleChoiceField(
        label=_("Only for"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all your goods."),
    )
    session = forms.ChoiceField(
        label=_("Where"),
        required=False,
        help_text=_(
            "The hosts of a session put its coupons out and take them back. They are taken only "
            "there, and used for any order of these goods until their day."
        ),
    )
    platform_percent = forms.IntegerField(
        label=_("The platform bears"),
        min_value=0,
        max_value=100,
        initial=0,
        help_text=_("You bear the rest. Above 0 an operator has to agree first."),
    )

    def __init__(
        self, *args: Any, merchants: Any, products: Any, sessions: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._ids = {one.public_id: one.pk for one in (*merchants, *products)}
        anywhere = ("", _("On the pages of the goods, and in every session"))
        offer(self, "merchant", [(one.public_id, one.name) for one in merchants], hide_one=True)
        offer(self, "products", [(one.public_id, one.title) for one in products])
        offer(self, "session", [anywhere, *((one.public_id, one.title) for one in sessions)])

    def terms(self) -> dict[str, Any]:
        """Arguments for `services.offer_coupons`."""
        terms = dict(self.cleaned_data)
        terms["merchant_id"] = self._ids[terms.pop("merchant")]
        terms["product_ids"] = [self._ids[one] for one in terms.pop("products")]
        terms["platform_basis_points"] = terms.pop("platform_percent") * 100
        return terms


class SlipForm(forms.Form):
    """What a household brought, and what it was paid."""

    household = forms.ChoiceField(label=_("Household"))
    lot = forms.ChoiceField(label=_("Lot"))
    weight = forms.DecimalField(
        label=_("Weight"),
        min_value=0.001,
        max_value=100_000,
        max_digits=9,
        decimal_places=3,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    price_fen = YuanField(label=_("Price per kilogram"))
    baseline_fen = YuanField(
        label=_("Local price per kilogram"),
        help_text=_("What other buyers in the village pay today: the gain is counted against it."),
    )
    means = forms.ChoiceField(label=_("Paid by"), choices=SlipMeans.choices)
    bought_on = DayField(label=_("Day"))

    def __init__(
        self,
        *args: Any,
        households: list[tuple[str, str]],
        lots: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "household", households)
        offer(self, "lot", lots)

    @property
    def grams(self) -> int:
        return int(self.cleaned_data["weight"] * 1000)
