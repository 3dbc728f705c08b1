"""Chinese words are found, the two-character ones above all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanhuo.kernel import textsearch


def found(query: str, text: str) -> bool:
    return set(textsearch.query_tokens(query)) <= set(textsearch.tokens_of(text))


@pytest.mark.parametrize(
    "query", ["核桃", "苹果", "桃", "大凉山核桃", "ＡＢＣ", "abc", "2026", "苹果 核桃"]
)
def test_words_of_any_length_are_found(query):
    assert found(query, "大凉山核桃与盐源苹果，ABC 级，2026 年新货")


@pytest.mark.parametrize("query", ["梨膏", "桃核", "bc", "202"])
def test_what_is_not_there_is_not_found(query):
    assert not found(query, "大凉山核桃与盐源苹果，ABC 级，2026 年新货")


@pytest.mark.parametrize("query", ["", "  ", '"*', "NEAR(", "%_", "🙂"])
def test_a_query_without_letters_asks_for_nothing(query):
    assert [token for token in textsearch.query_tokens(query) if token != "near"] == []


@given(st.text(alphabet="脆李巫山红茶核桃苹果ab1", min_size=1, max_size=20), st.data())
def test_every_part_of_a_chinese_text_is_found(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    part = text[start : data.draw(st.integers(start + 1, len(text)))]
    if not any(letter.isascii() for letter in part):
        assert found(part, text)
