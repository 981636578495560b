"""Workflow commands: GitHub Actions shows them as annotations on the lines of a change.

GitHub shows ten of each level a step; code scanning (SARIF) has no such limit.
"""

from __future__ import annotations

from collections.abc import Iterator

from esolint.diagnostic import Diagnostic, Result
from esolint.report import Book, Options, shown
from esolint.report.wording import subject, summary, suppression, visible

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


def render(result: Result, book: Book, options: Options) -> Iterator[str]:
    """Yield one workflow command a finding, and the summary as a line of the log."""
    rules = {rule.id for rule in book.rules}
    for diagnostic in shown(result, options):
        fix = book.prose(diagnostic.rule).fix if diagnostic.rule in rules else ""
        yield _command(diagnostic, " ".join(fix.split()))
    if not options.quiet:
        yield f"{summary(result)}\n"


def _command(diagnostic: Diagnostic, fix: str) -> str:
    span = diagnostic.place.span
    properties = {
        "file": visible(diagnostic.place.path),
        "line": str(span.line),
        "col": str(span.column),
        "endLine": str(span.end_line),
        "endColumn": str(span.end_column),
        "title": f"esolint({visible(diagnostic.rule)})",
    }
    if span.end_line != span.line:
        # the runner drops the columns of an annotation over several lines with a warning
        del properties["col"], properties["endColumn"]
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    about = subject(diagnostic.resource)
    message = visible(diagnostic.message) + (f" ({about})" if about else "")
    lines = (message, suppression(diagnostic), f"Fix: {visible(fix)}" if fix else "")
    text = _data("\n".join(filter(None, lines)))
    return f"::{_LEVELS[diagnostic.severity]} {listed}::{text}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
