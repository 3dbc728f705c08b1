"""Words that make a person look twice: found in spite of spaces, other scripts and look-alikes."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import ahocorasick
from django.conf import settings

# Traditional and variant forms of the characters our own list uses, and words written by sound.
_SIMPLER = str.maketrans(
    "號訊鏈結線轉賬帳寶賣買價質級國藥療癒陽減證賠穩賺槍電魚賭場貸現貧戶單銀話掃碼點擊開評網騙優淨",
    "号讯链结线转账账宝卖买价质级国药疗愈阳减证赔稳赚枪电鱼赌场贷现贫户单银话扫码点击开评网骗优净",
)
_DIGITS = str.maketrans("〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖", "00123456789123456789")
_PHONE = re.compile(r"1[3-9]\d{9}")
_ACCOUNT = re.compile(r"(?:加|\+)v(?:x|信)?[:]?[a-z0-9]|vx[:]?[a-z0-9_-]{5}|weixin|wechat")
# Shorter readings are found in innocent text everywhere.
_SPOKEN_SYLLABLES = 3


def found_in(*texts: str) -> dict[str, str]:
    """Listed words in the texts -> reason code. Empty: nothing to look at."""
    found: dict[str, str] = {}
    for text in texts:
        plain = folded(text)
        found |= dict(_written().iter_matches(plain))
        found |= _by_sound(plain)
        if _PHONE.search(plain.translate(_DIGITS)) or _ACCOUNT.search(plain):
            found["电话或账号"] = "outside_trade"
    return found


def _by_sound(plain: str) -> dict[str, str]:
    """Words spelt in Latin letters, or with a few characters changed for others that sound alike.

    A text that shares no character with the word only happens to sound like it.
    """
    heard = dict(_spoken().iter_matches(_sound_of(plain)))
    return {
        word: reason
        for word, reason in heard.items()
        if _sound_of(word) in plain or not set(plain).isdisjoint(folded(word))
    }


def folded(text: str) -> str:
    """One form for all spellings; no spaces, marks or hidden letters."""
    wide = unicodedata.normalize("NFKC", text).casefold().translate(_SIMPLER)
    return "".join(
        letter for letter in wide if unicodedata.category(letter)[0] in "LN" or letter in "+:"
    )


class _Matcher:
    """All listed words in one pass over the text."""

    def __init__(self, words: Iterable[tuple[str, str, str]]) -> None:
        """words: (form to look for, word to name, reason code)."""
        self._automaton: Any = ahocorasick.Automaton()
        for form, word, reason in words:
            self._automaton.add_word(form, (word, reason))
        self._automaton.make_automaton()

    def iter_matches(self, text: str) -> Iterable[tuple[str, str]]:
        return (entry for _end, entry in self._automaton.iter(text)) if len(self._automaton) else ()


@cache
def _written() -> _Matcher:
    return _Matcher((folded(word), word, reason) for word, reason in _listed())


@cache
def _spoken() -> _Matcher:
    """The same words as they sound: 加威信 for 加微信."""
    long_enough = (
        (word, reason) for word, reason in _listed() if len(folded(word)) >= _SPOKEN_SYLLABLES
    )
    return _Matcher((_sound_of(folded(word)), word, reason) for word, reason in long_enough)


def _sound_of(plain: str) -> str:
    # Its dictionary takes a third of a second, which most processes never need.
    from pypinyin import lazy_pinyin  # noqa: PLC0415

    return "".join(lazy_pinyin(plain))


@cache
def _listed() -> tuple[tuple[str, str], ...]:
    own = Path(settings.DATA_DIR) / "words.txt"
    texts = [files("shanhuo.content").joinpath("data/words.txt").read_text("utf-8")]
    if own.exists():
        texts.append(own.read_text("utf-8"))
    return tuple(entry for text in texts for entry in _entries(text))


def _entries(text: str) -> Iterable[tuple[str, str]]:
    reason = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            reason = line.strip("[]")
        elif line and not line.startswith("#"):
            yield line, reason


def forget_lists() -> None:
    """Read the lists anew with the next text; a running process keeps them otherwise."""
    for kept in (_listed, _written, _spoken):
        kept.cache_clear()
