"""Forms of the content pages."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shanhuo.content.reasons import Reason
from shanhuo.content.services.posting import MAX_TOPICS
from shanhuo.content.states import PostKind
from shanhuo.goods import queries as goods
from shanhuo.people import queries as people
from shanhuo.web.fields import FilesField
from shanhuo.web.forms import offer

_Kind = PostKind
FILM_TYPES = "video/*,.mp4,.mov,.3gp,.webm,.mkv"
PHOTO_TYPES = "image/jpeg,image/png,image/webp,image/heic,image/heif,.heic"
_TYPES = {"accept": f"{FILM_TYPES},{PHOTO_TYPES}"}


class WordsForm(forms.Form):
    """What the author says about a post."""

    caption = forms.CharField(
        label=_("What do you want to say?"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Who, where, what, and what makes it good. Say it as you would at the market."),
    )
    topics = forms.CharField(
        label=_("Topics"),
        required=False,
        max_length=180,
        help_text=_("Up to five words, with a space between them."),
    )
    place_name = forms.CharField(
        label=_("Place"),
        required=False,
        max_length=60,
        help_text=_("Village or slope, as people there call it. No house number."),
    )
    product = forms.ChoiceField(label=_("Product in the picture"), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._products = _products_for(user)
        choices = [("", _("No product"))]
        choices += [(product.public_id, product.title) for product in self._products.values()]
        offer(self, "product", choices)

    def clean_topics(self) -> list[str]:
        words = [word for word in re.split(r"[\s,，、#]+", self.cleaned_data["topics"]) if word]
        if len(words) > MAX_TOPICS:
            raise forms.ValidationError(_("At most five topics, please."))
        if any(len(word) > 30 for word in words):
            raise forms.ValidationError(_("A topic has at most 30 characters."))
        return words

    @property
    def product_id(self) -> int | None:
        """Row id of the chosen product; call after validation."""
        product = self._products.get(self.cleaned_data["product"])
        return product.pk if product else None


class PostForm(WordsForm):
    """A new post: for whom, what kind, the words, and, without script, the files."""

    organisation = forms.ChoiceField(label=_("Post as"))
    kind = forms.ChoiceField(
        label=_("What is it?"), choices=_Kind.choices, initial=_Kind.CLIP, widget=forms.RadioSelect
    )
    attached = FilesField(
        label=_("Film or photos"),
        required=False,
        help_text=_("One film of at most five minutes, or up to nine photos."),
        attrs=_TYPES,
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=80)
    field_order = ("kind", "attached", "caption", "product", "topics", "place_name", "organisation")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self._organisations = {row.public_id: row for row in people.publishers_of(user)}
        names = [(row.public_id, row.name) for row in self._organisations.values()]
        offer(self, "organisation", names, hide_one=True)

    @property
    def organisation_row(self) -> Any:
        return self._organisations[self.cleaned_data["organisation"]]


class FilesForm(forms.Form):
    """A film or photos for a draft, sent without script."""

    attached = FilesField(
        label=_("Film or photos"),
        attrs=_TYPES,
    )


class AppealForm(forms.Form):
    text = forms.CharField(
        label=_("Why should it be shown?"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Somebody else will look again and read this."),
    )


class CommentForm(forms.Form):
    text = forms.CharField(
        label=_("Say something"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


class ReportForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("What is wrong?"), choices=Reason.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("What should we look at?"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class DecisionForm(forms.Form):
    """A reviewer's decision; a refusal names its reason."""

    APPROVE, REFUSE = "approve", "refuse"
    decision = forms.ChoiceField(choices=[(APPROVE, APPROVE), (REFUSE, REFUSE)])
    reason = forms.ChoiceField(
        label=_("Reason"),
        required=False,
        choices=[("", "—"), *Reason.choices],
        help_text=_("The author reads this reason and its rule."),
    )
    note = forms.CharField(
        label=_("A word to the author"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == self.REFUSE and not cleaned.get("reason"):
            self.add_error("reason", _("Choose the reason: the author has a right to it."))
        return cleaned


def _products_for(user: Any) -> dict[str, Any]:
    """What the user's organisations sell, and what is on sale in their counties."""
    counties = {row.county_id for row in people.publishers_of(user)}
    rows = goods.products_visible_to(user).filter(county__in=counties).order_by("title")[:100]
    return {row.public_id: row for row in rows}
