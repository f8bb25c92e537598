"""Waiting in lab time, against a clock with timers and no lab."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.bdd.eventually import Seen, eventually, never
from mdelab.bdd.verdict import Inconclusive, Unmet
from mdelab.lab.wire import ClockInfo

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)
YES = Seen(True, "the control was seen")


class Tenant:
    """A tenant whose clock steps through the given due times (seconds after the start)."""

    def __init__(self, *due: int) -> None:
        self.now = START
        self.due = sorted(START + timedelta(seconds=one) for one in due)
        self.moves: list[datetime] = []

    def clock(self) -> ClockInfo:
        return ClockInfo(mode="held", now=self.now, next_due=next((one for one in self.due if one > self.now), None))

    def move(self, *, seconds: float | None = None, until: datetime | None = None, step: bool = False) -> ClockInfo:
        assert until is not None
        assert step
        self.now = min(until, self.clock().next_due or until)
        self.moves.append(self.now)
        return self.clock()

    def since(self, seconds: int) -> Seen:
        return Seen(self.now >= START + timedelta(seconds=seconds), f"the time was {self.now:%H:%M:%S}")


def test_what_holds_already_takes_no_time() -> None:
    tenant = Tenant(5)
    eventually(tenant, "it holds", TEN_MINUTES, lambda: YES)
    assert tenant.moves == []


def test_time_stops_at_the_first_moment_at_which_it_holds() -> None:
    tenant = Tenant(5, 60, 120)
    eventually(tenant, "it holds", TEN_MINUTES, lambda: tenant.since(60))
    assert tenant.now == START + timedelta(seconds=60)


def test_the_end_of_the_time_is_looked_at_too() -> None:
    tenant = Tenant()
    eventually(tenant, "it holds", TEN_MINUTES, lambda: tenant.since(600))
    assert tenant.moves == [START + TEN_MINUTES]


def test_time_that_is_up_says_what_was_last_seen() -> None:
    tenant = Tenant(5)
    with pytest.raises(Unmet, match=r"did not hold within 10 minutes. Last seen at 09:10:00.*the time was"):
        eventually(tenant, "it holds", TEN_MINUTES, lambda: tenant.since(601))


def test_without_time_there_is_one_look() -> None:
    tenant = Tenant(5)
    with pytest.raises(Unmet, match="did not hold now"):
        eventually(tenant, "it holds", timedelta(0), lambda: tenant.since(1))
    assert tenant.moves == []


def test_an_absence_goes_through_all_of_the_time() -> None:
    tenant = Tenant(5, 60, 1200)
    never(tenant, "nothing happens", TEN_MINUTES, lambda: tenant.since(601), lambda: YES)
    assert tenant.now == START + TEN_MINUTES


def test_an_absence_that_ends_fails_with_its_moment() -> None:
    tenant = Tenant(5, 60)
    with pytest.raises(Unmet, match="it happened after all, by 09:01:00"):
        never(tenant, "nothing happens", TEN_MINUTES, lambda: tenant.since(60), lambda: YES)


def test_what_happens_at_the_very_end_still_counts() -> None:
    tenant = Tenant()
    with pytest.raises(Unmet):
        never(tenant, "nothing happens", TEN_MINUTES, lambda: tenant.since(600), lambda: YES)


def test_an_absence_without_a_positive_control_is_inconclusive() -> None:
    tenant = Tenant()
    with pytest.raises(Inconclusive, match=r"^inconclusive: nothing happens for 10 minutes: .* no alert anywhere"):
        never(
            tenant,
            "nothing happens",
            TEN_MINUTES,
            lambda: Seen(False, "nothing"),
            lambda: Seen(False, "no alert anywhere"),
        )


@given(st.lists(st.integers(1, 900), max_size=8), st.integers(0, 900))
def test_waiting_finds_it_exactly_when_a_due_moment_or_the_end_shows_it(due: list[int], holds_at: int) -> None:
    tenant = Tenant(*due)
    looked_at = {0, 600, *(one for one in due if one <= 600)}
    expected = min((one for one in looked_at if one >= holds_at), default=None)
    if expected is None:
        with pytest.raises(Unmet):
            eventually(tenant, "it holds", TEN_MINUTES, lambda: tenant.since(holds_at))
    else:
        eventually(tenant, "it holds", TEN_MINUTES, lambda: tenant.since(holds_at))
        assert tenant.now == START + timedelta(seconds=expected)
