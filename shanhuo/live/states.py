"""How far a live session has come, and the other closed lists of the room. Values are stored."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SessionKind(models.TextChoices):
    """What a session is held for (场次类型); each is a template of its own."""

    SELLING = "selling", _("Live selling")
    MAYORS = "mayors", _("Officials on camera")
    FESTIVAL = "festival", _("Selling festival")
    COSTREAM = "costream", _("Co-stream")
    CLINIC = "clinic", _("Agronomy clinic")


class SessionStatus(models.TextChoices):
    """draft → submitted → scheduled → on_air ⇄ interrupted → ended → sealed; or cancelled."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Awaiting the check")
    SCHEDULED = "scheduled", _("Scheduled")
    ON_AIR = "on_air", _("On air")
    INTERRUPTED = "interrupted", _("Back in a moment")
    ENDED = "ended", _("Ended")
    SEALED = "sealed", _("Ended, evidence sealed")
    CANCELLED = "cancelled", _("Cancelled")


class CastRole(models.TextChoices):
    """What somebody does in a session."""

    HOST = "host", _("Host")
    COHOST = "cohost", _("Co-host")
    EXPERT = "expert", _("Expert")
    MODERATOR = "moderator", _("Moderator")


class ExplainState(models.TextChoices):
    """讲解状态 of a product in the showcase."""

    WAITING = "waiting", _("Not explained yet")
    EXPLAINING = "explaining", _("Being explained")
    EXPLAINED = "explained", _("Explained")


class UnpinReason(models.TextChoices):
    """Why a product left the screen."""

    HOST = "host", _("Taken off by the host")
    REPLACED = "replaced", _("Another product or price took its place")
    REMOVED = "removed", _("Taken out of the showcase")
    STOCK = "stock", _("Nothing was left")
    WITHDRAWN = "withdrawn", _("No longer on sale")
    POOL = "pool", _("Left the county's pool")
    ENDED = "ended", _("The session ended")


class ItemProblem(models.TextChoices):
    """What keeps a product of the showcase off the screen."""

    WITHDRAWN = "withdrawn", _("No longer on sale")
    POOL = "pool", _("Left the county's pool")
    STOCK = "stock", _("Nothing is left")
    UNCHECKED = "unchecked", _("Came after the check: an operator or officer has to look at it")


class MessageStatus(models.TextChoices):
    SHOWN = "shown", _("Shown in the room")
    HELD = "held", _("Held back by a listed word")
    HIDDEN = "hidden", _("Hidden by a moderator")


class Badge(models.TextChoices):
    """What stands beside a name in the chat."""

    HOST = "host", _("Host")
    EXPERT = "expert", _("Expert")
    MODERATOR = "moderator", _("Moderator")
    OFFICIAL = "official", _("Official")


class Arrival(models.IntegerChoices):
    """What led a viewer into a room (观众来源). The numbers stand in tickets and tables."""

    DIRECT = 1, _("Opened directly")
    LIST = 2, _("List of sessions")
    HOME = 3, _("Front page")
    CLIPS = 4, _("Clips")
    SEARCH = 5, _("Search")
    COUNTY = 6, _("Pages of counties")
    PRODUCT = 7, _("Pages of goods")
    CREATOR = 8, _("Pages of creators")
    REMINDER = 9, _("Reminder")
    SHARE = 10, _("Shared link")
    OUTSIDE = 11, _("Another site")
    OTHER = 12, _("Elsewhere on the platform")


class PenaltyKind(models.TextChoices):
    MUTE = "mute", _("May not write")
    BAN = "ban", _("May not enter")


class QuestionStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    ANSWERING = "answering", _("Being answered")
    ANSWERED = "answered", _("Answered")
    PASSED = "passed", _("Passed over")


class TakeSource(models.TextChoices):
    """Where moving pictures come from."""

    PHONE = "phone", _("Phone browser")
    ENCODER = "encoder", _("Encoder (RTMP)")


class Container(models.TextChoices):
    """In what the bytes of a take are wrapped."""

    MP4 = "mp4", "MP4"
    WEBM = "webm", "WebM"
    FLV = "flv", "FLV"


class EndReason(models.TextChoices):
    """Why a session ended."""

    HOST = "host", _("The host ended it")
    SIGNAL_LOST = "signal_lost", _("The signal did not come back in time")
    OPERATOR = "operator", _("The platform ended it")


class TakeEnd(models.TextChoices):
    """Why no more bytes come for a take."""

    CAMERA = "camera", _("The camera stopped")
    REPLACED = "replaced", _("Another camera went on")
    SILENT = "silent", _("The signal was lost")
    SESSION = "session", _("The session ended")
    DAMAGED = "damaged", _("Its pictures cannot be shown any further")


class TakeProblem(models.TextChoices):
    """Why a take, or a part of it, cannot be shown or kept; told to the host in words."""

    NO_PICTURE = "no_picture", _("No picture arrives, only sound or nothing. Check the camera.")
    UNKNOWN_CODEC = (
        "unknown_codec",
        _("Browsers cannot show this picture. Set the encoder to H.264 and AAC."),
    )
    UNKNOWN_SOUND = (
        "unknown_sound",
        _("Viewers hear nothing: browsers cannot play this sound. Set the encoder to AAC."),
    )
    DAMAGED = "damaged", _("The pictures are damaged on their way. Start the camera again.")
    RARE_KEYFRAMES = (
        "rare_keyframes",
        _("Viewers wait long: set the keyframe interval of the encoder to 1 second."),
    )
    DISK_FULL = (
        "disk_full",
        _("The recording waits: the disk is full. Selling goes on. Ask the platform to make room."),
    )


class EvidenceState(models.TextChoices):
    """How the evidence of a session stands, for the filter of its list. Not stored."""

    WAITING = "waiting", _("Not sealed yet")
    DAMAGED = "damaged", _("Differs from what was sealed")
    UNCHECKED = "unchecked", _("Never compared yet")
    OVERDUE = "overdue", _("Past its time")
    GONE = "gone", _("Let go")
