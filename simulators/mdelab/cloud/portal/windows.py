"""The portal's scripts for Windows, in the lab's form.

They take the real scripts' steps, waits, exit codes and words that tools look for, and nothing of their text. Only plain
constructs are used (echo, set, if, goto, labels, `find` behind a pipe, programs with their output thrown away), so that
every line can be simulated. A real machine lacks the value that only the lab's devices have, and is left alone.
Sources: public copies of portal-generated scripts, read for structure; codes: defender-docs troubleshoot-onboarding.md.
"""

from mdelab.cloud.portal.batch import NET, QUIET, REG, SC, WAITED, escaped, failure, finds, logs, wait
from mdelab.cloud.portal.contents import Contents
from mdelab.model.package import Kind

_POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection"
_STATUS = r"HKLM\SOFTWARE\Microsoft\Windows Advanced Threat Protection\Status"
_SECURITY = r"HKLM\SYSTEM\CurrentControlSet\Control\WMI\Security"
_COLLECTION = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection"
_LAB = r"HKLM\SOFTWARE\mdelab"

_VALUES: dict[Kind, str] = {"onboarding": "OnboardingInfo", "offboarding": "696C1FA1-4030-4FA4-8713-FAF9B2EA7C0A"}
"""The value below the policy key that carries the package."""

_TRACES = ("14f8138e-3b61-580b-544b-2609378ae460", "cb2ff72d-d4e4-585d-33f9-f3a395c40be7")
_DESCRIPTOR = "0100048000000000000000000000000000000000"
"""A self-relative security descriptor without owner, group and list; what the real one allows plays no part here."""

_STATE = f'{REG} query "{_STATUS}" /v OnboardingState'
_SENSE = f'{SC} query "SENSE"'


def onboarding_script(contents: Contents) -> str:
    """`WindowsDefenderATPOnboardingScript.cmd`: no questions, for Group Policy and Configuration Manager."""
    return _onboarding(contents, asks=False)


def local_script(contents: Contents) -> str:
    """`WindowsDefenderATPLocalOnboardingScript.cmd`: asks first, and waits for a key at the end."""
    return _onboarding(contents, asks=True)


def offboarding_script(contents: Contents) -> str:
    """`WindowsDefenderATPOffboardingScript_valid_until_*.cmd`."""
    return _joined(
        _head(contents),
        _rights(),
        _package(contents, opposite="onboarding"),
        wait("Stop", finds(_SENSE, "STOPPED"), looks=11, apart_s=10),
        _success(contents, "Successfully offboarded machine from Microsoft Defender for Endpoint"),
        failure(
            "CannotDelete", 5, "The onboarding data cannot be deleted from the registry.", "reg.exe delete failed."
        ),
        failure("CannotWrite", 10, "The offboarding data cannot be written to the registry.", "reg.exe add failed."),
        failure(f"{WAITED}ForStop", 15, "The SENSE service did not stop.", "sc.exe query does not show STOPPED."),
        _end(contents, asks=False),
    )


def _onboarding(contents: Contents, *, asks: bool) -> str:
    running = finds(_SENSE, "RUNNING")
    return _joined(
        _head(contents),
        _consent(contents) if asks else "",
        _rights(),
        _settings(),
        _package(contents, opposite="offboarding"),
        _start(contents, running),
        wait("Service", running, looks=5, apart_s=5),
        wait("State", f"{_STATE} {QUIET}", looks=5, apart_s=5),
        wait("One", finds(_STATE, "0x1"), looks=5, apart_s=5),
        _success(
            contents,
            "Successfully onboarded machine to Microsoft Defender for Endpoint",
            rf'"%ProgramFiles%\Windows Defender\MpCmdRun.exe" -ReloadEngine {QUIET}',
        ),
        failure(
            "CannotDelete", 5, "The offboarding data cannot be deleted from the registry.", "reg.exe delete failed."
        ),
        failure("CannotWrite", 10, "The onboarding data cannot be written to the registry.", "reg.exe add failed."),
        failure(f"{WAITED}ForService", 15, "The SENSE service did not start.", "sc.exe query does not show RUNNING."),
        failure(
            f"{WAITED}ForState", 35, "The onboarding status is missing.", "OnboardingState is not in the registry."
        ),
        failure(f"{WAITED}ForOne", 40, "The onboarding status is not 1.", "OnboardingState is not 0x1."),
        _end(contents, asks=asks),
    )


def _head(contents: Contents) -> str:
    return f"""@echo off
rem mdelab program: windows-{contents.kind}-script
rem Made by the test lab {contents.lab_id}. It is no Microsoft software, and it works on the lab's simulated endpoints only.

set errorCode=0
set seenLevel=0
set errorDescription=
set errorMessage=

{REG} query "{_LAB}" /v LabId {QUIET}
if errorlevel 1 goto NotInTheLab
"""


def _consent(contents: Contents) -> str:
    # `set /p` keeps the old answer when there is no more input; without the empty one before it, that would ask for ever.
    return f"""
echo This script onboards this machine to the simulated Microsoft Defender for Endpoint of the test lab {contents.lab_id}.
echo It is meant for single machines. The machine is listed in the portal after 5 to 30 minutes.
echo.
:Consent
set answer=
set /p answer=Press (Y) to confirm and continue or (N) to cancel and exit:
if /i "%answer%"=="Y" goto Consented
if /i "%answer%"=="N" goto Done
if "%answer%"=="" goto Done
echo Wrong input. Answer Y or N.
goto Consent
:Consented
{REG} add "{_POLICY}" /v latency /t REG_SZ /f /d "Demo" {QUIET}
"""


def _rights() -> str:
    return f"""
{NET} session {QUIET}
if errorlevel 1 goto NotAdministrator
"""


def _settings() -> str:
    traces = "\n".join(f'{REG} add "{_SECURITY}" /v {one} /t REG_BINARY /d {_DESCRIPTOR} /f {QUIET}' for one in _TRACES)
    return f"""
rem Simulated devices have no early-launch driver; the real script installs its certificate here.
{traces}
{REG} add "{_COLLECTION}" /v DisableEnterpriseAuthProxy /t REG_DWORD /d 1 /f {QUIET}
"""


def _package(contents: Contents, *, opposite: Kind) -> str:
    return f"""
{REG} query "{_POLICY}" /v {_VALUES[opposite]} {QUIET}
if errorlevel 1 goto WritePackage
{REG} delete "{_POLICY}" /v {_VALUES[opposite]} /f {QUIET}
if errorlevel 1 goto CannotDelete
:WritePackage
{REG} add "{_POLICY}" /v {_VALUES[contents.kind]} /t REG_SZ /f /d "{escaped(contents.outer)}" {QUIET}
if errorlevel 1 goto CannotWrite
"""


def _start(contents: Contents, running: str) -> str:
    said = "The Microsoft Defender for Endpoint service is already running!"
    return f"""
{running}
if errorlevel 1 goto StartService
echo {said}
{logs(_source(contents), "INFORMATION", "10", said)}
goto AwaitService
:StartService
{NET} start sense {QUIET}
:AwaitService
"""


def _success(contents: Contents, said: str, last: str = "") -> str:
    return f"""
{logs(_source(contents), "INFORMATION", "20", said)}
{last}
echo {said}
goto Done
"""


def _end(contents: Contents, *, asks: bool) -> str:
    rights = failure("NotAdministrator", 65, "Insufficient privileges.", "Run the script as an administrator.")
    return f"""{rights}
:Failed
set errorLine=[Error Id: %errorCode%, Error Level: %seenLevel%] %errorDescription% Error message: %errorMessage%
echo %errorLine%
{logs(_source(contents), "ERROR", "%errorCode%", "%errorLine%")}
goto Done

:NotInTheLab
echo This script was made by a test lab (mdelab {contents.lab_id}) and refuses to run on a real machine: it would point
echo Defender at simulated services. Download the script of your own tenant from https://security.microsoft.com instead.
set errorCode=1

:Done
{"pause" if asks else ""}
exit /b %errorCode%
"""


def _source(contents: Contents) -> str:
    return f"WDATP{contents.kind.capitalize()}"


def _joined(*parts: str) -> str:
    """The script's text, with the line ends that cmd wants."""
    lines = "".join(parts).splitlines()
    return "\r\n".join(line for line, before in zip(lines, ["", *lines], strict=False) if line or before) + "\r\n"
