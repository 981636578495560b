"""Variables in texts as Flux fills them in: `${x}`, with functions that look like bash's.

Source of behaviour: github.com/fluxcd/pkg/envsubst, a fork of drone/envsubst. What its
releases disagree about (empty patterns, negative lengths, bytes of other scripts) is not known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple, TypeAlias

_NAME = re.compile(r"[^\W\d]\w*", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_DEFAULTS = ("=", ":=", ":-", ":?", ":+")
_DEPTH = 20
_LONG = 1000


class BadSubstitutionError(ValueError):
    """A text that Flux refuses; with it the whole Kustomization."""


class OpenSubstitutionError(ValueError):
    """A text that ends inside a substitution: what stands behind it in the file is part of it."""


class Variable(NamedTuple):
    """`${name}`; with a function each argument is made of parts."""

    name: str
    function: str = ""
    arguments: tuple[Parts, ...] = ()


Part: TypeAlias = "str | Variable"
Parts: TypeAlias = "tuple[Part, ...]"


class Variables(NamedTuple):
    """What variables are set to, None where it is not known. `complete`: there are no others."""

    values: Mapping[str, str | None]
    complete: bool

    def lacks(self, name: str) -> bool:
        """Say whether a variable is not set: it never is where Flux allows no such name."""
        return name not in self.values and (self.complete or not is_name(name))


class Expansion(NamedTuple):
    """A text with its variables filled in, None where that is not known.

    `missing` are the variables that are not set and have no default: Flux puts nothing in
    their place, or refuses the Kustomization where it is strict (from 2.9 on).
    """

    text: str | None
    missing: tuple[str, ...]


def is_name(name: str) -> bool:
    """Say whether a variable may be called that."""
    return _NAME.fullmatch(name) is not None


def expand(written: str, variables: Variables) -> Expansion:
    """Fill in the variables of a text. Raises BadSubstitutionError and OpenSubstitutionError."""
    missing: list[str] = []
    text = _joined(_parsed(written), variables, missing)
    return Expansion(text, tuple(dict.fromkeys(missing)))


@lru_cache(maxsize=1024)
def _parsed(written: str) -> Parts:
    return _Reader(written).text()


class _Reader:
    """Reads a text from its start to its end."""

    def __init__(self, written: str) -> None:
        self._written = written
        self._at = 0
        self._depth = 0

    def text(self) -> Parts:
        """Read what stands outside of substitutions; `$$` is a dollar."""
        parts: list[Part] = []
        while self._at < len(self._written):
            start = self._at
            dollar = self._written.find("$", start)
            if dollar < 0:
                dollar = len(self._written)
            following = self._written[dollar : dollar + 2]
            if following == "${":
                parts.append(self._written[start:dollar])
                self._at = dollar + 2
                parts.append(self._variable())
            else:
                parts.append(self._written[start : dollar + 1])
                self._at = dollar + (2 if following == "$$" else 1)
        return tuple(parts)

    def _variable(self) -> Variable:
        self._depth += 1
        if self._depth > _DEPTH:
            raise OpenSubstitutionError("nested too deep")
        variable = self._function()
        self._take("}")
        self._depth -= 1
        return variable

    def _function(self) -> Variable:
        if self._next() == "#":
            self._at += 1
            return Variable(self._name(), "length")
        name = self._name()
        sign = self._next()
        if sign == "=":
            self._at += 1
            return Variable(name, sign, (self._default(),))
        if sign == ":":
            self._at += 1
            if self._next() in "=-?+":
                self._at += 1
                return Variable(name, sign + self._written[self._at - 1], (self._default(),))
            return Variable(name, sign, self._bounds())
        if sign in ",^":
            return Variable(name, self._sign(",^"))
        if sign in "#%":
            return Variable(name, self._sign(sign), (self._argument("}"),))
        if sign == "/":
            return Variable(name, self._sign("/", "/#%"), self._replacement())
        return Variable(name)

    def _default(self) -> Parts:
        parts: list[Part] = []
        while self._next() != "}":
            parts.extend(self._argument("}"))
        return tuple(parts)

    def _bounds(self) -> tuple[Parts, ...]:
        first = self._argument(":}")
        if self._next() == "}":
            return (first,)
        self._take(":")
        while self._next() == ":":
            self._at += 1
        return (first, self._argument("}"))

    def _replacement(self) -> tuple[Parts, ...]:
        pattern: Parts = ("",) if self._next() == "/" else self._argument("/", escaped=True)
        self._take("/")
        while self._next() == "/":
            self._at += 1
        if self._next() == "}":
            return (pattern,)
        return (pattern, self._argument("}", escaped=True))

    def _argument(self, end: str, *, escaped: bool = False) -> Parts:
        """Read a variable, or a text of at least one character up to one of `end` or a variable."""
        if self._written.startswith("${", self._at):
            self._at += 2
            return (self._variable(),)
        if self._next() in end:
            raise BadSubstitutionError("bad substitution")
        text = ""
        while (character := self._next()) not in end:
            pair = self._written[self._at : self._at + 2]
            if pair == "${":
                break
            if escaped and pair in ("$$", "\\/", "\\\\"):
                self._at += 1
                character = pair[1]
            text += character
            self._at += 1
        return (text,)

    def _name(self) -> str:
        start = self._at
        while (character := self._next()).isalpha() or character.isdecimal() or character == "_":
            self._at += 1
        if start == self._at:
            raise BadSubstitutionError("a variable without a name")
        return self._written[start : self._at]

    def _sign(self, first: str, second: str = "") -> str:
        start = self._at
        self._at += 1
        if self._next() in (second or first):
            self._at += 1
        return self._written[start : self._at]

    def _take(self, wanted: str) -> None:
        if self._next() != wanted:
            raise BadSubstitutionError("bad substitution")
        self._at += 1

    def _next(self) -> str:
        if self._at >= len(self._written):
            raise OpenSubstitutionError("a substitution without an end")
        return self._written[self._at]


def _joined(parts: Parts, variables: Variables, missing: list[str]) -> str | None:
    texts = [part if isinstance(part, str) else _value(part, variables, missing) for part in parts]
    known = [text for text in texts if text is not None]
    return "".join(known) if len(known) == len(texts) else None


def _value(part: Variable, variables: Variables, missing: list[str]) -> str | None:
    name, function, arguments = part
    if variables.lacks(name):
        value: str | None = ""
        if function not in _DEFAULTS:
            missing.append(name)
    else:
        value = variables.values.get(name)
    if value is None or (function in _DEFAULTS and value):
        return value
    given = [_joined(argument, variables, missing) for argument in arguments]
    known = [text for text in given if text is not None]
    if len(known) < len(given):
        return None
    return known[0] if function in _DEFAULTS else _applied(function, value, known)


def _applied(function: str, value: str, arguments: list[str]) -> str | None:
    """Return what a function makes of a value; None where releases or scripts differ."""
    if not function or (function[0] in ",^" and len(set(function)) > 1):
        return value
    if function == "length":
        return str(len(value.encode()))
    if not value.isascii() or not all(map(str.isascii, arguments)):
        return None
    if function[0] in ",^":
        changed = value.lower() if function[0] == "," else value.upper()
        return changed if len(function) > 1 else changed[:1] + value[1:]
    if function == ":":
        return _cut(value, arguments)
    if function[0] in "#%":
        return _trimmed(function, value, arguments[0])
    return _replaced(function, value, *arguments)


def _replaced(function: str, value: str, pattern: str, new: str | None = None) -> str | None:
    if not pattern:
        return None
    if function in ("/", "//"):
        return value.replace(pattern, new or "", -1 if function == "//" else 1)
    if new is not None and function == "/#" and value.startswith(pattern):
        return new + value[len(pattern) :]
    if new is not None and function == "/%" and value.endswith(pattern):
        return value[: -len(pattern)] + new
    return value


def _cut(value: str, bounds: list[str]) -> str | None:
    """Return the part from a position on, of a length; all of it where that is no number."""
    if not all(map(_NUMBER.fullmatch, bounds)):
        return value
    start, *length = map(int, bounds)
    start = start if start >= 0 else max(0, len(value) + start)
    if not length:
        return value[start:]
    return value[start : start + length[0]] if length[0] >= 0 else None


def _trimmed(function: str, value: str, pattern: str) -> str | None:
    """Return a value without what a pattern fits at its start (`#`) or its end (`%`).

    Twice the sign takes away as much as possible. Of patterns only `*` is read here.
    """
    if re.search(r"[?\[\\]", pattern) or pattern.count("*") > 1 or len(value) > _LONG:
        return None
    before, star, after = pattern.partition("*")
    lengths = range(1, len(value) + 1)
    for length in lengths if len(function) == 1 else reversed(lengths):
        at_front = function[0] == "#"
        part = value[:length] if at_front else value[-length:]
        fits = (
            part.startswith(before) and part.endswith(after) and len(part) >= len(pattern) - 1
            if star
            else part == pattern
        )
        if fits:
            return value[length:] if at_front else value[:-length]
    return value
