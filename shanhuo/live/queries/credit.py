"""Who is paid when a session sold something."""

from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from shanhuo.live import rules
from shanhuo.live.models import Cast, ShowcaseItem


@dataclass(frozen=True, slots=True)
class Credit:
    """The creators on stage as (organisation id, basis points of the credit), the largest part
    first. Officials and merchants who host are not paid a commission: their part is not asked for.
    """

    session_id: int
    creators: tuple[tuple[int, int], ...]

    @property
    def lead_id(self) -> int | None:
        return self.creators[0][0] if self.creators else None


def item_shown(session: str, *, product: str) -> int | None:
    """The item (id) by which a session (public id) that was on air shows this product (public id)
    to everybody; the last one where it was put in again."""
    items = _shown(session, product=product)
    return items.order_by("-pk").values_list("pk", flat=True).first()


def credit_of(session: str, *, product: str) -> Credit | None:
    """Of a session (public id) that was on air with this product (public id) in its showcase, for
    everybody to see; None if there was no such session."""
    shown = _shown(session, product=product).values_list("session", flat=True).first()
    if shown is None:
        return None
    cast = Cast.objects.filter(
        session__public_id=session,
        role__in=rules.ON_STAGE,
        share_basis_points__gt=0,
        organisation__kind="creator",
        organisation__status="verified",
    )
    parts: dict[int, int] = {}
    for organisation_id, basis_points in cast.values_list("organisation", "share_basis_points"):
        parts[organisation_id] = parts.get(organisation_id, 0) + basis_points
    return Credit(shown, tuple(sorted(parts.items(), key=lambda part: (-part[1], part[0]))))


def _shown(session: str, *, product: str) -> QuerySet[ShowcaseItem]:
    looked_at = Q(passed_at__isnull=False) | Q(added_at__lte=F("session__submitted_at"))
    return ShowcaseItem.objects.filter(
        looked_at,
        product__public_id=product,
        session__public_id=session,
        session__on_air_at__isnull=False,
        session__status__in=rules.PUBLIC,
    )
