"""A web process in small: it leases, answers, and its viewers watch. Killed from outside."""

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from django.db import connections

from shanhuo.kernel import clock
from shanhuo.traffic import viewers
from shanhuo.traffic.grants.control import Standing
from shanhuo.traffic.serving import Serving
from tests.traffic import grants_kit as kit

ROUND = timedelta(seconds=5)
VIEWERS, SEEN = 8, 0.6


class AlwaysHungry:
    """A price so high that every list holds the supported clip while there is a lease."""

    def prices(self, standing: Standing, *, now_ms: int) -> Any:
        return np.full(len(standing.contract), 5.0)


def serve(root: Path, *, now: datetime, rounds: int, seed: int, seen: float = SEEN) -> Serving:
    """So many rounds of a step and some viewers, of whom most look at what they are shown."""
    random, house = Random(seed), kit.house_of(root, seed=seed)
    house.delivery._controller = AlwaysHungry()
    for number in range(rounds):
        at = now + number * ROUND
        house.live.step(now=at)
        for _ in range(VIEWERS):
            mei = viewers.new_viewer()
            answer = house.answer(mei, now=at, length=2)
            slots = [slot for slot in kit.supported_slots(answer) if random.random() < seen]
            if slots:
                kit.watch(root, answer, mei, slots, now=at)
    return house


def main(database: str, root: str, now: str, rounds: str, seed: str) -> None:
    """Serve, say "served", and hold everything in hand until killed."""
    connections.databases["default"]["NAME"] = database
    begin = datetime.fromisoformat(now)
    with clock.at(begin):
        serve(Path(root), now=begin, rounds=int(rounds), seed=int(seed))
    sys.stdout.write("served\n")
    sys.stdout.flush()
    os.read(0, 1)
