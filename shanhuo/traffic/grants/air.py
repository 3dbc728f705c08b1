"""Slots that this process gave out under a contract and that may yet be seen."""

from collections import Counter, deque

from shanhuo.traffic.records import Records
from shanhuo.traffic.sheets import CHARGED_MS

SLOTS_A_SHEET = 64
LATENCY_MS = 60_000


class Air:
    """One key per slot, until its exposure is in the log or comes too late to be charged.

    `out` counts slots by contract from the moment they are charged, a little before their sheet is
    sealed and `give` learns its number.
    """

    def __init__(self) -> None:
        self.out: Counter[int] = Counter()
        self._contract_of: dict[int, int] = {}
        self._leaving: deque[tuple[int, int]] = deque()

    def give(self, sheet: int, slot: int, contract: int, *, now_ms: int) -> None:
        key = sheet * SLOTS_A_SHEET + slot
        self._contract_of[key] = contract
        self._leaving.append((now_ms + CHARGED_MS + LATENCY_MS, key))

    def holds(self, exposure: Records) -> bool:
        """Whether the exposure is of a slot that this process gave out."""
        key = int(exposure["sheet"]) * SLOTS_A_SHEET + int(exposure["slot"])
        return key in self._contract_of

    def seen(self, exposures: Records) -> list[bool]:
        """Take out what was exposed; says of each record whether it was a slot of ours."""
        sheets, slots = exposures["sheet"].tolist(), exposures["slot"].tolist()
        return [
            self._take_out(sheet * SLOTS_A_SHEET + slot)
            for sheet, slot in zip(sheets, slots, strict=True)
        ]

    def let_go(self, *, now_ms: int) -> None:
        """What nobody saw in time may be given out again."""
        while self._leaving and self._leaving[0][0] <= now_ms:
            self._take_out(self._leaving.popleft()[1])

    def _take_out(self, key: int) -> bool:
        contract = self._contract_of.pop(key, None)
        if contract is None:
            return False
        self.out[contract] -= 1
        return True
