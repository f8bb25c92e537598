"""Leads a device's request to its operation, and refuses what no device would send.

Command and control and cyber telemetry are served on the hosts of those channels only, so that a device which was sent to
the wrong host fails here as it would outside.
"""

from collections.abc import Awaitable, Callable

from mdelab.cloud.answer import Answer, refusal
from mdelab.cloud.call import Call
from mdelab.cloud.device.command import CommandChannel
from mdelab.cloud.device.cyber import CyberChannel
from mdelab.cloud.device.probes import PROBE_METHODS, probe_answers
from mdelab.model.channel import CYBER_PATH, ENROL_PATH, OFFBOARD_PATH, POLL_PATH, RESULT_PATH

_Operation = Callable[[Call], Awaitable[Answer]]

_BASES = {"command-and-control": "/", "streamlined": "/edr/"}
"""Channel -> the path of the package's command URL. Source: catalogue/geographies.toml."""


class DeviceService:
    def __init__(self, command: CommandChannel, cyber: CyberChannel) -> None:
        self._probes = probe_answers()
        self._operations: dict[tuple[str, str], _Operation] = {
            ("cyber-telemetry", CYBER_PATH): cyber.report,
            ("streamlined", CYBER_PATH): cyber.report,
        }
        for channel, base in _BASES.items():
            self._operations[channel, base + ENROL_PATH] = command.enrol
            self._operations[channel, base + POLL_PATH] = command.poll
            self._operations[channel, base + RESULT_PATH] = command.result
            self._operations[channel, base + OFFBOARD_PATH] = command.offboard

    async def answer(self, call: Call) -> Answer:
        channel = call.service.channel if call.service else ""
        operation = self._operations.get((channel, call.path))
        if operation is not None:
            if call.method == "POST":
                return await operation(call)
            return _wrong_method(call, "POST")
        probe = self._probes.get((call.host, call.path, call.query))
        if probe is not None:
            return probe if call.method in PROBE_METHODS else _wrong_method(call, "GET")
        return refusal(
            404,
            "NotFound",
            f"{call.host} has no {call.path!r} on channel {channel} in this lab. Compare the URL with the "
            "package that the device was onboarded with.",
        )


def _wrong_method(call: Call, right: str) -> Answer:
    return refusal(
        405, "MethodNotAllowed", f"{call.path!r} takes {right}, not {call.method}.", (b"allow", right.encode())
    )
