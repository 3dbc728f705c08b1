"""Fen in, fen out; nothing lost in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanhuo.kernel import money

# Eleven digits of yuan are the most that can be typed.
LARGEST_FEN = 10**13 - 1


@pytest.mark.parametrize(
    ("text", "amount_fen"),
    [
        ("12.5", 1250),
        ("12.50", 1250),
        ("0.01", 1),
        ("１２．５０", 1250),
        ("¥1,250", 125000),
        ("3元", 300),
    ],
)
def test_amounts_are_read_as_people_type_them(text: str, amount_fen: int) -> None:
    assert money.parse_yuan(text) == amount_fen


@pytest.mark.parametrize("text", ["", "-1", "1.005", "1e3", "NaN", "12.", "9" * 12, "1 2"])
def test_attack_06_what_is_no_amount_is_refused_and_never_rounded(text: str) -> None:
    with pytest.raises(money.NotAnAmount):
        money.parse_yuan(text)


@pytest.mark.parametrize(
    ("amount_fen", "basis_points", "share_fen"),
    [(1000, 500, 50), (1, 5000, 1), (3, 5000, 2), (-3, 5000, -2), (333, 1000, 33), (335, 1000, 34)],
)
def test_a_share_is_rounded_half_away_from_zero(
    amount_fen: int, basis_points: int, share_fen: int
) -> None:
    assert money.share_of(amount_fen, basis_points=basis_points) == share_fen


def test_left_over_fen_go_to_the_largest_remainders() -> None:
    assert money.split(100, weights=[1, 1, 1]) == [34, 33, 33]
    assert money.split(101, weights=[1, 2]) == [34, 67]


@given(
    st.integers(0, LARGEST_FEN),
    st.lists(st.integers(0, 10_000), min_size=1, max_size=9).filter(any),
)
def test_parts_add_up_and_are_fair_to_a_fen(amount_fen: int, weights: list[int]) -> None:
    parts = money.split(amount_fen, weights=weights)
    assert sum(parts) == amount_fen
    exact = [amount_fen * weight / sum(weights) for weight in weights]
    assert all(abs(part - fair) < 1 + fair * 1e-9 for part, fair in zip(parts, exact, strict=True))


@given(st.integers(0, LARGEST_FEN))
def test_what_is_written_can_be_read(amount_fen: int) -> None:
    assert money.parse_yuan(money.yuan(amount_fen)) == amount_fen
