"""Words, figures and small pieces for every template; loaded everywhere (see docs/frontend.md)."""

import uuid
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.http import QueryDict
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shanhuo.goods import season
from shanhuo.kernel import clock, money
from shanhuo.traffic.kinds import ObjectKind
from shanhuo.web.showing import Showing

register = template.Library()


# ---- figures ----


@register.filter
def yuan(amount_fen: int | None) -> str:
    """1250 -> "12.50": for exports, labels and inputs."""
    return "" if amount_fen is None else money.yuan(amount_fen)


@register.filter(name="money")
def money_(amount_fen: int | None) -> str | SafeString:
    """1250 -> ¥12.50, as one piece that does not break; nothing for None."""
    if amount_fen is None:
        return "—"
    sign = "−" if amount_fen < 0 else ""
    whole, part = money.yuan(abs(amount_fen)).split(".")
    return format_html('<span class="money">{}<i>¥</i>{}.{}</span>', sign, f"{int(whole):,}", part)


@register.filter
def compact(number: int | None) -> str:
    """12345 -> "1.2万" in Chinese, "12.3k" in English: for likes and plays, never for money."""
    if number is None:
        return "—"
    steps = [(10**8, "亿"), (10**4, "万")] if _is_chinese() else [(10**6, "M"), (10**3, "k")]
    for size, unit in steps:
        if number >= size:
            # Cut, not rounded: 99,999 must not read as 10.0万.
            return f"{number * 10 // size / 10:g}{unit}"
    return str(number)


@register.filter
def thousands(number: float | None) -> str:
    """1234567 -> "1,234,567"; of an estimate whole numbers only."""
    return "—" if number is None else f"{round(number):,}"


@register.filter
def weight(grams: int | None) -> str:
    """2500 -> "2.5 kg"; 250 -> "250 g"; 1500000 -> "1.5 t"."""
    if grams is None:
        return "—"
    for size, unit in ((1_000_000, "t"), (1_000, "kg")):
        if grams >= size:
            return f"{grams / size:,.3f}".rstrip("0").rstrip(".") + f" {unit}"
    return f"{grams} g"


@register.filter
def percent(ratio: float | None) -> str:
    """0.153 -> "15.3%"."""
    return "—" if ratio is None else f"{ratio * 100:.1f}".removesuffix(".0") + "%"


@register.filter
def ratio(parts: int | None) -> str:
    """1530 ten-thousandths -> "15.3%"."""
    return percent(None if parts is None else parts / 10_000)


@register.filter
def index(parts: int | None) -> str:
    """6312 ten-thousandths -> "0.631"."""
    return "—" if parts is None else f"{parts / 10_000:.3f}"


# ---- time ----


@register.filter
def moment(at: datetime | None) -> str | SafeString:
    """11月22日 14:05, with the year where it is another one."""
    if at is None:
        return "—"
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}">{} {}</time>', local.isoformat(), _day(local.date()), f"{local:%H:%M}"
    )


@register.filter
def day(at: date | datetime | None) -> str | SafeString:
    """11月22日, with the year where it is another one."""
    if at is None:
        return "—"
    on = timezone.localtime(at).date() if isinstance(at, datetime) else at
    return format_html('<time datetime="{}">{}</time>', on.isoformat(), _day(on))


@register.filter
def ago(at: datetime | None) -> str | SafeString:
    """5 分钟前, up to a day; then the date."""
    if at is None:
        return "—"
    seconds = (clock.now() - at).total_seconds()
    if not 0 <= seconds < 86_400:
        return day(at)
    if seconds < 60:
        words = _("just now")
    elif seconds < 3_600:
        words = _("%(count)d min ago") % {"count": seconds // 60}
    else:
        words = _("%(count)d h ago") % {"count": seconds // 3_600}
    return format_html('<time datetime="{}">{}</time>', timezone.localtime(at).isoformat(), words)


@register.filter
def span(length: timedelta | None) -> str:
    """14 分 3 秒: the two largest units of a length of time."""
    if length is None:
        return "—"
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    if minutes:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": seconds}
    return _("%(seconds)d s") % {"seconds": seconds}


@register.filter
def month(number: int) -> str:
    """7月, or Jul."""
    return season.name_of(number)


def _day(on: date) -> str:
    same_year = on.year == clock.today().year
    if _is_chinese():
        return f"{on.month}月{on.day}日" if same_year else f"{on.year}年{on.month}月{on.day}日"
    return date_format(on, "j M" if same_year else "j M Y")


def _is_chinese() -> bool:
    return (get_language() or "zh").startswith("zh")


# ---- pieces ----

FIRST_PICTURES = (1, 2)


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """One symbol of web/static/web/icons.svg; says nothing to a screen reader."""
    return _symbol(name, css, static("web/icons.svg"))


@cache
def _symbol(name: str, css: str, file: str) -> SafeString:
    """Drawn once: a page has a dozen, and always the same."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        css,
        file,
        name,
    )


@register.inclusion_tag("web/_later.html")
def later(
    address: str, *, jpeg: str = "", width: int, height: int, place: int | str = ""
) -> dict[str, Any]:
    """A picture that is fetched when it comes near the screen; without script, at once.

    `place`: the number of this picture among those of the first view, from 1. The first two come
    with the page: on a slow line they would wait for the script, and the script for the sheet.
    Browsers' own lazy loading begins three screens ahead: ten covers more than a village pays for.
    """
    return {
        "address": address,
        "jpeg": jpeg,
        "width": width,
        "height": height,
        "with_page": place in FIRST_PICTURES,
        "is_first": place == 1,
    }


_TOLD = {"product": (ObjectKind.PRODUCT, "click_product"), "post": (ObjectKind.POST, "open_post")}


@register.simple_tag(takes_context=True)
def slot(context: template.Context, kind: str, pk: int) -> str | SafeString:
    """Attributes by which `shown.js` tells what was seen of a "product" or "post", and opened.

    Nothing on a page that shows it without a sheet (`web.showing`).
    """
    showing: Showing | None = context.get("showing")
    object_kind, opening = _TOLD[kind]
    number = showing.slots.get((object_kind, pk)) if showing else None
    if number is None:
        return ""
    return format_html(' data-slot="{}" data-kind="{}"', number, opening)


@register.simple_tag(takes_context=True)
def session_slot(context: template.Context) -> str | SafeString:
    """Attributes by which `shown.js` tells that somebody came here from a live session."""
    showing: Showing | None = context.get("showing")
    for (kind, _item), number in showing.slots.items() if showing else ():
        if kind is ObjectKind.SHOWCASE_ITEM:
            return format_html(' data-slot="{}" data-seen="open_item"', number)
    return ""


_TONES = {
    "good": "verified admitted published paid received settled done active live certified "
    "confirmed approved delivered ready completed listed signed",
    "wait": "applied pending draft waiting review placed held shipped processing nominated "
    "checking uploading scheduled open partial preview preparing awaiting_pay part_shipped "
    "in_review appealed running coming counting counted objected",
    "bad": "refused suspended rejected expired failed withdrawn cancelled exited dead revoked "
    "removed sold_out over void unreadable",
    "info": "refunded closed archived other staff imported undone unlisted",
}
_TONE_OF = {word: tone for tone, words in _TONES.items() for word in words.split()}


@register.simple_tag
def badge(text: Any, tone: str = "") -> SafeString:
    """A small coloured word: `{% badge order.get_status_display order.status %}`.

    `tone` is good, wait, bad, info, warm, or a status of a model, which has a tone of its own.
    """
    css = tone if tone in (*_TONES, "warm") else _TONE_OF.get(tone, "")
    return format_html('<span class="badge {}">{}</span>', css, text)


@register.simple_tag
def once() -> SafeString:
    """A hidden idempotency key: the same form sent twice acts once."""
    return format_html('<input type="hidden" name="key" value="{}">', uuid.uuid4())


@register.inclusion_tag("web/_empty.html")
def empty(
    title: str, text: str = "", *, sign: str = "leaf", link: str = "", action: str = ""
) -> dict[str, str]:
    """Nothing is here yet, and what to do about it."""
    return {"title": title, "text": text, "sign": sign, "link": link, "action": action}


@register.inclusion_tag("web/_pager.html", takes_context=True)
def pager(context: template.Context, page: Page[Any]) -> dict[str, Any]:
    """Earlier and later pages, keeping every other word of the address."""
    query: QueryDict = context["request"].GET.copy()
    query.pop("page", None)
    return {"page": page, "query": query.urlencode()}


@register.inclusion_tag("web/_share.html", takes_context=True)
def share(context: template.Context, title: str, *, via: str = "") -> dict[str, str]:
    """Share this page: the phone's own sheet where it has one, else copy the address.

    The address is the public one, whatever name of ours the reader used. With `via` it tells the
    page that somebody shared it, and nothing else.
    """
    request = context["request"]
    path = f"{request.path}?via={via}" if via else request.get_full_path()
    return {"title": title, "address": settings.PUBLIC_ORIGIN + path}


@register.inclusion_tag("web/_figure.html")
def figure(
    label: str, value: Any, *, unit: str = "", note: str = "", link: str = "", link_text: str = ""
) -> dict[str, Any]:
    """One big number with its unit and the link to its definition; stands in `.figures`."""
    return {
        "label": label,
        "value": value,
        "unit": unit,
        "note": note,
        "link": link,
        "link_text": link_text,
    }


# ---- forms ----


@register.inclusion_tag("web/_field.html")
def field(bound: BoundField, *, unit: str = "", boxed: bool = False) -> dict[str, Any]:
    """Label, input, help and errors of one form field, tied together for screen readers."""
    widget = bound.field.widget
    many = isinstance(widget, (RadioSelect, CheckboxSelectMultiple))
    described = [f"{bound.id_for_label}-help"] if bound.help_text else []
    attrs: dict[str, str | bool] = {}
    if bound.errors:
        described.insert(0, f"{bound.id_for_label}-error")
        attrs["aria-invalid"] = "true"
    if described:
        attrs["aria-describedby"] = " ".join(described)
    return {
        "bound": bound,
        "input": bound.as_widget(attrs=attrs),
        "unit": unit,
        "boxed": boxed,
        "many": many,
        "check": isinstance(widget, CheckboxInput) and not many,
    }


@register.inclusion_tag("web/_form_fields.html")
def fields(form: Any) -> dict[str, Any]:
    """All of a form: what is wrong with the whole, then every field."""
    return {"form": form}


# ---- drawings ----

_COLOURS = ("c1", "c2", "c3", "c4", "c5", "c6", "c7")


@register.inclusion_tag("web/_parts.html")
def parts(rows: Any) -> dict[str, Any]:
    """One bar cut in proportion, with its legend: `rows` of (label, fen). For price chains."""
    listed = list(rows)
    total = sum(amount for _label, amount in listed) or 1
    shown, start = [], 0.0
    for number, (label, amount) in enumerate(listed):
        width = 100 * amount / total
        shown.append(
            {
                "label": label,
                "amount": amount,
                "start": f"{start:.2f}",
                "width": f"{width:.2f}",
                "ratio": amount / total,
                "css": _COLOURS[number % len(_COLOURS)],
            }
        )
        start += width
    return {"parts": shown}


@register.inclusion_tag("web/_columns.html")
def columns(rows: Any, *, title: str, unit: str = "") -> dict[str, Any]:
    """A column chart of (label, number) with a table for those who cannot see it."""
    listed = list(rows)
    top = max([number for _label, number in listed], default=0)
    step = 640 / max(len(listed), 1)
    bars = [
        {
            "x": f"{step * (place + 0.14):.1f}",
            "y": f"{149 - 146 * number / (top or 1):.1f}",
            "width": f"{step * 0.72:.1f}",
            "height": f"{max(146 * number / (top or 1), 0):.1f}",
            "label": label,
            "number": number,
        }
        for place, (label, number) in enumerate(listed)
    ]
    # Words stand outside the drawing: it is stretched to the width of the page, they are not.
    places = sorted({0, len(listed) // 2, len(listed) - 1}) if listed else []
    marks = [listed[place][0] for place in places]
    return {"bars": bars, "marks": marks, "title": title, "unit": unit, "top": top}
