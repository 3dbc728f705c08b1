"""Budget shared by several processes: who may give out how many exposures of which contract.

Of every contract, an exposure is in exactly one place:

    free + held (by a process) + in the air (given out, not seen yet) + seen = quota

Only what is free is lent, so the sum cannot pass the quota, whoever dies when. A process that does
not come back keeps what it held until its own log has told how much of it was given out: that part
is in the air, and the rest is free again. Nothing is lost, and nothing is guessed.
"""

from dataclasses import dataclass, field

import numpy as np

from shanhuo.traffic.pacing.offers import Numbers


class LeaseLapsed(Exception):
    """The process came back too late; what it gave out since is counted from its log."""


@dataclass
class Held:
    """What a process may still give out, per contract, and until when it must report."""

    units: Numbers
    expires_at: float


@dataclass
class Leases:
    """All arrays are per contract."""

    quotas: Numbers
    free: Numbers = field(init=False)
    air: Numbers = field(init=False)
    seen: Numbers = field(init=False)
    held: dict[str, Held] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.free = np.array(self.quotas, np.int64)
        self.air, self.seen = np.zeros_like(self.free), np.zeros_like(self.free)

    @property
    def left(self) -> Numbers:
        """What each contract still needs if all that is in the air is seen."""
        return self.quotas - self.seen - self.air

    def renew(
        self, process: str, given: Numbers, wanted: Numbers, *, now: float, until: float
    ) -> Numbers:
        """Report what was given out of the last lease, hand the rest back, and get a new one.

        Returns units per contract, at most what is wanted. Raises LeaseLapsed; then nothing
        changed, and the process must ask anew after `recover`.
        """
        before = self.held.get(process)
        if before is None and given.any():
            raise LeaseLapsed(process)
        if before is not None:
            if now >= before.expires_at:
                raise LeaseLapsed(process)
            self._close(process, given)
        units = np.minimum(wanted, self.free).clip(0)
        self.free -= units
        self.held[process] = Held(units, until)
        return units.copy()

    def lapsed(self, *, now: float) -> list[str]:
        """Processes that did not come back: read their logs, then `recover`."""
        return [process for process, held in self.held.items() if now >= held.expires_at]

    def recover(self, process: str, given: Numbers) -> None:
        """Close the lease of a dead process by what its log says it gave out since its report."""
        self._close(process, given)

    def land(self, *, seen: Numbers, unseen: Numbers) -> None:
        """Of what was in the air, this much was seen, and this much can be seen no more."""
        if ((seen < 0) | (unseen < 0) | (seen + unseen > self.air)).any():
            raise ValueError("more landed than was in the air")
        self.air -= seen + unseen
        self.seen += seen
        self.free += unseen

    def stop(self, contracts: Numbers) -> None:
        """Nothing more is lent; what is held ends with its lease."""
        self.quotas[contracts] -= self.free[contracts]
        self.free[contracts] = 0

    def _close(self, process: str, given: Numbers) -> None:
        units = self.held[process].units
        if ((given < 0) | (given > units)).any():
            raise ValueError(f"{process} gave out what it did not hold")
        del self.held[process]
        self.air += given
        self.free += units - given
