"""This repository's own fixtures and options. The steps and the lab's fixtures come from the installed plugin."""

import zlib
from argparse import ArgumentTypeError

import pytest
from hypothesis import settings

pytest_plugins = ("pytester",)

# The gate must say the same thing twice; `--hypothesis-profile=explore` looks for new cases.
settings.register_profile("gate", derandomize=True)
settings.register_profile("explore", max_examples=2000)
settings.load_profile("gate")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--turn",
        type=_turn,
        metavar="K/N",
        help="Of the slow tests (planted defects, labs in containers) only the K-th of N shares; the others are not run.",
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Here, because a quiet run has no header; in the words by which `.ci/run` gathers what was not run."""
    if turn := config.getoption("turn"):
        shares = f"turn {turn[0]} of {turn[1]}"
        terminalreporter.write_line(
            f"skipped: slow tests of another turn than this one, {shares}; `make test` runs all"
        )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    turn = config.getoption("turn")
    if turn is None:
        return
    waits = {item: _is_slow(item) and zlib.crc32(item.nodeid.encode()) % turn[1] != turn[0] - 1 for item in items}
    items[:] = [item for item in items if not waits[item]]
    config.hook.pytest_deselected(items=[item for item in waits if waits[item]])


def _is_slow(item: pytest.Item) -> bool:
    return item.get_closest_marker("defect") is not None or "images" in getattr(item, "fixturenames", ())


def _turn(text: str) -> tuple[int, int]:
    share, _, shares = text.partition("/")
    if not (share.isdigit() and shares.isdigit() and 1 <= int(share) <= int(shares)):
        raise ArgumentTypeError(f"{text!r} is no turn. Give a share and how many there are, such as 2/4.")
    return int(share), int(shares)
