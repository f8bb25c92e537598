"""The planted defects of routes: PAC files, discovery, bypass lists and what is passed over. What a defect is, `planted` says."""

from planted import Defect

PAC = "features/routes/pac.feature"
BROKEN = "features/routes/broken.feature"
FAULTY = "features/faults/routes.feature"
DISCOVERY = "features/routes/discovery.feature"
DIAGNOSED = "features/routes/diagnosed.feature"
STATIC = "features/routes/static.feature"

DEFECTS = (
    Defect(
        name="pac-file-ignored",
        wrong="A PAC file is set and the client goes direct.",
        path="endpoint/route.py",
        good="            return Pac(url=url) if url else None, []\n",
        bad="            return None, []\n",
        run=(PAC,),
        red=(
            "a Mac is onboarded through the proxy that the PAC file names",
            "an administrator sets the PAC file in the network settings",
        ),
    ),
    Defect(
        name="pac-answer-ignored",
        wrong="The PAC file is fetched, and whatever it says the client goes direct.",
        path="endpoint/route.py",
        good="        return Found(ways=said.ways, ",
        bad="        return Found(ways=(None,), ",
        run=(PAC, DISCOVERY),
        red=(
            "a Mac is onboarded through the proxy that the PAC file names",
            "a Mac is onboarded through a proxy that it found with WPAD",
        ),
    ),
    Defect(
        name="wpad-ignored",
        wrong="Discovery is on and the client does not look.",
        path="endpoint/route.py",
        good="    if is_on:\n        return Discovery()\n",
        bad="    if is_on:\n        return None\n",
        run=(DISCOVERY,),
        red=(
            "a Mac is onboarded through a proxy that it found with WPAD",
            "an administrator switches discovery on",
        ),
    ),
    Defect(
        name="dns-has-no-wpad",
        wrong="The name that discovery asks for is not answered although the site has it.",
        path="model/site.py",
        good='{f"wpad.{self.suffix}": self.wpad} if self.wpad else {}',
        bad="{}",
        run=(DISCOVERY,),
        red=("a Mac is onboarded through a proxy that it found with WPAD",),
    ),
    Defect(
        name="discovery-leaves-the-domain",
        wrong="Discovery asks strangers: it does not stop at the registered domain.",
        path="model/site.py",
        good="range(len(labels) - least + 1)",
        bad="range(len(labels))",
        run=(DISCOVERY,),
        red=("in <suffix> discovery asks up to the registered domain and no further",),
    ),
    Defect(
        name="dns-beats-dhcp",
        wrong="What DHCP announces is not followed.",
        path="endpoint/pac/discovery.py",
        good="    if site.dhcp_pac_url:\n",
        bad="    if site.dhcp_pac_url and not site.wpad:\n",
        run=(DISCOVERY,),
        red=("what DHCP announces wins over DNS, right or wrong",),
    ),
    Defect(
        name="broken-pac-is-silent",
        wrong="A PAC file without an answer is passed over without a word.",
        path="endpoint/route.py",
        good="        if wrong == self._notes.get(host, ()):\n",
        bad="        if wrong != self._notes.get(host, ()):\n",
        run=(BROKEN,),
        red=("a Mac whose PAC file has <what> says so and goes direct",),
    ),
    Defect(
        name="any-status-is-a-pac-file",
        wrong="An error page is run as a PAC script.",
        path="endpoint/pac/source.py",
        good="    if came.status != 200:\n",
        bad="    if came.status >= 600:\n",
        run=(BROKEN,),
        red=("a PAC file that is answered with <status> is passed over as <reason>",),
    ),
    Defect(
        name="dead-telemetry-proxy-stops-the-sensor",
        wrong="The sensor does not go round a dead TelemetryProxyServer.",
        path="model/route.py",
        good="            is_decided = is_direct or not candidate.falls_back\n",
        bad="            is_decided = True\n",
        run=(STATIC,),
        red=("a sensor goes round a dead TelemetryProxyServer",),
    ),
    Defect(
        name="every-dead-proxy-is-gone-round",
        wrong="A client goes direct when its system proxy is dead, which no policy allows.",
        path="model/route.py",
        good="            is_decided = is_direct or not candidate.falls_back\n",
        bad="            is_decided = is_direct\n",
        run=(STATIC,),
        red=("a <platform> endpoint never goes round a dead system proxy",),
    ),
    Defect(
        name="bypass-lists-ignored",
        wrong="Hosts on the bypass list go through the proxy all the same.",
        path="model/bypass.py",
        good="        return any(_COVERS",
        bad="        return False and any(_COVERS",
        run=(STATIC,),
        red=("on <platform> a bypass list with <entry> sends the cyber channel direct",),
    ),
    Defect(
        name="detours-go-unnamed",
        wrong="A device that could not read its PAC file is told of a firewall only.",
        path="diagnosis/match.py",
        good="        passed_over=wrongs(route_of(failing, connections)),\n",
        bad="        passed_over=(),\n",
        run=(DIAGNOSED,),
        red=(
            "a Mac behind a firewall whose PAC file is answered with <status> is told so",
            "a <platform> endpoint with <setting> behind a firewall is told <cause>",
        ),
    ),
    Defect(
        name="system-sees-what-a-user-set",
        wrong="The sensor, which runs as SYSTEM, follows the PAC file of whoever is signed in.",
        path="endpoint/route.py",
        good="        if row.unused and setting is not None:\n",
        bad="        if row.unused == 'pac-set-on-linux' and setting is not None:\n",
        run=(DISCOVERY, FAULTY),
        red=(
            "win-1 takes only what its platform supports",
            "wpad-user-not-system leaves a Windows endpoint without its proxy, is named, and leaves no trace",
        ),
    ),
    Defect(
        name="external-tunnels-are-nobodys",
        wrong="A tunnel that comes from a user's own proxy is never attributed, so the cloud does not know which device called.",
        path="network/external.py",
        good="        waiting = [asked for asked in self._asked if asked.host == host]\n",
        bad="        waiting: list[Asked] = []\n",
        run=("tests/network/test_network_external.py",),
        red=("test_a_device_gets_through_and_its_connection_is_one_from_end_to_end",),
    ),
    Defect(
        name="external-inspection-unseen",
        wrong="A user's own proxy that ends TLS passes for one that passes it on.",
        path="network/external.py",
        good="and self._sent != self._passed_on:",
        bad="and not self._sent:",
        run=("tests/lab/test_lab_external_proxy.py",),
        red=("test_an_agent_refuses_a_proxy_of_ours_that_inspects_and_the_diagnosis_names_it",),
    ),
)
