"""An encoder in a few lines: publishes by RTMP, well or badly, and tells what it was answered."""

import asyncio
from dataclasses import dataclass
from typing import Any, Self

from shanhuo.live.media import flv, rtmp

PATIENCE_S = 8
# A parameter set of 160x120 as x264 writes it; AAC-LC, 44.1 kHz, mono.
PICTURE_SETUP = b"\x17\0\0\0\0" + bytes.fromhex(
    "0164000affe1001967640 00aacd94284fde022000003000200000300781e244d2c01000668ebe3cb22c0".replace(
        " ", ""
    )
)
SOUND_SETUP = b"\xaf\0\x12\x08"
KEYFRAME = b"\x17\1\0\0\0" + b"\0\0\0\1k"


@dataclass(slots=True)
class Encoder:
    """One connection to the door of the studio."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    _chunks: rtmp.ChunkReader

    @classmethod
    async def connect(cls, port: int) -> Self:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        return cls(reader, writer, rtmp.ChunkReader())

    async def shake_hands(self) -> Self:
        self.writer.write(rtmp.greeting())
        answer = await self.reader.readexactly(1 + 2 * rtmp.HANDSHAKE_BYTES)
        self.writer.write(answer[1 : 1 + rtmp.HANDSHAKE_BYTES])
        return self

    def command(self, *values: Any) -> None:
        self.writer.write(rtmp.command(*values))

    async def publish(self, key: str, *, app: str = "live") -> dict[str, Any]:
        """Ask to publish; the status that came back."""
        self.command("connect", 1, {"app": app})
        self.command("createStream", 2, None)
        self.command("publish", 3, None, key, "live")
        return await self.status()

    def send(self, kind: int, body: bytes, *, at_ms: int = 0) -> None:
        whole = rtmp.write_message(kind, body, lane=6, stream=1)
        self.writer.write(whole[:1] + at_ms.to_bytes(3) + whole[4:])

    def film(self, *, at_ms: int = 0, picture: bytes = PICTURE_SETUP, sound: bytes = SOUND_SETUP):
        """What an encoder begins with: set-ups, then a keyframe."""
        self.send(flv.PICTURE, picture, at_ms=at_ms)
        self.send(flv.SOUND, sound, at_ms=at_ms)
        self.send(flv.PICTURE, KEYFRAME, at_ms=at_ms)

    async def status(self) -> dict[str, Any]:
        """The next `onStatus`. Raises EOFError when the line is closed without one."""
        async with asyncio.timeout(PATIENCE_S):
            while data := await self.reader.read(4096):
                for message in self._chunks.feed(data):
                    if message.kind == rtmp.COMMAND:
                        name, *_, told = rtmp.read_values(message.body)
                        if name == "onStatus":
                            return dict(told)
        raise EOFError

    async def is_closed(self) -> bool:
        """Wait until the other side closes the line."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                while await self.reader.read(65_536):
                    pass
            except ConnectionError:
                pass
        return True
