"""The days that figures are asked for, by API."""

from datetime import date

from ninja import Field, Schema

from shanhuo.impact.windows import EARLIEST, LATEST, Window
from shanhuo.kernel import clock

USUAL_DAYS = 30


class WindowQuery(Schema):
    """Shanghai days, both included; without them the last 30 days."""

    since_day: date | None = Field(None, ge=EARLIEST, le=LATEST)
    until_day: date | None = Field(None, ge=EARLIEST, le=LATEST)

    def window(self) -> Window:
        until_day = self.until_day or clock.today()
        usual = Window.last_days(USUAL_DAYS, until_day=until_day)
        since_day = self.since_day or usual.since_day
        return Window.asked_for(since_day, until_day)
