"""Where the parts of a document stand: a tree of offsets beside its value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from esolint.value import Route

# An anchor or a tag before a value, with the blanks and comments behind it.
_PROPERTIES = r"(?:[&!]\S*+(?:\s++(?:#[^\n]*+)?+)*+)++"


class Mark:
    """Where one part of a document stands: offsets into its text, `end` excluded.

    `key` is where its key stands, None in lists and at the top. `parts` holds the marks of
    what lies below, by key or by index, and is None for a scalar. An alias stands where it
    is written, and its parts where its `anchor` is. `hole`: only rendering gives a value.
    """

    __slots__ = ("_covered", "anchor", "end", "hole", "key", "parts", "start")

    def __init__(
        self,
        start: int,
        end: int,
        parts: dict[str, Mark] | list[Mark] | None = None,
        anchor: Mark | None = None,
    ) -> None:
        self.start = start
        self.end = end
        self.parts = parts
        self.anchor = anchor
        self.hole: bool = anchor is not None and anchor.hole
        self.key: tuple[int, int] | None = None
        self._covered: dict[str, list[Mark]] | None = None

    @property
    def covered(self) -> Iterator[tuple[str, Mark]]:
        """The entries of a mapping that later ones of the same key replaced."""
        for name, marks in (self._covered or {}).items():
            yield from ((name, mark) for mark in marks)

    def entries(self) -> dict[str, Mark]:
        """Return the marks of a mapping's values."""
        return self.parts if isinstance(self.parts, dict) else {}

    def items(self) -> Sequence[Mark]:
        """Return the marks of a list's items."""
        return self.parts if isinstance(self.parts, list) else ()

    def put(self, name: str, mark: Mark) -> None:
        """Add the mark of a list's next item, or of a mapping's entry."""
        if isinstance(self.parts, list):
            self.parts.append(mark)
        elif isinstance(self.parts, dict):
            if name in self.parts:
                self._covered = self._covered or {}
                self._covered.setdefault(name, []).append(self.parts[name])
            self.parts[name] = mark

    def along(self, route: Route) -> Iterator[Mark]:
        """Yield the marks on the way to a route, this one first, as far as it exists."""
        mark = self
        yield mark
        for step in route:
            part = mark._part(step)
            if part is None:
                return
            mark = part
            yield mark

    def all_at(self, route: Route) -> list[Mark]:
        """Return the marks at a route, those that were covered on the way too."""
        marks = [self]
        for step in route:
            marks = [below for mark in marks for below in mark._below(step)]
        return marks

    def _below(self, step: str | int) -> Iterator[Mark]:
        # What an alias covers stands in the mapping of its anchor.
        covered = (self.anchor or self)._covered
        if covered is not None and isinstance(step, str):
            yield from covered.get(step, ())
        part = self._part(step)
        if part is not None:
            yield part

    def _part(self, step: str | int) -> Mark | None:
        if isinstance(step, str):
            return self.entries().get(step)
        items = self.items()
        return items[step] if 0 <= step < len(items) else None

    def scalars(self) -> Iterator[Mark]:
        """Yield the marks of all scalars here and below, covered ones too, aliases resolved."""
        seen: set[int] = set()
        stack = [self]
        while stack:
            mark = stack.pop()
            mark = mark.anchor or mark
            if id(mark) in seen:
                continue
            seen.add(id(mark))
            if mark.parts is None:
                yield mark
            else:
                stack.extend(below for _, below in mark.covered)
                stack.extend(mark.entries().values())
                stack.extend(mark.items())


class Marks(NamedTuple):
    """The mark of a whole document, and where its scalars, keys included, have words.

    What looks like a comment between a start and its end is none. Both are in order.
    """

    root: Mark
    starts: Sequence[int]
    ends: Sequence[int]


def written(text: str, event: Any) -> tuple[int, int]:
    """Return where the text of a scalar event stands, without its anchor and tag."""
    start: int = event.start_mark.index
    end: int = event.end_mark.index
    if event.anchor is not None or event.tag is not None:
        properties = re.compile(_PROPERTIES).match(text, start, end)
        start = properties.end() if properties else start
    if event.style in ("|", ">"):
        # libyaml ends it where the next token begins, past blank lines and comments.
        end = _block_end(text, start, end, event.value)
    return start, end


def words(text: str, mark: Mark) -> tuple[int, int]:
    """Return where a scalar's words stand: all of it, but a block scalar's header."""
    if text[mark.start : mark.start + 1] in ("|", ">"):
        newline = text.find("\n", mark.start, mark.end)
        return (mark.end if newline < 0 else newline), mark.end
    return mark.start, mark.end


def _block_end(text: str, start: int, end: int, value: str) -> int:
    """Return the end of a block scalar: that of its last line which is not blank."""
    newline = text.find("\n", start, end)
    if newline < 0:
        return start + len(text[start:end].rstrip(" \t\r"))
    margin = block_margin(text[start:end], value)
    stop = start + len(text[start:newline].rstrip(" \t\r"))
    while newline < end:
        line = newline + 1
        newline = text.find("\n", line, end)
        newline = end if newline < 0 else newline
        content = text[line:newline].rstrip(" \t\r")
        if content:
            if _indent(content) < margin:
                break
            stop = line + len(content)
    return stop


def block_margin(raw: str, value: str) -> int:
    """Return how many columns stand before each line of a block scalar.

    `raw` is the scalar as written, its header on the first line. The header may name an
    indentation, so the margin is what the first line has more than its part of the value.
    """
    first = _first_written_line(raw.partition("\n")[2])
    return _indent(first) - _indent(_first_written_line(value))


def _first_written_line(text: str) -> str:
    match = re.search(r"^[ \t]*+[^ \t\r\n].*", text, re.MULTILINE)
    return match[0] if match else ""


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
