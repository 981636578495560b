"""The report for people: each finding with its lines, its related places, why, and the fix."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from esolint.diagnostic import Diagnostic, EnvironmentInfo, Excerpt, Related, Result, Span
from esolint.report import Book, Options, shown
from esolint.report.wording import (
    position,
    statistics,
    subject,
    summary,
    suppression,
    tally,
    visible,
)
from esolint.words import amount

Paint: TypeAlias = Callable[[str, str], str]

_STYLES = {"error": "1;31", "warning": "1;33", "info": "1;36"}
_BOLD, _FRAME, _OTHER = "1", "34", "36"

_WORD = r"\[\d+\]|[\w-]+(?:\.[\w-]+)*"
_TAB = "    "
_LINES_BEFORE = 2
_FRAME_LINES = 5
_CODE_WIDTH = 100  # of a line of the file; a longer one is cropped around the span
_PROSE_WIDTH = 90
_COPIES = 3
_RELATED = 5
_SKIPS = 3


def render(result: Result, book: Book, options: Options) -> Iterator[str]:
    """Yield a section for each finding, then what was skipped, then one line of summary."""
    paint = _colored if options.color else _plain
    diagnostics = shown(result, options)
    advice = _Advice(book)
    for copies in fold(diagnostics):
        if options.quiet:
            lines = [*_head(copies[0], 1, paint), *_also(copies[1:], " " * 5)]
        else:
            lines = [*_section(copies, result, advice, paint), ""]
        yield "".join(f"{line}\n" for line in lines)
    tail = [] if options.quiet else [*_skips(result), *(_judged(result) if diagnostics else ())]
    if options.statistics and diagnostics:
        tail += [*statistics(diagnostics), ""]
    if not options.quiet:
        tail.append(summary(result))
    yield "".join(f"{line}\n" for line in tail)


def fold(diagnostics: Sequence[Diagnostic]) -> list[list[Diagnostic]]:
    """Group the findings that say the same of many copies, in the order of their first ones.

    Two say the same when nothing but the name and namespace of their own object, and the
    indexes of lists, tells their rule, case, severity, state and wording apart.
    """
    groups: dict[tuple[object, ...], list[Diagnostic]] = {}
    for diagnostic in diagnostics:
        key = (
            diagnostic.rule,
            diagnostic.case,
            diagnostic.severity,
            diagnostic.confidence,
            diagnostic.suppressed,
            diagnostic.resource and diagnostic.resource.kind,
            _shape(diagnostic.message, diagnostic),
            *(_shape(related.message, diagnostic) for related in diagnostic.related),
        )
        groups.setdefault(key, []).append(diagnostic)
    return list(groups.values())


def _shape(message: str, diagnostic: Diagnostic) -> str:
    resource = diagnostic.resource
    own = {resource.namespace: "{namespace}", resource.name: "{name}"} if resource else {}
    return re.sub(
        _WORD, lambda word: "[]" if word[0].startswith("[") else own.get(word[0], word[0]), message
    )


class _Advice:
    """Why and fix, each told once in a report: at the first finding that it is about."""

    def __init__(self, book: Book) -> None:
        self.rules = {rule.id for rule in book.rules}
        self.prose = book.prose
        self.told: set[tuple[str, str]] = set()

    def of(self, diagnostic: Diagnostic) -> Iterator[tuple[str, str]]:
        """Yield what is new to the reader as (label, text)."""
        rule, case = diagnostic.rule, diagnostic.case
        if rule not in self.rules:
            return
        prose = self.prose(rule)
        advice = [
            ("why", prose.case_whys.get(case or "", prose.why)),
            ("fix", prose.fix),
            ("docs", f"esolint explain {rule}"),
        ]
        for label, text in advice:
            if (rule, text) not in self.told:
                self.told.add((rule, text))
                yield label, text


def _head(diagnostic: Diagnostic, gutter: int, paint: Paint) -> list[str]:
    label = f"{diagnostic.severity}[{visible(diagnostic.rule)}]"
    about = subject(diagnostic.resource)
    return [
        f"{paint(_STYLES[diagnostic.severity], label)}"
        f"{paint(_BOLD, ': ' + visible(diagnostic.message))}",
        f"{' ' * gutter}{paint(_FRAME, '-->')} {position(diagnostic.place)}"
        + (f"   {about}" if about else "")
        + ("" if diagnostic.confidence == "high" else f"   ({diagnostic.confidence} confidence)"),
    ]


def _gutter(diagnostic: Diagnostic) -> int:
    excerpts = (diagnostic.excerpt, *(related.excerpt for related in diagnostic.related))
    return max((len(str(n)) for excerpt in excerpts for n, _ in excerpt.lines), default=1)


def _section(
    copies: Sequence[Diagnostic], result: Result, advice: _Advice, paint: Paint
) -> Iterator[str]:
    first = copies[0]
    gutter = _gutter(first)
    bar = f"{' ' * (gutter + 1)}{paint(_FRAME, '|')}"
    yield from _head(first, gutter, paint)
    frame = [*_frame(first.place.span, first.excerpt, gutter, paint, _STYLES[first.severity])]
    if frame:
        yield from (bar, *frame)
    yield from _others(first.related, gutter, paint)
    notes = [
        ("also", _also(copies[1:])),
        ("in", _environments(copies, result)),
        ("note", [suppression(first)] if first.suppressed else []),
        *((label, _wrap(text)) for label, text in advice.of(first)),
        ("here", [visible(line) for line in (first.help or "").splitlines()]),
    ]
    if any(lines for _, lines in notes):
        yield bar
    for label, lines in notes:
        name = f"{label}:".ljust(5)
        lead = f"{' ' * (gutter + 1)}{paint(_FRAME, '=')} {paint(_BOLD, name)} "
        for line in lines:
            yield lead + line
            lead = " " * (gutter + 9)


def _others(related: Sequence[Related], gutter: int, paint: Paint) -> Iterator[str]:
    bar = f"{' ' * (gutter + 1)}{paint(_FRAME, '|')}"
    mark = f"{' ' * gutter}{paint(_FRAME, ':::')}"
    for place, message, excerpt in related[:_RELATED]:
        frame = [*_frame(place.span, excerpt, gutter, paint, None)]
        label = visible(message)
        yield bar
        if frame:
            frame[-1] += f" {paint(_OTHER, label)}" if label else ""
            yield from (f"{mark} {position(place)}", bar, *frame)
        else:
            yield f"{mark} {position(place)}" + (f": {label}" if label else "")
    if len(related) > _RELATED:
        yield from (bar, f"{mark} and {amount(len(related) - _RELATED, 'more place')}")


def _environments(copies: Sequence[Diagnostic], result: Result) -> list[str]:
    """Name the environments in which a finding holds, where that is not all of them.

    Neighbouring versions of an upgrade become one: `ESO 0.9 to 0.15, ESO 2.9`.
    """
    held = {name for copy in copies for name in copy.environments}
    runs: list[list[EnvironmentInfo]] = []
    joins = False  # does the environment before belong to the last run?
    for env in result.environments:
        if env.name not in held:
            joins = False
            continue
        of_upgrade = env.name == f"ESO {env.eso_version}"
        if joins and of_upgrade:
            runs[-1].append(env)
        else:
            runs.append([env])
        joins = of_upgrade
    if not 0 < sum(map(len, runs)) < len(result.environments):
        return []
    names = [run[0].name + (f" to {run[-1].eso_version}" if len(run) > 1 else "") for run in runs]
    return [visible(", ".join(names))]


def _judged(result: Result) -> Iterator[str]:
    """Say which version of ESO was judged by, where the files or the user name one."""
    if len(result.environments) == 1 and result.eso_resources:
        _, version, because = result.environments[0]
        if version:
            yield visible(f"Judged by ESO {version}: {because}.")
            yield ""


def _also(copies: Sequence[Diagnostic], indent: str = "") -> list[str]:
    listed = copies if len(copies) <= _COPIES + 1 else copies[:_COPIES]
    lines = [
        f"{indent}{position(copy.place)}   {subject(copy.resource)}".rstrip() for copy in listed
    ]
    if len(listed) < len(copies):
        hidden = len(copies) - len(listed)
        lines.append(f"{indent}and {hidden} more; --output-format concise lists all")
    return lines


def _wrap(text: str) -> list[str]:
    from textwrap import wrap

    return wrap(visible(" ".join(text.split())), _PROSE_WIDTH, break_on_hyphens=False)


def _frame(
    span: Span, excerpt: Excerpt, gutter: int, paint: Paint, style: str | None
) -> Iterator[str]:
    """Yield the lines of an excerpt and the underline of the span.

    With a style, carets and the lines before; without, dashes below the first line alone,
    which then comes last, so that a label can follow it.
    """
    last = span.end_line - (span.end_column == 1 and span.end_line > span.line)
    before = [line for line in excerpt.lines if line[0] < span.line][-_LINES_BEFORE:]
    within = [line for line in excerpt.lines if span.line <= line[0] <= last]
    if style is None:
        before, within = [], within[:1]
    while before and not before[0][1].strip():
        del before[0]
    for number, line in before:
        yield _numbered(number, _crop(line.rstrip("\r\n"), 1, 1)[0], gutter, paint)
    for number, line in within[: _FRAME_LINES - len(before)]:
        line = line.rstrip("\r\n")
        if number != span.line:
            yield _numbered(number, _crop(line, 1, 1)[0], gutter, paint)
            continue
        end = span.end_column if span.end_line == span.line else len(line) + 1
        line, start, end = _crop(line, min(span.column, len(line) + 1), end)
        yield _numbered(number, line, gutter, paint)
        offset = _width(_cells(line[: start - 1]))
        length = max(_width(_cells(line[start - 1 : end - 1])), 1)
        underline = ("^" if style else "-") * length
        if style and last > number:
            underline += f" to line {last}"
        yield (
            f"{' ' * (gutter + 1)}{paint(_FRAME, '|')} {' ' * offset}"
            f"{paint(style or _OTHER, underline)}"
        )


def _numbered(number: int, text: str, gutter: int, paint: Paint) -> str:
    return f"{paint(_FRAME, f'{number:>{gutter}} |')} {_cells(text)}".rstrip()


def _crop(line: str, start: int, end: int) -> tuple[str, int, int]:
    """Cut a long line around the columns [start, end); returns the line and the new columns."""
    if len(line) <= _CODE_WIDTH:
        return line, start, end
    left = 0 if end <= _CODE_WIDTH else max(0, min(start - 1, len(line) - 1) - _CODE_WIDTH // 3)
    right = min(left + _CODE_WIDTH, len(line))
    head, tail = "..." if left else "", "..." if right < len(line) else ""
    shift = len(head) - left
    return head + line[left:right] + tail, start + shift, min(end, right + 1) + shift


def _cells(text: str) -> str:
    return _TAB.join(visible(part) for part in text.split("\t"))


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(
        0 if category(char) in ("Mn", "Me") else 1 + (east_asian_width(char) in ("W", "F"))
        for char in text
    )


def _skips(result: Result) -> Iterator[str]:
    for reason in tally(skip.reason for skip in result.skipped):
        skips = [skip for skip in result.skipped if skip.reason == reason]
        yield f"skipped, {visible(reason)} ({amount(len(skips), 'input')}):"
        listed = skips if len(skips) <= _SKIPS + 1 else skips[:_SKIPS]
        for skip in listed:
            place = visible(skip.path) + (f":{skip.line}" if skip.line else "")
            yield f"  {place}" + (f"   {visible(skip.detail)}" if skip.detail else "")
        if len(listed) < len(skips):
            yield f"  and {len(skips) - len(listed)} more; --output-format json lists all"
        yield ""


def _plain(style: str, text: str) -> str:
    return text


def _colored(style: str, text: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if text else ""
