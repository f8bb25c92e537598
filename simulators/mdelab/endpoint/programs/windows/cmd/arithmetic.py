"""`set /a`: whole numbers of 32 bits, with the operators of cmd in their order."""

import re
from collections.abc import Callable

from mdelab.endpoint.programs.windows.environment import Variables

_TOKEN = re.compile(r"\s*(0x[0-9a-f]+|\d+|[a-z_]\w*|<<=|>>=|<<|>>|[-+*/%&|^]=|[-+*/%&|^()~!=,])", re.IGNORECASE)
_LEVELS: tuple[dict[str, Callable[[int, int], int]], ...] = (
    {"|": lambda a, b: a | b},
    {"^": lambda a, b: a ^ b},
    {"&": lambda a, b: a & b},
    {"<<": lambda a, b: a << min(b, 32), ">>": lambda a, b: a >> min(b, 32)},
    {"+": lambda a, b: a + b, "-": lambda a, b: a - b},
    {"*": lambda a, b: a * b, "/": lambda a, b: _quotient(a, b), "%": lambda a, b: a - b * _quotient(a, b)},
)


class BadExpression(Exception):
    """The message is cmd's."""


def evaluate(text: str, variables: Variables) -> int:
    """Work out `text`, set what it assigns to, and answer its last value. Raises BadExpression."""
    result = 0
    tokens = _tokens(text)
    try:
        while tokens:
            result = _assignment(tokens, variables)
            if tokens and tokens.pop(0) != ",":
                raise BadExpression("Missing operator.")
    except RecursionError as error:
        raise BadExpression("Unbalanced parenthesis.") from error
    return result


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    text, at = text.replace('"', "").strip(), 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadExpression(
                "Invalid number.  Numeric constants are either decimal (17), hexadecimal (0x11), or octal (021)."
            )
        found.append(match[1])
        at = match.end()
    if not found:
        raise BadExpression("The syntax of the command is incorrect.")
    return found


def _assignment(tokens: list[str], variables: Variables) -> int:
    is_named = len(tokens) > 1 and (tokens[0][0].isalpha() or tokens[0][0] == "_")
    if is_named and tokens[1].endswith("=") and tokens[1] != "==":
        name, operator = tokens.pop(0), tokens.pop(0)[:-1]
        value = _assignment(tokens, variables)
        for level in _LEVELS:
            if operator in level:
                value = level[operator](_value(name, variables), value)
        value = _wrapped(value)
        variables[name] = str(value)
        return value
    return _binary(tokens, variables, 0)


def _binary(tokens: list[str], variables: Variables, level: int) -> int:
    if level == len(_LEVELS):
        return _unary(tokens, variables)
    left = _binary(tokens, variables, level + 1)
    while tokens and tokens[0] in _LEVELS[level]:
        operator = _LEVELS[level][tokens.pop(0)]
        left = _wrapped(operator(left, _binary(tokens, variables, level + 1)))
    return left


def _unary(tokens: list[str], variables: Variables) -> int:
    if not tokens:
        raise BadExpression("Missing operand.")
    match tokens.pop(0):
        case "-":
            return _wrapped(-_unary(tokens, variables))
        case "+":
            return _unary(tokens, variables)
        case "~":
            return _wrapped(~_unary(tokens, variables))
        case "!":
            return int(not _unary(tokens, variables))
        case "(":
            value = _binary(tokens, variables, 0)
            if not tokens or tokens.pop(0) != ")":
                raise BadExpression("Unbalanced parenthesis.")
            return value
        case word if word[0].isalnum() or word[0] == "_":
            return _value(word, variables)
        case _:
            raise BadExpression("Missing operand.")


def _value(word: str, variables: Variables) -> int:
    """A number, or the variable of that name; what is no number counts 0, as in cmd."""
    text = word if word[0].isdigit() else variables.get(word, "0").strip()
    match = re.fullmatch(r"(-?)(0x[0-9a-f]+|\d+)", text, re.IGNORECASE)
    if match is None:
        return 0
    digits = match[2].lower()
    base = 16 if digits.startswith("0x") else 8 if digits.startswith("0") and len(digits) > 1 else 10
    try:
        return _wrapped(int(match[1] + digits, base))
    except ValueError as error:
        raise BadExpression(
            "Invalid number.  Numeric constants are either decimal (17), hexadecimal (0x11), or octal (021)."
        ) from error


def _quotient(left: int, right: int) -> int:
    """Towards zero."""
    if right == 0:
        raise BadExpression("Divide by zero error.")
    return int(abs(left) // abs(right)) * (1 if (left < 0) == (right < 0) else -1)


def _wrapped(number: int) -> int:
    return (number + 2**31) % 2**32 - 2**31
