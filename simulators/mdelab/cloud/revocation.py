"""The revocation hosts (port 80). The lab's certificates name no revocation list, so there is none to give out."""

from mdelab.cloud.answer import Answer, refusal
from mdelab.cloud.call import Call


async def revocation(call: Call) -> Answer:
    return refusal(
        404,
        "NotFound",
        f"http://{call.host}{call.path} is reachable, but this lab has no revocation lists: its certificates name none.",
    )
