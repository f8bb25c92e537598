"""A glance at a report's bytes: whether one of its events could fit a rule at all.

Nearly no report holds anything that a rule is about. Looking for the few words that a rule cannot fit without costs a
fifth of asking the rule about each event. The glance may say yes wrongly, never no wrongly: what words cannot tell (a
regular expression, an absent field, a negation), and a text that may spell words in another way, is a yes.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from mdelab.cloud.detection.condition import compile_condition

_Glance = Callable[[bytes], bool]

_SPECIAL = re.compile(r"[*?\\]+")


def plain(body: bytes) -> bytes | None:
    """`body` in lower case, or None when a word in it may be spelt in another way than by its own letters."""
    return body.lower() if body.isascii() and b"\\" not in body else None


def needed_words(condition: str, selections: Mapping[str, Any]) -> frozenset[bytes]:
    """Words in lower case, one of which is in the `plain` JSON of every event that fits; (b"",) when there are none.

    condition, selections: of a rule that `compile_condition` and `compile_selection` accept.
    """
    words: set[bytes] = set()
    glances = {name: _selection(selection, words) for name, selection in selections.items()}
    may_fit = compile_condition(condition, glances, may=True)
    if may_fit(b""):
        return frozenset([b""])
    needed = set(words)
    for word in sorted(words, key=lambda word: (-len(word), word)):
        # Superfluous when the event cannot fit by the words alone that the others would not see.
        others = needed - {word}
        unseen = [one for one in words if not any(other in one for other in others)]
        if not may_fit(b"\0".join(unseen)):
            needed = others
    return frozenset(needed)


def _selection(selection: Any, words: set[bytes]) -> _Glance:
    if isinstance(selection, dict):
        fields = [_field(str(key), wanted, words) for key, wanted in selection.items()]
        return lambda text: all(field(text) for field in fields)
    options = [_selection(one, words) for one in selection]
    return lambda text: any(option(text) for option in options)


def _field(key: str, wanted: Any, words: set[bytes]) -> _Glance:
    modifiers = key.split("|")[1:]
    values = wanted if isinstance(wanted, list) else [wanted]
    # The longest part without wildcards.
    parts = [max(_SPECIAL.split(str(value)), key=len) for value in values]
    # Letters outside ASCII may equal ASCII ones when case is ignored.
    if "re" in modifiers or values == [None] or not all(part.isascii() for part in parts):
        return lambda text: True
    found = [part.lower().encode() for part in parts]
    words.update(found)
    combine = all if "all" in modifiers else any
    return lambda text: combine(word in text for word in found)
