"""Why a file cannot be used: one stable code and one sentence for the person who sent it."""

from typing import ClassVar

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal


class MediaProblem(models.TextChoices):
    """Codes are stored and shown by the API: never renamed."""

    EMPTY = "empty", _("The file is empty. Choose it again; it may not have been saved yet.")
    UNKNOWN_TYPE = (
        "unknown_type",
        _("This is neither a film nor a photo that we know. MP4, MOV, 3GP, WebM; JPEG, PNG, HEIC."),
    )
    WRONG_KIND = "wrong_kind", _("A clip needs a film, and a photo post needs photos.")
    DAMAGED = "damaged", _("The file is damaged. Copy it from the phone again, or film it anew.")
    CUT_SHORT = "cut_short", _("The film breaks off before its end. Send the whole file again.")
    NO_PICTURE = "no_picture", _("The file holds sound, but no picture.")
    UNKNOWN_CODEC = (
        "unknown_codec",
        _("The film is stored in a way that we do not open. Set the camera to H.264 or HEVC."),
    )
    TOO_LONG = "too_long", _("The clip is longer than five minutes. Cut it and send it again.")
    TOO_LARGE = "too_large", _("The picture has too many pixels. At most 4K film, 40 MP photos.")
    TOO_SMALL = "too_small", _("The picture is so small that nobody can see anything.")
    TOO_HEAVY = "too_heavy", _("The film took too long to prepare. Save it anew on the phone.")
    FAILED = (
        "failed",
        _("We could not prepare the file; the operator was told. Please send it again later."),
    )


class MediaRefused(Refusal):
    """The bytes are not what they should be; trying again would not help."""

    code: ClassVar[str] = "media_refused"
    status: ClassVar[int] = 415

    def __init__(self, problem: MediaProblem) -> None:
        self.problem = problem
        super().__init__(problem=problem.value)

    def __str__(self) -> str:
        return str(self.problem.label)

    @property
    def message(self) -> str | Promise:  # type: ignore[override]
        return self.problem.label
