"""The cage around ffmpeg: a program that takes everything away from itself, then becomes ffmpeg.

    python -I -S cage.py <cpu seconds> <memory bytes> <file bytes> <program> <argument>…

Limits of the kernel's own (processor time, memory, file size, no core dump) hold everywhere. Where
the host allows it there is no network (a namespace of its own) and no file but the working folder
and the system's libraries (Landlock). It is killed when the process that started it dies.
Run by path, without the platform's packages: a broken decoder finds no Django around it.
"""

import ctypes
import os
import resource
import struct
import sys
from contextlib import suppress

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
SIGKILL = 9
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
READ_AND_EXECUTE = 0b1101  # execute, read file, read directory
EVERYTHING = 0x1FFF  # the thirteen rights of the first Landlock
FILE_RIGHTS = 0b111
SYSTEM_FOLDERS = ("/usr", "/lib", "/lib64")

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    cpu_seconds, memory_bytes, file_bytes = map(int, sys.argv[1:4])
    command = sys.argv[4:]
    _limit(cpu_seconds, memory_bytes, file_bytes)
    _libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)
    # After the change of credentials, which would forget the wish.
    _libc.prctl(PR_SET_PDEATHSIG, SIGKILL)
    _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    with suppress(OSError):
        _see_only(writable=os.getcwd(), program=command[0])  # noqa: PTH109
    os.execv(command[0], command)  # noqa: S606


def _limit(cpu_seconds: int, memory_bytes: int, file_bytes: int) -> None:
    for kind, value in (
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(kind, (value, value))


def _see_only(*, writable: str, program: str) -> None:
    """Landlock. Raises OSError where the kernel has none; then the other walls must do."""
    attributes = ctypes.create_string_buffer(struct.pack("Q", EVERYTHING))
    ruleset = _call(LANDLOCK_CREATE, attributes, ctypes.c_size_t(8), 0)
    _allow(ruleset, writable, EVERYTHING)
    _allow(ruleset, program, READ_AND_EXECUTE & FILE_RIGHTS)
    for folder in SYSTEM_FOLDERS:
        if os.path.isdir(folder):  # noqa: PTH112
            _allow(ruleset, folder, READ_AND_EXECUTE)
    _call(LANDLOCK_RESTRICT, ruleset, 0)


def _allow(ruleset: int, path: str, rights: int) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, opened))
    _call(LANDLOCK_ADD, ruleset, 1, rule, 0)


def _call(number: int, *arguments: object) -> int:
    result: int = _libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    return result


if __name__ == "__main__":
    main()
