"""Facts of this room."""

from dataclasses import dataclass

from shanhuo.kernel.facts import Fact


@dataclass(frozen=True, slots=True)
class GrantApproved(Fact):
    """Exposures were promised. `contracts`: the numbers that signals carry as `grant`."""

    grant: str
    programme: str
    county: str
    means: str
    exposures: int
    contracts: list[int]


@dataclass(frozen=True, slots=True)
class PoolOpened(Fact):
    """A contract on the county was made for what objects of a grant cannot use any more.
    `contract`: the number that signals carry as `grant`."""

    grant: str
    programme: str
    county: str
    contract: int


@dataclass(frozen=True, slots=True)
class GrantEnded(Fact):
    """Nothing more is shown under it. `stopped`: by an operator, before its time."""

    grant: str
    county: str
    stopped: bool
