"""A tenant's clock: held or live, its queue of timers, and that time never runs backwards."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.model.clock import EPOCH, Clock, ClockMode

_DELAYS = st.integers(min_value=0, max_value=10_000).map(lambda seconds: timedelta(seconds=seconds))


async def _nothing() -> None:
    """An action that does nothing."""


def _fire_all(clock: Clock) -> list[str]:
    """Move through the queue as the lab does, and tell the names in the order in which they fired."""
    fired: list[str] = []
    while (due := clock.next_due()) is not None:
        clock.move_to(max(due, clock.now()))
        fired += [timer.name for timer in clock.pop_due()]
    return fired


def test_a_held_clock_begins_at_the_epoch_and_stands_still():
    clock = Clock()

    assert clock.now() == EPOCH
    assert clock.now() == EPOCH


def test_a_held_clock_moves_only_where_it_is_told_to():
    clock = Clock()
    clock.move_to(EPOCH + timedelta(hours=12))

    assert clock.now() == EPOCH + timedelta(hours=12)


def test_a_held_clock_cannot_go_back():
    clock = Clock()

    with pytest.raises(ValueError, match="cannot go back"):
        clock.move_to(EPOCH - timedelta(microseconds=1))


def test_a_live_clock_shows_the_time_that_it_was_given_and_goes_on():
    start = datetime(2030, 1, 1, tzinfo=UTC)
    clock = Clock(ClockMode.LIVE, start)

    first, second = clock.now(), clock.now()

    assert start <= first <= second < start + timedelta(hours=1)


def test_moving_a_live_clock_forward_shifts_it_and_moving_it_back_leaves_it():
    clock = Clock(ClockMode.LIVE, datetime(2030, 1, 1, tzinfo=UTC))
    clock.move_to(datetime(2031, 1, 1, tzinfo=UTC))
    assert clock.now() >= datetime(2031, 1, 1, tzinfo=UTC)

    clock.move_to(datetime(2030, 6, 1, tzinfo=UTC))
    assert clock.now() >= datetime(2031, 1, 1, tzinfo=UTC)


def test_timers_fire_by_due_time_and_of_equal_ones_the_first_set_first():
    clock = Clock()
    clock.call_after(timedelta(seconds=2), "late", _nothing)
    clock.call_after(timedelta(seconds=1), "early", _nothing)
    clock.call_after(timedelta(seconds=1), "early too", _nothing)

    assert _fire_all(clock) == ["early", "early too", "late"]


def test_only_what_is_due_first_is_taken_at_once():
    clock = Clock()
    clock.call_after(timedelta(seconds=1), "first", _nothing)
    clock.call_after(timedelta(seconds=2), "second", _nothing)
    clock.move_to(EPOCH + timedelta(seconds=5))

    assert [timer.name for timer in clock.pop_due()] == ["first"]
    assert [timer.name for timer in clock.pop_due()] == ["second"]
    assert clock.pop_due() == []


def test_nothing_is_taken_before_it_is_due():
    clock = Clock()
    clock.call_after(timedelta(seconds=1), "later", _nothing)

    assert clock.pop_due() == []


def test_a_cancelled_timer_never_fires_and_does_not_hide_the_next():
    clock = Clock()
    cancelled = clock.call_after(timedelta(seconds=1), "cancelled", _nothing)
    clock.call_after(timedelta(seconds=2), "kept", _nothing)
    cancelled.cancel()

    assert clock.next_due() == EPOCH + timedelta(seconds=2)
    assert _fire_all(clock) == ["kept"]
    cancelled.cancel()


def test_a_cleared_clock_waits_for_nothing():
    clock = Clock()
    clock.call_after(timedelta(seconds=1), "gone", _nothing)
    clock.clear()

    assert clock.next_due() is None


def test_whoever_runs_a_live_clock_hears_of_new_timers_and_of_moves():
    clock = Clock()
    heard: list[str] = []
    clock.on_change = lambda: heard.append("change")
    clock.call_after(timedelta(seconds=1), "timer", _nothing)
    clock.move_to(EPOCH + timedelta(seconds=1))

    assert heard == ["change", "change"]


@given(st.lists(st.tuples(_DELAYS, st.booleans()), max_size=30))
def test_every_timer_that_is_not_cancelled_fires_once_in_order(delays):
    clock = Clock()
    timers = [clock.call_after(delay, str(number), _nothing) for number, (delay, _) in enumerate(delays)]
    for timer, (_, is_cancelled) in zip(timers, delays, strict=True):
        if is_cancelled:
            timer.cancel()

    fired = _fire_all(clock)

    kept = [number for number, (_, is_cancelled) in enumerate(delays) if not is_cancelled]
    assert fired == [str(number) for number in sorted(kept, key=lambda number: delays[number][0])]
