"""Reads batch files: one command at a time, which may reach over several lines as far as its brackets do.

As in cmd itself, percent signs are expanded line by line before a line is understood, and a block in brackets is read as a
whole before any of it runs. The reader is told how to expand; it knows nothing of variables.
"""

import re
from collections.abc import Callable, Sequence
from typing import Literal

from mdelab.endpoint.programs.windows.cmd.nodes import For, Group, If, Joined, Node, Redirect, Simple

_OPERATORS = ("==", "EQU", "NEQ", "LSS", "LEQ", "GTR", "GEQ")
_LABEL = re.compile(r"\s*:\s*([^\s:+=,;]*)")
_FOR = re.compile(r"(?:(/[a-z])\s*(?:\"([^\"]*)\"|([^\s%]*))\s*)?%{1,2}([a-z#$@])\s+in\s*\(", re.IGNORECASE)
_BLANKS = " \t,;="
_STREAMS: dict[str, Literal[0, 1, 2]] = {"0": 0, "1": 1, "2": 2}


class BadSyntax(Exception):
    """A line that cmd does not understand. The message is what is wrong; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class Unread(BadSyntax):
    """A line that cmd understands and the lab does not read."""


class Reader:
    """Reads the commands of a batch file from a line on."""

    def __init__(self, lines: Sequence[str], expand: Callable[[str], str]) -> None:
        """expand: a physical line -> the line with its percent signs expanded."""
        self._lines = lines
        self._expand = expand
        self.at = 0
        """The line that is read next, counted from 0; a jump sets it."""
        self._text = ""
        self._pos = 0
        self._depth = 0

    @property
    def line(self) -> int:
        """The line that was read last, counted from 1."""
        return self.at

    def next(self) -> tuple[Node, str] | None:
        """The next command and the text of its first line; None at the end. Labels and empty lines are passed over.

        Raises BadSyntax; the reader stands behind the bad line then.
        """
        while self.at < len(self._lines):
            raw = self._lines[self.at]
            if not raw.strip() or _LABEL.match(raw):
                self.at += 1
                continue
            self._depth = 0
            self._text, self._pos = self._fetch(), 0
            first = self._text
            self._blanks()
            if self._pos >= len(self._text):
                continue
            try:
                node = self._sequence()
            except RecursionError as error:
                raise BadSyntax("this command is nested too deeply.", self.line) from error
            self._blanks()
            if self._pos < len(self._text):
                raise BadSyntax(f"{self._text[self._pos :].strip()[:30]!r} was unexpected at this time.", self.line)
            return node, first
        return None

    # The grammar, from the loosest operator to the tightest

    def _sequence(self) -> Node:
        return self._joined(
            "&", lambda: self._joined("||", lambda: self._joined("&&", lambda: self._joined("|", self._command)))
        )

    def _joined(self, how: Literal["&", "&&", "||", "|"], part: Callable[[], Node]) -> Node:
        line = self.line
        left = part()
        while True:
            self._blanks()
            if not self._sees(how):
                return left
            self._pos += len(how)
            self._blanks()
            if how == "&" and self._is_over():
                return left
            left = Joined(how=how, left=left, right=part(), line=line)

    def _command(self) -> Node:
        self._blanks()
        while self._peek() == "@":
            self._pos += 1
            self._blanks()
        line = self.line
        redirects = self._leading_redirects()
        if self._peek() == "(":
            return self._group(redirects)
        word = re.compile(r"[a-z]+(?![^\s(/\"&|<>)])", re.IGNORECASE).match(self._text, self._pos)
        match word[0].lower() if word else "":
            case "if" if word:
                self._pos = word.end()
                return self._if(line)
            case "for" if word:
                self._pos = word.end()
                return self._for(line)
            case "rem" if word:
                self._pos = len(self._text)
                return Simple(text="rem", line=line)
        return self._simple(line, redirects)

    def _group(self, redirects: tuple[Redirect, ...]) -> Node:
        line = self.line
        self._pos += 1
        self._depth += 1
        nodes: list[Node] = []
        while True:
            self._blanks()
            if self._peek() == ")":
                self._pos += 1
                self._depth -= 1
                self._blanks()
                return Group(nodes=tuple(nodes), line=line, redirects=(*redirects, *self._leading_redirects()))
            if self._pos >= len(self._text):
                if not self._more():
                    raise BadSyntax("a bracket that is opened here is never closed.", line)
                continue
            nodes.append(self._sequence())

    def _if(self, line: int) -> Node:
        is_negated = ignores_case = False
        while True:
            word = self._token()
            if word.lower() == "/i":
                ignores_case = True
            elif word.lower() == "not":
                is_negated = True
            else:
                break
        kind: Literal["errorlevel", "exist", "defined", "compare"] = "compare"
        left, operator, right = word, "", ""
        match word.lower():
            case "errorlevel":
                kind, left = "errorlevel", self._token()
            case "exist":
                kind, left = "exist", self._token()
            case "defined":
                kind, left = "defined", self._token()
            case _:
                operator = self._token().upper()
                if operator not in _OPERATORS:
                    raise BadSyntax(f"{operator or 'the end of the line'!r} was unexpected at this time.", line)
                right = self._token()
        if not left or (kind == "compare" and not right):
            raise BadSyntax("the condition of this if is not complete.", line)
        then = self._branch()
        otherwise = None
        self._blanks()
        word_else = re.compile(r"else(?=[\s(])", re.IGNORECASE).match(self._text, self._pos)
        if isinstance(then, Group) and word_else:
            self._pos = word_else.end()
            otherwise = self._branch()
        return If(
            kind=kind,
            left=left,
            operator=operator,
            right=right,
            is_negated=is_negated,
            ignores_case=ignores_case,
            then=then,
            otherwise=otherwise,
            line=line,
        )

    def _branch(self) -> Node:
        """What an if or a for does: a group, or the rest of the line."""
        self._blanks()
        if self._is_over():
            raise BadSyntax("the syntax of the command is incorrect: nothing follows the condition.", self.line)
        return self._command() if self._peek() == "(" else self._sequence()

    def _for(self, line: int) -> Node:
        self._blanks()
        head = _FOR.match(self._text, self._pos)
        switch = (head[1] or "").lower() if head else ""
        if head is None or switch not in ("", "/l", "/f"):
            raise Unread("this kind of for is not simulated: use FOR, FOR /L or FOR /F with %%v IN (...) DO.", line)
        self._pos = head.end()
        start, quote = self._pos, ""
        while self._pos < len(self._text) and (quote or self._peek() != ")"):
            letter = self._peek()
            if letter in "\"'":
                quote = "" if quote == letter else quote or letter
            self._pos += 1
        items = self._text[start : self._pos]
        self._pos += 1
        self._blanks()
        do = re.compile(r"do(?=[\s(@])", re.IGNORECASE).match(self._text, self._pos)
        if do is None:
            raise BadSyntax("DO is missing behind the brackets of this FOR.", line)
        self._pos = do.end()
        kind: Literal["words", "count", "parse"] = "count" if switch == "/l" else "parse" if switch == "/f" else "words"
        options = head[2] or head[3] or ""
        return For(kind=kind, options=options, variable=head[4], items=items, body=self._branch(), line=line)

    def _simple(self, line: int, redirects: tuple[Redirect, ...]) -> Node:
        text, is_quoted, found = "", False, list(redirects)
        while self._pos < len(self._text):
            letter = self._peek()
            if letter == '"':
                is_quoted = not is_quoted
            elif letter == "^" and not is_quoted:
                self._pos += 1
                if self._pos >= len(self._text):
                    if not self._more():
                        break
                    continue
                letter = self._peek()
            elif not is_quoted and (letter in "&|\n" or (letter == ")" and self._depth)):
                break
            elif not is_quoted and letter in "<>":
                digit = text[-1:] if text[-1:].isdigit() and (len(text) == 1 or text[-2] in " \t,;=") else ""
                text = text[: len(text) - len(digit)]
                found.append(self._redirect(digit))
                continue
            text += letter
            self._pos += 1
        if not text.strip() and not found:
            raise BadSyntax(
                f"{self._text[self._pos :][:1] or 'the end of the line'!r} was unexpected at this time.", line
            )
        return Simple(text=text, line=line, redirects=tuple(found))

    def _leading_redirects(self) -> tuple[Redirect, ...]:
        found: list[Redirect] = []
        while match := re.compile(r"(\d?)(?=[<>])").match(self._text, self._pos):
            self._pos = match.end()
            found.append(self._redirect(match[1]))
            self._blanks()
        return tuple(found)

    def _redirect(self, digit: str) -> Redirect:
        """One redirection; the reader stands on its < or >."""
        letter = self._peek()
        self._pos += 1
        is_double = letter == ">" and self._peek() == ">"
        self._pos += is_double
        stream = _STREAMS.get(digit or ("0" if letter == "<" else "1"))
        if stream is None:
            raise Unread(f"stream {digit} is not simulated: use 0, 1 and 2.", self.line)
        if self._peek() == "&":
            self._pos += 1
            target = self._peek()
            if target not in ("1", "2"):
                raise BadSyntax("behind >& stands the number of a stream: 1 or 2.", self.line)
            self._pos += 1
            return Redirect(stream=stream, how="join", target=target)
        self._blanks()
        target = self._token(stop="&|<>)")
        if not target:
            raise BadSyntax("the syntax of the command is incorrect: a redirection goes nowhere.", self.line)
        return Redirect(
            stream=stream, how="read" if letter == "<" else "append" if is_double else "write", target=target.strip('"')
        )

    # Letters

    def _token(self, stop: str = "") -> str:
        """The next word, quotes kept: to a blank or to `==`, which is a word of its own."""
        while self._peek() and self._peek() in " \t,;":
            self._pos += 1
        if self._sees("=="):
            self._pos += 2
            return "=="
        text, is_quoted = "", False
        while self._pos < len(self._text):
            letter = self._peek()
            if letter == '"':
                is_quoted = not is_quoted
            elif not is_quoted and (letter in " \t\n" + stop or self._sees("==")):
                break
            text += letter
            self._pos += 1
        return text

    def _peek(self) -> str:
        return self._text[self._pos : self._pos + 1]

    def _sees(self, operator: str) -> bool:
        if not self._text.startswith(operator, self._pos):
            return False
        return operator not in ("&", "|") or self._text[self._pos + 1 : self._pos + 2] != operator

    def _is_over(self) -> bool:
        return self._pos >= len(self._text) or self._peek() == "\n" or (self._peek() == ")" and self._depth > 0)

    def _blanks(self) -> None:
        """Skip blanks; inside brackets also line ends."""
        while self._pos < len(self._text) and self._peek() in (_BLANKS + "\n" if self._depth else _BLANKS):
            self._pos += 1

    def _more(self) -> bool:
        """Take the next line in, as brackets and a ^ at a line's end ask for; False at the file's end."""
        while self.at < len(self._lines) and self._depth and _LABEL.match(self._lines[self.at]):
            self.at += 1
        if self.at >= len(self._lines):
            return False
        self._text, self._pos = self._fetch(), 0
        return True

    def _fetch(self) -> str:
        self.at += 1
        return self._expand(self._lines[self.at - 1]).rstrip("\r\n")


def labels(lines: Sequence[str]) -> dict[str, int]:
    """Label in lower case -> the line behind it, counted from 0. The first of two equal ones counts."""
    found: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        match = _LABEL.match(line)
        if match and match[1]:
            found.setdefault(match[1].lower(), number)
    return found
