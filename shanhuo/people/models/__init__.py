"""Tables of the room: accounts, codes and passkeys, organisations and their checks, households."""

from shanhuo.people.models.accounts import SignInCode, User, UserManager
from shanhuo.people.models.households import (
    Household,
    HouseholdConsent,
    HouseholdImport,
    HouseholdImportRow,
)
from shanhuo.people.models.organisations import Invitation, Membership, Organisation
from shanhuo.people.models.passkeys import Passkey
from shanhuo.people.models.verification import Verification, VerificationDocument

__all__ = [
    "Household",
    "HouseholdConsent",
    "HouseholdImport",
    "HouseholdImportRow",
    "Invitation",
    "Membership",
    "Organisation",
    "Passkey",
    "SignInCode",
    "User",
    "UserManager",
    "Verification",
    "VerificationDocument",
]
