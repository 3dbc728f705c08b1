"""What the platform asks of a payment company, whichever it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal

OUR_CURRENCY = "CNY"
TOLERANCE_SECONDS = 300
"""How far a company's clock and ours may differ, and how old a notice may be."""


class NoticeRefused(Refusal):
    """Not proved to come from the company, not for us, or not fresh. Told to nobody in detail."""

    code = "notice_refused"
    status = 401
    message = _("The message was not accepted.")


class CompanyUnreachable(Refusal):
    code = "payment_company_unreachable"
    status = 503
    message = _("The payment company does not answer. Your order is kept; try again in a minute.")


@dataclass(frozen=True, slots=True)
class PaymentWish:
    """What a buyer shall pay. `trade_no` is ours and names one payment for ever."""

    trade_no: str
    amount_fen: int
    description: str
    expires_at: datetime
    return_url: str
    client_address: str
    on_phone: bool


@dataclass(frozen=True, slots=True)
class HandOver:
    """Where the buyer pays: an address to open, or (`as_code`) one to scan with a phone.

    `closed_to`: a word in the User-Agent of browsers that will not open the address.
    """

    address: str
    as_code: bool
    closed_to: str = ""


@dataclass(frozen=True, slots=True)
class RefundWish:
    """What shall go back. `refund_no` is ours: asking twice refunds once."""

    refund_no: str
    trade_no: str
    amount_fen: int
    total_fen: int
    reason: str


@dataclass(frozen=True, slots=True)
class MoneyArrived:
    """A company's word that money reached us, its origin proved."""

    company: str
    notice_id: str
    trade_no: str
    transaction_id: str
    amount_fen: int
    currency: str


@dataclass(frozen=True, slots=True)
class MoneyReturned:
    """A company's word that a refund reached the buyer, its origin proved."""

    company: str
    notice_id: str
    trade_no: str
    refund_no: str
    amount_fen: int


Told = MoneyArrived | MoneyReturned


class PaymentCompany(Protocol):
    """A company that takes and returns money for us over HTTP.

    Every method may raise CompanyUnreachable, except `read_notice`.
    `accepted` is what the company wants to hear when its notice was read.
    """

    name: ClassVar[str]
    accepted: ClassVar[str]

    def hand_over(self, wish: PaymentWish) -> HandOver:
        """Agree on the payment with the company. Safe to call again."""
        ...

    def read_notice(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Told | None:
        """What a notice says; None if it is genuine and of no interest. Raises NoticeRefused.

        headers: names in lower case.
        """
        ...

    def ask_payment(self, trade_no: str) -> MoneyArrived | None:
        """Whether the money arrived, asked by ourselves."""
        ...

    def close(self, trade_no: str) -> bool:
        """Take no money for this any more; False if it was paid."""
        ...

    def refund(self, wish: RefundWish) -> bool:
        """Send money back; True if it is back. Safe to call again, until it is."""
        ...
