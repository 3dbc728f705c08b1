"""What pages, exports and the API ask about programmes and grants."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum

from shanhuo.kernel import clock
from shanhuo.people import rules as people
from shanhuo.traffic import rules
from shanhuo.traffic.grants import book
from shanhuo.traffic.grants.book import Kind, Page
from shanhuo.traffic.models import Contract, Grant, LedgerEntry, Programme, RateCard, Reconciliation
from shanhuo.traffic.models.grants import Placement
from shanhuo.traffic.models.ledger import Account

Status = Grant.Status
PUBLIC = (Status.APPROVED, Status.RUNNING, Status.ENDED, Status.STOPPED)


# Which rows.


def programmes() -> QuerySet[Programme]:
    """All programmes: they are public. The newest first."""
    return Programme.objects.order_by("-starts_on", "-pk")


def grants_in_public() -> QuerySet[Grant]:
    """What was promised, to whomever; the newest first."""
    return _with_names(Grant.objects.filter(status__in=PUBLIC))


def grants_visible_to(user: Any) -> QuerySet[Grant]:
    """Public ones; for the office of a county its requests too; for operators and auditors all."""
    if rules.may_read_requests(user):
        return _with_names(Grant.objects.all())
    ours = Q(county__in=people.officer_county_ids(user))
    return _with_names(Grant.objects.filter(Q(status__in=PUBLIC) | ours))


def grants_of_offices(user: Any) -> QuerySet[Grant]:
    """Every grant of the counties whose office the user works for."""
    return _with_names(Grant.objects.filter(county__in=people.officer_county_ids(user)))


def requests_to_decide(user: Any) -> QuerySet[Grant]:
    """What waits for this operator: requests of other people, the oldest first."""
    waiting = Grant.objects.filter(status=Status.REQUESTED).exclude(requested_by=user.pk)
    return _with_names(waiting).order_by("requested_at", "pk")


def find(grants: QuerySet[Grant], *, q: str, county: str, status: str) -> QuerySet[Grant]:
    """Those whose title, county or programme has every word; of a county (adcode) and status,
    unless these are ""."""
    for word in q.split():
        named = Q(title__icontains=word) | Q(programme__name__icontains=word)
        grants = grants.filter(named | Q(county__name__icontains=word))
    if county:
        grants = grants.filter(county__adcode=county)
    return grants.filter(status=status) if status else grants


def grant_of_contract(number: int) -> Grant | None:
    """The public grant that a signal's `grant` speaks of."""
    return grants_in_public().filter(contracts=number).first()


def is_pool(number: int) -> bool:
    """Whether a pool made this contract: what it shows was promised to other objects."""
    return Contract.objects.filter(pk=number, quota_count=0).exists()


def _with_names(grants: QuerySet[Grant]) -> QuerySet[Grant]:
    return grants.select_related("programme", "county__province").order_by("-requested_at", "-pk")


# Figures.


@dataclass(frozen=True, slots=True)
class ContractSheet:
    """One object of a grant as the ledger has it. `quota` is what was asked for; `pooled` came from
    other objects, or, below 0, went to the county. `seen` is ahead of the ledger by minutes."""

    number: int
    kind: str
    kind_name: str
    name: str
    target: str
    placement: Placement
    quota: int
    pooled: int
    day_cap: int | None
    delivered: int
    excluded: int
    reserved: int
    returned: int
    seen: int
    end_reason: str

    @property
    def pooled_away(self) -> int:
        """What went to the county."""
        return max(0, -self.pooled)

    @property
    def left(self) -> int:
        return max(0, self.quota + self.pooled - self.delivered - self.returned)


@dataclass(frozen=True, slots=True)
class Pooling:
    """What an object left to the county, and when."""

    at: datetime
    object: ContractSheet
    amount: int


@dataclass(frozen=True, slots=True)
class DayFigure:
    """One day of a grant; `by_placement`: what was delivered where."""

    day: date
    delivered: int
    excluded: int
    by_placement: Mapping[Placement, int]


@dataclass(frozen=True, slots=True)
class PlacementFigure:
    """One placement of a grant; `viewer_cap`: exposures to one viewer in one day, at most."""

    placement: Placement
    viewer_cap: int
    quota: int
    delivered: int
    excluded: int
    returned: int

    @property
    def share(self) -> float:
        return self.delivered / self.quota


@dataclass(frozen=True, slots=True)
class GrantSheet:
    """A grant with all its figures, by object and by day."""

    grant: Grant
    contracts: list[ContractSheet]
    poolings: list[Pooling]
    days: list[DayFigure]
    head: str
    checked: Reconciliation | None
    worth_fen: int | None

    @property
    def granted(self) -> int:
        return sum(one.quota for one in self.contracts)

    @property
    def day_rows(self) -> list[tuple[DayFigure, list[int]]]:
        """Every day, with what was delivered in each of `placements`, in their order."""
        shown = [one.placement for one in self.placements]
        return [(day, [day.by_placement.get(one, 0) for one in shown]) for day in self.days]

    @property
    def placements(self) -> list[PlacementFigure]:
        """Where it is given out: the feed, banners, opening cards."""
        return [
            _placement(placement, cap or 0, chosen)
            for placement, cap in self.grant.caps.items()
            if (chosen := [one for one in self.contracts if one.placement == placement])
        ]

    @property
    def delivered(self) -> int:
        return sum(one.delivered for one in self.contracts)

    @property
    def excluded(self) -> int:
        return sum(one.excluded for one in self.contracts)

    @property
    def returned(self) -> int:
        return sum(one.returned for one in self.contracts)

    @property
    def reserved(self) -> int:
        return sum(one.reserved for one in self.contracts)

    @property
    def left(self) -> int:
        return sum(one.left for one in self.contracts)

    @property
    def share(self) -> float:
        return self.delivered / self.granted if self.granted else 0.0


def sheet_of(grant: Grant, *, now: datetime) -> GrantSheet:
    """Everything the public page of a grant says, from the ledger."""
    entries = grant.entries.all()
    chain = LedgerEntry.objects.filter(programme=grant.programme_id).order_by("-sequence")
    newest = chain.values_list("at", "digest").first()
    checks = Reconciliation.objects.filter(programme=grant.programme_id).order_by("-pk")
    rows = list(grant.contracts.order_by("pk"))
    pages = book.pages(one.pk for one in rows)
    contracts = [_contract(one, pages[one.pk]) for one in rows]
    return GrantSheet(
        grant=grant,
        contracts=contracts,
        poolings=_poolings(entries, contracts),
        days=_days(grant, entries, now=now),
        head=newest[1] if newest else "",
        checked=checks.first(),
        worth_fen=worth_fen(grant, sum(one.delivered for one in contracts)),
    )


def _placement(
    placement: Placement, viewer_cap: int, contracts: list[ContractSheet]
) -> PlacementFigure:
    return PlacementFigure(
        placement=placement,
        viewer_cap=viewer_cap,
        quota=sum(one.quota for one in contracts),
        delivered=sum(one.delivered for one in contracts),
        excluded=sum(one.excluded for one in contracts),
        returned=sum(one.returned for one in contracts),
    )


def _contract(contract: Contract, page: Page) -> ContractSheet:
    lies, moved = page.lies, page.moved
    return ContractSheet(
        number=contract.pk,
        kind=contract.kind,
        kind_name=contract.get_kind_display(),
        name=contract.name,
        target=contract.target_public_id,
        placement=Placement(contract.placement),
        quota=contract.quota_count,
        pooled=contract.pooled_count,
        day_cap=contract.day_cap,
        delivered=lies[Account.DELIVERED],
        excluded=moved[Kind.EXCLUDE],
        reserved=lies[Account.RESERVED],
        returned=moved[Kind.RETURN],
        seen=contract.seen_count,
        end_reason=contract.get_end_reason_display(),
    )


def _poolings(entries: QuerySet[LedgerEntry], contracts: list[ContractSheet]) -> list[Pooling]:
    by_number = {one.number: one for one in contracts}
    rows = entries.filter(kind=Kind.POOL, contract__in=by_number).order_by("sequence")
    moves = rows.values_list("at", "contract", "amount")
    return [Pooling(at, by_number[number], amount) for at, number, amount in moves]


def _days(grant: Grant, entries: QuerySet[LedgerEntry], *, now: datetime) -> list[DayFigure]:
    """From the first day to today or the last one, whichever comes first; late days added."""
    delivered: dict[date, Counter[Placement]] = defaultdict(Counter)
    excluded: Counter[date] = Counter()
    rows = entries.exclude(day=None).values_list("day", "contract__placement", "kind")
    for day, placement, kind, amount in rows.annotate(Sum("amount")).order_by():
        delivered[day][Placement(placement)] += -amount if kind == Kind.EXCLUDE else amount
        excluded[day] += amount if kind == Kind.EXCLUDE else 0
    last = max([min(grant.ends_on, clock.day_of(now)), *delivered])
    days = [
        grant.starts_on + timedelta(days=number)
        for number in range(max(0, (last - grant.starts_on).days + 1))
    ]
    return [
        DayFigure(
            day=day,
            delivered=delivered[day].total(),
            excluded=excluded[day],
            by_placement=delivered[day],
        )
        for day in days
    ]


def worth_fen(grant: Grant, delivered: int) -> int | None:
    """What the delivered exposures are worth by the rate card of the grant's first day; None where
    no rate was set. A value for reports, not a payment."""
    rates = RateCard.objects.filter(means=grant.means, starts_on__lte=grant.starts_on)
    rate = rates.order_by("-starts_on").first()
    return None if rate is None else rate.fen_per_thousand * delivered // 1000


@dataclass(frozen=True, slots=True)
class ProgrammeSheet:
    """A programme's budget: what of it is free, was granted, delivered, came back, expired."""

    programme: Programme
    free: int
    granted: int
    delivered: int
    returned: int
    expired: int
    checked: Reconciliation | None

    @property
    def share(self) -> float:
        return self.delivered / self.programme.budget_count


def programme_sheets(programmes: Iterable[Programme]) -> list[ProgrammeSheet]:
    """Figures of programmes, from the ledger, in the order given."""
    listed = list(programmes)
    lies: dict[int, Counter[str]] = defaultdict(Counter)
    moved: dict[int, Counter[str]] = defaultdict(Counter)
    rows = (
        LedgerEntry.objects.filter(programme__in=listed)
        .values_list("programme", "kind")
        .annotate(amount=Sum("amount"))
        .order_by()
    )
    for programme, kind, amount in rows:
        source, target = book.ROUTES[Kind(kind)]
        lies[programme][source] -= amount
        lies[programme][target] += amount
        moved[programme][kind] += amount
    newest = Reconciliation.objects.filter(programme=OuterRef("pk")).order_by("-pk").values("pk")
    of_each = Programme.objects.filter(pk__in=[one.pk for one in listed])
    checks = Reconciliation.objects.filter(pk__in=of_each.values_list(Subquery(newest[:1])))
    latest = {one.programme_id: one for one in checks}
    return [
        ProgrammeSheet(
            programme=one,
            free=lies[one.pk][Account.BUDGET],
            granted=moved[one.pk][Kind.GRANT],
            delivered=lies[one.pk][Account.DELIVERED],
            returned=moved[one.pk][Kind.RETURN],
            expired=lies[one.pk][Account.EXPIRED],
            checked=latest.get(one.pk),
        )
        for one in listed
    ]


@dataclass(frozen=True, slots=True)
class GrantLine:
    """A grant in a list."""

    grant: Grant
    delivered: int
    returned: int

    @property
    def share(self) -> float:
        return self.delivered / self.grant.asked_count


def lines(grants: Iterable[Grant]) -> list[GrantLine]:
    """Lines of a page of grants: one statement more than the page, however many there are."""
    listed = list(grants)
    moved: dict[int, Counter[str]] = defaultdict(Counter)
    rows = (
        LedgerEntry.objects.filter(grant__in=listed)
        .values_list("grant", "kind")
        .annotate(amount=Sum("amount"))
        .order_by()
    )
    for grant, kind, amount in rows:
        moved[grant][kind] += amount
    return [
        GrantLine(
            grant=one,
            delivered=moved[one.pk][Kind.DELIVER]
            + moved[one.pk][Kind.BEYOND]
            - moved[one.pk][Kind.EXCLUDE],
            returned=moved[one.pk][Kind.RETURN],
        )
        for one in listed
    ]


def numbers_in_feed(grant: Grant) -> frozenset[int]:
    """Its contracts on places of the feed, as signals call them."""
    return frozenset(grant.contracts.filter(placement=Placement.FEED).values_list("pk", flat=True))


def entries_of(grant: Grant, *, after: int = 0) -> QuerySet[LedgerEntry]:
    """The entries of a grant behind a place in the chain, in its order."""
    return grant.entries.filter(sequence__gt=after).order_by("sequence")


def overlapping(grant: Grant) -> QuerySet[Grant]:
    """Other grants to the same county on some of the same days: they may support the same clips."""
    return (
        grants_in_public()
        .filter(county=grant.county_id, starts_on__lte=grant.ends_on, ends_on__gte=grant.starts_on)
        .exclude(pk=grant.pk)
    )


def next_end(programme: str = "") -> date | None:
    """The last day of the grant that is under way and ends first; of all, or of a programme."""
    under_way = Grant.objects.filter(status__in=[Status.APPROVED, Status.RUNNING])
    if programme:
        under_way = under_way.filter(programme__public_id=programme)
    return under_way.order_by("ends_on").values_list("ends_on", flat=True).first()


def rate_card() -> QuerySet[RateCard]:
    """All rates, the newest first."""
    return RateCard.objects.order_by("-starts_on", "means")
