"""The planted defects of faults: an injection that does nothing is caught in every place. What a defect is, `planted` says."""

from planted import Defect

EVERY = "features/faults/every.feature"
PARTIAL = "features/faults/partial.feature"
ROUTES = "features/faults/routes.feature"
SELECTED = "features/faults/selected.feature"
DEVICES = "features/faults/devices.feature"
LINK = "a cut link keeps a <platform> endpoint out, is named, and leaves no trace"
KILLED = "a client that was killed on a <platform> endpoint is named, and reports again once it runs"
NAMED = "{fault} keeps a <platform> endpoint out, is named, and leaves no trace"


def _named(*faults: str) -> tuple[str, ...]:
    return tuple(NAMED.format(fault=fault) for fault in faults)


DEFECTS = (
    Defect(
        name="dns-answers-truly",
        wrong="The name server knows nothing of faults.",
        path="network/dns.py",
        good="        fault = _acting(caller, name)\n",
        bad="        fault = None\n",
        run=(EVERY,),
        red=_named("dns-nxdomain"),
    ),
    Defect(
        name="pac-server-serves-all-the-same",
        wrong="The server of the PAC file serves the good file whatever a fault says.",
        path="network/pac.py",
        good="PAC[fault.action](fault) if fault else answer(policy, path)",
        bad="answer(policy, path)",
        run=(ROUTES,),
        red=(
            "pac-404 leaves a <platform> endpoint without its proxy, is named, and leaves no trace",
            "pac-syntax-error leaves a <platform> endpoint without its proxy, is named, and leaves no trace",
        ),
    ),
    Defect(
        name="black-hole-answers",
        wrong="What should vanish is refused.",
        path="network/gateway.py",
        good="                    return self._nowhere.void\n",
        bad="                    return self._nowhere.closed\n",
        run=(EVERY,),
        red=_named("tcp-blackhole-syn"),
    ),
    Defect(
        name="cloud-shows-its-own-certificate",
        wrong="The cloud shows its good certificate whatever a fault says.",
        path="cloud/acceptor.py",
        good="        return self.flawed[verdict.flaw] if verdict else None\n",
        bad="        return None\n",
        run=(EVERY,),
        red=_named("tls-expired", "tls-not-yet-valid", "tls-wrong-host", "tls-self-signed"),
    ),
    Defect(
        name="cloud-serves-all-the-same",
        wrong="The cloud serves what it should refuse.",
        path="cloud/protocol.py",
        good="self._dispatcher.answering(call) or target.bare",
        bad="target.bare",
        run=(EVERY,),
        red=_named("cloud-503-outage", "cloud-429-retry-after-sec"),
    ),
    Defect(
        name="device-keeps-its-time",
        wrong="The clock of a device is right whatever a fault says.",
        path="endpoint/faults/clock.py",
        good='clock_skew_s=before + fault.number("skew_s")',
        bad="clock_skew_s=before",
        run=(EVERY,),
        red=_named("tls-clock-skew-client"),
    ),
    Defect(
        name="device-stays-in-the-wrong-time",
        wrong="A device's clock stays wrong after the fault.",
        path="endpoint/faults/clock.py",
        good="        await sensor.change(clock_skew_s=before)\n",
        bad="        return\n",
        run=(EVERY,),
        red=_named("tls-clock-skew-client"),
    ),
    Defect(
        name="portal-is-never-seen",
        wrong="A captive portal is taken for a badly made certificate.",
        path="diagnosis/match.py",
        good='    return frozenset({"redirected"}) if portals else frozenset()\n',
        bad="    return frozenset()\n",
        run=(PARTIAL,),
        red=("a captive portal before a <platform> endpoint is no connection",),
    ),
    Defect(
        name="maps-asks-for-no-revocation",
        wrong="MAPS connects without knowing whether certificates still hold.",
        path="endpoint/programs/windows/mpcmdrun.py",
        good="_REVOCATION, _UNSET = (1, 3), 3",
        bad="_REVOCATION, _UNSET = (), 3",
        run=(PARTIAL,),
        red=("without revocation lists MAPS fails on a Windows endpoint that is connected",),
    ),
    Defect(
        name="firewall-lets-all-pass",
        wrong="The firewall has rules and follows none.",
        path="network/gateway.py",
        good="            await self._act(client, caller, name, fault, verdict, first)\n            return\n",
        bad="",
        run=(EVERY,),
        red=_named("tls-sni-blocked-rst"),
    ),
    Defect(
        name="tunnel-proxy-asks-nothing",
        wrong="The tunnel proxy carries out no fault.",
        path="network/tunnel.py",
        good="        match verdict or _verdict(policy, head):\n",
        bad="        match _verdict(policy, head):\n",
        run=(EVERY,),
        red=_named("proxy-407-basic", "proxy-407-ntlm", "proxy-403-category"),
    ),
    Defect(
        name="inspector-hears-of-no-fault",
        wrong="The process that inspects is never told of faults.",
        path="lab/embedded.py",
        good='if "inspecting" in fault.places]',
        bad="if not fault.places]",
        run=(EVERY,),
        red=_named("tls-intercepted", "tls-intercepted-partial"),
    ),
    Defect(
        name="fault-takes-every-name",
        wrong="A fault of one name takes them all.",
        path="model/fault.py",
        good="and any(matches(row, name) for row in self.names)",
        bad="",
        run=(SELECTED,),
        red=("a fault of one name leaves the other names alone",),
    ),
    Defect(
        name="fault-spares-who-is-connected",
        wrong="A fault does not reach an endpoint that has a connection already.",
        path="endpoint/pool.py",
        good="        for _, wire in idle:\n            wire.close()\n",
        bad="        self._idle = idle\n",
        run=(SELECTED,),
        red=("a fault takes hold of an endpoint that is connected",),
    ),
    Defect(
        name="link-stays-up",
        wrong="A device whose link is cut goes on as before.",
        path="lab/places.py",
        good="        self._attachment.link.is_up = False\n",
        bad="",
        run=(DEVICES,),
        red=(LINK, "a link that is cut for some minutes loses nothing of a connected endpoint"),
    ),
    Defect(
        name="link-stays-cut",
        wrong="A link that was cut once is cut for good.",
        path="lab/places.py",
        good="link.is_up = not self._unplugged",
        bad="link.is_up = False",
        run=(DEVICES,),
        red=(LINK, "a link that is cut for some minutes loses nothing of a connected endpoint"),
    ),
    Defect(
        name="cut-link-is-taken-for-a-missing-name",
        wrong="A device without a network is said to have a resolver that knows no names.",
        path="model/attachment.py",
        good="    return error.errno in _NO_NETWORK or",
        bad="    return error.errno == 0 or",
        run=(DEVICES,),
        red=(LINK,),
    ),
    Defect(
        name="client-lives-on",
        wrong="The client runs on although it was killed.",
        path="endpoint/faults/client.py",
        good='    await sensor.kill_client(fault.number("signal"))\n',
        bad="",
        run=(DEVICES,),
        red=(KILLED,),
    ),
    Defect(
        name="client-stays-dead",
        wrong="A client that was killed is never started again.",
        path="endpoint/sensor.py",
        good="        await self.control_service(self._row.service, True)\n        self._tell",
        bad="        self._tell",
        run=(DEVICES,),
        red=(KILLED,),
    ),
    Defect(
        name="silence-is-health",
        wrong="A device that says nothing is taken for one with which nothing is wrong.",
        path="diagnosis/finding.py",
        good="    if halted := standing(",
        bad="    if halted := None and standing(",
        run=(DEVICES,),
        red=(KILLED,),
    ),
    Defect(
        name="fault-outlives-its-removal",
        wrong="A fault that was removed goes on.",
        path="lab/faults.py",
        good="        if self._tenant.faults.end(fault_id) is None:\n",
        bad="        if fault_id:\n",
        run=(EVERY,),
        red=_named("dns-nxdomain", "tls-sni-blocked-rst", "proxy-407-basic"),
    ),
)
