import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanhuo.traffic.pacing.leases import LeaseLapsed, Leases

NONE = np.zeros(2, int)


@pytest.fixture
def leases():
    return Leases(np.array([10, 3]))


def everything(leases):
    held = sum((one.units for one in leases.held.values()), NONE)
    return leases.free + held + leases.air + leases.seen


def test_two_processes_together_get_no_more_than_there_is(leases):
    first = leases.renew("a", NONE, np.array([8, 3]), now=0, until=30)
    second = leases.renew("b", NONE, np.array([8, 3]), now=0, until=30)
    assert (first.tolist(), second.tolist()) == ([8, 3], [2, 0])


def test_what_was_not_given_out_comes_back_with_the_report(leases):
    leases.renew("a", NONE, np.array([8, 3]), now=0, until=30)
    leases.renew("a", np.array([1, 0]), np.array([2, 0]), now=10, until=40)
    assert leases.free.tolist() == [7, 3]
    assert (leases.air.tolist(), leases.left.tolist()) == ([1, 0], [9, 3])


def test_a_killed_process_loses_nothing_and_nothing_is_given_twice(leases):
    leases.renew("a", NONE, np.array([8, 3]), now=0, until=30)
    assert leases.lapsed(now=29) == []
    assert leases.lapsed(now=30) == ["a"]
    # Until its log is read, its units are nobody's.
    assert leases.renew("b", NONE, np.array([9, 9]), now=31, until=60).tolist() == [2, 0]
    leases.recover("a", np.array([5, 1]))
    assert (leases.air.tolist(), leases.free.tolist()) == ([5, 1], [3, 2])
    assert everything(leases).tolist() == [10, 3]


def test_a_process_that_slept_through_its_lease_is_not_believed(leases):
    leases.renew("a", NONE, np.array([8, 3]), now=0, until=30)
    with pytest.raises(LeaseLapsed):
        leases.renew("a", np.array([1, 0]), NONE, now=30, until=60)
    leases.recover("a", np.array([1, 0]))
    with pytest.raises(LeaseLapsed):
        leases.renew("a", np.array([1, 0]), NONE, now=31, until=60)
    assert leases.air.tolist() == [1, 0]


def test_what_nobody_saw_is_offered_again(leases):
    leases.renew("a", NONE, np.array([3, 3]), now=0, until=30)
    leases.recover("a", np.array([3, 1]))
    leases.land(seen=np.array([2, 1]), unseen=np.array([1, 0]))
    assert (leases.seen.tolist(), leases.free.tolist()) == ([2, 1], [8, 2])


@pytest.mark.parametrize("wrong", [[9, 0], [-1, 0]])
def test_nobody_can_report_what_they_did_not_hold(leases, wrong):
    leases.renew("a", NONE, np.array([8, 3]), now=0, until=30)
    with pytest.raises(ValueError, match="did not hold"):
        leases.renew("a", np.array(wrong), NONE, now=1, until=30)
    assert everything(leases).tolist() == [10, 3]


def test_a_stopped_contract_is_lent_no_more(leases):
    leases.renew("a", NONE, np.array([2, 0]), now=0, until=30)
    leases.stop(np.array([0]))
    assert leases.renew("b", NONE, np.array([9, 1]), now=1, until=30).tolist() == [0, 1]
    assert (leases.quotas.tolist(), everything(leases).tolist()) == ([2, 3], [2, 3])


deeds = st.tuples(
    st.sampled_from(["renew", "die", "see", "miss"]),
    st.sampled_from("abcd"),
    st.integers(0, 6),
    st.integers(0, 6),
)


@settings(max_examples=200)
@given(st.lists(deeds, max_size=40))
def test_whatever_happens_each_exposure_is_in_exactly_one_place(story):
    leases = Leases(np.array([10, 3]))
    for now, (deed, process, wanted, part) in enumerate(story):
        held = leases.held.get(process)
        given_out = NONE if held is None else np.minimum(held.units, part)
        if deed == "renew":
            leases.renew(process, given_out, np.array([wanted] * 2), now=now, until=now + 99)
        elif deed == "die" and held is not None:
            leases.recover(process, given_out)
        elif deed == "see":
            leases.land(seen=np.minimum(leases.air, part), unseen=NONE)
        elif deed == "miss":
            leases.land(seen=NONE, unseen=np.minimum(leases.air, part))
        assert everything(leases).tolist() == [10, 3]
        assert (leases.free >= 0).all()
        assert (leases.air >= 0).all()
        assert (leases.seen <= leases.quotas).all()
