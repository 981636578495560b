"""The patterns of Argo CD, of four kinds, as tests of a path or a name."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

_LONGEST = 1000
_SPECIAL = re.compile(r"[*?\[\]{}\\]")


class Syntax(NamedTuple):
    """`crosses`: `*` and `?` stand for slashes too; `braces`: `{a,b}` is one of several."""

    crosses: bool
    braces: bool


# What a directory source includes: github.com/gobwas/glob, compiled without separators.
GOBWAS = Syntax(crosses=True, braces=True)
# Folders of the git generator: Go's path.Match.
PATH_MATCH = Syntax(crosses=False, braces=False)
# Files of the git generator: what `git ls-files` takes, and with the new globbing doublestar.
PATHSPEC = Syntax(crosses=True, braces=False)
DOUBLESTAR = Syntax(crosses=False, braces=True)


def is_plain(pattern: str) -> bool:
    """Say whether a pattern stands for nothing but itself."""
    return _SPECIAL.search(pattern) is None


@lru_cache(maxsize=256)
def matcher(pattern: str, syntax: Syntax) -> Callable[[str], bool] | None:
    """Return the test that a pattern is, None where it is none or too long to be one."""
    if is_plain(pattern):
        return pattern.__eq__
    translated = _translated(pattern, syntax) if len(pattern) <= _LONGEST else None
    if translated is None:
        return None
    # RE2: no pattern takes more than linear time.
    import re2

    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    try:
        compiled = re2.compile(translated, options)
    except re2.error:
        return None
    return lambda text: compiled.fullmatch(text) is not None


def _translated(pattern: str, syntax: Syntax) -> str | None:
    """Return a regular expression, None for a pattern that is not closed."""
    one = "." if syntax.crosses else "[^/]"
    out = ""
    depth = 0
    i = 0
    while i < len(pattern):
        character = pattern[i]
        i += 1
        if character == "*":
            start = i - 1
            while pattern[i : i + 1] == "*":
                i += 1
            whole = pattern[:start].endswith("/") or not start
            if syntax == DOUBLESTAR and i - start == 2 and whole and pattern[i : i + 1] == "/":
                out += "(?:.*/)?"
                i += 1
            elif syntax == DOUBLESTAR and i - start == 2 and whole and i == len(pattern):
                out += ".*"
            else:
                out += one + "*"
        elif character == "?":
            out += one
        elif character == "[":
            end = pattern.find("]", i + 1)
            if end < 0:
                return None
            out += _class(pattern[i:end], syntax)
            i = end + 1
        elif character == "{" and syntax.braces:
            out += "(?:"
            depth += 1
        elif character == "}" and depth:
            out += ")"
            depth -= 1
        elif character == "," and depth:
            out += "|"
        else:
            if character == "\\":
                if i == len(pattern):
                    return None
                character = pattern[i]
                i += 1
            out += re.escape(character)
    return None if depth else out


def _class(written: str, syntax: Syntax) -> str:
    negated = written[:1] in ("!", "^")
    inner = written[1:] if negated else written
    parts = re.findall(r"\\(.)|(.)", inner, re.DOTALL)
    escaped = "".join(
        "-" if plain == "-" else re.escape(quoted or plain) for quoted, plain in parts
    )
    slash = "/" if negated and not syntax.crosses else ""
    return f"[{'^' if negated else ''}{slash}{escaped}]"
