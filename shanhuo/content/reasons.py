"""Why a post or comment may be refused: one stable code, one short name, one rule each."""

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    """Codes are stored, exported and counted: never renamed."""

    FALSE_ORIGIN = "false_origin", _("False origin or staged hardship")
    FALSE_CLAIM = "false_claim", _("Claim that is not true or not allowed")
    OUTSIDE_TRADE = "outside_trade", _("Trade outside the platform")
    PERSONAL_DATA = "personal_data", _("Somebody's personal data")
    MINOR = "minor", _("A child is shown at risk or used to sell")
    DANGER = "danger", _("Dangerous or illegal act")
    OFFENCE = "offence", _("Insult, hatred or obscenity")
    COPY = "copy", _("Somebody else's work")
    UNUSABLE = "unusable", _("Picture or sound cannot be understood")
    OFF_TOPIC = "off_topic", _("Advertisement or content that does not belong here")


RULES: dict[str, Promise] = {
    Reason.FALSE_ORIGIN: _(
        "Show where the goods really grow, and no hardship that was staged. The place you name "
        "must be the place you filmed."
    ),
    Reason.FALSE_CLAIM: _(
        "Food cures no illness, and nothing is “the best” or “number one”. Say only what you can "
        "prove: grade, weight, harvest day, certificate."
    ),
    Reason.OUTSIDE_TRADE: _(
        "No phone numbers, chat accounts, codes or links that lead to trade elsewhere: there we "
        "can protect neither you nor the buyer."
    ),
    Reason.PERSONAL_DATA: _(
        "No ID cards, bank cards, illnesses, addresses or household lists, neither in the picture "
        "nor in the text."
    ),
    Reason.MINOR: _(
        "Children may be seen in passing. They do not sell, and they are never in danger."
    ),
    Reason.DANGER: _("Nothing that people are hurt by when they copy it, and nothing illegal."),
    Reason.OFFENCE: _("Speak as you would at the village fair: no insults, hatred or obscenity."),
    Reason.COPY: _("Post what you filmed yourself, or what its author lets you use."),
    Reason.UNUSABLE: _("One should see and hear what it is about. Please film it again."),
    Reason.OFF_TOPIC: _("Posts are about people, goods and scenery of the countryside."),
}


def rule_of(reason: str) -> Promise:
    """The sentence an author reads beside the code."""
    return RULES[Reason(reason)]
