"""Track W1's budgets: a page that outgrows them fails here, not in the village.

Weighed is a market day with real photos, and covers as the pipeline draws them.
"""

import pytest
from playwright.sync_api import Route

from tests.browser.test_pages import PAGES
from tests.browser.waiting import until_first_view
from tests.browser.weighing import Scales

pytestmark = pytest.mark.browser

# Address -> how many pictures its first screen shows at least, so that no empty house is weighed.
RICH_PAGES = {
    "/": 2,
    "/watch": 2,
    "/goods": 4,
    "/g/{product}": 1,
    "/p/{clip}": 1,
    "/p/{photos}": 1,
    "/u/{author}": 1,
    "/c/{county}": 0,
    "/c/{county}/shop": 1,
    "/search?q=示例": 4,
    "/live/{session}": 1,
}


def weigh(phone, path) -> Scales:
    scales = Scales()
    session = scales.put_under(phone.page)
    phone.open(path)
    until_first_view(phone.page)
    session.detach()
    assert scales.of("Document"), "nothing was weighed"
    return scales


def test_a_page_full_of_life_stays_within_its_weight(phone_of, market):
    phone = phone_of()
    for path, least_pictures in RICH_PAGES.items():
        scales = weigh(phone, market.address(path))
        assert (path, scales.overweight()) == (path, [])
        photos = [url for url in scales.of("Image") if "/media/" in url]
        assert (path, len(photos) >= least_pictures) == (path, True)


def test_a_page_stays_within_its_weight(phone_of):
    phone = phone_of()
    weights = {path: weigh(phone, path).overweight() for path in PAGES if path not in RICH_PAGES}
    assert weights == {path: [] for path in weights}


def test_a_cover_that_the_pipeline_did_not_draw_breaks_the_budget(phone_of, market):
    """The scales themselves: one camera picture in place of a cover, and the page is too heavy."""
    phone = phone_of()

    def as_the_camera_made_it(route: Route) -> None:
        route.fulfill(path=market.heavy_photo, content_type="image/jpeg")

    phone.page.route("**/media/posts/*/cover.webp", as_the_camera_made_it)
    broken = [words.split(":")[0] for words in weigh(phone, "/").overweight()]
    assert "first view" in broken
    assert any("cover.webp" in words for words in weigh(phone, "/").overweight())
