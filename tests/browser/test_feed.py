"""The feed on a phone: what it plays, what it loads, what it tells."""

from collections import defaultdict
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request

from shanhuo.traffic.kinds import Kind
from shanhuo.traffic.log import SignalLog
from tests.browser.house import House
from tests.browser.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("market")]

LINE = """
Object.defineProperty(navigator, "connection", {value: Object.assign(new EventTarget(),
  {type: "%s", saveData: false, effectiveType: "4g"})});
"""
FILM = "document.querySelector('.film')"


def films(requests: list[Request]) -> list[str]:
    ends = (".mp4", ".m4s", ".m3u8")
    return [one.url for one in requests if one.url.endswith(ends)]


def forms_of_each(requests: list[Request]) -> dict[str, set[str]]:
    """Clip -> in which forms it was asked for: as a stream, as a file."""
    forms = defaultdict(set)
    for url in films(requests):
        folder, _, name = url.rpartition("/")
        forms[folder].add("file" if name.endswith(".mp4") else "stream")
    return forms


def watch(phone_of: Callable, line: str) -> tuple[Page, list[Request]]:
    """Open the clips on a phone with this kind of connection; remember what was asked for."""
    phone = phone_of()
    phone.context.add_init_script(LINE % line)
    asked: list[Request] = []
    phone.page.on("request", lambda one: asked.append(one))
    page = phone.open("/watch")
    page.locator(".one-by-one .clip").first.wait_for()
    return page, asked


def covers(requests: list[Request]) -> list[str]:
    """Each once, in the order in which they were asked for."""
    return list(dict.fromkeys(one.url for one in requests if one.url.endswith("cover.webp")))


def kinds_about(platform: House) -> list[int]:
    """Kinds of all signals in the platform's log."""
    log = SignalLog(platform.data_dir / "signals")
    with log.open() as connection:
        return [row[0] for row in connection.execute("SELECT kind FROM signals").fetchall()]


def test_on_mobile_data_nothing_plays_or_loads_before_a_tap(phone_of):
    page, asked = watch(phone_of, "cellular")
    page.wait_for_load_state("networkidle")
    assert films(asked) == []
    assert page.evaluate("[...document.querySelectorAll('.film')].every((film) => film.paused)")
    start = page.locator(".clip .start").first
    assert "MB" in start.inner_text()
    start.click()
    until(page, lambda: page.evaluate(f"{FILM}.currentTime > 1.2"))
    assert len(set(films(asked))) == 1
    assert not page.evaluate(f"{FILM}.muted")


def test_on_wifi_the_first_clip_plays_muted_and_is_told(phone_of, platform):
    before = kinds_about(platform)
    page, _ = watch(phone_of, "wifi")
    until(page, lambda: page.evaluate(f"{FILM}.currentTime > 1.2"))
    assert page.evaluate(f"{FILM}.muted")
    wanted = {Kind.EXPOSURE, Kind.PLAY}
    until(page, lambda: wanted <= set(new_kinds(platform, before)))


def test_on_wifi_a_clip_is_fetched_in_one_form_and_the_next_is_ready(phone_of):
    page, asked = watch(phone_of, "wifi")
    until(page, lambda: page.evaluate(f"{FILM}.currentTime > 1.2"))
    until(page, lambda: page.evaluate("document.querySelectorAll('.film')[1].readyState > 2"))
    forms = forms_of_each(asked)
    assert len(forms) == 2
    assert [len(of_one) for of_one in forms.values()] == [1, 1]


def test_a_stream_that_does_not_play_gives_way_to_the_file(phone_of):
    phone = phone_of()
    phone.context.route("**/*.m3u8", lambda route: route.fulfill(status=200, body="no list"))
    phone.context.add_init_script(LINE % "wifi")
    page = phone.open("/watch")
    until(page, lambda: page.evaluate(f"{FILM}.currentTime > 0.5"))
    assert page.evaluate(f"{FILM}.currentSrc").endswith(".mp4")


def test_the_next_cover_waits_until_this_one_stands(phone_of):
    page, asked = watch(phone_of, "cellular")
    until(page, lambda: len(covers(asked)) == 2)
    first, second = page.locator(".clip .poster").evaluate_all("all => all.map((one) => one.src)")[
        :2
    ]
    assert covers(asked) == [first, second]
    page.wait_for_load_state("networkidle")
    assert len(covers(asked)) == 2


def new_kinds(platform: House, before: list[int]) -> list[int]:
    after = kinds_about(platform)
    for kind in before:
        after.remove(kind)
    return after


def test_no_clip_is_shown_twice_however_often_it_is_offered(phone_of, platform):
    items = platform.feed()
    phone = phone_of()
    twice = {"sheet": "here", "stage": "warm", "items": [*items, *items]}
    phone.context.route("**/hot/feed", lambda route: route.fulfill(json=twice))
    page = phone.open("/watch")
    clips = page.locator(".one-by-one .clip")

    def all_came() -> bool:
        clips.last.scroll_into_view_if_needed()
        return clips.count() == len(items)

    until(page, all_came)
    why = clips.last.locator(".reason").get_attribute("href")
    assert "sheet=here&slot=" in str(why), "what the script adds says where it was shown"
    clips.first.locator(".reason").click()
    page.locator("[data-not-interested]").click()
    clips.last.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    ids = clips.evaluate_all("all => all.map((one) => one.dataset.id)")
    assert len(ids) == len(set(ids)) == len(items) - 1


def test_why_is_told_and_what_is_not_wanted_goes(phone_of, platform):
    before = kinds_about(platform)
    page, _ = watch(phone_of, "cellular")
    first = page.locator(".clip").first
    unwanted = first.get_attribute("data-id")
    first.locator(".reason").click()
    page.locator("#why h2").wait_for()
    assert page.locator("#why .words p").first.inner_text()
    page.locator("[data-not-interested]").click()
    until(page, lambda: page.locator(f'[data-id="{unwanted}"]').count() == 0)
    until(page, lambda: Kind.NOT_INTERESTED in new_kinds(platform, before))


def test_signals_wait_in_the_phone_while_there_is_no_network(phone_of, platform):
    before = kinds_about(platform)
    phone = phone_of()
    page = phone.open("/watch")
    page.locator(".one-by-one .clip").first.wait_for()
    lost: list[Request] = []
    page.on("requestfailed", lambda one: lost.append(one))
    page.context.set_offline(True)
    page.locator(".clip .like").first.click()
    until(page, lambda: any("/hot/signals" in request.url for request in lost))
    assert Kind.LIKE not in new_kinds(platform, before)
    page.context.set_offline(False)
    until(page, lambda: Kind.LIKE in new_kinds(platform, before))
    # The browser itself complains of the lost network; nobody else may.
    assert all("ERR_INTERNET_DISCONNECTED" in complaint for complaint in phone.complaints)
    phone.complaints.clear()


def test_without_script_the_clips_are_a_list_that_plays_in_place(phone_of):
    page = phone_of(script=False).open("/watch")
    assert page.locator("article.clip video[controls]").first.is_visible()
    posters = page.locator("article.clip img.poster[src]")
    assert posters.count() == page.locator("article.clip").count() > 1
    page.locator("article.clip .deed.reason").first.click()
    assert page.locator("main h2").first.inner_text()


def test_personalisation_is_switched_off_without_signing_in(phone_of):
    page = phone_of().open("/settings/feed")
    page.locator("input[name=personal]").uncheck()
    page.locator("main form button.primary").click()
    page.wait_for_url("**/watch")
    page.goto("/settings/feed")
    assert not page.locator("input[name=personal]").is_checked()
