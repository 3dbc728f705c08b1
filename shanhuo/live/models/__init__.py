"""The tables of live; no other room imports them."""

from shanhuo.live.models.evidence import Bundle, EvidenceExport, Replay, Supplement
from shanhuo.live.models.room import (
    Message,
    MessageReport,
    Penalty,
    Presence,
    Question,
    RoomArrivals,
    RoomMinute,
)
from shanhuo.live.models.session import Cast, Check, Reminder, Session, SessionStep, Take
from shanhuo.live.models.showcase import CouponOut, Explanation, Pin, ShowcaseItem

__all__ = [
    "Bundle",
    "Cast",
    "Check",
    "CouponOut",
    "EvidenceExport",
    "Explanation",
    "Message",
    "MessageReport",
    "Penalty",
    "Pin",
    "Presence",
    "Question",
    "Reminder",
    "Replay",
    "RoomArrivals",
    "RoomMinute",
    "Session",
    "SessionStep",
    "ShowcaseItem",
    "Supplement",
    "Take",
]
