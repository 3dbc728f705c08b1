"""Shapes that every room's API shares."""

from typing import Any

from ninja import Field, Schema

# SQLite and PostgreSQL agree up to here; no list is longer.
LAST_PAGE = 10_000


class RefusalOut(Schema):
    """Every answer from 400 up: `code` is stable and for programs, `message` is for people."""

    code: str = Field(examples=["out_of_stock"])
    message: str
    details: dict[str, Any] = Field(default_factory=dict)


def answers_with(media_type: str) -> dict[str, Any]:
    """For `openapi_extra` of an operation whose answer is a file."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {"responses": {200: {"content": content}}}
