"""What a row of the control API's table is made of, and what its verb is asked with. The table is `mdelab.lab.calls`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mdelab.lab.estate import Lab
from mdelab.model.errors import LabError

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request, read and checked against its call's types."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    """A value of the call's `body` type; None when the call takes none."""

    def after(self) -> int:
        """The `after` of a query about evidence."""
        text = self.query.get("after", "0")
        if not text.isdecimal():
            raise LabError(
                f"`after` is {text!r}: it must be the id of a record, a whole number. Take one from an answer."
            )
        return int(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One row of the API."""

    method: Method
    path: str
    summary: str
    verb: Callable[[Lab, Ask], Awaitable[Any] | Any]
    body: Any = None
    """Type of the request's body."""
    answer: Any = None
    """Type of the answer's body; None for 204."""
    query: tuple[str, ...] = ()
