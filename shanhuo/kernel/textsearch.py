"""Search in Chinese without a search server, with equal results on SQLite and PostgreSQL.

A text is stored as a column of tokens: every character, every pair of neighbours, every word that
rjieba finds, and runs of letters and digits. A query asks for all its pairs (or its one character).
Trigram indexes were rejected: they find no two-character word, and 核桃 is one.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

import rjieba

_RUNS = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+|[a-z0-9]+")
LONGEST_QUERY = 60


def tokens_of(*texts: str) -> list[str]:
    """Distinct tokens under which the texts are found, sorted."""
    found: set[str] = set()
    for run in _runs(" \n ".join(texts)):
        found.update([run] if run.isascii() else _index_tokens(run))
    return sorted(found)


def column_of(*texts: str) -> str:
    """The tokens as one column, ` 核桃 新疆 ` with a space at both ends: see `needles`."""
    return f" {' '.join(tokens_of(*texts))} "


def query_tokens(query: str) -> list[str]:
    """Tokens that a match must have, all of them; empty for a query without letters."""
    found: list[str] = []
    for run in _runs(query[:LONGEST_QUERY]):
        found += [run] if run.isascii() or len(run) == 1 else _pairs(run)
    return list(dict.fromkeys(found))


def needles(query: str) -> list[str]:
    """What must occur in a `column_of`; the spaces keep "bc" from being found in "abc"."""
    return [f" {token} " for token in query_tokens(query)]


def _runs(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return (match[0] for match in _RUNS.finditer(plain))


def _index_tokens(run: str) -> list[str]:
    return [*run, *_pairs(run), *rjieba.cut(run)]


def _pairs(run: str) -> list[str]:
    return [first + second for first, second in pairwise(run)]
