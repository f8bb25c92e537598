"""The documented managed preferences of the client: which keys there are, of which type, with which values.

The client passes over what it does not know, and over a value of another type, without a word (defender-docs
mac-preferences.md); so a slip of the pen shows only in what then does not happen. `mistakes` finds it.
"""

from difflib import get_close_matches
from functools import cache

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis
from mdelab.model.platform import Platform
from mdelab.model.preferences import Kind, Preferences, Setting


class PreferenceRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key."""

    key: str
    """With its parents, `[]` for the items of an array: `antivirusEngine.exclusions[].path`."""
    type: Kind
    values: tuple[str, ...] = ()
    """Those of a string; any when empty."""
    least: int = 0
    most: int = 0
    """The range of an integer; any when both are 0."""
    health: str = ""
    """The field of `mdatp health` that is marked `[managed]` when the key is set."""
    platforms: tuple[Platform, ...] = (Platform.LINUX, Platform.MACOS)
    basis: Basis
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    preference: tuple[PreferenceRow, ...]


@cache
def preference_rows(platform: Platform) -> dict[str, PreferenceRow]:
    """Key -> row, for one platform."""
    rows = read("preferences.toml", _File).preference
    return {row.key: row for row in rows if platform in row.platforms}


def mistakes(preferences: Preferences) -> list[str]:
    """Everything in `preferences` that the client would pass over, a line each: place, what is wrong, what to write."""
    known = preference_rows(preferences.platform)
    found = []
    unknown: set[str] = set()
    for setting in preferences.settings:
        if _parent(setting.name).removesuffix("[]") in unknown:
            unknown.add(setting.name)  # what is in something unknown needs no line of its own
            continue
        row = known.get(setting.name)
        if row is None:
            unknown.add(setting.name)
        wrong = _unknown(setting, preferences.platform) if row is None else _wrong_value(setting, row)
        if wrong:
            place = f"{preferences.file}:{setting.line}" if setting.line else preferences.file
            found.append(f"{place}: {setting.name!r} {wrong}")
    return found


def shown_by(preferences: Preferences) -> list[tuple[Setting, str]]:
    """The settings that `mdatp health` shows, each with its field."""
    known = preference_rows(preferences.platform)
    shown = [(setting, known[setting.name].health) for setting in preferences.settings if setting.name in known]
    return [(setting, field) for setting, field in shown if field]


def _unknown(setting: Setting, platform: Platform) -> str:
    keys = list(preference_rows(platform))
    last = setting.path[-1]
    same = [key for key in keys if key.rpartition(".")[2].lower() == last.lower()]
    near = same or get_close_matches(setting.name, _beside(setting, keys), n=1, cutoff=0.7)
    there = [key for key in keys if _parent(key) == _parent(setting.name)]
    guess = f"Did you mean {near[0]!r}?" if near else f"Documented there are: {', '.join(there) or 'none'}."
    return f"is no setting that is documented for {_called(platform)}, so the client passes over it. {guess}"


def _beside(setting: Setting, keys: list[str]) -> list[str]:
    """The keys that are as deep as the setting."""
    return [key for key in keys if key.count(".") == setting.name.count(".")]


def _parent(name: str) -> str:
    return name.rpartition(".")[0]


def _wrong_value(setting: Setting, row: PreferenceRow) -> str:
    if setting.kind != row.type:
        return f"is of type {setting.kind}, so the client passes over it. Its documented type is {row.type}."
    if row.values and setting.value not in row.values:
        near = get_close_matches(str(setting.value).lower(), row.values, n=1)
        guess = f" Did you mean {near[0]!r}?" if near else ""
        return f"has the value {setting.value!r}. Documented values are {', '.join(row.values)}.{guess}"
    if isinstance(setting.value, int) and (row.least or row.most) and not row.least <= setting.value <= row.most:
        return f"is {setting.value}. Documented are {row.least} to {row.most}."
    return ""


def _called(platform: Platform) -> str:
    return {Platform.LINUX: "Linux", Platform.MACOS: "macOS", Platform.WINDOWS: "Windows"}[platform]
