"""Message catalogues: which texts each room and page area has, extracted and compiled by Babel.

GNU gettext is not needed. Every room keeps its own catalogue (`shanhuo/<room>/locale`), every page
area one too (`shanhuo/web/locale/<area>`), so that two people rarely edit the same file. msgids are
English; `zh_Hans` is complete, which tests/console/test_messages.py checks.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = "zh_Hans"
ROOMS = [
    "kernel",
    "regions",
    "people",
    "goods",
    "content",
    "live",
    "orders",
    "traffic",
    "impact",
    "api",
    "realtime",
    "console",
]
_DATED = tuple(
    f'"{field}:'
    for field in (
        "Project-Id-Version",
        "Report-Msgid-Bugs-To",
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Last-Translator",
        "Language-Team",
        "Generated-By",
    )
)
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """One catalogue: the files its texts come from, and where it stands."""

    name: str
    sources: tuple[Path, ...]
    locale_dir: Path

    @property
    def po(self) -> Path:
        return self.locale_dir / LOCALE / "LC_MESSAGES" / "django.po"

    @property
    def mo(self) -> Path:
        return self.po.with_suffix(".mo")


def shelves() -> list[Shelf]:
    """One per room, one per page area; `shell` is what all areas share."""
    rooms = [Shelf(room, _files(ROOT / room), ROOT / room / "locale") for room in ROOMS]
    areas = sorted(path.parent.name for path in (ROOT / "web").glob("*/access.py"))
    return rooms + [_area(name) for name in ("shell", *areas)]


def _area(name: str) -> Shelf:
    web = ROOT / "web"
    locale_dir = web / "locale" / name
    if name == "shell":
        shared = [
            *web.glob("*.py"),
            *web.glob("templatetags/*.py"),
            *web.glob("templates/*/*.html"),
        ]
        return Shelf("web/shell", tuple(sorted(shared)), locale_dir)
    pages = (*_files(web / name), *_files(web / "templates" / "web" / name))
    return Shelf(f"web/{name}", pages, locale_dir)


def _files(folder: Path) -> tuple[Path, ...]:
    found = [path for path in folder.rglob("*") if path.suffix in (".py", ".html", ".txt")]
    return tuple(sorted(path for path in found if "migrations" not in path.parts))


def extracted(shelf: Shelf) -> Catalog:
    """Every text of the shelf's sources, with the files it stands in."""
    catalogue = Catalog(locale=LOCALE, project="Shanhuo", charset="utf-8")
    for path in shelf.sources:
        place = path.relative_to(ROOT.parent).as_posix()
        for text, comments, context in _texts(path):
            # File names without line numbers: an edit elsewhere in the file changes no catalogue.
            catalogue.add(text, None, [(place, 0)], auto_comments=comments, context=context)
    return catalogue


def _texts(path: Path) -> Iterator[tuple[str | tuple[str, ...], list[str], str | None]]:
    source = path.read_text("utf-8")
    if path.suffix != ".py":
        # Django turns a template into call expressions; indentation left of them means nothing.
        lines = templatize(source, origin=str(path)).splitlines()
        source = "\n".join(line.lstrip() for line in lines)
    code = BytesIO(source.encode())
    for _line, text, comments, context in extract("python", code, KEYWORDS, ["Translators:"]):
        yield text, comments, context


def committed(shelf: Shelf) -> Catalog:
    """The catalogue as it stands on disk; empty where there is none yet."""
    if not shelf.po.exists():
        return Catalog(locale=LOCALE)
    with shelf.po.open("rb") as file:
        return read_po(file, locale=LOCALE)


def update(shelf: Shelf) -> Catalog:
    """Bring the catalogue up to the sources; translations of texts that are gone are dropped."""
    template, catalogue = extracted(shelf), committed(shelf)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.header_comment = f"# Chinese texts of {shelf.name}."
    if len(catalogue) == 0:
        return catalogue
    write(shelf, catalogue)
    return catalogue


def write(shelf: Shelf, catalogue: Catalog) -> None:
    """Put the catalogue on disk, sorted and undated: an unchanged one is an unchanged file."""
    catalogue.fuzzy = False
    buffer = BytesIO()
    write_po(buffer, catalogue, width=100, sort_output=True)
    lines = buffer.getvalue().decode().splitlines(keepends=True)
    shelf.po.parent.mkdir(parents=True, exist_ok=True)
    shelf.po.write_text("".join(line for line in lines if not line.startswith(_DATED)), "utf-8")


def problems(shelf: Shelf) -> list[str]:
    """What is not finished: texts missing, untranslated, fuzzy, or no longer used."""
    known = {_key(message): message for message in committed(shelf) if message.id}
    wanted = {_key(message) for message in extracted(shelf) if message.id}
    missing = [
        f"not in the catalogue: {key[0]!r}" for key in sorted(wanted - known.keys(), key=str)
    ]
    unused = [f"no longer used: {key[0]!r}" for key in sorted(known.keys() - wanted, key=str)]
    open_ = [
        f"{'fuzzy' if message.fuzzy else 'untranslated'}: {message.id!r}"
        for message in known.values()
        if message.fuzzy or not _is_translated(message)
    ]
    return [f"{shelf.name}: {line}" for line in (*missing, *unused, *open_)]


def clashes() -> list[str]:
    """Texts that two catalogues translate differently: all are merged, so one of them would lose.

    One translation, or a context (`pgettext`, `{% translate … context … %}`), ends the quarrel.
    """
    said: dict[tuple[object, object], dict[object, list[str]]] = defaultdict(dict)
    for shelf in shelves():
        for message in committed(shelf):
            if message.id:
                said[_key(message)].setdefault(message.string, []).append(shelf.name)
    return [
        f"translated in two ways: {key[0]!r}: "
        + "; ".join(f"{text} ({', '.join(names)})" for text, names in ways.items())
        for key, ways in sorted(said.items(), key=str)
        if len(ways) > 1
    ]


def _key(message: Message) -> tuple[object, object]:
    return message.id, message.context


def _is_translated(message: Message) -> bool:
    parts = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
    return all(parts)


def compile_all() -> int:
    """Write each .mo that is missing or older than its .po; how many were written."""
    written = 0
    for shelf in shelves():
        if not shelf.po.exists() or _is_fresh(shelf):
            continue
        # Published by rename: another process may be reading the old one.
        part = shelf.mo.with_suffix(".part")
        with part.open("wb") as file:
            write_mo(file, committed(shelf))
        part.replace(shelf.mo)
        written += 1
    return written


def _is_fresh(shelf: Shelf) -> bool:
    return shelf.mo.exists() and shelf.mo.stat().st_mtime >= shelf.po.stat().st_mtime
