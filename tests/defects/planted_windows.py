"""The planted defects of Windows devices, of the tests on every platform, and of licences. What a defect is, `planted` says."""

from planted import Defect

EVERY = "features/platforms/every.feature"
LINUX_ALERTS = "features/alerts/linux.feature"
OFFERS = "features/licences/offers.feature"
ONBOARDING = "features/windows/onboarding.feature"
EVENTS = "features/windows/events.feature"
PROGRAMS = "features/windows/programs.feature"
TEST_RAISES = "the documented PowerShell command raises its alert and closes by itself"
TOOL_RAISES = "the Linux test tool raises its alert with low severity"
TOGETHER = "alerts of a Windows, a macOS and a Linux endpoint are listed together"

WINDOWS_DEFECTS = (
    Defect(
        name="windows-test-alert-misnamed",
        wrong="The Windows test raises an alert of another title.",
        path="catalogue/detections/windows_test_powershell.yml",
        good="title: Suspicious PowerShell CommandLine\n",
        bad="title: Suspicious command\n",
        run=(PROGRAMS,),
        red=(TEST_RAISES,),
    ),
    Defect(
        name="windows-test-alert-severity-wrong",
        wrong="The Windows test alert is raised with severity High.",
        path="catalogue/detections/windows_test_powershell.yml",
        good="\nlevel: informational\n",
        bad="\nlevel: high\n",
        run=(PROGRAMS,),
        red=(TEST_RAISES,),
    ),
    Defect(
        name="windows-test-alert-too-late",
        wrong="The Windows test alert takes five hours instead of a few minutes.",
        path="catalogue/timing.toml",
        good="[alert]\nseconds = 180\n",
        bad="[alert]\nseconds = 18000\n",
        run=(PROGRAMS,),
        red=(TEST_RAISES,),
    ),
    Defect(
        name="windows-test-command-refused",
        wrong="PowerShell does not know the options of the documented command.",
        path="endpoint/programs/windows/powershell/__init__.py",
        good='"windowstyle", ',
        bad="",
        run=(PROGRAMS,),
        red=(TEST_RAISES,),
    ),
    Defect(
        name="windows-test-window-stays",
        wrong="The hidden window of the documented command does not close well.",
        path="endpoint/programs/windows/powershell/__init__.py",
        good='return code if code == NOT_SIMULATED or "noexit" not in options else 0',
        bad="return 1",
        run=(PROGRAMS,),
        red=(TEST_RAISES,),
    ),
    Defect(
        name="windows-processes-go-unseen",
        wrong="Detections take paths with slashes only, so that nothing of Windows is seen.",
        path="catalogue/detections/windows_test_powershell.yml",
        good="      - \\powershell.exe\n",
        bad="      - /powershell.exe\n",
        run=(PROGRAMS, EVERY),
        red=(TEST_RAISES, TOGETHER),
    ),
    Defect(
        name="windows-editions-lack-the-client",
        wrong="The client is on the editions that it is not for, and not on the others.",
        path="catalogue/platforms.py",
        good="edition is None or edition.has_client",
        bad="edition is None or not edition.has_client",
        run=(ONBOARDING,),
        red=("Windows 10 <edition> can be onboarded",),
    ),
    Defect(
        name="windows-shows-no-state",
        wrong="The registry never says that the device is onboarded.",
        path="endpoint/publish_windows.py",
        good="int(agent.licensed)",
        bad="0",
        run=(ONBOARDING,),
        red=(
            "the service of the sensor runs once the endpoint is onboarded",
            "the script for Group Policy reports success in the Application log",
        ),
    ),
    Defect(
        name="windows-script-runs-for-everybody",
        wrong="Every user counts as an administrator.",
        path="endpoint/programs/windows/environment.py",
        good="return user_of(io).upper() in _ADMINISTRATORS",
        bad="return True",
        run=(ONBOARDING,),
        red=("the script ends with 65 without administrative rights",),
    ),
    Defect(
        name="windows-event-numbers-wrong",
        wrong="The completed onboarding is written under another number.",
        path="catalogue/sense_events.toml",
        good='symbol = "onboarded"\nid = 11\n',
        bad='symbol = "onboarded"\nid = 12\n',
        run=(EVENTS,),
        red=("event 11 says that onboarding was completed",),
    ),
    Defect(
        name="linux-test-tool-missing",
        wrong="The documented address of the Linux test tool leads nowhere.",
        path="cloud/downloads/service.py",
        good='    "/linuxdiy": ',
        bad='    "/elsewhere": ',
        run=(LINUX_ALERTS,),
        red=(TOOL_RAISES,),
    ),
    Defect(
        name="linux-test-alert-misnamed",
        wrong="The Linux test raises an alert of another title.",
        path="catalogue/detections/linux_edr_diy.yml",
        good="title: Enumeration of files with sensitive data\n",
        bad="title: Suspicious script\n",
        run=(LINUX_ALERTS,),
        red=(TOOL_RAISES,),
    ),
    Defect(
        name="no-product-has-the-mac-client",
        wrong="No product licenses the client on a Mac.",
        path="catalogue/licences.py",
        good="has_mac_client=row.mac_client",
        bad="has_mac_client=False",
        run=(OFFERS,),
        red=("the Mac client belongs to <product>",),
    ),
    Defect(
        name="offers-include-nothing",
        wrong="What a customer has bought gives no product.",
        path="catalogue/licences.py",
        good="for product in offers()[name].products]",
        bad="for product in offers()[name].products[:0]]",
        run=(OFFERS,),
        red=("<offer> licenses the Mac client", "<offer> includes <product>"),
    ),
    Defect(
        name="every-offer-licenses-macs",
        wrong="The Mac client may be used with any offer, or with none.",
        path="model/licence.py",
        good="return any(grant.product.has_mac_client for grant in self.grants)",
        bad="return True",
        run=(OFFERS,),
        red=(
            "<offer> does not license the Mac client",
            "a Cloud Solution Provider's customer needs none of the offers",
        ),
    ),
    Defect(
        name="csp-gives-nothing",
        wrong="A customer of a Cloud Solution Provider needs one of the offers all the same.",
        path="catalogue/licences.py",
        good="for product in way.products]",
        bad="for product in way.products[:0]]",
        run=(OFFERS,),
        red=("a Cloud Solution Provider's customer needs none of the offers",),
    ),
    Defect(
        name="trial-gives-nothing",
        wrong="The free trial gives no product.",
        path="catalogue/licences.py",
        good="for product in _file().trial.products if is_trial]",
        bad="for product in _file().trial.products if not is_trial]",
        run=(OFFERS,),
        red=("the free trial gives Plan 2",),
    ),
    Defect(
        name="six-devices-a-user",
        wrong="A licensed user may use six devices at a time.",
        path="catalogue/licences.toml",
        good="[user]\ndevices = 5\n",
        bad="[user]\ndevices = 6\n",
        run=(OFFERS,),
        red=("the sixth device of a user is outside the licence",),
    ),
)
