"""The maps themselves: a locator (where is this county?) and a choropleth (how much, where?).

Both are whole SVG documents with their colours inside, so that they can be shown as a picture,
saved and printed. They name what they show for people who do not see it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from xml.sax.saxutils import escape

from shanhuo.regions.datum import Gcj02
from shanhuo.regions.outlines import Frame, Ring

LARGEST_BYTES = 15_000
GRIDS = (480, 400, 320, 260, 210, 170, 130)
LAND, BORDER, MARK, SEA = "#f3efe4", "#a39a84", "#b4371f", "#ffffff"
# Light to dark in equal steps of lightness; the first is "nothing, or not published".
SHADES = ("#f3efe4", "#f6d9b8", "#eeb180", "#dd8150", "#bd4f2c", "#8a2a16")


@dataclass(frozen=True, slots=True)
class Outline:
    """An area as it is drawn."""

    adcode: str
    rings: Sequence[Ring]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Nation:
    """The country that every locator is set in: provinces, and the line in the South China Sea."""

    provinces: Sequence[Outline]
    sea_line: Outline


def locator(
    *,
    title: str,
    county: Outline,
    seat: Gcj02 | None,
    province: Outline,
    prefectures: Sequence[Outline],
    nation: Nation,
) -> str:
    """The county in its province, beside the province in its country; at most `LARGEST_BYTES`."""
    inset = _inset(nation, province)
    for size in GRIDS:
        body = _province_map(size, county, seat, province, prefectures)
        svg = _document(title, width=360, height=240, body=body + inset)
        if len(svg.encode()) <= LARGEST_BYTES:
            break
    return svg


def _province_map(
    size: int,
    county: Outline,
    seat: Gcj02 | None,
    province: Outline,
    prefectures: Sequence[Outline],
) -> str:
    frame = Frame.around([*province.rings, *county.rings], size=size)
    borders = "".join(frame.path(outline.rings) for outline in prefectures)
    return _panel(
        frame,
        x=0,
        width=240,
        height=240,
        body=f'<path d="{frame.strokes(province.rings)}" fill="{LAND}" stroke-width="1.6"/>'
        f'<path d="{borders}" fill="none"/>'
        f'<path d="{frame.strokes(county.rings)}" fill="{MARK}" fill-opacity=".55"'
        f' stroke="{MARK}"/>' + (_dot(frame, seat, radius=size / 60) if seat else ""),
    )


def _dot(frame: Frame, seat: Gcj02, *, radius: float) -> str:
    x, y = frame.place_seat(seat)
    return f'<circle cx="{x}" cy="{y}" r="{radius:.1f}" fill="{MARK}"/>'


def _inset(nation: Nation, province: Outline) -> str:
    everything = [*chain.from_iterable(p.rings for p in nation.provinces), *nation.sea_line.rings]
    frame = Frame.around(everything, size=92, margin=2)
    land = "".join(frame.strokes(outline.rings) for outline in nation.provinces)
    return _panel(
        frame,
        x=246,
        width=112,
        height=240,
        body=f'<path d="{land}" fill="{LAND}" stroke-width=".5"/>'
        f'<path d="{frame.path(province.rings)}" fill="{MARK}" stroke="none"/>'
        f'<path d="{frame.strokes(nation.sea_line.rings)}" fill="none"/>',
    )


def choropleth(
    *,
    title: str,
    outlines: Sequence[Outline],
    frame_of: Iterable[Ring],
    shade_of: Mapping[str, int],
    label_of: Mapping[str, str],
    lines: Sequence[Outline] = (),
    size: int = 480,
) -> str:
    """Areas filled by class (index into SHADES); each says its label when pointed at.

    Areas without a class are drawn in the first shade and without words; `lines` lie on top.
    """
    frame = Frame.around(frame_of, size=size)
    areas = "".join(
        _labelled(frame, outline, shade_of[outline.adcode], label_of.get(outline.adcode, ""))
        for outline in outlines
        if outline.adcode in shade_of
    )
    plain = "".join(frame.path(o.rings) for o in outlines if o.adcode not in shade_of)
    over = "".join(frame.strokes(outline.rings) for outline in lines)
    return _document(
        title,
        width=frame.width,
        height=frame.height,
        body=f'<g stroke="{BORDER}" stroke-width=".6" stroke-linejoin="round"'
        ' stroke-linecap="round">'
        f'<path d="{plain}" fill="{SHADES[0]}"/>{areas}<path d="{over}" fill="none"/></g>',
    )


def _labelled(frame: Frame, outline: Outline, shade: int, label: str) -> str:
    title = f"<title>{escape(label)}</title>" if label else ""
    return f'<path d="{frame.strokes(outline.rings)}" fill="{SHADES[shade]}">{title}</path>'


def _panel(frame: Frame, *, x: int, width: int, height: int, body: str) -> str:
    return (
        f'<svg x="{x}" width="{width}" height="{height}" viewBox="0 0 {frame.width} {frame.height}"'
        f' stroke="{BORDER}" stroke-linejoin="round" stroke-linecap="round">{body}</svg>'
    )


def _document(title: str, *, width: int, height: int, body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
        f"<title>{escape(title)}</title>{body}</svg>"
    )
