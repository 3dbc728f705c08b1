"""The folder that a simulation leaves: tables for machines, a page for people."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from html import escape
from pathlib import Path

import duckdb
import numpy as np

from shanhuo.console.simulation import charts
from shanhuo.console.simulation.charts import GREEN, GREY, INK, RED, Line
from shanhuo.console.simulation.figures import COUNTY_COLUMNS, Result, Spread, spreads
from shanhuo.console.simulation.options import Options
from shanhuo.console.simulation.words import text

PAGES = (("report.html", "zh-CN", 0), ("report.en.html", "en", 1))
_STYLE = (
    "body{font:16px/1.6 system-ui,sans-serif;margin:auto;max-width:76rem;padding:1.5rem;"
    "background:#faf6ee;color:#1f1c17}h1{margin:0}.warning{border-left:4px solid #c0431a;"
    "padding:.5rem 1rem;background:#fff}section{display:grid;gap:1rem;"
    "grid-template-columns:repeat(auto-fit,minmax(26rem,1fr));margin-bottom:1rem}figure{margin:0;background:#fff;"
    "padding:1rem;border-radius:.5rem}figcaption{font-weight:600}"
    "figure p{margin:0;font-size:.85rem}figure span{margin-right:1rem;white-space:nowrap}"
    "svg{width:100%}"
    "table{border-collapse:collapse;background:#fff;width:100%}td,th{padding:.3rem .8rem;"
    "text-align:right;border-bottom:1px solid #e6dfd0;font-variant-numeric:tabular-nums}"
    "td:first-child,th:first-child{text-align:left}"
)


def write(folder: Path, options: Options, results: Sequence[Result]) -> str:
    """Write everything; returns the SHA-256 of counties.csv, the same for the same options."""
    folder.mkdir(parents=True, exist_ok=True)
    found = spreads(list(results))
    _write_counties(folder / "counties.csv", results)
    summary = {
        "options": asdict(options),
        "measures": {name: asdict(one) for name, one in found.items()},
        "by_seed": {one.city.seed: one.measures() for one in results},
    }
    (folder / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    for name, code, language in PAGES:
        (folder / name).write_text(_page(options, results, found, code, language))
    return sha256((folder / "counties.csv").read_bytes()).hexdigest()


def _write_counties(path: Path, results: Sequence[Result]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COUNTY_COLUMNS)
        for one in results:
            writer.writerows(one.counties())
    target = path.with_suffix(".parquet")
    duckdb.read_csv(str(path)).write_parquet(str(target))


def _page(
    options: Options,
    results: Sequence[Result],
    found: dict[str, Spread],
    code: str,
    language: int,
) -> str:
    title, warning, note = (escape(text(name, language)) for name in ("title", "warning", "note"))
    days = options.support_days
    setting = text("setting", language).format(
        **asdict(options),
        weight=options.weight,
        first=days.start + 1,
        last=days.stop,
        percent=options.support_percent,
    )
    drawings = "".join(
        f"<figure><figcaption>{escape(text(name, language))}</figcaption>{drawing}</figure>"
        for name, drawing in _drawings(results, language)
    )
    return (
        f'<!DOCTYPE html><html lang="{code}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f'<p class="warning">{warning}</p><p>{escape(setting)}</p>'
        f"<section>{drawings}</section>{_table(found, language)}<p>{note}</p></body></html>\n"
    )


def _table(found: dict[str, Spread], language: int) -> str:
    heads = "".join(f"<th>{text(name, language)}</th>" for name in ("measure", "mean", "range"))
    rows = "".join(
        f"<tr><td>{escape(text(name, language))}</td><td>{_short(one.mean)}</td>"
        f"<td>{_short(one.least)} … {_short(one.most)}</td></tr>"
        for name, one in found.items()
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _short(value: float) -> str:
    """Three figures and no more: a panel of people cannot say a fourth."""
    decimals = 2 - int(np.floor(np.log10(abs(value)))) if value else 0
    return f"{value:,.{max(0, decimals)}f}".replace("-", "−")


def _drawings(results: Sequence[Result], language: int) -> list[tuple[str, str]]:
    first = results[0]
    weight, chosen = first.city.options.weight, first.city.is_supported
    axes = text("without", language), text("with", language)

    def dots(name: str) -> str:
        before, after = (
            getattr(tally, name)[1:].sum(0) * weight for tally in (first.without, first.with_grants)
        )
        return charts.scatter(before, after, chosen, axes, text("powers", language).split())

    return [
        ("exposures", dots("exposures")),
        ("income", dots("income")),
        ("fairness", _lorenz(first, language)),
        ("survival", _survival(results, language)),
    ]


def _lorenz(result: Result, language: int) -> str:
    def curve(values: np.ndarray) -> np.ndarray:
        return np.concatenate([[0.0], np.cumsum(np.sort(values)) / max(values.sum(), 1)])

    drawn = [
        Line(text("without", language), curve(result.without.exposures.sum(0)), GREY),
        Line(text("with", language), curve(result.with_grants.exposures.sum(0)), RED),
        Line(text("equal", language), np.linspace(0, 1, 3), INK, dashed=True),
    ]
    quarters = [(part / 4, f"{25 * part}%") for part in range(5)]
    return charts.lines(drawn, (text("counties_share", language), ""), quarters)


def _survival(results: Sequence[Result], language: int) -> str:
    drawn = []
    for among, colour in (("supported", RED), ("others", GREEN)):
        for arm in ("without", "with"):
            curves = [
                one.survival(
                    one.with_grants if arm == "with" else one.without,
                    one.city.is_supported if among == "supported" else ~one.city.is_supported,
                )
                for one in results
            ]
            words = f"{text(among, language)}, {text(arm, language)}"
            drawn.append(Line(words, np.mean(curves, axis=0), colour, dashed=arm == "without"))
    days = len(drawn[0].values) - 1
    ticks = [(part / 4, f"{days * part // 4}") for part in range(5)]
    return charts.lines(drawn, (text("days_since", language), ""), ticks)
