"""Who a device is, by the token that it was given when it enrolled."""

from mdelab.cloud.answer import Answer, refusal
from mdelab.cloud.call import Call
from mdelab.cloud.estate import Estate, Estates
from mdelab.cloud.machine import Device

_SCHEME = "Bearer "

_UNAUTHORIZED = refusal(
    401,
    "Unauthorized",
    "the device token is missing, unknown or has expired, or the device was offboarded. Enrol again with the package.",
)


def identify(estates: Estates, call: Call) -> tuple[Estate, Device] | Answer:
    """The device that calls, or the 401 that it gets."""
    if not call.authorization.startswith(_SCHEME):
        return _UNAUTHORIZED
    known = estates.by_token(call.authorization[len(_SCHEME) :])
    if known is None or known[0].tenant.clock.now() >= known[1].token_expires:
        return _UNAUTHORIZED
    return known
