"""What a tenant has in flight: items, and connections that a hop keeps waiting on purpose."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.model.work import Work

CLIENT = ("127.1.0.1", 40000)
VOID = ("127.33.0.80", 40002)


def test_a_ledger_without_items_is_quiet():
    assert Work().is_quiet()


def test_an_item_counts_while_its_block_runs():
    work = Work()
    with work.item("lin-1: poll"):
        assert not work.is_quiet()
        assert work.in_flight() == ["lin-1: poll"]
    assert work.is_quiet()


def test_an_item_ends_also_when_its_block_fails():
    work = Work()
    with pytest.raises(RuntimeError), work.item("fails"):
        raise RuntimeError
    assert work.is_quiet()


def test_an_item_that_waits_on_a_held_connection_does_not_count():
    work = Work()
    with work.item("lin-1: report") as item:
        item.client = CLIENT
        work.hold(CLIENT)
        assert work.is_quiet()
        assert work.in_flight() == []
        work.release(CLIENT)
        assert not work.is_quiet()


def test_a_held_connection_of_somebody_else_quiets_nobody():
    work = Work()
    with work.item("lin-1: report") as item:
        work.hold(CLIENT)
        assert not work.is_quiet()
        item.client = ("127.1.0.1", 40001)
        assert not work.is_quiet()


def test_the_barrier_hears_when_an_item_ends_and_when_a_connection_is_held():
    work = Work()
    heard: list[bool] = []
    with work.watching(lambda: heard.append(work.is_quiet())), work.item("one") as item:
        item.client = CLIENT
        work.hold(CLIENT)
    assert heard[-2:] == [True, True]
    seen = len(heard)
    with work.item("two"):
        pass
    assert len(heard) == seen, "nobody watches any more"


def test_a_sleeper_does_not_count_and_only_time_can_bring_it_on():
    work = Work()
    with work.item("cmd") as item:
        assert not work.waits_for_time()
        work.fall_asleep(item)
        assert work.is_quiet()
        assert work.waits_for_time()
        with work.item("report"):
            assert not work.waits_for_time()


def test_what_connects_to_a_held_address_waits_for_time_until_it_goes_elsewhere():
    work = Work()
    work.hold(VOID)
    with work.item("report") as item:
        item.server = VOID
        assert work.is_quiet()
        assert work.waits_for_time()
        item.server = None
        assert work.in_flight() == ["report"]
    assert not work.waits_for_time(), "nothing is there that waits"


def test_releasing_what_was_not_held_is_harmless():
    Work().release(CLIENT)


@given(st.lists(st.sampled_from(["begin", "end", "hold", "release"]), max_size=40))
def test_quiet_means_nothing_in_flight_whatever_happened_before(events):
    work = Work()
    stack = contextlib.ExitStack()
    open_items: list[contextlib.ExitStack] = []
    with stack:
        for event in events:
            if event == "begin":
                entered = contextlib.ExitStack()
                entered.enter_context(work.item("item")).client = CLIENT
                stack.push(entered)
                open_items.append(entered)
            elif event == "end" and open_items:
                open_items.pop().close()
            elif event == "hold":
                work.hold(CLIENT)
            elif event == "release":
                work.release(CLIENT)
            assert work.is_quiet() == (not work.in_flight())
    assert work.in_flight() == []
