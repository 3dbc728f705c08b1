"""No vendor: the code is printed where the server runs. For development, tests and the demo."""

import sys
from collections.abc import Mapping
from typing import Any, Self

from shanhuo.people import phones


class ConsoleSender:
    @classmethod
    def from_settings(cls, _settings: Mapping[str, Any]) -> Self:
        return cls()

    def send_code(self, *, phone: str, code: str) -> None:
        print(f"SMS to {phones.masked(phone)}: {code}", file=sys.stderr)
