"""The lists people choose from. Faces import these; the tables stay private."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Category(models.TextChoices):
    """What grows or is made."""

    FRUIT = "fruit", _("Fruit")
    VEGETABLE = "vegetable", _("Vegetables")
    MUSHROOM = "mushroom", _("Mushrooms")
    MEAT = "meat", _("Meat")
    EGG = "egg", _("Eggs")
    FISH = "fish", _("Fish")
    GRAIN = "grain", _("Grain and oil")
    TEA = "tea", _("Tea")
    NUT = "nut", _("Nuts and dried fruit")
    HERB = "herb", _("Herbs and honey")
    PROCESSED = "processed", _("Prepared food")
    CRAFT = "craft", _("Handicraft")


class Unit(models.TextChoices):
    """How a co-op states a quantity. One jin (斤) is 500 g."""

    JIN = "jin", _("jin (500 g)")
    KILOGRAM = "kg", _("kg")
    TONNE = "tonne", _("tonnes")


GRAMS = {Unit.JIN: 500, Unit.KILOGRAM: 1000, Unit.TONNE: 1_000_000}


class Promise(models.TextChoices):
    """What the promiser declares, in the words of the national form (承诺内容)."""

    NO_BANNED = "no_banned", _("No banned pesticides, veterinary drugs or illegal additives used")
    RESIDUES = "residues", _("Residues of ordinary pesticides and drugs are within the limits")
    TRUE = "true", _("I answer for the truth of this declaration")


class ProofMethod(models.TextChoices):
    """What the promise rests on (承诺依据)."""

    LABORATORY = "laboratory", _("Tested by a laboratory")
    SELF_TEST = "self_test", _("Tested by the producer")
    CONTROL = "control", _("Own quality control")
    DECLARED = "declared", _("Own declaration")


class Change(models.TextChoices):
    """What happened to an offering, as `OfferingChanged` tells it."""

    UNLISTED = "unlisted", _("Taken off sale")
    STOCK_GONE = "stock_gone", _("Nothing is left to sell")
    PRICE = "price", _("Another price")


class ExitReason(models.TextChoices):
    """Why a product leaves the pool; shown in public."""

    SEASON_OVER = "season_over", _("The season is over")
    STOCK_GONE = "stock_gone", _("Nothing is left to sell")
    CERTIFICATE = "certificate", _("The certificate has expired or is wrong")
    QUALITY = "quality", _("The goods did not keep the standard")
    PRICE = "price", _("The price no longer fits what was checked")
    LICENCE = "licence", _("The licence is no longer valid")
    WISH = "wish", _("The merchant asked for it")
