import numpy as np
import pytest

from shanhuo.traffic.pacing.offers import Bundles, Offers
from shanhuo.traffic.pacing.shadow import (
    HIGHEST_PRICE,
    best_total,
    contenders,
    margins,
    shadow_prices,
)


def shown(day, bundles, prices):
    """How often each contract is charged when every request shows what is worth most, and the
    dearest contract pays."""
    priced = day.worth + bundles.prices(prices)[day.bundle]
    counts = np.zeros(len(bundles))
    for first, end in zip(day.starts[:-1], day.starts[1:], strict=True):
        for place in np.argsort(-priced[first:end])[: day.slots]:
            counts[day.bundle[first + place]] += 1
    return bundles.per_contract(counts, bundles.shares(prices, 1e-6))


def test_the_price_is_what_the_last_promised_exposure_costs():
    # One contract, three requests; it would cost 0.1, 0.2 or 0.4 to show it. Two are promised.
    offers = Offers(
        np.array([0, 2, 4, 6]),
        np.array([0.9, 0.8, 0.9, 0.7, 0.9, 0.5]),
        np.array([0, 1, 0, 1, 0, 1]),
    )
    bundles = Bundles.one_each(1)
    price = shadow_prices(offers, bundles, np.array([1.5]))
    assert price[0] == pytest.approx(0.2, abs=0.002)
    assert best_total(offers, bundles, np.array([0.2]), np.array([2.0])) == pytest.approx(2.4)
    request, contract, margin = margins(offers, bundles, price)
    assert (request.tolist(), contract.tolist()) == ([0, 1, 2], [0, 0, 0])
    assert margin == pytest.approx([0.1, 0.2, 0.4])


def test_a_contract_that_is_shown_anyway_costs_nothing():
    offers = Offers(np.array([0, 2, 4]), np.array([0.3, 0.8, 0.4, 0.9]), np.array([0, 1, 0, 1]))
    assert shadow_prices(offers, Bundles.one_each(1), np.array([1.0]))[0] == 0


def test_what_cannot_be_met_ends_at_the_highest_price(make_day):
    prices = shadow_prices(make_day(), Bundles.one_each(4), np.array([1000.0, 5, 5, 5]))
    assert prices[0] == HIGHEST_PRICE
    assert (prices[1:] < 0.5).all()


@pytest.mark.parametrize("slots", [1, 3])
def test_at_shadow_prices_the_day_just_meets_its_quotas(make_day, slots):
    day, bundles = make_day(slots=slots, seed=slots), Bundles.one_each(4)
    quotas = np.array([20.0, 40, 60, 80])
    prices = shadow_prices(day, bundles, quotas)
    counts = shown(day, bundles, prices)
    assert (counts >= quotas - 2).all()
    assert (np.abs(counts - quotas)[prices > 0] <= 2).all()


def test_an_exposure_of_overlapping_contracts_is_charged_to_the_dearest(make_day):
    # Bundle 1 may count for the county, 2 for county or creator, 3 for any of three, 4 for none.
    day = make_day()
    bundles = Bundles([(0,), (0, 1), (0, 1, 2), ()], 3)
    quotas = np.array([70.0, 60, 50])
    prices = shadow_prices(day, bundles, quotas)
    assert bundles.prices(prices).tolist() == [0, prices[0], max(prices[:2]), max(prices), 0]
    # They compete for the same exposures, so one pays as much as the other, and all are kept.
    assert prices == pytest.approx(np.full(3, prices[0]), abs=0.005)
    assert shown(day, bundles, prices).sum() == pytest.approx(180, abs=4)


def test_who_shares_a_bundle_must_outbid_the_others_too():
    bundles = Bundles([(0, 1), (0, 1, 2)], 3)
    rivals = bundles.rivals(np.array([0.3, 0.3, 0.1]))
    assert rivals.tolist() == [0.3, 0.3, 0.3, 0.3, 0.3]
    assert bundles.rivals(np.array([0.1, 0.4, 0.2])).tolist() == [0.4, 0.1, 0.4, 0.2, 0.4]


def test_no_prices_give_a_lower_bound_than_the_shadow_prices(make_day):
    day, bundles, quotas = make_day(), Bundles.one_each(4), np.array([20.0, 40, 60, 80])
    prices = shadow_prices(day, bundles, quotas)
    least = best_total(day, bundles, prices, quotas)
    rng = np.random.default_rng(0)
    for _ in range(50):
        other = np.maximum(prices + rng.normal(0, 0.05, 4), 0)
        assert best_total(day, bundles, other, quotas) >= least - 0.02


def test_leaving_out_hopeless_offers_changes_no_price(make_day):
    day, bundles, quotas = make_day(), Bundles.one_each(4), np.array([20.0, 40, 60, 80])
    prices = shadow_prices(day, bundles, quotas)
    near = contenders(day, bundles, prices)
    assert len(near.worth) < len(day.worth)
    assert shadow_prices(near, bundles, quotas) == pytest.approx(prices, abs=0.002)
