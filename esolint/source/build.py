"""libyaml's events → plain values, and on a second run the places of every part.

One iterative builder serves both: a document is built once, and replayed with marks when
one of its findings needs a place. It never recurses, so nesting cannot break it.
"""

import re
from array import array
from collections.abc import Iterator
from typing import Any, NamedTuple

from yaml._yaml import CParser
from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from esolint.source.marks import Mark, Marks, words, written
from esolint.source.scalar import ScalarError, is_merge, is_own_tag, key, plain, tagged
from esolint.value import Route, Value, sequence

# Rarely needed, so compiled where they are.
_ESCAPE = r"(?s)\\(?:(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
_ESCAPED_SLASH = r"(?<!\\)(?:\\\\)*\\/"

# Characters of the private use area that no icon font has taken: letters without meaning to
# YAML stand for those of a template's actions.
PRIVATE = range(0xE400, 0xE500)
SHOWN = dict(zip(PRIVATE, range(256), strict=True))
HIDDEN = {shown: hidden for hidden, shown in SHOWN.items()} | dict.fromkeys(
    (0x2028, 0x2029), PRIVATE[32]
)


class Limits(NamedTuple):
    """What one input may cost. Exceeding a limit skips that input by name, never the run."""

    depth: int = 200
    file_bytes: int = 10_000_000
    documents: int = 10_000
    alias_nodes: int = 100_000


class SourceError(Exception):
    """A document that cannot be read. `reason` is a skip's reason, `index` where it went wrong."""

    def __init__(self, reason: str, detail: str, index: int) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.index = index


class Built(NamedTuple):
    """A document's value, and the routes of keys that stood more than once.

    `has_holes`: a tag or a template leaves parts of it to rendering; the marks say which.
    `start` and `end` are offsets: its text, with the comments before it.
    """

    value: Value
    duplicates: tuple[Route, ...]
    has_holes: bool
    start: int
    end: int
    marks: Marks | None = None


def build(
    text: str,
    limits: Limits,
    *,
    literal: bool = False,
    marked: bool = False,
    template: bool = False,
) -> Iterator[Built]:
    """Yield the documents of `text`, with marks where they are wanted.

    `literal` takes an unquoted `{{ }}` as the broken YAML that it is; otherwise it is a
    string and a hole. `template`: scalars get back what was hidden in them (HIDDEN).
    Raises SourceError where reading has to stop.
    """
    try:
        parser = CParser(_without_surrogates(text))
        start = number = 0
        while True:
            event: Any = parser.get_event()
            if type(event) is DocumentStartEvent:
                number += 1
                if number > limits.documents:
                    detail = f"more than {limits.documents} documents"
                    raise SourceError("too-many-documents", detail, start)
                built = _Builder(parser, text, limits, literal, marked, template).document(start)
                start = built.end
                yield built
            elif type(event) is StreamEndEvent:
                return
    except MarkedYAMLError as error:
        where = error.problem_mark or error.context_mark
        detail = " ".join(part for part in (error.context, error.problem) if part)
        index = where.index if where is not None else 0
        if "cannot start any token" in detail and text[index : index + 1] == "\t":
            detail = "a tab stands where YAML indents with spaces"
        raise SourceError("yaml-syntax", detail, index) from None
    except YAMLError as error:
        raise _unreadable(text, error) from None


def _without_surrogates(text: str) -> str:
    """Replace what YAML does not know of JSON's escapes by others of the same length.

    JSON writes a character beyond U+FFFF as two escapes.
    """
    if ("\\ud" in text or "\\uD" in text) and text.lstrip()[:1] in ("{", "["):
        return re.sub(_ESCAPE, lambda match: r"\ufffd" if match[1] else match[0], text)
    return text


def _unreadable(text: str, error: YAMLError) -> SourceError:
    """Say which character libyaml does not take; it tells the place in bytes."""
    position = getattr(error, "position", 0) or 0
    character = getattr(error, "character", None)
    index = len(text.encode()[:position].decode(errors="ignore"))
    if isinstance(character, int):
        return SourceError("yaml-syntax", f"the character U+{character:04X} is not allowed", index)
    return SourceError("yaml-syntax", "the text is not valid YAML", index)


class _Frame:
    """A collection that is being read. `name` is the key whose value comes next.

    `merging`: that key is a merge key; `templated`: it is an unquoted `{{ }}`. `merged` are
    the keys that merging has set. `template`: this is no mapping but itself such a `{{ }}`.
    """

    __slots__ = (
        "anchor",
        "mark",
        "merged",
        "merging",
        "name",
        "name_at",
        "nodes",
        "start",
        "template",
        "templated",
        "value",
        "wants_key",
    )

    def __init__(
        self,
        value: dict[str, Value] | list[Value],
        start: int,
        anchor: str | None,
        nodes: int,
        mark: Mark | None,
    ) -> None:
        self.value = value
        self.start = start
        self.anchor = anchor
        self.nodes = nodes
        self.mark = mark
        self.wants_key = type(value) is dict
        self.name = ""
        self.name_at = (0, 0)
        self.merging = False
        self.merged: set[str] = set()
        self.template = False
        self.templated = False

    @property
    def step(self) -> str | int:
        """The last step of the route to what is read next."""
        return len(self.value) if type(self.value) is list else self.name


class _Anchor(NamedTuple):
    value: Value
    mark: Mark | None
    nodes: int


class _Builder:
    """One document that is being read, from the events of a parser."""

    def __init__(
        self,
        parser: CParser,
        text: str,
        limits: Limits,
        literal: bool,
        marked: bool,
        template: bool,
    ) -> None:
        self._parser = parser
        self._text = text
        self._limits = limits
        self._literal = literal
        self._marked = marked
        self._is_template = template
        # At the bottom a list that gets one item, the document's value.
        self._stack = [_Frame([], 0, None, 0, Mark(0, 0, []) if marked else None)]
        # An anchor without value is one whose collection is still open.
        self._anchors: dict[str, _Anchor | None] = {}
        self._duplicates: dict[Route, None] = {}
        self._has_holes = False
        self._starts = array("q")
        self._ends = array("q")
        self._nodes = 0
        self._alias_nodes = 0

    def document(self, start: int) -> Built:
        """Read up to the document's end, its start event taken already."""
        get_event = self._parser.get_event
        while True:
            event: Any = get_event()
            kind = type(event)
            if kind is ScalarEvent:
                self._scalar(event)
            elif kind is MappingStartEvent:
                self._open(event, {})
            elif kind is SequenceStartEvent:
                self._open(event, [])
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._close(event)
            elif kind is AliasEvent:
                self._alias(event)
            elif kind is DocumentEndEvent:
                break
        (bottom,) = self._stack
        marks = None
        if bottom.mark is not None:
            (_, root) = bottom.mark.along((0,))
            marks = Marks(root, self._starts, self._ends)
        return Built(
            sequence(bottom.value)[0],
            tuple(self._duplicates),
            self._has_holes,
            start,
            event.end_mark.index,
            marks,
        )

    def _scalar(self, event: Any) -> None:
        self._nodes += 1
        frame = self._stack[-1]
        text, tag, is_plain = event.value, event.tag, event.implicit[0]
        mark = None
        if self._marked:
            mark = Mark(*written(self._text, event))
            start, end = words(self._text, mark)
            self._starts.append(start)
            self._ends.append(end)
        if self._is_template:
            text = text.translate(SHOWN)
        try:
            value: Value = text
            if tag is not None:
                value = tagged(tag, text)
            elif is_plain:
                value = plain(text)
            elif event.style == '"' and "/" in text:
                self._check_slashes(event)
            if event.anchor is not None:
                self._anchors[event.anchor] = _Anchor(value, mark, 1)
            if frame.wants_key:
                frame.merging = is_merge(text, tag, is_plain)
                self._name(frame, key(value), mark)
                return
        except ScalarError as error:
            raise SourceError("yaml-syntax", str(error), event.start_mark.index) from None
        if tag is not None:
            self._note_tag(tag, mark)
        self._put(value, mark, event)

    def _open(self, event: Any, value: dict[str, Value] | list[Value]) -> None:
        start = event.start_mark.index
        if self._stack[-1].wants_key:
            self._template(self._stack[-1], start)
            return
        if len(self._stack) > self._limits.depth:
            raise self._too_deep(start)
        self._nodes += 1
        mark = None
        if self._marked:
            mark = Mark(start, start, {} if type(value) is dict else [])
        if event.tag is not None:
            self._note_tag(event.tag, mark)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._stack.append(_Frame(value, start, event.anchor, self._nodes, mark))

    def _close(self, event: Any) -> None:
        frame = self._stack.pop()
        value: Value = frame.value
        end = event.end_mark.index
        if frame.mark is not None:
            frame.mark.end = end
        if frame.template:
            value = self._text[frame.start : end]
            self._note_hole(frame.mark)
            if frame.mark is not None:
                frame.mark.parts = None
        if frame.anchor is not None:
            nodes = self._nodes - frame.nodes + 1
            self._anchors[frame.anchor] = _Anchor(value, frame.mark, nodes)
        self._put(value, frame.mark, event)

    def _alias(self, event: Any) -> None:
        at = event.start_mark.index
        anchor = self._anchors.get(event.anchor)
        if anchor is None:
            inside = event.anchor in self._anchors
            fault = "stands inside its own anchor" if inside else "has no anchor"
            # Its name is not told: `*word` may be a password that nobody quoted.
            raise SourceError("yaml-syntax", f"an alias {fault}", at)
        self._nodes += anchor.nodes
        self._alias_nodes += anchor.nodes
        if self._alias_nodes > self._limits.alias_nodes:
            detail = f"aliases expand to more than {self._limits.alias_nodes} nodes"
            raise SourceError("too-many-aliases", detail, at)
        mark = None
        if anchor.mark is not None:
            mark = Mark(at, event.end_mark.index, anchor.mark.parts, anchor.mark)
        frame = self._stack[-1]
        if not frame.wants_key:
            self._put(anchor.value, mark, event)
            return
        try:
            self._name(frame, key(anchor.value), mark)
        except ScalarError as error:
            raise SourceError("yaml-syntax", str(error), at) from None

    def _name(self, frame: _Frame, name: str, mark: Mark | None) -> None:
        """Take the key of a mapping's next value."""
        frame.name = name
        frame.wants_key = False
        if mark is not None:
            frame.name_at = (mark.start, mark.end)
        if name in frame.value and name not in frame.merged and not frame.merging:
            self._duplicates[self._route()] = None

    def _put(self, value: Value, mark: Mark | None, event: Any) -> None:
        """Store a value that is complete in the collection that is open."""
        frame = self._stack[-1]
        if type(frame.value) is list:
            frame.value.append(value)
        elif frame.merging:
            self._merge(frame, value, mark, event)
            return
        elif type(frame.value) is dict:
            frame.value[frame.name] = value
            frame.wants_key = True
            frame.merged.discard(frame.name)
        if mark is not None and frame.mark is not None:
            if frame.wants_key:
                mark.key = frame.name_at
            frame.mark.put(frame.name, mark)
        if frame.templated:
            frame.templated = False
            self._note_hole(mark)

    def _merge(self, frame: _Frame, value: Value, mark: Mark | None, event: Any) -> None:
        """Take over the entries of one mapping, or of several: there the first wins.

        As in go-yaml v2, they replace what stands before the merge key, and not what follows.
        """
        assert type(frame.value) is dict
        frame.merging = False
        frame.wants_key = True
        sources: list[tuple[Value, Mark | None]] = [(value, mark)]
        if type(value) is list and type(event) is not AliasEvent:
            marks = mark.items() if mark is not None else [None] * len(value)
            sources = list(zip(value, marks, strict=True))
        for source, source_mark in reversed(sources):
            if type(source) is not dict:
                at = event.start_mark.index
                raise SourceError("yaml-syntax", "a merge key wants a mapping", at)
            frame.merged.update(source.keys() - frame.value.keys())
            frame.value.update(source)
            if frame.mark is not None and source_mark is not None:
                for name, part in source_mark.entries().items():
                    frame.mark.put(name, part)

    def _template(self, frame: _Frame, at: int) -> None:
        """Take a key that is a mapping or list: YAML's reading of an unquoted `{{ .x }}`.

        As a value it is a flow mapping in a flow mapping, and so it is as a key.
        """
        end = self._skip(at)
        frame.template = self._text[at - 1 : at + 1] == "{{"
        if self._literal or not (frame.template or self._text.startswith("{{", at)):
            raise SourceError("yaml-syntax", "a mapping or list stands as a key", at)
        frame.name = self._text[at:end]
        frame.name_at = (at, end)
        frame.wants_key = False
        frame.templated = not frame.template

    def _skip(self, start: int) -> int:
        """Read past a collection whose start event was taken; return the offset of its end."""
        level = 1
        while True:
            event: Any = self._parser.get_event()
            if type(event) in (MappingStartEvent, SequenceStartEvent):
                level += 1
                if len(self._stack) + level > self._limits.depth + 1:
                    raise self._too_deep(start)
            elif type(event) in (MappingEndEvent, SequenceEndEvent):
                level -= 1
                if not level:
                    end: int = event.end_mark.index
                    return end

    def _check_slashes(self, event: Any) -> None:
        r"""Refuse the escape `\/`: JSON has it, libyaml takes it, and go-yaml does not know it."""
        root = self._stack[min(1, len(self._stack) - 1)]
        raw = self._text[event.start_mark.index : event.end_mark.index]
        if not self._text.startswith("{", root.start) and re.search(_ESCAPED_SLASH, raw):
            raise ScalarError("found unknown escape character")

    def _note_tag(self, tag: str, mark: Mark | None) -> None:
        if is_own_tag(tag) and not self._literal:
            self._note_hole(mark)

    def _note_hole(self, mark: Mark | None) -> None:
        self._has_holes = True
        if mark is not None:
            mark.hole = True

    def _route(self) -> Route:
        """Return the route to what is read next."""
        return tuple(frame.step for frame in self._stack[1:])

    def _too_deep(self, at: int) -> SourceError:
        return SourceError("too-deep", f"nested deeper than {self._limits.depth} levels", at)
