"""How long things take, in the tenant's time."""

from datetime import timedelta
from functools import cache

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis


class Duration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seconds: int
    basis: Basis
    source: str


class Timing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Each field is a row of timing.toml; `after(name)` gives it as a timedelta."""

    notice: Duration
    poll: Duration
    cyber: Duration
    upload: Duration
    request_timeout: Duration
    next_way: Duration
    pac_fetch: Duration
    retry_first: Duration
    retry_most: Duration
    definitions_first: Duration
    definitions_update: Duration
    inventory: Duration
    alert: Duration
    inactive: Duration
    impaired: Duration
    offboarding_package: Duration
    device_token: Duration
    api_token: Duration
    trial: Duration
    signing_key_overlap: Duration
    assertion_skew: Duration
    action_timeout: Duration

    def after(self, name: str) -> timedelta:
        """The duration called `name`."""
        row: Duration = getattr(self, name)
        return timedelta(seconds=row.seconds)


@cache
def timing() -> Timing:
    return read("timing.toml", Timing)
