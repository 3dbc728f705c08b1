"""The audience of a demo: a grant is delivered to invented viewers, and recounted exactly."""

import asyncio
from datetime import datetime, timedelta
from random import Random

import msgspec
import pytest

from shanhuo.console.demo.crowd import Crowd, visits_due
from shanhuo.console.demo.habits import DAY_CURVE
from shanhuo.console.demo.line import Answer
from shanhuo.kernel import clock, tempo
from shanhuo.traffic import moments, viewers
from shanhuo.traffic.grants.recount import book_and_recount
from shanhuo.traffic.intake import Batch, Received
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.recorder import Recorder
from tests.traffic import grants_kit as kit

AN_HOUR_A_SECOND = 3600


def test_as_many_people_come_as_a_day_has_and_most_of_them_in_the_evening():
    start = datetime(2026, 7, 1, tzinfo=clock.SHANGHAI)
    hours = [start + timedelta(hours=hour) for hour in range(24)]
    visits = [visits_due(hour, hour + timedelta(minutes=59), a_day=600) * 60 / 59 for hour in hours]
    assert round(sum(visits), 6) == 600
    assert visits.index(max(visits)) == DAY_CURVE.index(max(DAY_CURVE)) == 21


class Doors:
    """The two hot doors over a real feed and a real recorder, without the line between."""

    def __init__(self, root, time):
        self.time, self.house = time, kit.house_of(root)
        self.recorder = Recorder(root, now_ms=moments.to_ms(time.now()))

    async def ask(self, path: str, cookie: str = "", body: bytes = b"") -> Answer:
        known = viewers.read(cookie.partition("=")[2])
        viewer, now = known or viewers.new_viewer(), self.time.now()
        if not body:
            answer = self.house.answer(viewer, now=now, length=10, is_new=known is None)
            given = "" if known else f"{viewers.COOKIE}={viewers.write(viewer)}"
            return Answer(given, answer.as_json())
        batch = msgspec.json.decode(body, type=Batch)
        self.recorder.record([Received(batch, viewer.key, moments.to_ms(now))])
        return Answer("", b"{}")


async def attend(doors: Doors, time: tempo.TempoClock) -> Crowd:
    crowd = Crowd(doors.ask, time, Random(7))
    time.go(rate=AN_HOUR_A_SECOND, seconds=AN_HOUR_A_SECOND / 30)
    await crowd.attend()
    return crowd


@pytest.mark.django_db
def test_a_grant_is_delivered_to_the_audience_and_recounted_to_the_last_exposure(
    tmp_path, op, wang, make_user, make_organisation, make_county, make_post, noon
):
    post = make_post("要扶持的短视频")
    grant = kit.approved(op, wang, make_county(), kit.terms(kit.wish_for(post, 40)), now=noon)
    for number in range(11):
        other = make_user(f"别人{number}")
        make_organisation("creator", name=f"别人{number}", members=(other,))
        with clock.at(noon + timedelta(hours=1)):
            make_post(f"别的 {number}", author=other)
    root, time = tmp_path / "signals", tempo.TempoClock(tmp_path / "clock")
    host, evening = clock.of_the_host().timestamp(), (noon + timedelta(hours=8)).timestamp()
    (tmp_path / "clock").write_text(f"{host} {evening} 1 {evening}\n")
    doors = Doors(root, time)
    for _ in range(2):
        doors.house.step(now=time.now())
        crowd = asyncio.run(attend(doors, time))
        assert crowd.told.failures == 0
        assert len(set(crowd.people)) == len(crowd.people) > crowd.told.visits / 3
        assert crowd.told.exposures >= 10 * crowd.told.visits > 0
    doors.recorder.close()
    found = book_and_recount(SignalLog(root), grant, now=time.now())
    (one,) = found.contracts
    assert found.agrees
    assert 0 < one.shown == one.ledger_shown <= 40
