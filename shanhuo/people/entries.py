"""What is written down about a household, and what must never be: shapes and checks, no tables."""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import clock
from shanhuo.kernel.encryption import keyed_hash
from shanhuo.kernel.errors import Refusal
from shanhuo.people.models import Household, HouseholdConsent

FIRST_CONSENT = date(2020, 1, 1)
LONGEST_NUMBER, LONGEST_NAME, LONGEST_ADDRESS = 40, 50, 200
Kind = Household.Kind

_IDENTITY_NUMBER = re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])\d{2}\d{3}[\dXx]")
_LONG_DIGITS = re.compile(r"(?<!\d)\d{16,19}(?!\d)")
_CONTACT = re.compile(r"\+?\d{7,15}")
_SEPARATORS = re.compile(r"[\s\-.()]+")


class EntryIncomplete(Refusal):
    code = "entry_incomplete"
    status = 422
    message = _("A household needs a number and the name of the person who speaks for it.")


class EntryTooLong(Refusal):
    code = "entry_too_long"
    status = 422
    message = _("Number, name or address is too long.")


class RiskMissing(Refusal):
    code = "risk_missing"
    status = 422
    message = _("A monitored household needs its kind of risk; others have none.")


class IdentityNumberFound(Refusal):
    code = "identity_number_found"
    status = 422
    message = _("Identity and bank card numbers must not be stored. Take them out.")


class NotAContact(Refusal):
    code = "not_a_contact"
    status = 422
    message = _("The telephone number is not right.")


class ConsentMissing(Refusal):
    code = "consent_missing"
    status = 422
    message = _("Without the household's consent it cannot be registered. Give the day it agreed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdEntry:
    """What an officer writes down about a household, as it will be stored."""

    number: str
    head_name: str
    kind: str
    risk: str = ""
    village_id: int | None = None
    phone: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEntry:
    given_on: date
    channel: str = HouseholdConsent.Channel.PAPER


def checked(entry: HouseholdEntry) -> HouseholdEntry:
    """The entry tidied up. Raises EntryIncomplete, EntryTooLong, RiskMissing, IdentityNumberFound,
    NotAContact. A name is never "corrected": rare characters and middle dots stay.
    """
    entry = replace(
        entry,
        number=unicodedata.normalize("NFKC", entry.number).strip(),
        head_name=entry.head_name.strip(),
        address=entry.address.strip(),
        phone=contact(entry.phone),
    )
    if not entry.number or not entry.head_name:
        raise EntryIncomplete
    if (
        len(entry.number) > LONGEST_NUMBER
        or len(entry.head_name) > LONGEST_NAME
        or len(entry.address) > LONGEST_ADDRESS
    ):
        raise EntryTooLong
    if entry.kind not in Kind.values or (entry.kind == Kind.MONITORED) != bool(entry.risk):
        raise RiskMissing
    if any(holds_identity_number(text) for text in (entry.number, entry.head_name, entry.address)):
        raise IdentityNumberFound
    return entry


def contact(text: str) -> str:
    """ "0510-8888 6666" -> "051088886666"; mobile or landline, or nothing. Raises NotAContact."""
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).removeprefix("+86")
    if plain and not _CONTACT.fullmatch(plain):
        raise NotAContact
    return plain


def holds_identity_number(text: str) -> bool:
    """Whether an identity number or a bank card number stands somewhere in the text."""
    plain = unicodedata.normalize("NFKC", text)
    return bool(_IDENTITY_NUMBER.search(plain) or _LONG_DIGITS.search(plain))


def refuse_consent(given: ConsentEntry, *, now: datetime) -> None:
    """Raises ConsentMissing for a day that cannot be."""
    if not FIRST_CONSENT <= given.given_on <= clock.day_of(now):
        raise ConsentMissing
    if given.channel not in HouseholdConsent.Channel.values:
        raise ConsentMissing


def number_digest(number: str) -> str:
    """Finds a household by its exact number within a county."""
    return keyed_hash("household.number", number)


def name_digest(name: str) -> str:
    """Finds households by an exact name."""
    return keyed_hash("household.name", name)
