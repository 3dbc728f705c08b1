"""The tables of live; no other room imports them."""

from shanhuo.live.models.room import (
    Bundle,
    Message,
    MessageReport,
    Penalty,
    Question,
    RoomMinute,
)
from shanhuo.live.models.session import Cast, Check, Reminder, Session, SessionStep, Take
from shanhuo.live.models.showcase import Explanation, Pin, ShowcaseItem

__all__ = [
    "Bundle",
    "Cast",
    "Check",
    "Explanation",
    "Message",
    "MessageReport",
    "Penalty",
    "Pin",
    "Question",
    "Reminder",
    "RoomMinute",
    "Session",
    "SessionStep",
    "ShowcaseItem",
    "Take",
]
