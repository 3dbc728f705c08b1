"""The pacing chart as an SVG path: what was delivered against the straight line of the plan."""

from dataclasses import dataclass
from datetime import datetime

from shanhuo.traffic.grants.pace import Pace

WIDTH, HEIGHT = 640, 200


@dataclass(frozen=True, slots=True)
class Chart:
    """Paths in a box of WIDTH x HEIGHT; `now` is an x, None outside of the grant's days."""

    line: str
    area: str
    plan: str
    now: float | None
    top: int


def chart_of(pace: Pace, *, now: datetime) -> Chart:
    top = max(pace.granted, pace.delivered, 1)

    def place(at: datetime, count: float) -> str:
        share = (at - pace.starts_at) / (pace.ends_at - pace.starts_at)
        x = WIDTH * min(1.0, max(0.0, share))
        return f"{x:.1f} {HEIGHT - HEIGHT * count / top:.1f}"

    steps = [(pace.starts_at, 0), *pace.hours]
    if pace.starts_at < now:
        steps.append((min(now, pace.ends_at), pace.delivered))
    line = "M" + "L".join(place(at, count) for at, count in steps)
    last = place(steps[-1][0], 0).partition(" ")[0]
    under_way = pace.starts_at <= now < pace.ends_at
    return Chart(
        line=line,
        area=f"{line}L{last} {HEIGHT}L0 {HEIGHT}Z",
        plan=f"M{place(pace.begins_at, 0)}L{place(pace.ends_at, pace.granted)}",
        now=float(place(now, 0).partition(" ")[0]) if under_way else None,
        top=top,
    )
