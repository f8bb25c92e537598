"""The user's own artefacts under test: a PAC file, a list of hosts exempt from inspection, the client's preferences.

Scenarios about one carry the tag `@subject-pac`, `@subject-bypass` or `@subject-prefs`, and run only when it was given.
"""

from base64 import b64encode
from collections.abc import Mapping

import msgspec

from mdelab.bdd.registry import given, then, when
from mdelab.bdd.steps.health import health_managed
from mdelab.bdd.steps.network import policy
from mdelab.bdd.steps.routes import serve
from mdelab.bdd.subjects import judged, of_kind, proxies, ways
from mdelab.bdd.verdict import Unmet
from mdelab.bdd.words import Proxy
from mdelab.catalogue.platforms import platform_row
from mdelab.catalogue.preferences import mistakes, shown_by
from mdelab.catalogue.services import documented_urls, pinned_hosts
from mdelab.lab.client import TenantClient
from mdelab.lab.wire import PacVerdict
from mdelab.model.device import DeviceSpec
from mdelab.model.preferences import as_text
from mdelab.model.subject import Subject, SubjectKind
from mdelab.model.tenant import HopPolicy

Given = Mapping[SubjectKind, Subject]
"""What is under test, by kind."""

_PROXY = "proxy-under-test"
"""The tenant's hop behind every proxy name of the PAC file."""


@then("the PAC file under test can be read")
def pac_read(tenant: TenantClient, subjects: Given) -> None:
    """It is a script with FindProxyForURL that every engine takes."""
    subject = of_kind(subjects, "pac")
    if wrong := judged(tenant, subject).complaint:
        numbers = f"Windows reports {wrong.winhttp}, macOS {wrong.cfnetwork}"
        raise Unmet(f"{subject.place(wrong.line)}: {wrong.text}. {numbers}. Correct the script, and serve it anew.")


@then("the PAC file under test has a usable answer for every documented Defender URL")
def pac_answers(tenant: TenantClient, subjects: Given) -> None:
    """A proxy that the agent can use, or DIRECT in so many words; no answer, and one that nobody understands, count as none."""
    subject = of_kind(subjects, "pac")
    wrong = [
        f"{said.url}: {subject.place(said.complaint.line or said.line)}: {said.complaint.text}"
        for said in ways(tenant, subject, documented_urls())
        if said.complaint
    ]
    _none(
        wrong, "documented URLs get no usable answer", "Let the script end with a return that names a proxy or DIRECT."
    )


@then("the PAC file under test sends every documented Defender URL the same way")
def pac_same(tenant: TenantClient, subjects: Given) -> None:
    """All to a proxy, or all direct: one that goes another way is mostly one that was forgotten."""
    subject = of_kind(subjects, "pac")
    said = ways(tenant, subject, documented_urls())
    direct, proxied = (
        [one for one in said if (one.ways[:1] == ["direct"]) is is_direct] for is_direct in (True, False)
    )
    few, many = sorted((direct, proxied), key=len)
    wrong = [f"{one.url}: {subject.place(one.line)}: {_way(one)}" for one in few]
    _none(
        wrong,
        f"of {len(said)} documented URLs go another way than the others",
        f"The others: {_way(many[0])}, such as {many[0].url} by {subject.place(many[0].line)}.",
    )


@given("the network of the PAC file under test")
def pac_network(tenant: TenantClient, subjects: Given) -> None:
    """A server of the tenant's network hands the file out, and behind each name of a proxy in it stands a proxy that works."""
    subject = of_kind(subjects, "pac")
    places = proxies(ways(tenant, subject, documented_urls()))
    tenant.put_hop(HopPolicy(name=_PROXY, kind="tunnel", ports=tuple({port for _, port in places})))
    serve(tenant, base64=b64encode(subject.content).decode())
    tenant.put_site(msgspec.structs.replace(tenant.site(), names={host: _PROXY for host, _ in places}))


@given("{proxy:Proxy} that exempts the bypass list under test")
def exempting(tenant: TenantClient, subjects: Given, proxy: Proxy) -> None:
    """It passes on unread what the list names, and inspects everything else."""
    hosts = of_kind(subjects, "bypass").bypass().patterns
    tenant.put_hop(msgspec.structs.replace(policy(tenant, proxy), exempt=hosts))


@then("the bypass list under test covers every host on which the agent pins certificates")
def covers(subjects: Given) -> None:
    """Every pinned host of the documented lists, in all geographies."""
    subject = of_kind(subjects, "bypass")
    missing = [f"{host}: no entry of {subject.file} covers it" for host in subject.bypass().uncovered(pinned_hosts())]
    _none(missing, "pinned hosts would be inspected, and the agent refuses that", "Add them to the list.")


@given("an endpoint {endpoint:Name} of the platform of the preferences under test")
def of_their_platform(tenant: TenantClient, subjects: Given, endpoint: str) -> None:
    """A Linux one for mdatp_managed.json, a Mac for a property list."""
    tenant.add_endpoint(DeviceSpec(name=endpoint, platform=of_kind(subjects, "prefs").preferences().platform))


@when("{endpoint:Name} gets the preferences under test")
def gets_preferences(tenant: TenantClient, subjects: Given, endpoint: str) -> None:
    """Where its platform's management tools put them."""
    paths = platform_row(tenant.endpoint(endpoint).platform).paths
    tenant.write_file(endpoint, paths.managed, as_text(of_kind(subjects, "prefs").content))


@then("the preferences under test hold documented settings only")
def documented_only(subjects: Given) -> None:
    """Every key is one that the client knows on that platform, with a value that it takes."""
    wrong = mistakes(of_kind(subjects, "prefs").preferences())
    _none(wrong, "settings would be passed over without a word", "Correct them.")


@then("{endpoint:Name} shows the settings of the preferences under test as managed")
def shown_as_managed(tenant: TenantClient, subjects: Given, endpoint: str) -> None:
    """`mdatp health` marks each of them [managed], of those that it shows."""
    managed = health_managed(tenant, endpoint)
    subject = of_kind(subjects, "prefs")
    wrong = [
        f"{subject.place(setting.line)}: {setting.name!r}: mdatp health does not mark {field} as [managed]"
        for setting, field in shown_by(subject.preferences())
        if field not in managed
    ]
    _none(wrong, f"settings are not in force on {endpoint}", f"Marked are: {', '.join(sorted(managed)) or 'none'}.")


def _way(said: PacVerdict) -> str:
    return "direct" if said.ways[:1] == ["direct"] else f"to the proxy {said.ways[0]}" if said.ways else "nowhere"


def _none(wrong: list[str], what: str, advice: str) -> None:
    """Raise Unmet when something is wrong: all of it, a line each."""
    if wrong:
        raise Unmet(f"{len(wrong)} {what}:\n" + "\n".join(wrong) + f"\n{advice}")
