"""One search over posts, goods, live sessions and counties."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shanhuo.content import queries
from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.live import queries as live
from shanhuo.regions import queries as regions
from shanhuo.traffic.kinds import Source, Surface
from shanhuo.web import shell
from shanhuo.web.showing import show

TILES = 24
BESIDE = 6


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """`q` is what is looked for; `topic` lists a topic's posts."""
    text = request.GET.get("q", "").strip()[:60]
    topic = request.GET.get("topic", "").strip().lstrip("#")[:30]
    posts = queries.search(text) if text else queries.published_posts()
    if topic:
        posts = posts.filter(topics__name=topic)
    page = Paginator(posts, TILES).get_page(request.GET.get("page"))
    cards = queries.cards(page)
    products = _products(text) if text else []
    context = {
        "text": text,
        "topic": topic,
        "page": page,
        "cards": cards,
        "products": products,
        "sessions": _sessions(request, text) if text else [],
        "showing": show(request, Surface.SEARCH, Source.CHOSEN, products=products, posts=cards),
        "counties": regions.search_counties(text, limit=BESIDE) if text else [],
    }
    return render(request, "web/content/search.html", context)


def _products(text: str) -> list[goods.ProductCard]:
    found = goods.search(goods.products_on_sale(), text)
    return goods.cards(found[:BESIDE], day=clock.today())


def _sessions(request: HttpRequest, text: str) -> list[live.SessionCard]:
    """On air, announced, to be seen again; none in youth mode."""
    if shell.read(request).youth:
        return []
    found = live.find_sessions(live.sessions_to_watch(request.user, now=clock.now()), q=text)
    return live.cards(found[:BESIDE], day=clock.today())
