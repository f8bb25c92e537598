"""Lists of hosts that are exempt from inspection: what they cover, and what an entry must not be."""

import pytest

from mdelab.model.errors import LabError
from mdelab.model.exemptions import parse_exemptions

LIST = """# the security team's list
*.wd.microsoft.com, .endpoint.security.microsoft.com
events.data.microsoft.com   # telemetry
10.0.0.0/8; [::1]
"""


def test_what_an_entry_covers() -> None:
    hosts = (
        *("x.cp.wd.microsoft.com", "*.wd.microsoft.com", "*.cp.wd.microsoft.com"),
        *("endpoint.security.microsoft.com", "*.endpoint.security.microsoft.com", "events.data.microsoft.com"),
    )
    assert parse_exemptions(LIST, "list.txt").uncovered(hosts) == []


def test_what_no_entry_covers() -> None:
    hosts = ["wd.microsoft.com", "*.microsoft.com", "us-v20.events.data.microsoft.com", "xwd.microsoft.com"]
    assert parse_exemptions(LIST, "list.txt").uncovered(hosts) == hosts


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("https://x.cp.wd.microsoft.com/api/report", "has a scheme"),
        ("x.cp.wd.microsoft.com:443", "has a port"),
        ("x.cp.wd.microsoft.com/api", "has a path"),
        ("winatp-gw-*.microsoft.com", "has a star inside"),
        ("bad_name!", "is no host name"),
    ],
)
def test_an_entry_that_can_never_match_is_told_with_its_line_and_the_mend(entry: str, said: str) -> None:
    with pytest.raises(LabError) as refused:
        parse_exemptions(f"good.example\n\n{entry}\n", "list.txt")
    message = str(refused.value)
    assert message.startswith(f"list.txt:3: the entry {entry!r} {said}")
    assert "Write" in message


def test_a_list_of_comments_is_no_list() -> None:
    with pytest.raises(LabError, match="holds no entry"):
        parse_exemptions("# nothing\n\n", "list.txt")
