"""Shapes that every room's API shares."""

from typing import Any

from ninja import Field, Schema


class RefusalOut(Schema):
    """Every answer from 400 up: `code` is stable and for programs, `message` is for people."""

    code: str = Field(examples=["out_of_stock"])
    message: str
    details: dict[str, Any] = Field(default_factory=dict)
