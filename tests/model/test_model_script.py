"""Onboarding scripts of one's own: whose they are, and what is wrong with those that no system can run."""

import pytest

from mdelab.model.errors import LabError
from mdelab.model.platform import Platform
from mdelab.model.subject import make_subject

LINUX = b"#!/bin/bash\ncp mdatp_onboard.json /etc/opt/microsoft/mdatp/\n"


@pytest.mark.parametrize(
    ("file", "content", "platform"),
    [
        ("onboard.sh", LINUX, Platform.LINUX),
        ("onboard", b"#!/usr/bin/env -S python3 -u\nprint(1)\n", Platform.LINUX),
        ("onboard.py", b"#!/usr/bin/python3.11\nprint(1)\n", Platform.LINUX),
        ("onboard.sh", b"#!/bin/sh\nls '/Library/Managed Preferences'\n", Platform.MACOS),
        ("onboard.sh", b"#!/bin/sh\ndefaults write x y z\n", Platform.MACOS),
        ("deploy/onboard.CMD", b"@echo off\r\nreg query HKLM\r\n", Platform.WINDOWS),
        ("onboard.bat", b"rem\n", Platform.WINDOWS),
    ],
)
def test_a_script_is_for_the_platform_that_it_speaks_of(file: str, content: bytes, platform: Platform) -> None:
    script = make_subject("script", file, content).script()
    assert (script.platform, script.carries_package) == (platform, False)
    assert "/" not in script.name


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("a.sh", b"", "is empty"),
        ("a.sh", b"\x7fELF\x02\0\0\n", "is no text: line 1 holds a zero byte"),
        ("a.sh", "#!/bin/sh\n".encode("utf-16"), "is UTF-16"),
        ("a.sh", b"cp a b\n", r"has no #! in line 1"),
        ("a.sh", b"#!\ncp a b\n", r"has no #! in line 1"),
        ("a.sh", b"\xef\xbb\xbf#!/bin/sh\n", "byte order mark"),
        ("a.sh", b"#!/usr/bin/perl\n", "is for 'perl' by its line 1"),
        ("a.sh", b"#!/usr/bin/env zsh\n", "is for 'zsh' by its line 1"),
        ("a.ps1", b"Get-Item x\n", "is for PowerShell"),
    ],
)
def test_a_script_that_no_system_runs_is_refused_with_its_line_and_the_mend(
    file: str, content: bytes, said: str
) -> None:
    with pytest.raises(LabError, match=said):
        make_subject("script", file, content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"#!/bin/bash\r\necho\r\n", r"line ends of Windows \(CRLF\), the first in line 1: /bin/bash takes"),
        (b"#!/bin/bash\necho\r\n", r"the first in line 2.*sed -i 's/\\r\$//' a\.sh"),
    ],
)
def test_the_line_ends_of_windows_are_named_with_their_line_and_the_mend(content: bytes, said: str) -> None:
    with pytest.raises(LabError, match=said):
        make_subject("script", "a.sh", content)


@pytest.mark.parametrize(
    "package",
    [
        '{"onboardingInfo": "{\\"body\\":\\"{\\\\\\"previousOrgIds\\\\\\":[],\\\\\\"orgId\\\\\\":\\\\\\"a\\\\\\"}\\"}"}',
        '/d "{\\"body\\":\\"{\\\\\\"orgId\\\\\\":\\\\\\"a\\\\\\"}\\"}" /f',
    ],
)
def test_a_package_inside_a_script_is_seen(package: str) -> None:
    script = make_subject("script", "a.cmd", package.encode()).script()
    assert script.carries_package
