"""What a service says when it will not do a thing."""

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """A request understood and refused; nothing was changed.

    Subclasses stand beside the service that raises them and set a stable `code` (for programs),
    an HTTP `status` and a translated `message` (for people; it may name `details` with `%(name)s`).
    Pages and API render every refusal the same way.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    message: ClassVar[str | Promise] = _("This cannot be done.")

    def __init__(self, **details: Any) -> None:
        self.details = details
        super().__init__(self.code)

    def __str__(self) -> str:
        text = str(self.message)
        return text % self.details if self.details else text
