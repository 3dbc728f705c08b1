"""Phone numbers: as people type them, as we keep them, as we show them.

Kept as E.164 ("+8613800138000"), encrypted; found again by `digest`. Only numbers of the countries
in `SHANHUO_SMS_COUNTRIES` get messages: text-message fraud lives on foreign and premium prefixes.
"""

import re
import unicodedata

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import encryption
from shanhuo.kernel.errors import Refusal

_SEPARATORS = re.compile(r"[\s\-.()·]+")
_MAINLAND = re.compile(r"(?:\+86|0086|86)?(1[3-9]\d{9})")
_ABROAD = re.compile(r"(?:\+|00)([1-9]\d{6,14})")


class NotAPhone(Refusal):
    code = "not_a_phone"
    status = 422
    message = _("Write a mobile number of 11 digits, for example 138 0013 8000.")


class CountryNotServed(Refusal):
    code = "country_not_served"
    status = 422
    message = _("We cannot send codes to numbers of this country or kind.")


def normalise(text: str) -> str:
    """ "１３８ 0013-8000", "0086 138…", "+86…" -> "+8613800138000".

    Raises NotAPhone, or CountryNotServed for a number that gets no messages here.
    """
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    if mainland := _MAINLAND.fullmatch(plain):
        return f"+86{mainland[1]}"
    if abroad := _ABROAD.fullmatch(plain):
        return _served(abroad[1])
    raise NotAPhone


def _served(digits: str) -> str:
    # A mainland number that is no mobile (400, 95xxx, a landline) has matched no pattern above.
    if digits.startswith("86"):
        raise NotAPhone
    if not digits.startswith(tuple(settings.SMS_COUNTRIES)):
        raise CountryNotServed
    return f"+{digits}"


def digest(phone: str) -> str:
    """The keyed hash by which a normalised number is found; nothing can be read back from it."""
    return encryption.keyed_hash("phone", phone)


def local(phone: str) -> str:
    """ "+8613800138000" -> "13800138000": how people here write it."""
    return phone.removeprefix("+86")


def masked(phone: str) -> str:
    """ "+8613800138000" -> "138****8000": enough to recognise one's own, useless to others."""
    digits = local(phone)
    return f"{digits[:3]}****{digits[-4:]}" if digits else ""
