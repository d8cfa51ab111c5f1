import math

from common.runtime.call_time_limits import left_s, within


def test_without_a_deadline_the_time_is_unlimited():
    assert left_s() == math.inf


def test_a_deadline_holds_inside_its_block_only():
    with within(100):
        assert 0 < left_s() <= 100
    assert left_s() == math.inf


def test_a_later_deadline_does_not_extend_an_earlier_one():
    with within(100), within(1000):
        assert left_s() <= 100


def test_an_earlier_deadline_shortens_a_later_one_until_its_end():
    with within(1000):
        with within(1):
            assert left_s() <= 1
        assert left_s() > 1


def test_no_time_is_left_after_a_deadline():
    with within(-1):
        assert left_s() == 0
