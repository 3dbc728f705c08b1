"""The replay of a show with a drop in it: chapters, clips, a cover, and its withdrawal."""

from datetime import timedelta

import pytest

from shanhuo.kernel.models import AuditEntry
from shanhuo.live import queries
from shanhuo.live.media import replay as media
from shanhuo.live.models import Bundle, Explanation, Replay
from shanhuo.live.services import replay, sealing
from tests.live.conftest import PLAYLIST


def test_it_waits_for_the_last_part(shelf, ended, noon):
    assert list(replay.sessions_without_replay(now=noon)) == [ended]
    assert not replay.make(session_id=ended.pk, now=noon)
    assert queries.replay_of(ended) is None


def test_gaps_are_gone_and_chapters_are_where_they_are(shown, noon):
    """Plums were explained from 11:35 to 11:39; from 11:37:00.5 to 11:38 there was no signal."""
    view = queries.replay_of(shown)
    assert view.duration_ms == 1_020_500
    [chapter] = view.chapters
    assert (chapter.title, chapter.clock) == ("巫山脆李", "0:05:00")
    assert (chapter.from_ms, chapter.until_ms) == (300_000, 480_500)


def test_the_cover_is_a_picture_of_the_middle(shown):
    view = queries.replay_of(shown)
    assert view.cover == f"/media/live/{shown.media_key}/cover.webp"
    cover = media.public_folder(shown.media_key) / "cover.jpg"
    assert cover.read_bytes()[:2] == b"\xff\xd8"


def test_a_part_that_is_no_film_gives_no_cover_and_still_a_replay(shelf, ended, noon):
    with (shelf / "top" / "replay.m3u8").open("a") as file:
        file.write("#EXT-X-ENDLIST\n")
    (shelf / "top" / "001-00001.m4s").write_bytes(b"<html>")
    (shelf / "top" / "001-0.mp4").write_bytes(b"no")
    assert replay.make(session_id=ended.pk, now=noon)
    assert queries.replay_of(ended).cover == ""


def test_a_product_page_shows_its_explanation(shown):
    product = Explanation.objects.get().item.product_id
    [clip] = queries.explain_clips(product)
    assert clip.address == f"/live/{shown.public_id}#t=300,481"
    assert (clip.host, clip.seconds) == ("林合作社", 180)


def test_one_film_for_each_camera(shown):
    parts = media.read(media.public_folder(shown.media_key)).parts
    runs = [[part.file.name for part in run] for run in media.runs_of(parts)]
    assert runs == [["001-00000.m4s", "001-00001.m4s"], ["002-00000.m4s"]]


def test_a_playlist_leads_nowhere_else(tmp_path):
    text = PLAYLIST.replace("001-00000.m4s", "../../../secret.m4s")
    names = [part.file.name for part in media.parse(text, tmp_path / "key" / "top").parts]
    assert names == ["001-00001.m4s", "002-00000.m4s"]


def test_a_withdrawn_replay_is_gone_and_the_evidence_stays(shown, lin, op, noon):
    sealing.seal(session_id=shown.pk, now=noon)
    replay.withdraw(session_id=shown.pk, by=lin, reason="说错了价格", now=noon)
    view = queries.replay_of(shown)
    assert (view.is_withdrawn, view.withdrawn_why) == (True, "说错了价格")
    assert not media.public_folder(shown.media_key).exists()
    assert queries.explain_clips(Explanation.objects.get().item.product_id) == []
    assert Bundle.objects.count() == 1
    with pytest.raises(replay.NotYours):
        replay.bring_back(session_id=shown.pk, by=lin, reason="改主意了", now=noon)
    replay.bring_back(session_id=shown.pk, by=op, reason="核对无误", now=noon)
    assert (media.public_folder(shown.media_key) / "top" / "replay.m3u8").is_file()
    verbs = AuditEntry.objects.filter(verb__startswith="replay.").values_list("verb", flat=True)
    assert sorted(verbs) == ["replay.bring_back", "replay.withdraw"]


def test_a_stranger_withdraws_nothing(shown, stranger, noon):
    with pytest.raises(replay.NotYours):
        replay.withdraw(session_id=shown.pk, by=stranger, reason="我不喜欢", now=noon)
    assert Replay.objects.filter(withdrawn_at=None).exists()


def test_after_a_week_nobody_waits_any_more(shelf, ended, noon):
    assert not replay.sessions_without_replay(now=noon + timedelta(days=8)).exists()
