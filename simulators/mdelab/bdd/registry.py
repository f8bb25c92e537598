"""The step texts: `given`, `when` and `then` for step modules, and a list of what there is.

Each text goes to pytest-bdd, and into a list for `mdelab steps`, for `mdelab do` (which runs one step by itself), for the
suggestion when a step is undefined, and for the test that finds doubles. Step texts are public API: one that was renamed
declares its old wording with `was`, which goes on working and prints the new one.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import pytest_bdd
from parse import with_pattern  # type: ignore[import-untyped]  # the library has no types
from pytest_bdd import parsers

from mdelab.bdd.last import Last
from mdelab.bdd.verdict import UndefinedStep
from mdelab.bdd.words import WORDS, example, legend, plain

if TYPE_CHECKING:
    from mdelab.lab.wire import ExecResult
    from mdelab.model.subject import Subject, SubjectKind

Keyword = Literal["given", "when", "then"]
Function = TypeVar("Function", bound=Callable[..., object])

STEP_MODULES = (
    "mdelab.bdd.steps.endpoint",
    "mdelab.bdd.steps.network",
    "mdelab.bdd.steps.routes",
    "mdelab.bdd.steps.packages",
    "mdelab.bdd.steps.onboarding",
    "mdelab.bdd.steps.health",
    "mdelab.bdd.steps.commands",
    "mdelab.bdd.steps.files",
    "mdelab.bdd.steps.inside",
    "mdelab.bdd.steps.connectivity",
    "mdelab.bdd.steps.log",
    "mdelab.bdd.steps.cloud",
    "mdelab.bdd.steps.identity",
    "mdelab.bdd.steps.api",
    "mdelab.bdd.steps.alerts",
    "mdelab.bdd.steps.licences",
    "mdelab.bdd.steps.subscriptions",
    "mdelab.bdd.steps.evidence",
    "mdelab.bdd.steps.faults",
    "mdelab.bdd.steps.subject",
    "mdelab.bdd.steps.script",
    "mdelab.bdd.steps.project",
    "mdelab.bdd.steps.clients",
    "mdelab.bdd.steps.time",
)
_KEYWORDS: tuple[Keyword, ...] = ("given", "when", "then")


def _types() -> dict[str, Callable[[str], object]]:
    return {name: with_pattern(word.pattern)(_reader(word.read)) for name, word in WORDS.items()}


def _reader(read: Callable[[str], object]) -> Callable[[str], object]:
    """A function of its own for each word: the pattern is kept on it as an attribute."""

    def reader(text: str) -> object:
        return read(text)

    return reader


_TYPES = _types()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepText:
    """One step of the library."""

    keyword: Keyword
    text: str
    """With its fields: `{endpoint:Name} runs {command:Quoted}`."""
    docstring: str
    noun: str
    """The module it is in: what it is about."""
    module: str
    function: Callable[..., object] = field(repr=False)
    parser: parsers.parse = field(repr=False)
    now: str = ""
    """Of an old wording: the new one."""

    @property
    def sentence(self) -> str:
        """For people: `When <endpoint> runs "<command>"`."""
        return f"{self.keyword.capitalize()} {plain(self.text)}"

    @property
    def sample(self) -> str:
        """A sentence that this step understands, without its keyword."""
        return example(self.text)

    def match(self, text: str) -> dict[str, object] | None:
        """The values of the fields when `text` (without keyword) is this step."""
        return self.parser.parse_arguments(text) if self.parser.is_matching(text) else None

    @property
    def reads_last(self) -> bool:
        return "last" in inspect.signature(self.function).parameters


_STEPS: dict[tuple[str, str, str, str], StepText] = {}
"""By keyword, text, module and function, so that a module which is imported anew replaces its own steps."""

used_aliases: list[str] = []
"""Old wordings that were used since the list was last emptied, as lines for people."""


def given(text: str, *, was: tuple[str, ...] = ()) -> Callable[[Function], Function]:
    """Declare a state that holds."""
    return _step("given", text, was)


def when(text: str, *, was: tuple[str, ...] = ()) -> Callable[[Function], Function]:
    """Declare an event."""
    return _step("when", text, was)


def then(text: str, *, was: tuple[str, ...] = ()) -> Callable[[Function], Function]:
    """Declare something that an observer can see."""
    return _step("then", text, was)


def all_steps() -> list[StepText]:
    """Every step that is known now, library first; old wordings too."""
    load_library()
    return list(_STEPS.values())


def load_library() -> list[Any]:
    """Import the step modules and return them."""
    return [importlib.import_module(name) for name in STEP_MODULES]


def matching(text: str, keyword: Keyword | None = None) -> list[StepText]:
    """The steps that understand `text` (without keyword)."""
    return [step for step in all_steps() if keyword in (None, step.keyword) and step.match(text) is not None]


def nearest(text: str, keyword: Keyword | None = None, count: int = 3) -> list[str]:
    """The sentences of the library that look most like `text`."""
    steps = [step for step in all_steps() if not step.now]
    preferred = [step for step in steps if keyword in (None, step.keyword)]
    samples = {step.sample: step.sentence for step in [*steps, *preferred]}
    plains = {plain(step.text): step.sentence for step in [*steps, *preferred]}
    found = difflib.get_close_matches(text, [*samples, *plains], n=2 * count, cutoff=0.4)
    return list(dict.fromkeys({**samples, **plains}[one] for one in found))[:count]


def undefined(text: str, keyword: Keyword | None = None) -> str:
    """The message for a step that nobody knows."""
    said = f"{keyword.capitalize()} {text}" if keyword else text
    near = nearest(text, keyword)
    advice = (
        "Did you mean:\n" + "\n".join(f"    {one}" for one in near) if near else "Nothing in the library is like it."
    )
    for name, says in legend(step.text for step in all_steps() if step.sentence in near).items():
        advice += f"\n    <{name}>: {says}"
    return (
        f"no step has the text {said!r}. {advice}\n"
        "`mdelab steps` lists all; a new one is written with mdelab.bdd.given, when or then."
    )


def run_step(
    text: str,
    *,
    lab: object,
    tenant: object,
    last: Last | None = None,
    subjects: Mapping[SubjectKind, Subject] | None = None,
) -> ExecResult | None:
    """Execute one step by itself; returns what a command printed when the step ran one.

    text: with or without its keyword; further lines are its table (`| a | b |`) or its document (between `\"\"\"` lines, or
    as they are). last: carries the result of a command from one step to the next. A command that ends with an error is
    not an error of the step. subjects: the artefacts under test.
    Raises UndefinedStep, Unmet, Inconclusive or LabError.
    """
    first, _, rest = text.strip().partition("\n")
    keyword, words = _split(first.strip())
    found = matching(words, keyword)
    if not found:
        raise UndefinedStep(undefined(words, keyword))
    step = found[0]
    memory = last if last is not None else Last()
    memory.is_read_later = True
    offered = {
        "lab": lab,
        "tenant": tenant,
        "last": memory,
        "subjects": subjects or {},
        "datatable": _table(rest),
        "docstring": _document(rest),
    }
    wanted = inspect.signature(step.function).parameters
    values = {**(step.match(words) or {}), **{name: value for name, value in offered.items() if name in wanted}}
    step.function(**values)
    return memory.latest if step.keyword != "then" else None


def _step(keyword: Keyword, text: str, was: tuple[str, ...]) -> Callable[[Function], Function]:
    def decorate(function: Function) -> Function:
        _declare(keyword, text, function, now="")
        for old in was:
            _declare(keyword, old, _alias(function, old, text), now=plain(text))
        return function

    return decorate


def _declare(keyword: Keyword, text: str, function: Callable[..., object], *, now: str) -> None:
    parser = parsers.parse(text, extra_types=_TYPES, case_sensitive=True)
    # The depth at which pytest-bdd finds the step module, into which it puts its fixture: here, `decorate`, the module.
    getattr(pytest_bdd, keyword)(parser, stacklevel=3)(function)
    _STEPS[keyword, text, function.__module__, function.__qualname__] = StepText(
        keyword=keyword,
        text=text,
        docstring=inspect.getdoc(function) or "",
        noun=function.__module__.rpartition(".")[2],
        module=function.__module__,
        function=function,
        parser=parser,
        now=now,
    )


def _alias(function: Callable[..., object], old: str, new: str) -> Callable[..., object]:
    @functools.wraps(function)
    def outdated(**values: object) -> object:
        line = (
            f'the step "{plain(old)}" is now written "{plain(new)}"; the old wording ends with the next minor version'
        )
        used_aliases.append(line)
        print(line, file=sys.stderr)
        return function(**values)

    return outdated


def _split(line: str) -> tuple[Keyword | None, str]:
    word, _, rest = line.partition(" ")
    for keyword in _KEYWORDS:
        if word.lower() == keyword:
            return keyword, rest.strip()
    return None, rest.strip() if word in ("And", "But", "*") else line


def _table(rest: str) -> list[list[str]] | None:
    lines = [line.strip() for line in rest.splitlines() if line.strip()]
    if not lines or not all(line.startswith("|") and line.endswith("|") for line in lines):
        return None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def _document(rest: str) -> str | None:
    lines = [line for line in rest.splitlines() if line.strip() != '"""']
    return inspect.cleandoc("\n".join(lines)) if lines else None
