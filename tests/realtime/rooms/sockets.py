"""A page's end of a socket, in bytes: what no browser would send can be sent here."""

import base64
import json
import os
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
PATIENCE_S = 10


class Refused(Exception):
    """The door did not open. `status`: as HTTP says it; `why`: the body."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(status, why)
        self.status, self.why = status, why


class Page:
    """One socket. Frames are read when somebody asks for them."""

    def __init__(self, port: int, ticket: str, *, headers: str = "", buffer: int = 0) -> None:
        self.line = socket.socket()
        if buffer:
            self.line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.line.settimeout(PATIENCE_S)
        self.line.connect(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.line.sendall(
            f"GET /room?k={ticket} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"{headers}\r\n".encode()
        )
        self.data = b""
        while b"\r\n\r\n" not in self.data:
            self._more()
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        if status != 101:
            self.line.close()
            raise Refused(status, self.data.decode())

    def __enter__(self) -> "Page":
        return self

    def __exit__(self, *_error: object) -> None:
        self.line.close()

    def send(self, said: Any, *, opcode: int = TEXT) -> None:
        self.send_raw(frame(said if isinstance(said, bytes) else json.dumps(said).encode(), opcode))

    def send_raw(self, data: bytes) -> None:
        self.line.sendall(data)

    def next(self) -> tuple[int, bytes]:
        """The next frame: opcode and payload. Raises EOFError when the other end hangs up."""
        while (end := self._end()) is None:
            self._more()
        opcode, start, stop = end
        payload, self.data = self.data[start:stop], self.data[stop:]
        return opcode, payload

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first message that is wanted; others are dropped."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            opcode, payload = self.next()
            if opcode == TEXT and wanted(said := json.loads(payload)):
                return dict(said)
        raise TimeoutError

    def tick(self, wanted: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        return self.until(lambda said: said["t"] == "tick" and wanted(said))

    def said(self, nonce: str) -> str:
        """What became of a line: "shown", or why not."""
        answer = self.until(lambda said: said["t"] == "said" and said["c"] == nonce)
        return "shown" if answer["ok"] else answer["why"]

    def closed_with(self) -> tuple[int, str]:
        """Code and reason of the closing; (1006, "") for a line that was cut."""
        try:
            while True:
                opcode, payload = self.next()
                if opcode == CLOSE:
                    return struct.unpack(">H", payload[:2])[0], payload[2:].decode()
        except (EOFError, ConnectionResetError):
            return 1006, ""

    def _end(self) -> tuple[int, int, int] | None:
        if len(self.data) < 2:
            return None
        size, start = self.data[1], 2
        if size == 126:
            if len(self.data) < 4:
                return None
            size, start = struct.unpack(">H", self.data[2:4])[0], 4
        whole = start + size
        return (self.data[0] & 15, start, whole) if len(self.data) >= whole else None

    def _more(self) -> None:
        piece = self.line.recv(65_536)
        if not piece:
            raise EOFError
        self.data += piece


def frame(payload: bytes, opcode: int = TEXT, *, length: int | None = None) -> bytes:
    """A masked frame; `length` may say more than there is."""
    mask = os.urandom(4)
    size = len(payload) if length is None else length
    if size < 126:
        head = bytes([0x80 | opcode, 0x80 | size])
    elif size < 65_536:
        head = bytes([0x80 | opcode, 0xFE]) + struct.pack(">H", size)
    else:
        head = bytes([0x80 | opcode, 0xFF]) + struct.pack(">Q", size)
    return head + mask + bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
