"""`date` on a Mac: the device's time, and dates in the form in which scripts want them."""

from typing import Any

import pytest


def test_date_tells_the_devices_time_in_the_form_asked_for(mac: Any) -> None:
    assert mac.call("date", "+%Y-%m-%d").out == f"{mac.tenant.clock.now():%Y-%m-%d}\n"
    assert mac.call("date", "-u").out == f"{mac.tenant.clock.now():%a %b %e %H:%M:%S UTC %Y}\n"


def test_date_turns_a_date_of_the_client_into_another_form(mac: Any) -> None:
    told = "Nov 27, 2026 at 09:10:11 AM"
    assert mac.call("date", "-j", "-f", "%b %d, %Y at %H:%M:%S %p", told, "+%Y-%m-%d").out == "2026-11-27\n"


def test_date_refuses_a_value_that_is_not_in_its_form_as_bsd_does(mac: Any) -> None:
    ended = mac.call("date", "-j", "-f", "%b %d, %Y", "unavailable", "+%Y")
    assert (ended.code, "Failed conversion of ``unavailable''" in ended.err) == (1, True)


@pytest.mark.parametrize("argv", [("-j",), ("-v", "+1d"), ("-s", "now")])
def test_what_else_date_can_do_is_not_simulated(mac: Any, argv: tuple[str, ...]) -> None:
    assert mac.call("date", *argv).not_simulated
