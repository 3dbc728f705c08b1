"""Facts of the room. They carry public ids and keyed hashes, never personal data."""

from dataclasses import dataclass

from shanhuo.kernel.facts import Fact


@dataclass(frozen=True, slots=True)
class OrganisationVerified(Fact):
    """An organisation's papers were accepted by a second person (or it needed none)."""

    organisation: str
    kind: str
    county: str


@dataclass(frozen=True, slots=True)
class MembershipEnded(Fact):
    user: str
    organisation: str


@dataclass(frozen=True, slots=True)
class HouseholdErased(Fact):
    """Consent was withdrawn: rooms above drop what they copied from the household's own data."""

    household_key: str
    county: str


@dataclass(frozen=True, slots=True)
class AccountSuspended(Fact):
    """An operator closed the account: nothing of it is promoted any more."""

    user: str


@dataclass(frozen=True, slots=True)
class AccountErased(Fact):
    """A person deleted the account: rooms above drop what was theirs and may be dropped."""

    user: str
