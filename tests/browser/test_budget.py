"""Track W1's budgets: a page that outgrows them fails here, not in the village."""

import pytest

from tests.browser.test_pages import PAGES
from tests.browser.weighing import Scales

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

FIRST_VIEW_BYTES = 100_000
SCRIPT_BYTES = 45_000
SHEET_BYTES = 15_000
COVER_BYTES = 30_000


@pytest.mark.parametrize("path", PAGES)
def test_a_page_stays_within_its_weight(phone_of, path):
    phone = phone_of()
    scales = Scales()
    scales.put_under(phone.page)
    phone.open(path)
    phone.page.wait_for_load_state("networkidle")
    assert scales.of("Document"), "nothing was weighed"
    assert scales.total() <= FIRST_VIEW_BYTES, scales.sizes
    assert sum(scales.of("Script").values()) <= SCRIPT_BYTES, scales.of("Script")
    assert sum(scales.of("Stylesheet").values()) <= SHEET_BYTES
    assert scales.of("Font") == {}
    too_large = {url: size for url, size in scales.of("Image").items() if size > COVER_BYTES}
    assert too_large == {}
