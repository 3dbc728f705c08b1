"""The engine one would write first: a list of posts in memory, all of them scored in Python for
every request. Baseline of S1; reads the database of the current settings at its start."""

import heapq
import json
import os
import sqlite3
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

_POSTS = """
SELECT post.id, post.author_id, county.adcode, julianday(post.published_at), post.caption,
    post.product_id, person.display_name, county.name
FROM content_post post JOIN regions_county county ON county.id = post.county_id
JOIN people_user person ON person.id = post.author_id WHERE post.status = 'published'
"""


class Scorer:
    """Newness, a little for the reception, a little for the viewer's favourite county."""

    def __init__(self) -> None:
        path = Path(os.environ["SHANHUO_DATA_DIR"]) / "shanhuo.sqlite3"
        self._posts = sqlite3.connect(path).execute(_POSTS).fetchall()
        self._now = max(post[3] for post in self._posts)
        self._likes = {post[0]: post[0] * 7919 % 100 for post in self._posts}

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        cookie = SimpleCookie(scope.headers.get("cookie", "") or "")
        favourite = str(500_100 + len(cookie) * 7)

        def score(post: tuple[Any, ...]) -> float:
            affinity = 0.3 if post[2] == favourite else 0.0
            newness: float = 1 / (1 + self._now - float(post[3]))
            likes: float = self._likes[post[0]] / 100
            return affinity + likes + newness

        best = heapq.nlargest(10, self._posts, key=score)
        body = json.dumps({"items": [_item(post) for post in best]}, ensure_ascii=False).encode()
        protocol.response_bytes(200, [("content-type", "application/json")], body)


def _item(post: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "id": post[0],
        "caption": post[4],
        "author": {"id": post[1], "name": post[6]},
        "county": {"code": post[2], "name": post[7]},
        "product": post[5],
    }


def __getattr__(name: str) -> Any:
    if name == "app":
        return Scorer()
    raise AttributeError(name)
