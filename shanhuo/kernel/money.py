"""Money is a whole number of fen (分, 1/100 yuan). No floats, one currency, one rounding rule.

The rule, with worked examples, is docs/money.md: a share is rounded half up to the fen; a sum that
is divided among parties is divided by largest remainder, so that the parts always add up to it.
"""

import re
import unicodedata
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal

BASIS_POINTS = 10_000

_YUAN = re.compile(r"(?P<yuan>\d{1,11})(\.(?P<fen>\d{1,2}))?")


class NotAnAmount(Refusal):
    code = "not_an_amount"
    status = 422
    message = _("Write the amount in yuan, for example 12.50.")


def yuan(amount_fen: int) -> str:
    """1250 -> "12.50"; -5 -> "-0.05"."""
    sign = "-" if amount_fen < 0 else ""
    whole, part = divmod(abs(amount_fen), 100)
    return f"{sign}{whole}.{part:02d}"


def parse_yuan(text: str) -> int:
    """ "12.5", "１２．５０", "¥1,250" -> fen. Raises NotAnAmount; never rounds what was typed."""
    plain = unicodedata.normalize("NFKC", text).strip().removeprefix("¥").removesuffix("元")
    match = _YUAN.fullmatch(plain.replace(",", "").strip())
    if match is None:
        raise NotAnAmount
    return int(match["yuan"]) * 100 + int((match["fen"] or "").ljust(2, "0"))


def share_of(amount_fen: int, *, basis_points: int) -> int:
    """`basis_points`/10000 of the amount, rounded half up (away from zero) to the fen."""
    sign = -1 if amount_fen < 0 else 1
    return sign * ((abs(amount_fen) * basis_points + BASIS_POINTS // 2) // BASIS_POINTS)


def split(amount_fen: int, *, weights: Sequence[int]) -> list[int]:
    """Divide an amount (>= 0) in proportion to `weights` (>= 0, not all zero); the parts sum to it.

    Fen left over go one each to the largest remainders, the earlier party first on a tie.
    """
    total = sum(weights)
    if amount_fen < 0 or total <= 0 or min(weights) < 0:
        raise ValueError("split needs an amount >= 0 and weights >= 0 that are not all zero")
    parts = [amount_fen * weight // total for weight in weights]
    remainders = [amount_fen * weight % total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda party: -remainders[party])
    for party in by_remainder[: amount_fen - sum(parts)]:
        parts[party] += 1
    return parts
