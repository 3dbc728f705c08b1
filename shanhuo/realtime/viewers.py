"""The viewer behind a hot request, from the cookie alone."""

from shanhuo.realtime.routes import HotRefusal, HotRequest
from shanhuo.traffic import viewers
from shanhuo.traffic.viewers import Viewer

_MARK = f"{viewers.COOKIE}="
_KNOWN: dict[str, Viewer] = {}
_MOST_KNOWN = 50_000


def viewer_in(request: HotRequest) -> Viewer | None:
    """The viewer whose token came with the request; None without a true one."""
    token = _token(request.header("cookie"))
    known = _KNOWN.get(token)
    if known is not None:
        return known
    viewer = viewers.read(token)
    if viewer is not None:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[token] = viewer
    return viewer


def required_viewer(request: HotRequest) -> Viewer:
    """Refuses 401 without a true token: whoever was shown something has one."""
    viewer = viewer_in(request)
    if viewer is None:
        raise HotRefusal(401, "no_viewer", "Open the feed first: it gives you a viewer token.")
    return viewer


def _token(cookies: str) -> str:
    begin = cookies.find(_MARK)
    # A cookie of another name may end in ours: `xsh_viewer=`.
    while begin > 0 and cookies[begin - 1] not in "; ":
        begin = cookies.find(_MARK, begin + 1)
    if begin < 0:
        return ""
    return cookies[begin + len(_MARK) :].split(";", 1)[0].strip()
