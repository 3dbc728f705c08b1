"""What is on air, for rooms that offer it to viewers: asked twice a second, so in few columns."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from shanhuo.kernel.prepared import prepared
from shanhuo.live import rules
from shanhuo.live.models import Session, ShowcaseItem
from shanhuo.live.queries.sessions import NOW


@dataclass(frozen=True, slots=True)
class SessionOnAir:
    """A session that runs. `product_ids`: its showcase in the host's order. `media_key`: the folder
    of its pictures. `county_has_floor`: the county floor of the feed serves it."""

    id: int
    public_id: str
    kind: str
    title: str
    host_id: int
    host_public_id: str
    host_name: str
    adcode: str
    county_name: str
    county_has_floor: bool
    product_ids: tuple[int, ...]
    on_air_at: datetime
    media_key: str


def ids_on_air(*, now: datetime) -> frozenset[int]:
    """Sessions that may be offered to viewers: on air, or silent no longer than their grace; never
    a rehearsal, never of a host whose account is closed."""
    return frozenset(
        session
        for session, silent_since, grace in _begun()
        if silent_since is None or now - silent_since < timedelta(seconds=grace)
    )


@prepared
def _begun() -> "QuerySet[Session, tuple[int, datetime | None, int]]":
    rows = Session.objects.filter(status__in=NOW, host__is_active=True)
    return rows.values_list("pk", "interrupted_at", "grace_seconds")


def sessions_hosted_by(host: str) -> list[str]:
    """Public ids of what this person (public id) announced and has not ended."""
    rows = Session.objects.filter(host__public_id=host, status__in=rules.SHOWN)
    return list(rows.values_list("public_id", flat=True))


def hosts_of_sessions() -> dict[int, int]:
    """Row id of a session that was on air -> row id of its host."""
    rows = Session.objects.filter(on_air_at__isnull=False)
    return dict(rows.values_list("pk", "host_id"))


def sessions_among(ids: Collection[int]) -> list[SessionOnAir]:
    """Those that began, in the order of ids."""
    rows = Session.objects.filter(pk__in=ids, on_air_at__isnull=False)
    shelves: dict[int, list[int]] = defaultdict(list)
    items = ShowcaseItem.objects.filter(session__in=ids, removed_at=None)
    for session, product in items.order_by("position", "pk").values_list("session", "product"):
        shelves[session].append(product)
    return [
        _on_air(row, shelves[row.pk])
        for row in rows.select_related("host", "county").order_by("pk")
    ]


def _on_air(row: Session, shelf: list[int]) -> SessionOnAir:
    return SessionOnAir(
        id=row.pk,
        public_id=row.public_id,
        kind=row.kind,
        title=row.title,
        host_id=row.host_id,
        host_public_id=row.host.public_id,
        host_name=row.host.display_name,
        adcode=row.county.adcode,
        county_name=row.county.name,
        county_has_floor=row.county.was_poor_county or row.county.is_key_county,
        product_ids=tuple(shelf),
        on_air_at=row.on_air_at or row.starts_at,
        media_key=row.media_key,
    )
