"""The planted defects of what a device must be like, and of how the client comes onto it. What a defect is, `planted` says."""

from planted import Defect

CONDITIONS = "features/onboarding/conditions.feature"
LINUX_ALERTS = "features/alerts/linux.feature"
MAC_HEALTH = "features/macos/health.feature"
MAC_DEPLOYMENT = "features/macos/deployment.feature"
WINDOWS = "features/windows/onboarding.feature"
EVERY = "features/platforms/every.feature"

DEFECTS = (
    Defect(
        name="every-distribution-is-compatible",
        wrong="The client works on every Linux distribution.",
        path="catalogue/support.py",
        good="    compatible = is_compatible(spec.distribution, spec.release)\n",
        bad="    compatible = True\n",
        run=(CONDITIONS,),
        red=("<distribution> <release> is not compatible, so it stays out",),
    ),
    Defect(
        name="no-distribution-is-compatible",
        wrong="The client works on no Linux distribution.",
        path="catalogue/distributions.py",
        good="return any(_fits(release, wanted) for wanted in",
        bad="return any(False and _fits(release, wanted) for wanted in",
        run=(CONDITIONS,),
        red=("<distribution> <release> is compatible and can be onboarded",),
    ),
    Defect(
        name="only-python-3-runs",
        wrong="A distribution that may use an older Python cannot run the portal's script.",
        path="endpoint/programs/linux.py",
        good='"python": lambda spec: bool(spec.python2),',
        bad='"python": lambda spec: False,',
        run=(CONDITIONS,),
        red=("another distribution takes an older Python, which says that Python 3 is recommended",),
    ),
    Defect(
        name="passive-mode-cannot-be-set",
        wrong="`mdatp config passive-mode` says that it is set, and sets nothing.",
        path="endpoint/programs/mdatp/config.py",
        good='else typed == "enabled"',
        bad="else False",
        run=(CONDITIONS,),
        red=("beside a service that uses fanotify the client works in passive mode once it was installed by hand",),
    ),
    Defect(
        name="linux-test-has-one-name",
        wrong="The Linux test tool is not there by the name that the seed gives it.",
        path="cloud/downloads/edr_test.py",
        good='SCRIPT_NAMES = ("mde_linux_edr_diy.sh", "mde_linux_edr_diy")',
        bad='SCRIPT_NAMES = ("mde_linux_edr_diy.sh",)',
        run=(LINUX_ALERTS,),
        red=("the Linux test is run by the name that the documents give it",),
    ),
    Defect(
        name="old-servers-have-the-client",
        wrong="A Windows server below the requirements can be onboarded.",
        path="catalogue/platforms.toml",
        good='release = "6.1.7601"\nhas_client = false\n',
        bad='release = "6.1.7601"\n',
        run=(WINDOWS,),
        red=("Windows Server 2008 R2 does not meet the requirements",),
    ),
    Defect(
        name="servers-lack-the-client",
        wrong="A Windows server that meets the requirements cannot be onboarded.",
        path="catalogue/platforms.py",
        good="edition is None or edition.has_client",
        bad="edition is None or not edition.has_client",
        run=(WINDOWS,),
        red=("Windows <edition> meets the requirements and can be onboarded",),
    ),
    Defect(
        name="upgrade-brings-the-profiles",
        wrong="A Mac that was upgraded counts as having the profiles that nobody deployed.",
        path="catalogue/macos.py",
        good="for row in deployed_profiles(spec) for what in row.approves",
        bad="for row in macos().profile for what in row.approves",
        run=(MAC_HEALTH,),
        red=("a Mac that is upgraded from an older macOS misses the additional profiles until they are deployed",),
    ),
    Defect(
        name="management-profiles-are-dropped",
        wrong="A configuration profile is delivered and nothing of it reaches the managed preferences.",
        path="endpoint/management.py",
        good="    for domain, settings in forced:\n",
        bad="    for domain, settings in forced[:0]:\n",
        run=(MAC_DEPLOYMENT,),
        red=("Intune deploys the client and the profile of the portal's Intune download to a Mac",),
    ),
    Defect(
        name="tunnels-outlive-a-block",
        wrong="A proxy that begins to refuse a host leaves the tunnels to it that stand already.",
        path="network/tunnel.py",
        good="for tunnel in list(self._tunnels):",
        bad="for tunnel in list(self._tunnels)[:0]:",
        run=(EVERY,),
        red=("what a <platform> endpoint sees during an outage is stored after it",),
    ),
)
