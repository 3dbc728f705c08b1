"""Windows that readers may choose: a few fixed ones in public, any days at the desks."""

from shanhuo.impact.windows import Window
from shanhuo.kernel import clock

PRESETS = (7, 30, 90, 365)
USUAL_DAYS = 30


def chosen(text: str | None) -> Window:
    """The last `text` days if that is one of the presets, else the usual ones."""
    days = int(text) if text and text in map(str, PRESETS) else USUAL_DAYS
    return Window.last_days(days, until_day=clock.today())
