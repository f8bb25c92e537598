"""The forms in which a download's files carry the package, by the names that catalogue/packages.toml uses."""

from collections.abc import Callable

from mdelab.cloud.portal import linux, macos, policy, windows
from mdelab.cloud.portal.contents import Contents

Form = Callable[[Contents], str]


def _windows_script(contents: Contents) -> str:
    return (windows.onboarding_script if contents.kind == "onboarding" else windows.offboarding_script)(contents)


def _blob(contents: Contents) -> str:
    return contents.outer


FORMS: dict[str, Form] = {
    "blob": _blob,
    "linux-script": linux.script,
    "linux-json": linux.configuration,
    "linux-deployment-tool": linux.deployment_tool,
    "macos-script": macos.script,
    "macos-plist": macos.property_list,
    "macos-profile": macos.profile,
    "windows-script": _windows_script,
    "windows-local-script": windows.local_script,
    "windows-policy": policy.template,
    "windows-policy-words": policy.words,
}
