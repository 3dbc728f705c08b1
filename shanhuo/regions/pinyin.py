"""How a Chinese place name may be typed in Latin letters: 巫山县 -> wushanxian, wsx."""

import re
import unicodedata
from itertools import islice, product

MOST_READINGS = 12
_NOT_A_LETTER = re.compile(r"[^a-z]")


def keys_of(name: str) -> list[str]:
    """Every spelling worth finding a name by, without spaces or tones, likeliest first.

    A character with several readings (长, 朝, 单) gives several spellings, because the dictionary's
    first choice is wrong for some places. Initials follow.
    """
    # Its dictionary takes a third of a second, which most processes never need.
    from pypinyin import Style, lazy_pinyin, pinyin  # noqa: PLC0415

    likely = lazy_pinyin(name, style=Style.NORMAL, errors="ignore")
    choices = pinyin(name, style=Style.NORMAL, heteronym=True, errors="ignore")
    readings = [likely, *(list(reading) for reading in islice(product(*choices), MOST_READINGS))]
    spellings = ["".join(reading).replace("ü", "v") for reading in readings]
    initials = ["".join(syllable[0] for syllable in reading) for reading in readings]
    return list(dict.fromkeys(spellings + initials))


def typed(text: str) -> str:
    """What somebody typed, in the form of the keys: "Wú-shān " -> "wushan"; "" if not Latin."""
    letters = unicodedata.normalize("NFKD", text.lower().replace("ü", "v"))
    return _NOT_A_LETTER.sub("", letters)
