"""Facts of this room."""

from dataclasses import dataclass

from shanhuo.kernel.facts import Fact


@dataclass(frozen=True, slots=True)
class PostPublished(Fact):
    """From now on everybody may see the post.

    county: adcode; author_id, product_id: row ids; topics: names without #; kind: clip | photos.
    """

    post_id: int
    public_id: str
    county: str
    author_id: int
    product_id: int | None
    topics: list[str]
    kind: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class PostWithdrawn(Fact):
    """Nobody but its author may see the post any more. by: author | operator."""

    post_id: int
    public_id: str
    county: str
    author_id: int
    product_id: int | None
    by: str
