"""What a pair of seasons says: by county, by class, by creator; and how far seeds differ."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shanhuo.console.simulation.city import City, Flags, Reals
from shanhuo.console.simulation.season import AFTER, BEFORE, DURING, Tally, quota_of

WHILE_AND_AFTER = [DURING, AFTER]
COUNTY_COLUMNS = (
    *("seed", "county", "is_key", "is_supported", "posts", "creators"),
    *(
        f"{what}_{phase}_{arm}"
        for what in ("exposures", "supported", "long_views", "income_yuan")
        for phase in ("before", "during", "after")
        for arm in ("without", "with")
    ),
)


@dataclass(frozen=True, slots=True)
class Result:
    """One seed. Tallies are in exposures of the panel; `weight` brings them to the city."""

    city: City
    without: Tally
    with_grants: Tally

    def measures(self) -> dict[str, float]:
        """Every figure of the report's table, of this seed."""
        chosen = self.city.is_supported
        return {
            "income_supported_percent": self._change("income", chosen),
            "income_others_percent": self._change("income", ~chosen),
            "income_all_percent": self._change("income", np.ones_like(chosen)),
            "exposures_supported_percent": self._change("exposures", chosen),
            "exposures_others_percent": self._change("exposures", ~chosen),
            "delivered_percent": 100 * self._charged / (quota_of(self.city) * chosen.sum()),
            "lost_long_views_percent": 100 * self._lost / self.without.long_views[DURING].sum(),
            "lost_per_thousand_supported": 1000 * self._lost / max(1.0, self._charged),
            "gini_without": gini(self.without.exposures.sum(0)),
            "gini_with": gini(self.with_grants.exposures.sum(0)),
            "key_share_without": self._share(self.without, self.city.is_key),
            "key_share_with": self._share(self.with_grants, self.city.is_key),
            "supported_share_without": self._share(self.without, chosen),
            "supported_share_with": self._share(self.with_grants, chosen),
            "survival_supported_without": self._surviving(self.without, chosen),
            "survival_supported_with": self._surviving(self.with_grants, chosen),
            "survival_others_without": self._surviving(self.without, ~chosen),
            "survival_others_with": self._surviving(self.with_grants, ~chosen),
            "learned_days_percent": 100 * self.with_grants.learned_days / self.city.options.days,
            "rehearsed_percent": self._rehearsed,
        }

    def counties(self) -> Iterator[tuple[float, ...]]:
        """Rows of COUNTY_COLUMNS, in people's exposures and yuan of the whole city."""
        city, weight = self.city, self.city.options.weight
        places = city.options.counties
        posts = np.bincount(city.creator_county[city.author], minlength=places)
        creators = np.bincount(city.creator_county, minlength=places)
        sums = [
            (getattr(tally, name)[phase] * weight).round(2)
            for name in ("exposures", "supported", "long_views", "income")
            for phase in (BEFORE, DURING, AFTER)
            for tally in (self.without, self.with_grants)
        ]
        columns = [city.is_key.astype(int), city.is_supported.astype(int), posts, creators, *sums]
        for county in range(places):
            yield (city.seed, county + 1, *(column[county].item() for column in columns))

    def survival(self, tally: Tally, among: Flags) -> Reals:
        """Share of creators who joined in the season and still posted n days later, n = 0, 1, …;
        of those who joined long enough before the end."""
        city = self.city
        new = (city.joined_on >= 0) & among[city.creator_county]
        joined, stayed = city.joined_on[new], (tally.left_on - city.joined_on)[new]
        days = np.arange(city.options.days * 2 // 3)
        at_risk = [joined <= city.options.days - day for day in days]
        shares = [
            (stayed[known] >= day).mean() if known.any() else np.nan
            for day, known in zip(days, at_risk, strict=True)
        ]
        return np.array(shares)

    @property
    def _charged(self) -> float:
        return float(self.with_grants.supported.sum())

    @property
    def _rehearsed(self) -> float:
        tally = self.with_grants
        return 100 * tally.rehearsals / max(1, tally.rehearsals_due)

    @property
    def _lost(self) -> float:
        lost = self.without.long_views[DURING].sum() - self.with_grants.long_views[DURING].sum()
        return float(lost)

    def _change(self, name: str, among: Flags) -> float:
        """From the first day of support to the end of the season, in percent."""
        before, after = (
            getattr(tally, name)[WHILE_AND_AFTER][:, among].sum()
            for tally in (self.without, self.with_grants)
        )
        return float(100 * (after / max(before, 1e-9) - 1))

    def _share(self, tally: Tally, among: Flags) -> float:
        seen = tally.exposures[WHILE_AND_AFTER]
        return float(100 * seen[:, among].sum() / max(seen.sum(), 1))

    def _surviving(self, tally: Tally, among: Flags) -> float:
        """Of the creators there when support began, who still posted on the last day; percent."""
        city = self.city
        there = city.joined_on < city.options.support_days.start
        there &= (self.without.left_on >= city.options.support_days.start) & among[
            city.creator_county
        ]
        return float(100 * (tally.left_on[there] >= city.options.days).mean())


def gini(values: Reals) -> float:
    """0: everybody has the same; near 1: one has everything."""
    ordered = np.sort(values)
    places = np.arange(1, len(ordered) + 1)
    total = ordered.sum()
    if not total:
        return 0.0
    return float((2 * places - len(ordered) - 1) @ ordered / (len(ordered) * total))


@dataclass(frozen=True, slots=True)
class Spread:
    """A measure over all seeds."""

    mean: float
    least: float
    most: float


def spreads(results: list[Result]) -> dict[str, Spread]:
    """Every measure over the seeds, in the order of the report."""
    rows = [one.measures() for one in results]
    return {
        name: Spread(*(float(f(values)) for f in (np.mean, np.min, np.max)))
        for name in rows[0]
        if (values := [row[name] for row in rows])
    }
