"""A farmer posts a clip of a real phone over a bad network, and an operator lets it through."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

MEDIA = Path(__file__).parents[1] / "media"
CLIP = MEDIA / "video" / "portrait_rot90_h264_vfr_568x320_aac.mov"
LONG_CLIP = MEDIA / "video" / "portrait_rot90_h264_4k60_vfr.mp4"
PREPARED_MS = 60_000


# Plays a film for a moment; answers with the size of its picture.
PLAYED = """film => new Promise((done) => {
  film.muted = true;
  film.addEventListener("timeupdate", () => {
    if (film.currentTime > 0.3) done([film.videoWidth, film.videoHeight]);
  });
  film.play();
})"""


def compose(page: Page, caption: str, *files: Path, kind: str = "clip") -> None:
    page.locator(f'input[name=kind][value="{kind}"]').check()
    page.locator("input[type=file]").set_input_files([str(file) for file in files])
    page.get_by_label("想说点什么").fill(caption)
    page.get_by_role("button", name="保存并上传").click()


def decide(page: Page, caption: str) -> None:
    page.get_by_role("link", name=caption).first.click()
    page.get_by_role("button", name="通过并发布").click()
    page.get_by_text("已发布。").wait_for()


def test_a_clip_from_a_phone_to_everybody(phone_of):
    lin = phone_of("lin").open("/post")
    compose(lin, "今早下树的脆李", CLIP)
    lin.wait_for_url("**/mine/*")
    lin.get_by_text("审核员正在看").wait_for(timeout=PREPARED_MS)
    decide(phone_of("op").open("/review"), "今早下树的脆李")
    post = lin.url.rsplit("/", 1)[1]
    stranger = phone_of().open(f"/p/{post}")
    film = stranger.locator("video")
    assert film.evaluate(PLAYED) == [320, 568]


def test_an_upload_goes_on_after_a_lost_network_and_a_closed_page(phone_of):
    phone = phone_of("lin")
    page = phone.open("/post")
    pieces = []
    page.on("request", lambda request: request.method == "PATCH" and pieces.append(request))

    lost = []

    def second_piece_is_lost(route):
        if route.request.method == "PATCH" and len(pieces) >= 2 and not lost:
            lost.append(route.request)
            route.abort("internetdisconnected")
        else:
            route.continue_()

    page.route("**/api/uploads/*", second_piece_is_lost)
    compose(page, "断网也能接着传", LONG_CLIP)
    page.get_by_text("没有网络").wait_for()
    page.reload()
    page.get_by_text("审核员正在看").wait_for(timeout=PREPARED_MS)
    sent = [int(request.headers["upload-offset"]) for request in pieces]
    assert sent[0] == 0
    assert sent.count(0) == 1  # what had arrived was not sent again
    # The lost piece is what the network did, not a complaint of the page.
    phone.complaints[:] = [text for text in phone.complaints if "ERR_INTERNET" not in text]


def test_photos_from_a_phone(phone_of):
    page = phone_of("lin").open("/post")
    photos = [MEDIA / "image" / name for name in ("still_photo.heic", "grapes.jpg")]
    compose(page, "葡萄也熟了", *photos, kind="photos")
    page.get_by_text("审核员正在看").wait_for(timeout=PREPARED_MS)
    assert page.locator("img.photo").count() == 2


@pytest.mark.parametrize("name", ["flower_truncated_60pct.mp4", "text_renamed_to_mp4.mp4"])
def test_a_broken_film_is_refused_in_words(phone_of, name):
    phone = phone_of("lin")
    page = phone.open("/post")
    compose(page, "坏文件", MEDIA / "broken" / name)
    page.wait_for_url("**/mine/*")
    refusals = page.get_by_text("请把整个文件重新传一次").or_(page.get_by_text("文件已损坏"))
    expect(refusals.first).to_be_visible(timeout=PREPARED_MS)


def test_a_clip_without_script(phone_of):
    page = phone_of("lin", script=False).open("/post")
    compose(page, "不开脚本也能发", CLIP)
    page.wait_for_url("**/mine/*")
    page.get_by_role("heading", name="不开脚本也能发").wait_for()


def test_somebody_answers_and_finds_it_by_words(phone_of):
    lin = phone_of("lin").open("/post")
    compose(lin, "云雾坪的山核桃开竿了", CLIP)
    lin.get_by_text("审核员正在看").wait_for(timeout=PREPARED_MS)
    decide(phone_of("op").open("/review"), "云雾坪的山核桃开竿了")
    mei = phone_of("mei").open("/search?q=哪里有卖核桃的")
    mei.get_by_role("link", name="云雾坪的山核桃开竿了").click()
    mei.get_by_role("button", name="赞").click()
    mei.get_by_role("button", name="已赞").wait_for()
    mei.get_by_label("说点什么").fill("看着就脆")
    mei.get_by_role("button", name="发表").click()
    mei.locator("#comments li").get_by_text("看着就脆").wait_for()
