"""Shapes of live sessions in the API. Statuses, kinds and roles are those of `live.states`."""

from datetime import datetime
from typing import Literal

from ninja import Field, Schema

from shanhuo.api.orders_sales import Moment
from shanhuo.api.schemas import LAST_PAGE

KindName = Literal["selling", "mayors", "festival", "costream", "clinic"]


class SessionQuery(Schema):
    """state: on_air (gaps included), upcoming, replay, or any of them; q: words of the title, the
    county, hosts and goods; county: adcode or name; page from 1."""

    state: Literal["on_air", "upcoming", "replay", "any"] = "upcoming"
    q: str = Field("", max_length=60)
    county: str = Field("", max_length=20)
    kind: KindName | None = None
    page: int = Field(1, ge=1, le=LAST_PAGE)


class SessionOut(Schema):
    """`operator` runs the room; who sells stands with each of its goods."""

    id: str
    title: str
    kind: str
    status: str
    is_official: bool
    starts_at: datetime
    on_air_at: datetime | None
    ended_at: datetime | None
    county: str
    operator: str
    host: str
    goods_count: int


class LimitedOfferOut(Schema):
    """A limited offer; `id` is that of the hot sale."""

    id: str
    price_fen: int
    left_count: int
    opens_at: datetime
    closes_at: datetime
    sold_out_at: datetime | None


class ItemOut(Schema):
    """`number` names it to the showcase operations; `problem` keeps it off the screen, or null."""

    number: int
    product: str
    title: str
    merchant: str
    county: str
    price_fen: int
    left_count: int
    certificate: str
    state: str
    is_pinned: bool
    offer: LimitedOfferOut | None
    problem: str | None


class PartOut(Schema):
    """share_basis_points: of the credit, 10,000 in all."""

    person: str
    name: str
    role: str
    organisation: str
    county: str
    share_basis_points: int


class SessionSheetOut(Schema):
    """`film`: the HLS playlist; `state`: the small file that the room writes every second."""

    session: SessionOut
    notice: str
    announcement: str
    film: str
    state: str
    cast: list[PartOut]
    items: list[ItemOut]


class PlanIn(Schema):
    """organisation: a verified one that you work for. is_adult: you say so of everybody on camera.
    Empty words are those of the template of the kind."""

    kind: KindName = "selling"
    organisation: str = Field(max_length=16)
    title: str = Field("", max_length=60)
    notice: str = Field("", max_length=1000)
    script: str = Field("", max_length=20_000)
    starts_at: Moment
    is_adult: bool


class PlanOut(Schema):
    """`missing`: codes of what must be there before the check."""

    session: SessionOut
    missing: list[str]


class CheckIn(Schema):
    agreed: bool
    reason: str = Field("", max_length=300)


class CancellationIn(Schema):
    reason: str = Field("", max_length=200)


class ShowcaseIn(Schema):
    product: str = Field(max_length=16)


class DeedIn(Schema):
    """What is done with an item: pin, unpin, explain, stop (explaining), remove."""

    deed: Literal["pin", "unpin", "explain", "stop", "remove"]


class TicketIn(Schema):
    is_rehearsal: bool = False


class TicketOut(Schema):
    """For `x-live-ticket` at `/hot/live/take`, for twelve hours."""

    ticket: str
    door: str = "/hot/live/take"
