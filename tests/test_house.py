"""The house keeps its shape: who may import whom, who may touch what, and how a module looks.

Read from the source, not by importing it, so that an import inside a function counts as well.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

_PACKAGE = Path(__file__).parents[1] / "simulators" / "mdelab"

_MAY_IMPORT = {
    "model": set(),
    "catalogue": {"model"},
    "endpoint": {"catalogue", "model"},
    "cloud": {"catalogue", "model"},
    "network": {"catalogue", "model"},
    "diagnosis": {"catalogue", "model"},
    "lab": {"endpoint", "cloud", "network", "diagnosis", "catalogue", "model"},
    "bdd": {"lab", "diagnosis", "catalogue", "model"},
    "report": {"lab", "diagnosis", "catalogue", "model"},
    "load": {"lab", "endpoint", "diagnosis", "catalogue", "model"},
    "cli": {"bdd", "report", "load", "lab", "diagnosis", "catalogue", "model"},
}
"""The arrows: model <- catalogue <- (endpoint | cloud | network) <- lab <- (bdd | report | load) <- cli."""

_WHY_NOT = {
    "model": "values that every room shares must not depend on one of them",
    "catalogue": "facts are data; a fact that needs a room is a rule, and belongs there",
    "endpoint": "a device knows the cloud and the network by their wire only, or its results would prove nothing",
    "cloud": "the cloud knows its devices by what they send, as the real one does",
    "network": "a hop sees bytes; knowing who made them would let it cheat",
    "diagnosis": "a cause is named from evidence alone, so that evidence of any origin can be judged",
    "lab": "the lab runs without pytest, Locust and the command line, which are its clients",
    "bdd": "steps speak to the lab's client as a user does; a step that reached into a room would test the room's word",
    "report": "a report is made from results, whoever ran them",
    "load": "fleets run agents and ask the lab by its client; pytest and Locust never share a process",
    "cli": "the command parses, calls and prints: the lab has the rooms",
}

_ONLY_IN = {
    "mitmproxy": (r"network/inspector/addon", "it pins old versions of much, and runs in a process of its own"),
    "locust": (r"load/.*", "it patches the standard library with gevent when it is imported"),
    "gevent": (r"load/.*", "it patches the standard library when it is imported"),
    "docker": (r"lab/docker.*", "an embedded lab needs no container engine"),
    "pytest": (r"(bdd|report|cli)/.*", "the lab runs without pytest; the command line starts it as a child"),
    "pytest_bdd": (r"(bdd|report)/.*", "the lab runs without pytest; the command line starts it as a child"),
    "click": (r"cli/.*", "only the command line talks to a terminal"),
    "rich": (r"(cli|report)/.*", "only the command line and the reports talk to a terminal"),
    "quickjs": (r"endpoint/pac/engine", "a PAC script may eat a process; it must not be the lab's"),
    "dnslib": (r"(network|endpoint)/dns", "one codec in each of the two places that speak DNS"),
    "sqlite3": (r"cloud/.*", "the cloud's store is the only one"),
    "h11": (r"-", "it is capped by the proxy's pins; none of our servers parses with it"),
    "requests": (r"-", "clients in the product use urllib3 or asyncio"),
}

_PURE = {"model", "catalogue", "diagnosis"}
_ACTING = ("asyncio", "socket", "ssl", "subprocess", "http", "urllib.request", "threading", "multiprocessing", "select")


class Import(NamedTuple):
    module: str
    line: int


@cache
def _modules() -> dict[str, ast.Module]:
    """Path below the package without its suffix -> parsed source."""
    return {
        path.relative_to(_PACKAGE).with_suffix("").as_posix(): ast.parse(path.read_text(encoding="utf-8"), str(path))
        for path in sorted(_PACKAGE.rglob("*.py"))
    }


def _imports(tree: ast.Module) -> Iterator[Import]:
    """Every module that the source names in an import, also inside functions, behind TYPE_CHECKING and by import_module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield Import(node.module, node.lineno)
            yield from (Import(f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func).rpartition(".")[2]
            if called in ("import_module", "__import__", "import_string") and isinstance(node.args[0].value, str):
                yield Import(node.args[0].value, node.lineno)


def _room(module: str) -> str:
    """The room of a dotted name: `mdelab.lab.client` -> `lab`; "" for the package itself and for others' modules."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "mdelab" and (_PACKAGE / parts[1]).is_dir() else ""


def _place(path: str) -> str:
    return path.split("/")[0] if "/" in path else ""


def _is_of(module: str, library: str) -> bool:
    return module == library or module.startswith(f"{library}.")


def test_every_room_has_its_arrows_and_a_reason_for_them():
    rooms = {path.name for path in _PACKAGE.iterdir() if path.is_dir() and any(path.rglob("*.py"))}

    assert rooms <= set(_MAY_IMPORT)
    assert set(_MAY_IMPORT) == set(_WHY_NOT)


def test_the_arrows_make_no_circle():
    left = {room: set(others) for room, others in _MAY_IMPORT.items()}
    while left:
        free = [room for room, others in left.items() if not others & set(left)]
        assert free, f"these rooms import each other: {sorted(left)}"
        for room in free:
            del left[room]


@pytest.mark.parametrize("room", _MAY_IMPORT)
def test_imports_follow_the_arrows(room):
    wrong = [
        f"{path}.py:{found.line} imports {found.module}"
        for path, tree in _modules().items()
        if _place(path) == room
        for found in _imports(tree)
        if (other := _room(found.module)) and other != room and other not in _MAY_IMPORT[room]
    ]

    assert not wrong, f"{room} may import {sorted(_MAY_IMPORT[room])} only: {_WHY_NOT[room]}.\n" + "\n".join(wrong)


@pytest.mark.parametrize("library", _ONLY_IN)
def test_a_library_stays_where_it_belongs(library):
    allowed, reason = _ONLY_IN[library]
    wrong = [
        f"{path}.py:{found.line}"
        for path, tree in _modules().items()
        if not re.fullmatch(allowed, path)
        for found in _imports(tree)
        if _is_of(found.module, library)
    ]

    assert not wrong, f"{library} is imported outside {allowed}: {reason}.\n" + "\n".join(sorted(set(wrong)))


@pytest.mark.parametrize("room", sorted(_PURE))
def test_pure_rooms_do_not_act(room):
    """What decides must be testable by values alone; reading the catalogue's own files is `catalogue/read.py`'s affair."""
    wrong = [
        f"{path}.py:{found.line} imports {found.module}"
        for path, tree in _modules().items()
        if _place(path) == room
        for found in _imports(tree)
        if any(_is_of(found.module, library) for library in _ACTING)
    ]
    wrong += [
        f"{path}.py:{node.lineno} opens a file"
        for path, tree in _modules().items()
        if _place(path) == room
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"
    ]

    assert not wrong, "\n".join(wrong)


def test_every_module_that_holds_something_says_what():
    silent = [path for path, tree in _modules().items() if tree.body and not ast.get_docstring(tree)]

    assert not silent


def test_no_module_is_a_drawer_for_odds_and_ends():
    drawers = {"utils", "util", "helpers", "helper", "common", "base", "misc"}

    assert not [path for path in _modules() if path.rpartition("/")[2] in drawers]


_LONG = {"lab/calls": (600, "one table: a row for each call of the control API, and nothing else")}


def test_no_module_grows_into_two_nouns():
    """400 lines is where the best kept projects split by noun; what is longer says why, and does not grow on unseen."""
    lengths = {path: len((_PACKAGE / f"{path}.py").read_text(encoding="utf-8").splitlines()) for path in _modules()}

    assert not {path: count for path, count in lengths.items() if count > _LONG.get(path, (400, ""))[0]}
    assert not [path for path in _LONG if lengths.get(path, 0) <= 400], "take what is short again off the list"


def test_private_names_stay_in_their_room():
    wrong = [
        f"{path}.py:{node.lineno} imports {alias.name} of {node.module}"
        for path, tree in _modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("mdelab.")
        for alias in node.names
        if alias.name.startswith("_") and not alias.name.startswith("__")
    ]

    assert not wrong, "\n".join(wrong)


def _loaded_after(statement: str) -> set[str]:
    """The names of the modules in a fresh interpreter after `statement`."""
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport sys; print('\\n'.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


_HEAVY = {"mitmproxy", "locust", "gevent", "docker"}


def test_the_plugin_brings_no_heavy_library_into_somebody_else_s_pytest():
    assert not _HEAVY & _loaded_after("import mdelab.bdd.plugin")


def test_no_module_that_runs_beside_pytest_or_in_the_lab_brings_mitmproxy_or_locust_with_it():
    """Every module at once, but those that are the first thing in a process of their own."""
    own_process = ("mdelab.network.inspector.addon", "mdelab.load.locust_users", "mdelab.lab.docker")
    names = [
        name
        for path in _modules()
        if not (name := f"mdelab.{path.replace('/', '.').removesuffix('.__init__')}").startswith(own_process)
        and not name.endswith("__main__")
    ]
    statement = f"import importlib\nfor name in {names!r}:\n    importlib.import_module(name)"

    assert not _HEAVY & _loaded_after(statement)


def test_importing_the_package_s_values_needs_none_of_the_servers():
    loaded = _loaded_after("import mdelab.model.evidence, mdelab.diagnosis, mdelab.catalogue.symptoms")

    assert not {"starlette", "uvicorn", "pytest", "click", "urllib3"} & loaded
