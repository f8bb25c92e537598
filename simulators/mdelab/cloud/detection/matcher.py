"""All rules, compiled, by the type of event that they see."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mdelab.catalogue.rules import EVENT_TYPES, Rule
from mdelab.cloud.detection.condition import compile_condition
from mdelab.cloud.detection.glance import needed_words, plain
from mdelab.cloud.detection.selection import Fields, compile_selection
from mdelab.model.channel import Event


@dataclass(frozen=True, slots=True)
class Compiled:
    rule: Rule
    fits: Callable[[Fields], bool]
    words: frozenset[bytes]
    """One of them is in every report that holds a fitting event; see `glance.py`."""


def compile_rule(rule: Rule) -> Compiled:
    """Raises ValueError that names the rule and the part that cannot be read."""
    try:
        parts = dict(rule.detection)
        condition = parts.pop("condition", None)
        if not isinstance(condition, str):
            raise ValueError("its detection has no condition (one string)")
        selections = {name: compile_selection(selection, name) for name, selection in parts.items()}
        return Compiled(rule, compile_condition(condition, selections), needed_words(condition, parts))
    except ValueError as error:
        raise ValueError(f"detection rule {rule.title!r}: {error}") from error


class Matcher:
    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_type: dict[str, list[Compiled]] = {}
        for rule in rules:
            self._by_type.setdefault(EVENT_TYPES[rule.logsource.category], []).append(compile_rule(rule))

        self._words = frozenset().union(*(one.words for all_ in self._by_type.values() for one in all_))

    def may_match(self, body: bytes) -> bool:
        """Whether an event of the report `body` (its JSON) may fit a rule; False is certain."""
        text = plain(body)
        return text is None or any(word in text for word in self._words)

    def matches(self, event: Event) -> list[Rule]:
        """The rules that `event` fits."""
        compiled = self._by_type.get(event.type)
        if not compiled:
            return []
        return [one.rule for one in compiled if one.fits(event.fields)]
