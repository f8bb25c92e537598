"""Waiting in lab time: `within 10 minutes` and `for 1 hour no ...`.

The one place in which scenarios let time pass. A tenant's clock is moved to the next moment at which something is due,
then the condition is looked at again; the host never sleeps. `within` stops as soon as the condition holds; `for`
goes through all of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from mdelab.bdd.verdict import Inconclusive, Unmet
from mdelab.bdd.words import in_words

if TYPE_CHECKING:  # the plugin must load quickly in projects that never start a lab
    from mdelab.lab.wire import ClockInfo

NOW = timedelta(0)


class Movable(Protocol):
    """A tenant, as far as time goes."""

    def clock(self) -> ClockInfo: ...

    def move(self, *, seconds: float | None = ..., until: datetime | None = ..., step: bool = ...) -> ClockInfo: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at a condition showed."""

    holds: bool
    text: str
    """What was seen, for the message when the time is up."""


def eventually(tenant: Movable, promise: str, within: timedelta, look: Callable[[], Seen]) -> None:
    """Let time pass until `look` holds.

    promise: what is waited for, such as `lin-1 is healthy`. Raises Unmet, which says what was last seen and when.
    """
    seen = look()
    if seen.holds:
        return
    began = now = tenant.clock().now
    end = began + within
    looks = 1
    while now < end:
        now = tenant.move(until=end, step=True).now
        seen = look()
        looks += 1
        if seen.holds:
            return
    waited = f"within {in_words(within)}" if within else "now"
    raise Unmet(
        f"{promise}: this did not hold {waited}. Last seen at {now:%H:%M:%S} lab time, in look {looks}: {seen.text}."
    )


def never(
    tenant: Movable,
    promise: str,
    during: timedelta,
    look: Callable[[], Seen],
    control: Callable[[], Seen],
) -> None:
    """Let all of the time pass and see that `look` never holds.

    control: the same thing where it must be seen, such as the alert of another endpoint of this tenant; without it the
    absence proves nothing. Raises Unmet when `look` held, Inconclusive when the control was not seen at the end.
    """
    now = tenant.clock().now
    end = now + during
    while True:
        seen = look()
        if seen.holds:
            raise Unmet(
                f"{promise} for {in_words(during)}: it happened after all, by {now:%H:%M:%S} lab time: {seen.text}."
            )
        if now >= end:
            break
        now = tenant.move(until=end, step=True).now
    witness = control()
    if not witness.holds:
        raise Inconclusive(
            f"{promise} for {in_words(during)}: nothing was seen, but neither was the positive control: {witness.text}. "
            "Let the same thing happen to another endpoint of the same tenant, so that its absence here says something."
        )
