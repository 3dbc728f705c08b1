"""An encoder (ffmpeg in the place of OBS), and the line between it and the studio."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from shanhuo.content.media import jail
from tests.ports import free_port

# 360p: a keyframe every second, and nothing for the 480p rung to draw.
FILM = (
    "-v error -re -f lavfi -i testsrc2=s=640x360:r=15 -f lavfi -i sine=f=440 -c:v libx264 "
    "-preset ultrafast -tune zerolatency -pix_fmt yuv420p -g 15 -c:a aac -b:a 64k -f flv"
)
ENDS_WITHIN_S = 10


@contextmanager
def filming(server: str, key: str) -> Iterator[subprocess.Popen[bytes]]:
    """Publish until the end of the block, if the studio does not end it before."""
    command = [jail.program(), "-nostdin", *FILM.split(), f"{server}/{key}"]
    program = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield program
    finally:
        program.kill()
        program.wait(ENDS_WITHIN_S)


class Cable:
    """A line to a port that can be cut: nothing passes any more, and neither side is told."""

    def __init__(self, to_port: int) -> None:
        self.port = free_port()
        self._to_port = to_port
        self._door = socket.create_server(("127.0.0.1", self.port))
        self._live: set[socket.socket] = set()
        self._dead: set[socket.socket] = set()
        Thread(target=self._meet, daemon=True).start()

    def cut(self) -> None:
        """Whoever talks now is never heard again; who connects later has a line of his own."""
        self._dead |= self._live
        self._live.clear()

    def close(self) -> None:
        for end in (self._door, *self._live, *self._dead):
            end.close()

    def _meet(self) -> None:
        while True:
            try:
                near, _address = self._door.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._to_port))
            self._live |= {near, far}
            Thread(target=self._carry, args=(near, far), daemon=True).start()
            Thread(target=self._carry, args=(far, near), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65_536):
                if one in self._dead:
                    return
                other.sendall(data)
            if one not in self._dead:
                other.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # closed
