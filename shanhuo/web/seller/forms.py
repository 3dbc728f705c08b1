"""What a seller types. Forms check the shape and speak plainly; services decide."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shanhuo.goods import season
from shanhuo.goods import services as goods
from shanhuo.goods.choices import Category, ExitReason, Promise, ProofMethod, Unit
from shanhuo.goods.prices import PART_NAMES, PriceChain, PriceDoesNotAddUp
from shanhuo.goods.queries import AnyBrand, AnyLot, AnyProduct, AnySku
from shanhuo.kernel import clock, money
from shanhuo.web.fields import DayField, SearchField, YuanField
from shanhuo.web.filters import Filters
from shanhuo.web.forms import offer

_LONG = forms.Textarea(attrs={"rows": 5})
_SHORT = forms.Textarea(attrs={"rows": 3})


class ListForm(Filters):
    """The filter above the seller's products."""

    q = SearchField()
    status = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All")),
            ("draft", _("Draft")),
            ("listed", _("On sale")),
            ("unlisted", _("Taken off sale")),
        ],
    )


class ProductForm(forms.Form):
    """Everything a merchant writes about a product. Only the title and the kind are needed."""

    title = forms.CharField(label=_("Title"), max_length=60)
    category = forms.ChoiceField(label=_("Kind of goods"), choices=Category.choices)
    brand = forms.TypedChoiceField(
        label=_("Brand"), required=False, coerce=int, empty_value=None, choices=()
    )
    season_months = forms.TypedMultipleChoiceField(
        label=_("Months in season"),
        required=False,
        coerce=int,
        choices=[(month, season.lazy_name_of(month)) for month in season.MONTHS],
        widget=forms.CheckboxSelectMultiple,
    )
    story = forms.CharField(
        label=_("Story"),
        required=False,
        max_length=4000,
        widget=_LONG,
        help_text=_("Where it grows, who grows it, how it is picked."),
    )
    grade = forms.CharField(label=_("Grade"), required=False, max_length=30)
    size = forms.CharField(
        label=_("Size"), required=False, max_length=60, help_text=_("For example: 30–40 g a piece")
    )
    sugar = forms.CharField(
        label=_("Sugar"), required=False, max_length=30, help_text=_("For fruit: at least 12 °Bx")
    )
    packing = forms.CharField(label=_("Packing"), required=False, max_length=120)
    inspection = forms.CharField(
        label=_("Inspection"),
        required=False,
        max_length=200,
        help_text=_("How each lot is checked, and by whom."),
    )
    storage_note = forms.CharField(label=_("How to keep it"), required=False, max_length=300)
    eating_note = forms.CharField(label=_("How to eat it"), required=False, max_length=300)
    licence_number = forms.CharField(
        label=_("Food production licence"),
        required=False,
        max_length=40,
        help_text=_("Only for prepared food: the number that begins with SC."),
    )

    def __init__(self, *args: Any, brands: Iterable[AnyBrand], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(brand.pk, brand.name) for brand in brands]
        offer(self, "brand", [("", _("No brand")), *named])

    @staticmethod
    def initial_of(product: AnyProduct) -> dict[str, Any]:
        """What the form shows before it is changed."""
        names = ("title", "category", "story", "storage_note", "eating_note", "licence_number")
        standard = product.standard
        return {
            **{name: getattr(product, name) for name in names},
            **{name: getattr(standard, name) for name in _STANDARD},
            "brand": product.brand_id,
            "season_months": season.months_of(product.season_mask),
        }

    def details(self) -> goods.ProductDetails:
        """What was typed, for the service. Call it on a valid form."""
        typed = dict(self.cleaned_data)
        standard = goods.Standard(**{name: typed.pop(name) for name in _STANDARD})
        months = frozenset(typed.pop("season_months"))
        brand_id = typed.pop("brand")
        return goods.ProductDetails(
            **typed, standard=standard, season_months=months, brand_id=brand_id
        )


_STANDARD = ("grade", "size", "sugar", "packing", "inspection")


class PriceForm(forms.Form):
    """Six amounts: five parts and the whole. They are compared, so that a slip is noticed."""

    price = YuanField(label=_("Price for the buyer"))
    farm_gate_fen = YuanField(
        label=PART_NAMES["farm_gate_fen"], help_text=_("What the growers get for one unit.")
    )
    packing_fen = YuanField(
        label=PART_NAMES["packing_fen"],
        required=False,
        help_text=_("Sorting, box, ice, and the co-op's own work."),
    )
    freight_fen = YuanField(label=PART_NAMES["freight_fen"], required=False)
    platform_fee_fen = YuanField(label=PART_NAMES["platform_fee_fen"], required=False)
    commission_fen = YuanField(
        label=PART_NAMES["commission_fen"],
        required=False,
        help_text=_("For the creator whose clip brought the buyer."),
    )

    @staticmethod
    def initial_of(sku: AnySku) -> dict[str, str]:
        """The present price, in yuan."""
        parts = {name: money.yuan(getattr(sku, name)) for name in PART_NAMES}
        return {"price": money.yuan(sku.price_fen), **parts}

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if not self.errors:
            total, price = self.chain().retail_fen, typed["price"]
            if total != price:
                refusal = PriceDoesNotAddUp(parts=money.yuan(total), price=money.yuan(price))
                self.add_error("price", str(refusal))
        return typed

    def chain(self) -> PriceChain:
        """The five parts, for the service. Call it on a valid form."""
        return PriceChain(**{name: self.cleaned_data[name] or 0 for name in PART_NAMES})


class SkuForm(PriceForm):
    """A new size with its price and stock."""

    name = forms.CharField(
        label=_("Name of the size"), max_length=40, help_text=_("For example: box of 5 jin")
    )
    grams_per_unit = forms.IntegerField(
        label=_("Grams per unit"),
        min_value=1,
        max_value=1_000_000,
        help_text=_("5 jin are 2500 g. It cannot be changed later."),
    )
    stock_count = forms.IntegerField(label=_("Units in stock"), min_value=0, max_value=1_000_000)

    field_order = ("name", "grams_per_unit", "stock_count", "price")


class SkuNameForm(forms.Form):
    """Another name, or off the shelf."""

    name = forms.CharField(label=_("Name of the size"), max_length=40)
    is_active = forms.BooleanField(label=_("Buyers can choose it"), required=False)


class StockForm(forms.Form):
    """A new count; `seen_count` is what the page showed."""

    stock_count = forms.IntegerField(label=_("Units in stock"), min_value=0, max_value=1_000_000)
    seen_count = forms.IntegerField(widget=forms.HiddenInput)


class PhotoForm(forms.Form):
    """One picture."""

    photo = forms.FileField(
        label=_("Photo"),
        widget=forms.FileInput(
            attrs={"accept": "image/jpeg,image/png,image/webp,image/heic,image/heif"}
        ),
    )


class LotForm(forms.Form):
    """A lot with its certificate. Prefilled from the last lot, so that a phone is enough.

    A certificate needs every field; "keep as a draft" (`act=draft`) needs the number only.
    """

    quantity = forms.DecimalField(
        label=_("Quantity"),
        max_digits=9,
        decimal_places=2,
        min_value=Decimal("0.01"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    unit = forms.ChoiceField(label=_("Unit"), choices=Unit.choices)
    harvest_from = DayField(label=_("Harvest begins"))
    harvest_until = DayField(label=_("Harvest ends"))
    valid_until = DayField(label=_("Sold until"))
    goods_name = forms.CharField(label=_("Name of the goods"), max_length=60)
    origin = forms.CharField(
        label=_("Origin"), max_length=120, help_text=_("County, township, village")
    )
    promiser = forms.CharField(label=_("Promised by"), max_length=60)
    contact = forms.CharField(
        label=pgettext_lazy("on a certificate", "Telephone"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )
    shows_contact = forms.BooleanField(
        label=_("Show the whole number in public"),
        required=False,
        help_text=_("Otherwise the public page hides its middle; your printed sheet shows it."),
    )
    promises = forms.MultipleChoiceField(
        label=_("I promise"),
        choices=Promise.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    proof_method = forms.ChoiceField(
        label=_("The promise rests on"),
        choices=ProofMethod.choices,
        widget=forms.RadioSelect,
    )
    number = forms.CharField(label=_("Lot number"), max_length=30)
    certificate_number = forms.CharField(
        label=_("Certificate number"),
        required=False,
        max_length=40,
        help_text=_("Leave it empty and we make one."),
    )
    issued_on = DayField(label=_("Date of issue"))

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        if data is not None and data.get("act") == "draft":
            for name, field in self.fields.items():
                field.required = name in ("number", "unit")

    def clean_promises(self) -> list[str]:
        """A certificate promises all three; a draft may still lack some."""
        promises: list[str] = self.cleaned_data["promises"]
        if self.fields["promises"].required and set(promises) != set(Promise.values):
            raise forms.ValidationError(_("A certificate needs all three promises."))
        return promises

    @staticmethod
    def initial_of(lot: AnyLot) -> dict[str, Any]:
        """The fields of a lot that is being edited."""
        return {name: getattr(lot, name) for name in LotForm.base_fields}

    @staticmethod
    def initial_after(product: AnyProduct, last: AnyLot | None) -> dict[str, Any]:
        """A new lot begins as the last one did: mostly only the quantity is new."""
        today = clock.today()
        kept = ("unit", "goods_name", "origin", "promiser", "contact", "shows_contact")
        same = {name: getattr(last, name) for name in kept} if last else {}
        return {
            "goods_name": product.title,
            "origin": product.county.name,
            "promiser": product.merchant.name,
            "unit": Unit.JIN,
            **same,
            "promises": Promise.values,
            "proof_method": last.proof_method if last else ProofMethod.SELF_TEST,
            "number": f"{today:%Y%m%d}-{product.lots.count() + 1}",
            "issued_on": today,
            "harvest_from": today,
            "harvest_until": today + timedelta(days=7),
            "valid_until": today + timedelta(days=30),
        }

    def details(self) -> goods.LotDetails:
        """What was typed, for the service. Call it on a valid form."""
        typed = dict(self.cleaned_data)
        promises = tuple(typed.pop("promises"))
        return goods.LotDetails(**typed, promises=promises)


class BrandNameForm(forms.Form):
    """A new brand: who keeps it, and its name."""

    keeper = forms.ChoiceField(label=_("Who keeps the brand"), choices=())
    name = forms.CharField(label=_("Brand name"), max_length=60)

    def __init__(self, *args: Any, keepers: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "keeper", list(keepers))


class DossierForm(forms.Form):
    """Survey → selling points → positioning → slogan, in working order."""

    survey = forms.CharField(
        label=_("1. Survey"),
        required=False,
        max_length=4000,
        widget=_LONG,
        help_text=_("Villages seen, growers, season, volume, transport, certificates."),
    )
    selling_points = forms.CharField(
        label=_("2. Selling points"), required=False, max_length=2000, widget=_SHORT
    )
    positioning = forms.CharField(label=_("3. Positioning"), required=False, max_length=200)
    slogan = forms.CharField(
        label=_("4. Slogan"),
        required=False,
        max_length=40,
        help_text=_("It stands on every card of the brand's products."),
    )
    differentiators = forms.CharField(
        label=_("What sets it apart"), required=False, max_length=2000, widget=_SHORT
    )
    proof = forms.CharField(
        label=_("Proof"),
        required=False,
        max_length=2000,
        widget=_SHORT,
        help_text=_("Test reports, geographical indication, prizes: what can be checked."),
    )
    forbidden_claims = forms.CharField(
        label=_("Forbidden claims"),
        required=False,
        max_length=2000,
        widget=_SHORT,
        help_text=_("One per line. A product of this brand must not use these words."),
    )

    def dossier(self) -> goods.Dossier:
        """What was typed, for the service. Call it on a valid form."""
        return goods.Dossier(**self.cleaned_data)


class NominationForm(forms.Form):
    """Why a product deserves a place in the pool."""

    reason = forms.CharField(
        label=_("Why it deserves a place in the county's pool"), max_length=300, widget=_SHORT
    )


class ExitForm(forms.Form):
    """Why a product leaves the pool; the reason is public."""

    reason = forms.ChoiceField(label=_("Reason for leaving"), choices=ExitReason.choices)
    note = forms.CharField(label=_("Note"), required=False, max_length=300)
