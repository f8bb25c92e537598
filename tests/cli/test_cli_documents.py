"""The commands that documents and help name are there."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mdelab.cli.commands import COMMANDS
from mdelab.cli.main import cli

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "benchmarks" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_NAMED = re.compile(r"`(?:[^`\n]*\s)?mdelab ([a-z]+)|^ *\$? *mdelab ([a-z]+)", re.MULTILINE)
_OPTION = re.compile(r"mdelab ([a-z]+)((?: [^`|\n]*?)?) (--[a-z-]+)")


def named(document: Path) -> set[str]:
    return {first or second for first, second in _NAMED.findall(document.read_text())}


def test_the_readme_names_every_command() -> None:
    assert set(COMMANDS) <= named(ROOT / "README.md") | set(
        re.findall(r"mdelab ([a-z]+)", (ROOT / "README.md").read_text())
    )


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if d.exists()], ids=lambda d: str(d.relative_to(ROOT)))
def test_every_command_that_a_document_names_has_help(document: Path) -> None:
    for name in named(document):
        result = CliRunner().invoke(cli, [name, "--help"], prog_name="mdelab")
        assert result.exit_code == 0, f"{document.name} names `mdelab {name}`: {result.output}"
        assert f"mdelab {name}" in result.output


def test_every_option_that_the_readme_gives_a_command_exists() -> None:
    text = (ROOT / "README.md").read_text()
    found = _OPTION.findall(text)
    assert found
    for name, between, option in found:
        if " -- " in between:  # what follows the dashes belongs to the user's program
            continue
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        options = [one for parameter in command.params for one in parameter.opts]
        assert option in options, f"README.md: mdelab {name} {option}"


def test_every_make_target_that_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for target in re.findall(r"make ([a-z]+)`", (ROOT / "README.md").read_text()):
        assert target in targets


def test_every_file_that_the_readme_links_to_exists() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text()):
        assert (ROOT / link).exists(), link


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_its_name_a_description_and_help_for_each_option(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.help
    result = CliRunner().invoke(cli, [name, "--help"], prog_name="mdelab")
    assert result.exit_code == 0


def test_help_does_not_load_what_only_commands_need() -> None:
    script = (
        "import sys; from mdelab.cli.main import run; code = run(['--help']); "
        "heavy = {'pytest', 'msgspec', 'rich', 'urllib3', 'cryptography', 'mitmproxy', 'locust', 'docker', 'uvicorn'}; "
        "print('LOADED', sorted(heavy & set(sys.modules)), code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED [] 0"
