"""Reports of a result, one module a format, loaded only when it is asked for.

Each of the modules named in `FORMATS` has `render(result, book, options) -> Iterator[str]`,
whose chunks joined are the report. The same arguments give the same text, whatever the
locale, the hash seed or the time; writing it as UTF-8 is up to the caller.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from esolint.diagnostic import Diagnostic, Result
from esolint.rule import Prose, Rule

FORMATS = ("text", "concise", "json", "sarif", "github")

_SURROGATE = "[\ud800-\udfff]"


class Book(NamedTuple):
    """The active rules, whether they found something or not, in a stable order.

    `prose` fetches the texts of one of them by id; it is called only where they are shown.
    """

    rules: Sequence[Rule]
    prose: Callable[[str], Prose]


class Options(NamedTuple):
    """What a user can ask of a report; a format ignores what does not concern it.

    `quiet`: the findings alone, without lines of the file, advice or summary. `source` gives
    the bytes of a file by the path that the result holds, or None where it cannot be read;
    only SARIF asks, to fingerprint lines as GitHub does.
    """

    show_suppressed: bool = False
    color: bool = False
    quiet: bool = False
    statistics: bool = False
    source: Callable[[str], bytes | None] | None = None


class Counts(NamedTuple):
    """How many diagnostics a result holds; suppressed ones have no severity here."""

    error: int
    warning: int
    info: int
    suppressed: int

    @property
    def problems(self) -> int:
        return self.error + self.warning + self.info


def render(name: str, result: Result, book: Book, options: Options) -> Iterator[str]:
    """Yield the report in the format `name` in chunks that UTF-8 can encode.

    A lone surrogate (a file name that is no UTF-8, an escape in JSON) becomes U+FFFD. Raises
    ValueError for a name that is not in `FORMATS`, before the first chunk.
    """
    if name not in FORMATS:
        raise ValueError(f"no such format: {name!r}")
    from importlib import import_module

    chunks: Iterator[str] = import_module(f"{__name__}.{name}").render(result, book, options)
    return (c if c.isascii() else re.sub(_SURROGATE, "\ufffd", c) for c in chunks)


def shown(result: Result, options: Options) -> list[Diagnostic]:
    """Return the diagnostics that the user wants to see."""
    return [d for d in result.diagnostics if d.suppressed is None or options.show_suppressed]


def count(result: Result) -> Counts:
    """Count the diagnostics of a result."""
    severities = [d.severity for d in result.diagnostics if d.suppressed is None]
    return Counts(
        severities.count("error"),
        severities.count("warning"),
        severities.count("info"),
        len(result.diagnostics) - len(severities),
    )
