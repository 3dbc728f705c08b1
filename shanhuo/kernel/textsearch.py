"""Search in Chinese without a search server, with equal results on SQLite and PostgreSQL.

A text is stored as tokens: every ideograph, every pair of neighbours, every word that rjieba finds,
and whole words of other scripts. A query is cut into words by the dictionary, fillers are dropped,
and each word must be there with all its pairs: "哪里有卖脐橙的" finds what speaks of 脐橙.
Trigram indexes were rejected: they find no two-character word, and 核桃 is one.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from itertools import groupby, pairwise
from typing import Any

LONGEST_QUERY = 60
# What people put around the thing they look for.
_FILLERS = frozenset(
    "的 了 吗 呢 吧 啊 和 与 在 是 有 我 要 想 买 卖 找 哪 哪里 哪儿 怎么 什么 多少 请问".split()  # noqa: SIM905
)


def tokens_of(*texts: str) -> list[str]:
    """Distinct tokens under which the texts are found, sorted."""
    found: set[str] = set()
    for run in _runs(" \n ".join(texts)):
        found.update(_index_tokens(run) if _is_ideograph(run[0]) else [run])
    return sorted(found)


def query_tokens(query: str) -> list[str]:
    """Tokens that a match must have, all of them; empty for a query without letters."""
    found: dict[str, None] = {}
    for word in _words(query[:LONGEST_QUERY]):
        pairs = _pairs(word) if _is_ideograph(word[0]) else []
        found.update(dict.fromkeys(pairs or [word]))
    return list(found)


def _words(query: str) -> list[str]:
    """The query's telling words; all of them if it has nothing but fillers."""
    words = [piece for run in _runs(query) for piece in _cut(run)]
    return [word for word in words if word not in _FILLERS] or words


def _cut(run: str) -> Iterator[str]:
    """Words of a run. Lone ideographs side by side stay together: a name no dictionary knows."""
    if not _is_ideograph(run[0]):
        yield run
        return
    for lone, group in groupby(_dictionary().cut(run), key=_is_lone):
        pieces = list(group)
        yield from ["".join(pieces)] if lone else pieces


def _is_lone(piece: str) -> bool:
    return len(piece) == 1 and piece not in _FILLERS


def _runs(text: str) -> Iterator[str]:
    """Stretches of one kind: ideographs, or letters and digits of any other script."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    for kind, letters in groupby(plain, key=_kind):
        if kind:
            yield "".join(letters)


def _kind(letter: str) -> str:
    """ "" for what separates words."""
    if _is_ideograph(letter):
        return "ideograph"
    return "word" if unicodedata.category(letter)[0] in "LNM" else ""


def _is_ideograph(letter: str) -> bool:
    """Written without spaces between words: Han characters and kana."""
    return unicodedata.category(letter) == "Lo" and ord(letter) >= 0x2E80


def _index_tokens(run: str) -> list[str]:
    return [*run, *_pairs(run), *_dictionary().cut(run)]


def _pairs(run: str) -> list[str]:
    return [first + second for first, second in pairwise(run)]


@cache
def _dictionary() -> Any:
    # Loading it takes a quarter of a second, and most commands never search.
    return import_module("rjieba")
