"""Ports for servers that tests start."""

import random
import socket

# Below the range from which systems hand out ports to clients.
_OURS = range(20_000, 32_000, 2)


def free_port() -> int:
    """A port that nobody listens on, and whose successor is free as well.

    Drawn at random: several test processes look for one at the same time, and a server that shares
    its port with another takes half of its requests.
    """
    while True:
        port = random.SystemRandom().choice(_OURS)
        if _is_free(port) and _is_free(port + 1):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
