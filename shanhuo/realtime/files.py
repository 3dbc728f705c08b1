"""Media and static files, sent by the server without Python touching their bytes.

`/media/` is the public folder alone: originals, uploads and documents live in another folder that
no door opens. Names there are random and never reused, so every answer may be kept for ever, but
for the playlists and the room state of live sessions.
"""

import os
import re
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

from shanhuo.kernel.ranges import NoSuchPart, etag_of, span_of
from shanhuo.realtime.routes import Headers, HotRefusal
from shanhuo.realtime.rsgi import HTTPProtocol, Scope

FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, max-age=0, must-revalidate"
FOR_A_MOMENT = "public, max-age=1"
CHANGING = (".m3u8", ".json")
"""Of a live session these are written anew under the same name, second by second."""

MEDIA_TYPES = {
    ".avif": "image/avif",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4s": "video/iso.segment",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".ts": "video/mp2t",
    ".vtt": "text/vtt; charset=utf-8",
    ".webm": "video/webm",
    ".webp": "image/webp",
}

STATIC_TYPES = MEDIA_TYPES | {
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".js": "text/javascript; charset=utf-8",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}

# As web.assets.HashedFiles names them: the content decides the name, so it never changes.
_HASHED_NAME = re.compile(r"\.[0-9a-f]{12}\.\w+")
_PLAIN_NAME = re.compile(r"[\w@+-][\w.@+-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Found:
    """A file as it is now."""

    path: str
    size: int
    modified_ns: int

    @property
    def modified_s(self) -> int:
        return self.modified_ns // 1_000_000_000

    @property
    def etag(self) -> str:
        return etag_of(self.size, self.modified_ns)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that the door may open. Only plain names of the listed types exist for it.

    `has_packed` says that a `.gz` may stand beside a file, for those who accept it.
    """

    root: Path
    types: dict[str, str]
    cache_control: str
    has_packed: bool = False

    def find(self, relative: str) -> tuple[Found, str] | None:
        """The file and its type. None for anything unusual: dots, links out, unknown endings."""
        parts = relative.split("/")
        if not all(_PLAIN_NAME.fullmatch(part) for part in parts):
            return None
        kind = self.types.get(Path(parts[-1]).suffix.lower())
        path = os.path.join(self.root, *parts)  # noqa: PTH118  str is all that is needed here
        if kind is None or os.path.realpath(path) != path:
            return None
        found = _stat(path)
        return (found, kind) if found else None


def send(scope: Scope, protocol: HTTPProtocol, folder: Folder, relative: str) -> None:
    """Answer GET and HEAD with the file, a part of it, 304, 404 or 416."""
    if scope.method not in {"GET", "HEAD"}:
        raise HotRefusal(405, "method_not_allowed", "Only GET.", headers=[("allow", "GET, HEAD")])
    keep = _keep(relative, folder)
    if keep == FOR_A_MOMENT:
        _send_at_once(scope, protocol, folder, relative)
        return
    found, kind = _found(folder, relative)
    packed = _packed(scope, found) if folder.has_packed else None
    found = packed or found
    headers = _headers(found, kind, keep)
    if folder.has_packed:
        headers.append(("vary", "accept-encoding"))
    if packed:
        headers.append(("content-encoding", "gzip"))
    if scope.headers.get("if-none-match") == found.etag:
        protocol.response_empty(304, headers)
        return
    _send_wanted(scope, protocol, found, headers)


def _found(folder: Folder, relative: str) -> tuple[Found, str]:
    hit = folder.find(relative)
    if hit is None:
        raise HotRefusal(404, "not_found", "There is no such file.")
    return hit


def _keep(relative: str, folder: Folder) -> str:
    """For how long a browser may use its copy."""
    if _HASHED_NAME.search(relative):
        return FOR_EVER
    if relative.startswith("live/") and relative.endswith(CHANGING):
        return FOR_A_MOMENT
    return folder.cache_control


@dataclass(frozen=True, slots=True)
class _Page:
    """A small file that is replaced again and again, as it was last read."""

    found: Found
    etag: str
    headers: Headers
    body: bytes


_pages: dict[str, _Page] = {}
"""A file that everybody in a room asks for is opened once for each of its states."""
_MOST_PAGES = 500


def _send_at_once(scope: Scope, protocol: HTTPProtocol, folder: Folder, relative: str) -> None:
    path = f"{folder.root}/{relative}"
    page = _pages.get(path)
    if page is None or _stat(path) != page.found:
        page = _pages[path] = _read(*_found(folder, relative))
        if len(_pages) > _MOST_PAGES:
            del _pages[next(iter(_pages))]
    if scope.headers.get("if-none-match") == page.etag:
        protocol.response_empty(304, page.headers)
    else:
        protocol.response_bytes(200, page.headers, page.body)


def _read(found: Found, kind: str) -> _Page:
    """It may be replaced meanwhile: size and bytes are of one state."""
    with Path(found.path).open("rb") as file:
        status = os.fstat(file.fileno())
        body = file.read()
    read = Found(found.path, len(body), status.st_mtime_ns)
    return _Page(read, read.etag, _headers(read, kind, FOR_A_MOMENT), body)


def _packed(scope: Scope, found: Found) -> Found | None:
    """The gzipped twin of a file, if there is one and it is wanted whole."""
    accepted: str = scope.headers.get("accept-encoding") or ""
    if "gzip" not in accepted or scope.headers.get("range"):
        return None
    return _stat(f"{found.path}.gz")


def _send_wanted(scope: Scope, protocol: HTTPProtocol, found: Found, headers: Headers) -> None:
    asked = scope.headers
    try:
        span = span_of(
            asked.get("range"), found.size, if_range=asked.get("if-range"), etag=found.etag
        )
    except NoSuchPart:
        shorter = [("content-range", f"bytes */{found.size}")]
        raise HotRefusal(416, "no_such_range", "The file is shorter.", headers=shorter) from None
    if span is None:
        headers.append(("content-length", str(found.size)))
        protocol.response_file(200, headers, found.path)
        return
    headers.append(("content-range", f"bytes {span.start}-{span.stop - 1}/{found.size}"))
    headers.append(("content-length", str(len(span))))
    protocol.response_file_range(206, headers, found.path, span.start, span.stop)


def _headers(found: Found, kind: str, cache_control: str) -> Headers:
    return [
        ("content-type", kind),
        ("cache-control", cache_control),
        ("etag", found.etag),
        ("last-modified", formatdate(found.modified_s, usegmt=True)),
        ("accept-ranges", "bytes"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        ("cross-origin-resource-policy", "same-origin"),
    ]


def _stat(path: str) -> Found | None:
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    # 0o100000: a regular file, not a folder or a pipe.
    if status.st_mode & 0o170000 != 0o100000:
        return None
    return Found(path, status.st_size, status.st_mtime_ns)
