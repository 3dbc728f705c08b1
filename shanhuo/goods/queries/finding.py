"""Products and pool entries by words, season and state."""

from django.db.models import Case, Exists, F, OuterRef, QuerySet, When

from shanhuo.goods import season
from shanhuo.goods.models import PoolEntry, Product
from shanhuo.goods.textindex import products_by_words
from shanhuo.kernel import textsearch


def search(products: QuerySet[Product], query: str) -> QuerySet[Product]:
    """Those in which every word of the query occurs; without a word, all of them."""
    if not textsearch.query_tokens(query):
        return products
    return products.filter(pk__in=products_by_words.matching(query))


def in_season(products: QuerySet[Product], month: int) -> QuerySet[Product]:
    """Those that are fresh on the market in that month (1 to 12)."""
    bit = season.bit_of(month)
    return products.annotate(_season=F("season_mask").bitand(bit)).filter(_season=bit)


def in_pool(products: QuerySet[Product]) -> QuerySet[Product]:
    """Those that a county admitted to its pool."""
    admitted = PoolEntry.objects.filter(product=OuterRef("pk"), status="admitted")
    return products.filter(Exists(admitted))


def find_products(
    products: QuerySet[Product], *, q: str = "", category: str = "", month: int | None = None
) -> QuerySet[Product]:
    """The filters of a shelf, newest listing first."""
    found = search(products, q)
    if category:
        found = found.filter(category=category)
    if month:
        found = in_season(found, month)
    return found.order_by("-listed_at", "-pk")


def find_pool_entries(
    entries: QuerySet[PoolEntry], *, q: str = "", county: str = "", status: str = ""
) -> QuerySet[PoolEntry]:
    """The filters of a pool list, latest decision first."""
    if county:
        entries = entries.filter(county__adcode=county)
    if status:
        entries = entries.filter(status=status)
    if textsearch.query_tokens(q):
        entries = entries.filter(product__in=products_by_words.matching(q))
    return entries.order_by("-checked_at", "-nominated_at", "-pk")


def waiting_first(entries: QuerySet[PoolEntry]) -> QuerySet[PoolEntry]:
    """What waits for the check on top, the longest waiting first."""
    waits = Case(When(status="nominated", then=0), default=1)
    return entries.order_by(waits, "-checked_at", "nominated_at", "pk")


def season_calendar(products: QuerySet[Product]) -> list[tuple[int, int]]:
    """The harvest calendar (上市时间): (month, how many of the products are fresh then)."""
    masks = list(products.order_by().values_list("season_mask", flat=True))
    return [
        (month, sum(bool(mask & season.bit_of(month)) for mask in masks)) for month in season.MONTHS
    ]


def slogans_of(products: QuerySet[Product]) -> list[tuple[str, str]]:
    """(brand, slogan) of the brands that the products wear, by name."""
    rows = products.exclude(brand__current=None).order_by("brand__name")
    return list(rows.values_list("brand__name", "brand__current__slogan").distinct())
