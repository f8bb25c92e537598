"""The portal's host. Its pages are not simulated; its actions are verbs of the lab."""

from mdelab.cloud.answer import Answer, refusal
from mdelab.cloud.call import Call


async def portal(call: Call) -> Answer:
    return refusal(
        501,
        "NotSimulated",
        f"the pages of {call.host} are not simulated. Order packages from the lab's control API "
        "(POST /v1/tenants/{tenant}/packages); alerts and devices are in the Defender API.",
    )
