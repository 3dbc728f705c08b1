"""Closed lists that tables, forms and the API share."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Carrier(models.TextChoices):
    """Who carries a parcel."""

    SF = "sf", _("SF Express")
    EMS = "ems", _("China Post EMS")
    JD = "jd", _("JD Logistics")
    ZTO = "zto", _("ZTO Express")
    YTO = "yto", _("YTO Express")
    STO = "sto", _("STO Express")
    YUNDA = "yunda", _("Yunda Express")
    JT = "jt", _("J&T Express")
    OTHER = "other", _("Another carrier")


class RefundReason(models.TextChoices):
    """Why money goes back."""

    CHANGED_MIND = "changed_mind", _("Buyer changed their mind")
    OUT_OF_STOCK = "out_of_stock", _("Cannot be delivered")
    DAMAGED = "damaged", _("Damaged or spoiled")
    PAID_LATE = "paid_late", _("Paid after the order had ended")
    SUSPENSE = "suspense", _("Money without an order")


class Funder(models.TextChoices):
    """Who bears a discount."""

    MERCHANT = "merchant", _("Merchant")
    PLATFORM = "platform", _("Platform")
    CREATOR = "creator", _("Creator")


class SlipMeans(models.TextChoices):
    """How a household was paid."""

    CASH = "cash", _("Cash")
    TRANSFER = "transfer", _("Bank transfer")
    PHONE = "phone", _("Phone payment")


class SaleState(models.TextChoices):
    """How a hot sale stands at a moment."""

    COMING = "coming", _("Not open yet")
    RUNNING = "running", _("Open now")
    SOLD_OUT = "sold_out", _("Sold out")
    OVER = "over", _("Over")


class CouponState(models.TextChoices):
    """How a batch of coupons stands at a moment."""

    WAITING = "waiting", _("Waits for the platform")
    COMING = "coming", _("Not open yet")
    OPEN = "open", _("Open now")
    ALL_TAKEN = "all_taken", _("All taken")
    STOPPED = "stopped", _("No longer given out")
    OVER = "over", _("Over")


class SlipState(models.TextChoices):
    """What became of a slip."""

    VALID = "valid", _("Valid")
    TAKEN_BACK = "taken_back", _("Taken back")
    CORRECTION = "correction", _("Correction")


class SuspenseState(models.TextChoices):
    """What became of money without an order."""

    WAITING = "waiting", _("Waits for an operator")
    SENT_BACK = "sent_back", _("Sent back")
