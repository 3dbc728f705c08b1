"""The script of the demo season: who takes part and what each county brings, read once."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

_COUNTIES = Path(__file__).parent / "counties.toml"

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
SOLAR_TERMS = (
    *(
        "立春",
        "雨水",
        "惊蛰",
        "春分",
        "清明",
        "谷雨",
        "立夏",
        "小满",
        "芒种",
        "夏至",
        "小暑",
        "大暑",
    ),
    *(
        "立秋",
        "处暑",
        "白露",
        "秋分",
        "寒露",
        "霜降",
        "立冬",
        "小雪",
        "大雪",
        "冬至",
        "小寒",
        "大寒",
    ),
)


@dataclass(frozen=True, slots=True)
class SkuScript:
    """`chain`: farm gate, packing, freight, platform fee, commission, in fen."""

    name: str
    grams: int
    stock: int
    chain: tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class CountyScript:
    """One county's part. `published`: the slogan is a public fact, not ours."""

    adcode: str
    product: str
    category: str
    merchant: str
    creators: tuple[str, ...]
    villages: tuple[str, ...]
    households: int
    slogan: str
    published: bool
    survey: str
    selling_points: str
    positioning: str
    differentiators: str
    forbidden_claims: str
    grade: str
    size: str
    sugar: str
    packing: str
    storage: str
    eating: str
    skus: tuple[SkuScript, ...]
    paid_fen_per_kg: int
    baseline_fen_per_kg: int
    lot_jin: int
    captions: tuple[str, ...]


@cache
def counties() -> tuple[CountyScript, ...]:
    """The eight counties, in the order of the file."""
    table = tomllib.loads(_COUNTIES.read_text("utf-8"))
    return msgspec.convert(table["county"], tuple[CountyScript, ...])


def invented_name(number: int) -> str:
    """A name nobody bears by accident: a family name and a solar term (节气), 384 of them."""
    surname = SURNAMES[number // len(SOLAR_TERMS) % len(SURNAMES)]
    return surname + SOLAR_TERMS[number * 7 % len(SOLAR_TERMS)]
