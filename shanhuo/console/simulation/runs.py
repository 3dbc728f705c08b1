"""Every season of a simulation, each in a process of its own, two at a time."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import Any

import django

from shanhuo.console.simulation.options import Options

LOOK_EVERY_S = 0.3
_days_done: Any = None


@dataclass(frozen=True, slots=True)
class Pair:
    """One city, the same season twice."""

    seed: int
    without: Any
    with_grants: Any


def run_all(options: Options, on_days: Callable[[int], object]) -> list[Pair]:
    """All seeds, with and without grants. `on_days` hears how many days are played in all."""
    seeds = range(options.seed, options.seed + options.seeds)
    runs = list(product(seeds, (False, True)))
    context = multiprocessing.get_context("spawn")
    done = context.Value("l", 0)
    workers = min(2, os.cpu_count() or 1)
    pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(done,))
    try:
        futures = [pool.submit(_run, options, *one) for one in runs]
        while not all(future.done() for future in futures):
            on_days(done.value)
            _wait(futures)
        tallies = dict(zip(runs, (future.result() for future in futures), strict=True))
    except BaseException:
        _end(pool)
        raise
    pool.shutdown()
    return [Pair(seed, tallies[seed, False], tallies[seed, True]) for seed in seeds]


def _wait(futures: list[Any]) -> None:
    for future in futures:
        if not future.done():
            try:
                future.exception(timeout=LOOK_EVERY_S)
            except TimeoutError:
                return
        if future.exception() is not None:
            raise future.exception()


def _end(pool: ProcessPoolExecutor) -> None:
    """Ctrl-C: a season that nobody waits for is not played to its end."""
    for process in list((pool._processes or {}).values()):
        process.terminate()
    pool.shutdown(wait=False, cancel_futures=True)


def _begin(done: Any) -> None:
    global _days_done
    _days_done = done
    # The terminal's Ctrl-C reaches the whole group; who started us decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    django.setup()


def _run(options: Options, seed: int, with_grants: bool) -> Any:
    # Django's models may be imported only after `setup`, which `_begin` has called.
    from shanhuo.console.simulation import city, season  # noqa: PLC0415

    return season.play(city.found(options, seed), with_grants=with_grants, on_day=_day_is_done)


def _day_is_done() -> None:
    with _days_done.get_lock():
        _days_done.value += 1
