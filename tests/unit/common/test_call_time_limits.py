import math

from common.runtime.call_time_limits import call_deadline, remaining_s


def test_without_a_deadline_the_time_is_unlimited():
    assert remaining_s() == math.inf


def test_a_deadline_applies_only_inside_its_block():
    with call_deadline(100):
        assert 0 < remaining_s() <= 100
    assert remaining_s() == math.inf


def test_a_later_deadline_does_not_extend_an_earlier_one():
    with call_deadline(100), call_deadline(1000):
        assert remaining_s() <= 100


def test_an_inner_earlier_deadline_replaces_a_later_one_until_its_end():
    with call_deadline(1000):
        with call_deadline(1):
            assert remaining_s() <= 1
        assert remaining_s() > 1


def test_no_time_remains_after_a_deadline():
    with call_deadline(-1):
        assert remaining_s() == 0
