"""The pages as people use them: with and without script, with and without rights."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from shanhuo.content import services as content
from shanhuo.content.models import Comment, Follow, Like, Photo, Post, Report
from shanhuo.kernel import jobs
from tests.content.conftest import MEDIA

CLIP = (MEDIA / "video" / "stream_h264_aac_480x360.mp4").read_bytes()


@pytest.fixture
def browser(client):
    def as_(user):
        client.force_login(user)
        return client

    return as_


def compose(client, zhao, **changes):
    form = {
        "kind": "clip",
        "caption": "今早下树的脆李",
        "topics": "脆李 #新农人",
        "place_name": "云雾坪",
        "organisation": client.get("/post").context["form"]["organisation"].initial,
        "key": "0123456789abcdef",
        **changes,
    }
    return client.post("/post", form)


def test_a_post_without_script_from_form_to_review(browser, zhao, op):
    client = browser(zhao)
    film = SimpleUploadedFile("李.mp4", CLIP, content_type="application/octet-stream")
    answer = compose(client, zhao, attached=film)
    post = Post.objects.get()
    assert answer.status_code == 302
    assert (post.status, post.place_name) == ("processing", "云雾坪")
    assert {topic.name for topic in post.topics.all()} == {"脆李", "新农人"}
    desk = client.get(answer["Location"])
    assert b"quick.mp4" in desk.content  # it plays before it is prepared
    jobs.run_due()
    assert client.get(f"/mine/{post.public_id}").status_code == 200
    review = browser(op).post(f"/review/{post.public_id}/decide", {"decision": "approve"})
    assert review.status_code == 302
    client.logout()
    page = client.get(f"/p/{post.public_id}")
    assert page.status_code == 200
    assert f"/media/posts/{Post.objects.get().media_key}/480p.mp4".encode() in page.content


def test_a_form_sent_twice_makes_one_draft(browser, zhao):
    client = browser(zhao)
    assert compose(client, zhao)["Location"] == compose(client, zhao)["Location"]
    assert Post.objects.count() == 1


def test_a_form_with_mistakes_keeps_what_was_typed(browser, zhao):
    client = browser(zhao)
    answer = compose(client, zhao, topics="一 二 三 四 五 六")
    assert answer.status_code == 422
    assert "今早下树的脆李" in answer.content.decode()


def test_photos_without_script(browser, zhao):
    client = browser(zhao)
    names = ["exif_orientation_landscape_6.jpg", "still_photo.heic", "grapefruit_slice_332.jpg"]
    files = [SimpleUploadedFile(name, (MEDIA / "image" / name).read_bytes()) for name in names]
    compose(client, zhao, kind="photos", attached=files)
    jobs.run_due()
    post = Post.objects.get()
    assert post.status == "in_review"
    sizes = [(photo.width, photo.height) for photo in Photo.objects.all()]
    assert sizes == [(1440, 960), (810, 1440), (332, 332)]


def test_a_buyer_is_told_how_to_become_a_creator(browser, mei):
    assert browser(mei).get("/post").status_code == 403
    assert browser(mei).post("/post", {}).status_code == 403


def test_private_media_are_for_the_author_and_the_reviewers(
    browser, client, zhao, op, mei, make_draft, send
):
    post = make_draft()
    content.play_at_once(send(post, CLIP))
    address = f"/private-media/{post.public_id}/quick.mp4"
    assert client.get(address).status_code == 302  # to the sign-in page
    assert browser(mei).get(address).status_code == 404
    whole = browser(zhao).get(address, headers={"Accept-Encoding": "gzip"})
    assert (whole.status_code, whole.has_header("Content-Encoding")) == (200, False)
    assert len(b"".join(whole.streaming_content)) == int(whole["Content-Length"])
    part = browser(zhao).get(address, headers={"Range": "bytes=0-99", "Accept-Encoding": "gzip"})
    assert (part.status_code, len(b"".join(part.streaming_content))) == (206, 100)
    assert browser(op).get(address).status_code == 404  # a draft is nobody else's business
    jobs.run_due()
    assert browser(op).get(f"/private-media/{post.public_id}/480p.mp4").status_code == 200


@pytest.mark.parametrize(
    "name", ["../../uploads/x.part", "..%2f..%2fx", "input", "480p.mp4.html", "x" * 300]
)
def test_attack_21_no_other_name_leads_anywhere(browser, zhao, make_draft, send, name):
    post = make_draft()
    content.play_at_once(send(post, CLIP))
    assert browser(zhao).get(f"/private-media/{post.public_id}/{name}").status_code == 404


DESKS = ["/mine/{id}", "/mine/{id}/state"]
DEEDS = ["words", "files", "send", "appeal", "withdraw"]


@pytest.mark.parametrize("somebody", ["mei", "lin", "wang", "op", "audit_person", "stranger"])
def test_attack_15_a_draft_is_its_authors_alone(
    browser, request, make_draft, cooperative, somebody
):
    post = make_draft()
    client = browser(request.getfixturevalue(somebody))
    for address in DESKS:
        assert client.get(address.format(id=post.public_id)).status_code == 404
    for deed in DEEDS:
        assert client.post(f"/mine/{post.public_id}/{deed}").status_code in (403, 404)
    assert client.get(f"/p/{post.public_id}").status_code == 404
    assert client.get(f"/api/posts/{post.public_id}").status_code == 404
    post.refresh_from_db()
    assert (post.status, post.caption) == ("draft", "今早下树")


@pytest.mark.parametrize("somebody", ["mei", "zhao", "wang", "audit_person", "stranger"])
def test_attack_15_the_queue_is_the_reviewers(browser, request, make_post, somebody):
    post = make_post(published=False)
    client = browser(request.getfixturevalue(somebody))
    for address in ("/review", f"/review/{post.public_id}", "/review/comments", "/api/review"):
        assert client.get(address).status_code in (403, 404)
    deed = client.post(f"/review/{post.public_id}/decide", {"decision": "approve"})
    assert deed.status_code == 403
    assert client.post(f"/api/review/{post.public_id}/publish").status_code == 403
    post.refresh_from_db()
    assert post.status == "in_review"


def test_attack_16_lists_and_search_show_published_posts_only(browser, make_post, mei):
    make_post("脆李熟了")
    make_post("脆李还没有过审", published=False)
    client = browser(mei)
    for address in ("/search?q=脆李", "/api/posts?q=脆李", "/api/posts", "/search"):
        answer = client.get(address)
        is_json = address.startswith("/api/")
        shown = str(answer.json()) if is_json else answer.content.decode()
        assert ("脆李熟了" in shown, "还没有过审" in shown) == (True, False)


SCRIPT = "<script>alert(1)</script>{{ x }}{% y %}%s<img src=x onerror=alert(1)>"


def test_attack_26_script_in_every_text_is_shown_as_text(browser, make_post, zhao, op, mei, noon):
    zhao.display_name = SCRIPT[:50]
    zhao.save()
    post = make_post(SCRIPT, topics=("<b>x</b>",))
    content.comment(author=mei, post_id=post.pk, text=SCRIPT, now=noon)
    content.report(reporter=mei, post_id=post.pk, reason="copy", note=SCRIPT, now=noon)
    pages = [f"/p/{post.public_id}", f"/u/{zhao.public_id}", f"/search?q={SCRIPT}", "/search"]
    for user, addresses in ((zhao, ["/mine", f"/mine/{post.public_id}"]), (op, ["/review"])):
        client = browser(user)
        for address in [*pages, *addresses, f"/review/{post.public_id}"]:
            shown = client.get(address).content.decode()
            assert "<script>alert" not in shown
            assert "onerror=alert(1)>" not in shown.replace("&gt;", "")


def test_a_refusal_is_explained_and_can_be_appealed(browser, make_post, zhao, op, noon):
    post = make_post(published=False)
    refusal = {"decision": "refuse", "reason": "", "note": "请补上产地"}
    assert browser(op).post(f"/review/{post.public_id}/decide", refusal).status_code == 422
    refusal["reason"] = "false_origin"
    assert browser(op).post(f"/review/{post.public_id}/decide", refusal).status_code == 302
    desk = browser(zhao).get(f"/mine/{post.public_id}").content.decode()
    assert "false_origin" in desk
    assert "请补上产地" in desk
    appealed = browser(zhao).post(f"/mine/{post.public_id}/appeal", {"text": "就在坡上拍的"})
    assert appealed.status_code == 302
    queue = browser(op).get(f"/review/{post.public_id}").content.decode()
    assert "就在坡上拍的" in queue
    again = browser(op).post(f"/review/{post.public_id}/decide", {"decision": "approve"})
    assert again.status_code == 409


def test_comments_with_listed_words_wait_for_a_reviewer(browser, make_post, mei, op, client):
    post = make_post()
    browser(mei).post(f"/p/{post.public_id}/comments", {"text": "想买三斤"})
    browser(mei).post(f"/p/{post.public_id}/comments", {"text": "加 微　信 聊"})
    assert list(Comment.objects.order_by("pk").values_list("status", flat=True)) == [
        "visible",
        "held",
    ]
    assert "加 微" in browser(mei).get(f"/p/{post.public_id}").content.decode()
    client.logout()
    page = client.get(f"/p/{post.public_id}").content.decode()
    assert ("想买三斤" in page, "加 微" in page) == (True, False)
    held = Comment.objects.get(status="held")
    browser(op).post(f"/review/comments/{held.public_id}", {"reason": "outside_trade"})
    held.refresh_from_db()
    assert (held.status, held.hidden_reason) == ("hidden", "outside_trade")


def test_likes_and_follows_are_states_that_may_be_set_twice(browser, make_post, mei, zhao):
    post = make_post()
    client = browser(mei)
    for _ in range(2):
        client.post(f"/p/{post.public_id}/like", {"on": "1"})
        client.post(f"/u/{zhao.public_id}/follow", {"on": "1"})
    assert (Like.objects.count(), Follow.objects.count()) == (1, 1)
    assert "巫山脆李熟了" in client.get("/likes").content.decode()
    for _ in range(2):
        client.post(f"/p/{post.public_id}/like", {"on": "0"})
        client.post(f"/u/{zhao.public_id}/follow", {"on": "0"})
    assert (Like.objects.count(), Follow.objects.count()) == (0, 0)


def test_nobody_follows_themselves(browser, make_post, zhao):
    make_post()
    assert browser(zhao).post(f"/u/{zhao.public_id}/follow", {"on": "1"}).status_code == 422


def test_a_reported_post_is_taken_down_with_a_reason(browser, make_post, mei, op, zhao):
    post = make_post()
    report = {"reason": "copy", "note": "搬的别人的"}
    for _ in range(2):
        assert browser(mei).post(f"/p/{post.public_id}/report", report).status_code == 302
    assert Report.objects.count() == 1
    assert "搬的别人的" in browser(op).get(f"/review/{post.public_id}").content.decode()
    browser(op).post(f"/review/{post.public_id}/decide", {"decision": "refuse", "reason": "copy"})
    post.refresh_from_db()
    assert (post.status, post.withdrawn_by_author) == ("withdrawn", False)
    assert "copy" in browser(zhao).get(f"/mine/{post.public_id}").content.decode()
    assert browser(mei).get(f"/p/{post.public_id}").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_asks_the_database_the_same_however_long(
    browser, make_post, mei, count, django_assert_num_queries
):
    for number in range(count):
        make_post(f"第{number}条脆李", topics=(f"话题{number}",))
    client = browser(mei)
    client.get("/search")
    with django_assert_num_queries(6):
        client.get("/search")


@pytest.mark.concurrency
@pytest.mark.parametrize(
    "address", ["/search?q=%00", "/search?topic=a%00", "/api/posts?county=%00", "/api/posts/a%00b"]
)
def test_a_nul_character_is_refused_on_both_engines(client, db, address):
    assert client.get(address).status_code == 400


@pytest.mark.concurrency
def test_a_nul_character_in_json_is_refused_on_both_engines(browser, zhao):
    said = b'{"organisation": "x", "caption": "a\\u0000b"}'
    answer = browser(zhao).post("/api/posts", said, content_type="application/json")
    assert answer.status_code == 400
