"""What the documents say is so: the API's table, the examples, the links, the tree, the shape of the decisions.

Commands and options that a document names are looked up in tests/cli.
"""

import re
import subprocess
from pathlib import Path

import pytest

from mdelab.lab.calls import CALLS
from mdelab.lab.spec import read_spec

_ROOT = Path(__file__).parents[1]
_DOCUMENTS = sorted(
    path
    for folder in (".", "docs", "images", "benchmarks", "loadtests", "features")
    for path in (_ROOT / folder).glob("**/*.md" if folder == "docs" else "*.md")
)
_DECISIONS = sorted((_ROOT / "docs" / "decisions").glob("*.md"))
_CONTRACTS = (_ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")

_OPEN = {"/healthz", "/readyz", "/version", "/metrics", "/openapi.json"}


def _section(title: str) -> str:
    """The text of one section of the contracts, by a part of its heading."""
    return next(part for part in re.split(r"^## ", _CONTRACTS, flags=re.MULTILINE) if title in part.splitlines()[0])


def _documented_calls() -> set[tuple[str, str]]:
    """(method, path) of every row of the API's table, but the reserved ones."""
    calls: set[tuple[str, str]] = set()
    for row in _section("control API").splitlines():
        if not row.startswith("| `") or "reserved" in row:
            continue
        cell = row.split("|")[1]
        methods = re.findall(r"\b(GET|POST|PUT|PATCH|DELETE)\b", cell)
        paths = re.findall(r"(?:\.\.\.)?/[a-z0-9{}./_-]+", cell)
        for path in paths:
            whole = path.replace("...", "/v1/tenants/{tenant}")
            calls |= {(method, whole) for method in methods}
    return calls


def test_the_api_s_table_and_the_server_s_are_the_same():
    served = {(call.method, call.path.replace("{path:path}", "{path}")) for call in CALLS}
    documented = {(method, path) for method, path in _documented_calls() if path not in _OPEN}

    assert documented == served


def test_every_body_and_answer_that_the_api_s_table_names_is_a_type_of_ours():
    cells = [row.split("|")[2] for row in _section("control API").splitlines() if row.startswith("| `")]
    named = set(re.findall(r"`([A-Z][A-Za-z]+)(?:\[\])?`", " ".join(cells)))
    known = {getattr(kind, "__name__", "") for call in CALLS for kind in (call.body, call.answer)}
    known |= {getattr(inner, "__name__", "") for call in CALLS for inner in getattr(call.answer, "__args__", ())}

    assert named
    assert named <= known


def test_every_problem_code_of_the_contracts_is_sent_by_the_server():
    sentence = _section("control API").partition("Problem codes: ")[2].split("\n\n")[0]
    codes = set(re.findall(r"`([a-z-]+)` ?(?=[,0-9(\n])", sentence)) - {""}
    sources = "".join(path.read_text(encoding="utf-8") for path in (_ROOT / "simulators/mdelab/lab").glob("*.py"))

    assert len(codes) >= 9
    kinds = set(re.findall(r'kind="([a-z]+)"|Unknown\("([a-z]+)"', sources))
    built = {f"unknown-{word}" for pair in kinds for word in pair if word} if 'f"unknown-{' in sources else set()
    assert not [code for code in codes - built if f'"{code}"' not in sources]


def test_the_example_of_the_spec_is_a_spec(tmp_path):
    example = re.search(r"```toml\n(.*?)```", _section("lab.toml"), re.DOTALL)
    assert example is not None
    path = tmp_path / "lab.toml"
    path.write_text(example[1], encoding="utf-8")

    spec = read_spec(path)

    assert spec.tenant[0].endpoint[0].proxy == spec.tenant[0].hop[0].name


def test_every_step_and_observer_that_the_contracts_give_is_one_of_the_record():
    from typing import get_args

    from mdelab.model.evidence import Step

    table = [row.split("|") for row in _section("Evidence").splitlines() if row.startswith("|")]
    steps = {step.strip() for row in table[2:] for step in row[4].split(",")}

    assert steps <= set(get_args(Step))


@pytest.mark.parametrize("document", _DOCUMENTS, ids=lambda path: str(path.relative_to(_ROOT)))
def test_every_link_leads_somewhere(document):
    for link in re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
        if not link.startswith(("http://", "https://", "mailto:")):
            assert (document.parent / link).exists(), f"{document.name} links to {link}"


def test_every_folder_of_the_map_exists():
    tree = re.search(
        r"## The house\n\n```\n(.*?)```", (_ROOT / "docs/architecture.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert tree is not None
    parents: list[str] = []
    for line in tree[1].splitlines():
        match = re.match(r"^( *)([a-z]\S*/)(?:  |$)", line)
        if match is None:
            continue
        depth = len(match[1]) // 2
        parents[depth:] = [match[2]]
        assert (_ROOT / "".join(parents)).is_dir(), f"docs/architecture.md names {''.join(parents)}"


def test_every_room_is_on_the_map():
    text = (_ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rooms = [path.name for path in (_ROOT / "simulators/mdelab").iterdir() if (path / "__init__.py").exists()]

    assert not [room for room in rooms if f"  {room}/" not in text]


def test_every_module_that_the_map_names_exists():
    text = (_ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", text))

    assert named
    assert not [
        path for path in named if not any((root / path).exists() for root in (_ROOT, _ROOT / "simulators/mdelab"))
    ]


@pytest.mark.parametrize("decision", _DECISIONS, ids=lambda path: path.stem)
def test_every_decision_has_its_five_parts_on_a_page(decision):
    text = decision.read_text(encoding="utf-8")

    assert re.match(r"# .+\n\nStatus: (proposed|accepted|superseded by \d{4}), \d{4}-\d\d-\d\d\n", text)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Rejected", "Consequences"]
    assert len(text.splitlines()) <= 60


def test_decisions_are_numbered_without_a_gap():
    assert [int(path.name[:4]) for path in _DECISIONS] == list(range(1, len(_DECISIONS) + 1))


def test_the_changelog_has_its_unreleased_part_on_top():
    headings = re.findall(r"^## (.+)$", (_ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert "Unreleased" in headings[0]


def test_no_file_holds_the_antivirus_test_string():
    """A scanner on somebody's machine would take the file away; whoever needs the string builds it when it runs."""
    part = b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=_ROOT, capture_output=True, check=False, timeout=60)
    if listed.returncode:
        pytest.skip("no git checkout here, so there is no list of the files that belong to it")
    paths = [_ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]

    assert not [path for path in paths if path.is_file() and part in path.read_bytes()]
