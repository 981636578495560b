"""One YAML or JSON document: its value, and on demand where each part of it stands."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from esolint.diagnostic import Span
from esolint.source.build import Built, Limits, SourceError, build
from esolint.source.marks import Mark, Marks, block_margin
from esolint.value import Route, Value, at, exists

if TYPE_CHECKING:
    from esolint.source.template import Template

# What is only known after rendering, and references that another tool resolves.
_HOLE = re.compile(
    r"\$\{|\$\([A-Za-z_]|\{\{|\{%|<[A-Za-z][^<>\n]{0,200}>|(?<![A-Za-z0-9])__[A-Za-z0-9][A-Za-z0-9_]*?__"
    r"|^op://|^ref\+|^vault:|^<path:|ENC\[|^(?:\.\.\.|…)$|\*\*[^*\n]{1,200}\*\*"
)
_HOLE_HINTS = (
    *("${", "$(", "{{", "{%", "<", "__", "op://", "ref+", "vault:", "ENC[", "...", "…"),
    *("**", "["),
)
# `[PROJECT_ID]`, as documentation writes it, is a list only by accident.
_BRACKETED = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_COMMENT = re.compile(r"(?:^|(?<=\s))#", re.MULTILINE)
# Breaks that libyaml knows beside the newline; editors count no lines at them.
_ODD_BREAK = r"[\x85\u2028\u2029]|\r(?!\n)"


class Comment(NamedTuple):
    """A comment with its text (from the `#` on). `alone`: nothing else stands on its line."""

    line: int
    column: int
    text: str
    alone: bool


class Document:
    """A document of a file, or a text inside one of its scalars that was read as one.

    `text` is what was parsed. `line` and `column` (from 0) say where its first character
    stands in the file; `indent` columns stand before each further line. `index` counts the
    documents of a file from 0. A document without lines of its own (JSON in a scalar with
    escapes) has `opaque` set: the place of the scalar that holds it stands for all of it.
    That of a Helm chart has a `template`, in which offsets mean the same places.
    """

    __slots__ = (
        "_has_holes",
        "_hinted",
        "_marks",
        "_rows",
        "_starts",
        "column",
        "duplicates",
        "indent",
        "index",
        "limits",
        "line",
        "literal",
        "opaque",
        "path",
        "template",
        "text",
        "value",
    )

    def __init__(
        self,
        path: str,
        text: str,
        built: Built,
        *,
        line: int = 0,
        column: int = 0,
        indent: int = 0,
        index: int = 0,
        literal: bool = False,
        limits: Limits | None = None,
        opaque: Span | None = None,
        template: Template | None = None,
    ) -> None:
        self.path = path
        self.text = text
        self.value: Value = built.value
        self.duplicates = built.duplicates
        self.line = line
        self.column = column
        self.indent = indent
        self.index = index
        self.literal = literal
        self.limits = limits or Limits()
        self.opaque = opaque
        self.template = template
        self._has_holes = built.has_holes and not literal
        self._hinted: bool | None = None
        self._marks: Marks | None = None
        self._starts: list[int] | None = None
        self._rows: list[int] | None = None

    def in_hole(self, route: Route) -> bool:
        """Say whether the value at `route`, or one around it, is only known after rendering.

        Nothing is, when the document is read literally. Of a template all is: which of its
        parts are as they stand is for `template.Settled` to say.
        """
        if self.literal:
            return False
        if self.template is not None and self.template.actions:
            return True
        if self._has_holes and any(mark.hole for mark in self.marks.root.along(route)):
            return True
        if self._hinted is None:
            self._hinted = any(hint in self.text for hint in _HOLE_HINTS)
        if not self._hinted:
            return False
        while route and not exists(self.value, route):
            route = route[:-1]
        value = at(self.value, route)
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
            return _BRACKETED.fullmatch(value[0]) is not None
        texts = [step for step in (*route, value) if isinstance(step, str)]
        return any(_HOLE.search(text) for text in texts)

    # Where things stand

    @property
    def _yaml(self) -> str:
        """The text as YAML sees it."""
        return self.text if self.template is None else self.template.yaml

    @property
    def marks(self) -> Marks:
        """The offsets of all parts; the events are replayed for them once."""
        if self._marks is None:
            events = build(
                self._yaml,
                self.limits,
                literal=self.literal,
                marked=True,
                template=self.template is not None,
            )
            built = next(events)
            assert built.marks is not None
            self._marks = built.marks
        return self._marks

    def span(self, route: Route) -> Span:
        """Return the place of a route, or of its nearest existing parent.

        A scalar's place is its value; that of a mapping or list is its key, or, as an item
        of a list, its first line.
        """
        if self.opaque is not None:
            return self.opaque
        mark = self._mark(route)
        if mark.parts is None and mark.start < mark.end:
            return self._span(mark.start, mark.end)
        # A mapping, a list, and a null that nobody wrote are seen by their keys.
        if mark.key is not None:
            return self._span(*mark.key)
        stop = self.text.find("\n", mark.start, mark.end)
        stop = mark.end if stop < 0 else stop
        return self._span(mark.start, mark.start + len(self.text[mark.start : stop].rstrip()))

    def key_span(self, route: Route) -> Span:
        """Return the place of the key that `route` ends with."""
        if self.opaque is not None:
            return self.opaque
        key = self._mark(route).key
        return self._span(*key) if key is not None else self.span(route)

    def secret_spans(self, routes: Sequence[Route]) -> list[Span]:
        """Return the places of all scalars at or below `routes`, replaced duplicates too.

        And those of what may be a value in the actions of a template.
        """
        if self.opaque is not None:
            return [self.opaque] if routes else []
        marks = [mark for route in routes for mark in self.marks.root.all_at(route)]
        scalars = {(m.start, m.end) for mark in marks for m in mark.scalars() if m.start < m.end}
        if self.template is not None:
            scalars.update(self.template.values_in(self.text))
        return [self._span(*offsets) for offsets in sorted(scalars)]

    def raw(self, route: Route) -> str:
        """Return the text of the scalar at `route` as it is written, quotes and all."""
        mark = self._mark(route)
        return self.text[mark.start : mark.end]

    def comments(self, containing: str) -> list[Comment]:
        """Return the comments of this document that contain a text, in their order."""
        if containing not in self.text:
            return []
        _, starts, ends = self.marks
        found = []
        offset = 0
        while match := _COMMENT.search(self._yaml, offset):
            offset = match.start()
            before = bisect_right(starts, offset) - 1
            if before >= 0 and offset < ends[before]:
                offset = ends[before]
                continue
            stop = self.text.find("\n", offset)
            stop = len(self.text) if stop < 0 else stop
            text = self.text[offset:stop].rstrip("\r")
            if containing in text:
                row = self._row(offset)
                alone = not self.text[self._line_starts()[row] : offset].strip()
                found.append(Comment(*self._position(offset), text, alone))
            offset = stop
        return found

    def holds(self, line: int) -> bool:
        """Say whether a line of the file (from 1) is one of this document."""
        return self.line < line <= self.line + 1 + self.text.count("\n")

    def first_line(self) -> int:
        """Return the line (from 1) of the document's first key or value."""
        return self._position(self.marks.root.start)[0]

    def line_of(self, comment: Comment) -> int:
        """Return the line that a comment speaks of: its own, or the next that is no comment."""
        if not comment.alone:
            return comment.line
        if self._rows is None:
            rows = self.text.split("\n")
            if self.template is not None:
                # A line of control flow is none that anything is said of.
                lines = zip(self._line_starts(), rows, strict=True)
                seen = ((row, self._yaml[start : start + len(row)]) for start, row in lines)
                rows = ["#" if row.strip() and not text.strip() else row for row, text in seen]
            self._rows = [i for i, row in enumerate(rows) if not row.lstrip().startswith("#")]
        row = comment.line - self.line
        following = bisect_left(self._rows, row)
        return self.line + 1 + (self._rows[following] if following < len(self._rows) else row)

    def lines(self) -> tuple[int, int]:
        """Return the first and the last line (from 1) of the text that holds this document."""
        first = self.line + 1
        return first, first + self._row(len(self.text))

    def _mark(self, route: Route) -> Mark:
        """Return the mark of a route, or of its nearest existing parent."""
        *_, mark = self.marks.root.along(route)
        return mark

    def _span(self, start: int, end: int) -> Span:
        return Span(*self._position(start), *self._position(max(end, start + 1)))

    def _position(self, offset: int) -> tuple[int, int]:
        row = self._row(offset)
        column = offset - self._line_starts()[row]
        before = self.column if row == 0 else self.indent
        return self.line + row + 1, column + before + 1

    def _row(self, offset: int) -> int:
        return bisect_right(self._line_starts(), offset) - 1

    def _line_starts(self) -> list[int]:
        if self._starts is None:
            self._starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        return self._starts


def child(document: Document, route: Route, made: str | None = None) -> Document | None:
    """Read the string at `route` as a document of its own; None where that is not possible.

    The lines of a block scalar keep their places, and so does a scalar on one line without
    escapes; for any other, and where rendering has `made` another text of it, the place of
    what is written stands for all of it.
    """
    value = at(document.value, route)
    if made is not None and made != value:
        other = _first(made, document)
        if other is None:
            return None
        place = document.span(route)
        return Document(
            document.path,
            made,
            other,
            index=document.index,
            literal=document.literal,
            limits=document.limits,
            opaque=place,
        )
    if not isinstance(value, str):
        return None
    built = _first(value, document)
    if built is None:
        return None
    outer = document.span(route)
    raw = document.raw(route)
    text, line, column, indent, opaque = value, outer.line - 1, outer.column - 1, 0, document.opaque
    if opaque is not None or re.search(_ODD_BREAK, raw):
        opaque = outer
    elif raw[:1] in ("|", ">"):
        margin = block_margin(raw, value)
        line, column, indent = line + 1, margin + document.indent, margin + document.indent
        if raw[:1] == ">":
            # Folding joins lines, so the places are those of a text that is not folded.
            rows = raw.replace("\r", "").split("\n")[1:]
            text = "\n".join(row[margin:] for row in rows)
            unfolded = _first(text, document)
            if unfolded is None or unfolded.value != built.value:
                text, opaque = value, outer
            else:
                built = unfolded
    elif raw != value:
        column += 1
        opaque = outer if raw[1:-1] != value else None
    return Document(
        document.path,
        text,
        built,
        line=line,
        column=column,
        indent=indent,
        index=document.index,
        literal=document.literal,
        limits=document.limits,
        opaque=opaque,
    )


def _first(text: str, document: Document) -> Built | None:
    """Read the first document of a text inside another one."""
    if text.startswith("\ufeff"):
        # libyaml does not count a byte order mark, which moves all places.
        return None
    try:
        return next(build(text, document.limits, literal=document.literal), None)
    except SourceError:
        return None
