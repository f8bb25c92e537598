"""A loss of one event in ten thousand is certain to be seen: counts are compared exactly, and there are enough of them."""

from pathlib import Path

from mdelab.lab.launch import launch
from mdelab.load.run import run_fleet

_RARE = 10_000


def test_a_load_of_enough_events_shows_a_loss_of_one_in_ten_thousand(tmp_path: Path) -> None:
    with launch(None) as client:
        result = run_fleet(client, endpoints=10, seconds=3, reports_per_s=4, events=200, out=tmp_path)
        client.close()

    assert result.sent > _RARE, "too few events: the test must not pass without having been able to fail"
    assert result.reason == ""
    assert result.lost == 0
    assert result.sent == result.received - result.duplicates == result.stored
