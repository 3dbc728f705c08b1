"""Chinese is found word by word, on both databases alike."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from shanhuo.kernel.textindex import TextIndex

# Both engines must give the same answers.
pytestmark = pytest.mark.concurrency

INDEX = TextIndex("content_post_text")


def found(query: str) -> list[int]:
    matching = INDEX.matching(query)
    if isinstance(matching, list):
        return matching
    with connection.cursor() as cursor:
        cursor.execute(matching.sql, matching.params)
        return sorted(row[0] for row in cursor.fetchall())


@pytest.fixture
def shelves(db: None) -> None:
    INDEX.put(1, "奉节脐橙,产自长江边")
    INDEX.put(2, "新疆核桃与苹果,3 斤装 Walnut")
    INDEX.put(3, "𠮷家的梨膏")


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("核桃", [2]),
        ("苹果", [2]),
        ("梨膏", [3]),
        ("脐橙 奉节", [1]),
        ("哪里有卖脐橙的", [1]),
        ("核桃苹果", [2]),
        ("ＷＡＬＮＵＴ", [2]),
        ("橙", [1]),
        ("𠮷家", [3]),
        ("香蕉", []),
        ("", []),
        ('" OR * NEAR( AND -', []),
    ],
)
def test_a_word_of_two_characters_is_found(shelves: None, query: str, rows: list[int]) -> None:
    assert found(query) == rows


def test_a_text_that_changed_is_found_by_its_new_words_only(shelves: None) -> None:
    INDEX.put(2, "山核桃仁")
    assert (found("苹果"), found("核桃")) == ([], [2])
    INDEX.remove(2)
    assert found("核桃") == []


@pytest.mark.django_db
@given(query=st.text(max_size=80))
def test_no_query_raises(query: str) -> None:
    found(query)
