"""Percentiles from buckets are close to those of the sorted values."""

import math

from hypothesis import given
from hypothesis import strategies as st

from mdelab.load.latency import Latencies


@given(st.lists(st.floats(min_value=0.01, max_value=1e6), min_size=1), st.sampled_from([0.5, 0.95, 0.99, 1.0]))
def test_a_percentile_is_at_most_two_per_cent_above_the_true_one(values: list[float], share: float) -> None:
    latencies = Latencies()
    for value in values:
        latencies.add(value)
    true = sorted(values)[math.ceil(share * len(values)) - 1]
    assert true * 0.999 <= latencies.percentile(share) <= true * 1.021


def test_without_operations_a_percentile_is_zero() -> None:
    assert Latencies().percentile(0.5) == 0.0


def test_an_operation_that_took_no_time_counts() -> None:
    latencies = Latencies()
    latencies.add(0.0)
    assert latencies.count == 1
