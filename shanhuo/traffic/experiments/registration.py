"""What a trial promises before its start, so that nobody can choose the question by the answer."""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256

import numpy as np

from shanhuo.traffic.experiments.assignment import Experiment
from shanhuo.traffic.experiments.estimates import Estimate, Reals, detectable, levels_of_looks


@dataclass(frozen=True, slots=True)
class Registration:
    """One metric, two arms, the looks, and what the trial can find.

    metric: an id of the metric registry. looks: the share of the trial that has passed at each,
    rising to 1. spread: standard deviation of the metric between cells in the weeks before.
    """

    experiment: Experiment
    metric: str
    spread: float
    looks: tuple[float, ...] = (1.0,)
    level: float = 0.95
    power: float = 0.8

    def __post_init__(self) -> None:
        if len(self.experiment.arms) != 2:
            raise ValueError("a registration compares two arms")
        rising = all(a < b for a, b in zip((0.0, *self.looks), self.looks, strict=False))
        if not rising or self.looks[-1:] != (1.0,):
            raise ValueError("looks rise from above 0 to 1")
        if not 0.5 <= self.level < 1 or not 0.5 <= self.power < 1 or not self.spread > 0:
            raise ValueError("level and power are shares from a half up, a spread is above 0")

    @property
    def detectable(self) -> float:
        """The least effect that the last look finds with chance `power`, in units of the metric."""
        return detectable(
            self.spread,
            rows_per_arm=self.experiment.cells // 2,
            power=self.power,
            level=float(self._levels[-1]),
        )

    def read(self, look: int, told: Estimate) -> Estimate:
        """What look number `look`, from 0, may publish: bounds that hold together with those of
        all other looks."""
        return told.at(float(self._levels[look]))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all that is promised, in hex; the key is secret and not part of it."""
        promised = asdict(self)
        del promised["experiment"]["key"]
        return sha256(json.dumps(promised, sort_keys=True).encode()).hexdigest()

    @property
    def _levels(self) -> Reals:
        return levels_of_looks(np.array(self.looks), level=self.level)
