"""Listed words are found however they are written; innocent talk is left alone."""

import pytest

from shanhuo.content import words


@pytest.mark.parametrize(
    "text",
    [
        "加微信聊",
        "加 微 信 聊",
        "加.微.信",
        "加\u200b微\u200d信",
        "加　微　信",
        "加微信号",
        "加薇信聊",
        "jia wei xin",
        "JiaWeiXin",
        "加V信:abc123",
        "加ｖｘ：abc123",
        "微信號在主頁",
        "VX abcde99",
        "电话138-0013-8000",
        "１３８００１３８０００",
        "一三八零零一三八零零零",
        "打 1 3 8 0 0 1 3 8 0 0 0",
    ],
)
def test_attack_29_trade_elsewhere_is_seen_through_every_spelling(text):
    assert "outside_trade" in words.found_in(text).values()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("包 治 百 病", "false_claim"),
        ("這茶能抗癌", "false_claim"),
        ("全网第１,国家級", "false_claim"),
        ("刷单返现", "outside_trade"),
        ("出售穿山甲肉", "danger"),
        ("贫困户名单", "personal_data"),
    ],
)
def test_attack_29_a_listed_word_names_its_reason(text, reason):
    assert reason in words.found_in(text).values()


@pytest.mark.parametrize(
    "text",
    [
        "今早下树的脆李,5 斤 39.8 元",
        "2026 年 7 月 1 日采摘,一级果",
        "家为心安处",
        "微风吹过信江",
        "这批一共 1380 箱",
        "比去年甜,品质好",
        "",
    ],
)
def test_innocent_talk_is_left_alone(text):
    assert words.found_in(text) == {}


def test_operators_add_their_own_words(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    (tmp_path / "words.txt").write_text("[off_topic]\n二手车\n", "utf-8")
    words.forget_lists()
    try:
        assert words.found_in("低价二 手 车") == {"二手车": "off_topic"}
    finally:
        words.forget_lists()


def test_ten_thousand_lines_against_the_list_take_one_pass_each():
    text = "今早下树的脆李,个个带霜," * 20
    assert words.found_in(text) == {}
