"""Facts of this room."""

from dataclasses import dataclass

from shanhuo.kernel.facts import Fact


@dataclass(frozen=True, slots=True)
class SessionOpened(Fact):
    """The public sees the first picture. county: adcode; host_id, product_ids: row ids."""

    session_id: int
    public_id: str
    kind: str
    county: str
    host_id: int
    product_ids: list[int]


@dataclass(frozen=True, slots=True)
class SessionCancelled(Fact):
    """It was announced, or about to be, and will not take place."""

    session_id: int
    public_id: str
    county: str


@dataclass(frozen=True, slots=True)
class SessionEnded(Fact):
    """The last picture was shown. why: an EndReason code; on_air_seconds: without the gaps."""

    session_id: int
    public_id: str
    kind: str
    county: str
    host_id: int
    why: str
    on_air_seconds: int
