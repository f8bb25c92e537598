"""lab.toml: what it can say, and what a wrong one is told."""

from pathlib import Path

import jsonschema
import pytest

from mdelab.lab.spec import LabSpec, json_schema, read_spec
from mdelab.model.errors import LabError


def _write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "lab.toml"
    path.write_text(text)
    return path


def test_an_empty_spec_is_a_lab_with_one_live_tenant(tmp_path: Path) -> None:
    spec = read_spec(_write(tmp_path, ""))
    assert spec == LabSpec()
    assert [tenant.name for tenant in spec.tenant] == ["contoso"]


def test_hops_and_endpoints_are_read(tmp_path: Path) -> None:
    text = """
        [[tenant]]
        name = "contoso"
        [[tenant.hop]]
        name = "corp-proxy"
        kind = "inspecting"
        exempt = ["*.wd.microsoft.com"]
        [[tenant.endpoint]]
        name = "lin-1"
        proxy = "corp-proxy"
        onboarded = true
    """
    (tenant,) = read_spec(_write(tmp_path, text)).tenant
    assert tenant.hop[0].exempt == ("*.wd.microsoft.com",)
    assert tenant.endpoint[0].onboarded
    assert tenant.endpoint[0].device().proxy == "corp-proxy"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[lab\n", "is not TOML"),
        ("[lab]\nsede = 3\n", "unknown field `sede`"),
        ('[lab]\nname = "Not A Name"\n', "lab.name"),
        ('[[tenant]]\nname = "a"\n[[tenant]]\nname = "a"\n', "tenant 'a' is named 2 times"),
        ('[[tenant]]\nname = "a"\n[[tenant.endpoint]]\nname = "Lin 1"\n', "endpoint name 'Lin 1' is not a host name"),
        ('[[tenant]]\nname = "a"\n[[tenant.endpoint]]\nname = "l"\ndisk_free_mb = -1\n', "cannot be negative"),
        ('[[tenant]]\nname = "a"\n[[tenant.hop]]\nname = "p"\nkind = "magic"\n', "magic"),
    ],
)
def test_a_wrong_spec_is_refused_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(LabError, match=says.replace("`", ".")):
        read_spec(_write(tmp_path, text))


_TWO_DEVICES = """[[tenant]]
name = "a"

[[tenant.endpoint]]
name = "lin-1"

[[tenant.endpoint]]
name = "dev-2"
{field}
"""


@pytest.mark.parametrize(
    ("field", "line", "says"),
    [
        ('platform = "macos"\ndistribution = "ubuntu"', 7, "is a macos device and has distribution = 'ubuntu'"),
        ('platform = "windows"\nbeta = true', 7, "which only macos devices have"),
        ('platform = "macos"\nrelease = "9"\nbeta = true', 7, "'9'"),
        ('distribution = "ubunto"', 7, "'ubunto'. Use one of: ubuntu, debian"),
        ('platform = "windows"\nedition = "Ultimate"', 7, "'Ultimate'.*Use one of: Enterprise"),
        ("disk_free_mb = -1", 7, "cannot be negative"),
        ('cores = "two"', 9, "Expected `int`, got `str`"),
        ("corse = 2", 7, "unknown field `corse`"),
    ],
)
def test_a_device_that_cannot_be_is_refused_with_file_line_and_what_there_is(
    tmp_path: Path, field: str, line: int, says: str
) -> None:
    path = _write(tmp_path, _TWO_DEVICES.format(field=field))
    with pytest.raises(LabError, match=f"lab.toml'.* in line {line}: .*{says}"):
        read_spec(path)


def test_a_spec_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"cannot be read"):
        read_spec(tmp_path / "none.toml")
    (tmp_path / "utf16.toml").write_bytes("[lab]".encode("utf-16"))
    with pytest.raises(LabError, match=r"not UTF-8"):
        read_spec(tmp_path / "utf16.toml")


def test_the_json_schema_agrees_with_the_reader() -> None:
    jsonschema.validate({"tenant": [{"name": "contoso", "endpoint": [{"name": "lin-1"}]}]}, json_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"tenant": [{"name": "contoso", "endpoints": []}]}, json_schema())
