"""`python -m bench._roombare PORT FRAME_BYTES`: picows and nothing else. Everybody who knocks comes
in, and twice a second everybody gets the same bytes. What our rooms are measured against."""

import asyncio
import resource
import sys

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

there: set[WSTransport] = set()


class Bare(WSListener):
    """As the library's own examples do it."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        there.add(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        there.discard(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()


def welcome(_request: WSUpgradeRequest) -> Bare:
    return Bare()


async def serve(port: int, frame: bytes) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    await ws_create_server(welcome, "127.0.0.1", port, backlog=4096, use_aiofastnet=False)
    while True:
        await asyncio.sleep(0.5)
        for transport in list(there):
            transport.send(WSMsgType.TEXT, frame)


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), b"x" * int(sys.argv[2])))
