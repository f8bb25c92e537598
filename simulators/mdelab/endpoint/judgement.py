"""Which onboarding and offboarding files the agent believes, and what follows from them in each state.

Pure: the files come in as events, verdicts go out; the agent carries them out. What makes a single package believable (chain,
signature, expiry, organisation) is `mdelab.model.package`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from mdelab.endpoint.commands import LogLine
from mdelab.endpoint.events import PackageDropped
from mdelab.endpoint.state import AgentState
from mdelab.model.package import Kind, Package, PackageRefused, Refusal, parse, verify


@dataclass(frozen=True, slots=True)
class Join:
    """Enrol under this package."""

    package: Package


@dataclass(frozen=True, slots=True)
class Leave:
    """Offboard by this package."""

    package: Package


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Stop the enrolment that is under way."""

    why: str


_SERVED = PackageDropped(kind="onboarding", text="")
"""Stands for a package that is in force: the agent keeps what it needs of it elsewhere."""

Verdict = Join | Leave | GiveUp | LogLine


class Judgement:
    """The package files that lie on the device, and those of them that are new."""

    __slots__ = ("_files", "_fresh", "_roots")

    def __init__(self, roots: Sequence[x509.Certificate]) -> None:
        """roots: the signing authorities of packages."""
        self._roots = roots
        self._files: dict[Kind, PackageDropped] = {}
        self._fresh: set[Kind] = set()

    def dropped(self, package: PackageDropped) -> None:
        self._files[package.kind] = package
        self._fresh.add(package.kind)

    def removed(self, kind: Kind) -> bool:
        """Whether the onboarding file is to be looked at again, because the file that blocked it is gone."""
        self._files.pop(kind, None)
        self._fresh.discard(kind)
        unblocks = kind == "offboarding" and "onboarding" in self._files
        if unblocks:
            self._fresh.add("onboarding")
        return unblocks

    def served(self) -> None:
        """The device is onboarded: that the onboarding file is there still counts, its text has served."""
        if "onboarding" in self._files and "onboarding" not in self._fresh:
            self._files["onboarding"] = _SERVED

    def look(self, state: AgentState, mine: Package | None, now: datetime) -> Iterator[Verdict]:
        """What is to be done about the new files. mine: the package in force."""
        fresh, self._fresh = self._fresh, set()
        if state is AgentState.ONBOARDED:
            leave = self._consider_offboarding(mine, now) if "offboarding" in fresh else None
            if leave:
                yield leave
            if "onboarding" in fresh and not isinstance(leave, Leave):
                yield from self._consider_other(mine)
            return
        if state is AgentState.OFFBOARDING:
            return
        if "offboarding" in self._files:
            if state is AgentState.ENROLLING:
                yield GiveUp(f"an offboarding package appeared ({self._files['offboarding'].place})")
            elif "onboarding" in fresh:
                yield LogLine(
                    level="warning",
                    symbol="bad-onboarding",
                    text=f"onboarding refused: a left-over {self._files['offboarding'].place} blocks it; remove that first",
                )
        elif "onboarding" in fresh:
            verdict = self._consider_onboarding(now)
            is_under_way = state is AgentState.ENROLLING and mine is not None
            if not (is_under_way and mine and isinstance(verdict, Join) and verdict.package.text == mine.text):
                yield verdict

    def _consider_onboarding(self, now: datetime) -> Verdict:
        try:
            return Join(self._believe("onboarding", now))
        except PackageRefused as refused:
            return _refusal("onboarding", refused)

    def _consider_other(self, mine: Package | None) -> Iterator[Verdict]:
        """An onboarding file while licensed: the organisation stays, whatever the file says."""
        try:
            package = _read(self._files["onboarding"])
        except PackageRefused as refused:
            yield _refusal("onboarding", refused)
            return
        org_id = mine.org_id if mine else ""
        if package.org_id != org_id:
            yield LogLine(
                level="warning",
                symbol="refused-other-organisation",
                text=f"onboarding refused ({Refusal.OTHER_ORGANISATION.value}): the device belongs to {org_id} "
                f"and the package to {package.org_id}; offboard the device first",
            )

    def _consider_offboarding(self, mine: Package | None, now: datetime) -> Verdict:
        org_id = mine.org_id if mine else ""
        try:
            return Leave(self._believe("offboarding", now, org_id))
        except PackageRefused as refused:
            return _refusal("offboarding", refused)

    def _believe(self, kind: Kind, now: datetime, org_id: str = "") -> Package:
        """The package, verified. Raises PackageRefused.

        org_id: the organisation that it must be of; "" when any will do.
        """
        package = _read(self._files[kind])
        verify(package, self._roots, now)
        if org_id and package.org_id != org_id:
            raise PackageRefused(
                Refusal.OTHER_ORGANISATION, f"the device belongs to {org_id} and the package to {package.org_id}"
            )
        return package


def _read(dropped: PackageDropped) -> Package:
    """Raises PackageRefused(MALFORMED)."""
    if dropped.problem:
        raise PackageRefused(Refusal.MALFORMED, dropped.problem)
    return parse(dropped.text, dropped.kind)


def _refusal(kind: Kind, refused: PackageRefused) -> LogLine:
    text = f"{kind} refused ({refused.refusal.value}): {refused}"
    return LogLine(level="error", text=text, symbol=f"bad-{kind}", about=str(refused))
