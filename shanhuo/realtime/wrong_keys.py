"""Who tries many stream keys is not listened to for a while."""

import time

MOST, WINDOW_S = 10, 60.0


class WrongKeys:
    """Wrong keys of each address within a window that begins with the first one."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, int]] = {}

    def note(self, address: str) -> None:
        now = time.monotonic()
        fresh = {one: seen for one, seen in self._seen.items() if now - seen[0] < WINDOW_S}
        since, count = fresh.get(address, (now, 0))
        self._seen = fresh | {address: (since, count + 1)}

    def are_too_many(self, address: str) -> bool:
        since, count = self._seen.get(address, (0.0, 0))
        return count >= MOST and time.monotonic() - since < WINDOW_S
