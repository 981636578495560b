"""One line a finding, in the form that editors and problem matchers read."""

from __future__ import annotations

from collections.abc import Iterator

from esolint.diagnostic import Diagnostic, Result
from esolint.report import Book, Options, shown
from esolint.report.wording import position, statistics, subject, summary, suppression, visible


def render(result: Result, book: Book, options: Options) -> Iterator[str]:
    """Yield `path:line:col: severity[rule] message (Kind ns/name)` lines and the summary."""
    diagnostics = shown(result, options)
    for diagnostic in diagnostics:
        yield _line(diagnostic)
    if options.statistics:
        for line in statistics(diagnostics):
            yield f"{line}\n"
    if not options.quiet:
        yield f"{summary(result)}\n"


def _line(diagnostic: Diagnostic) -> str:
    head = f"{position(diagnostic.place)}: {diagnostic.severity}[{visible(diagnostic.rule)}]"
    about = subject(diagnostic.resource)
    tail = (f" ({about})" if about else "") + (
        f" [{suppression(diagnostic)}]" if diagnostic.suppressed else ""
    )
    return f"{head} {visible(diagnostic.message)}{tail}\n"
