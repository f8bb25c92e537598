"""Arguments of Windows programs: `/name value` or `-name value`, in any case."""

from collections.abc import Mapping, Sequence

from mdelab.endpoint.programs.flags import UnknownFlag


def take(arguments: Sequence[str], known: Mapping[str, bool], marks: str = "/-") -> tuple[dict[str, str], list[str]]:
    """(options, rest). known: name in lower case without its mark -> whether a value follows (as `/name value`).

    A value may also stand behind a colon (`/name:value`). Raises UnknownFlag for an option that is not known, or has no value.
    """
    options: dict[str, str] = {}
    rest: list[str] = []
    given = list(arguments)
    while given:
        word = given.pop(0)
        name, colon, value = word[1:].partition(":") if word[:1] in marks and len(word) > 1 else ("", "", "")
        if not name:
            rest.append(word)
            continue
        if name.lower() not in known:
            raise UnknownFlag(word)
        if known[name.lower()] and not colon:
            if not given:
                raise UnknownFlag(f"{word} without a value")
            value = given.pop(0)
        options[name.lower()] = value
    return options, rest
