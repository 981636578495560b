"""Templates of Helm charts → YAML of the same length, and what of it rendering leaves as it is.

An action in the middle of a line becomes characters without meaning to YAML, and the builder
turns them back; one that has its line for itself becomes line breaks. So an offset means the
same place in both texts. Source of behaviour: text/template of Go 1.24, Helm 3 and 4.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from esolint.source.build import HIDDEN, PRIVATE, SourceError
from esolint.value import Route, at

if TYPE_CHECKING:
    from esolint.source import Piece, Unread
    from esolint.source.document import Document
    from esolint.source.marks import Mark

_ACTION = re.compile(
    r"\{\{(?:-(?=\s))?+\s*+(?:"
    r"/\*(?:[^*]++|\*(?!/))*+\*/\s*+-?+"
    r"|(?!/\*)(?:[^\"`'}]++|\"(?:[^\"\\\n]++|\\.)*+\"|`[^`]*+`|'(?:[^'\\\n]++|\\.)*+'|\}(?!\}))*+"
    r")\}\}"
)
_OPENS = frozenset({"if", "range", "with", "block"})
_SILENT = re.compile(
    r"/\*|(?:if|range|with|else|end|define|break|continue|fail)\b|\$\w*+\s*+(?:,\s*+\$\w*+\s*+)?:?="
)
_INDENT = re.compile(
    r"\|\s*+(n?)indent\s++(\d{1,4})\s*+(?:\)[\s.$)]*+)?\Z|\A(n?)indent\s++(\d{1,4})\s"
)
_TEXT = re.compile(r"\"(?:[^\"\\\n]++|\\.)*+\"|`[^`]*+`")
_TAKES_NAME = re.compile(
    r"\b(?:include|template|block|define|Get|required|fail|hasKey|index|lookup|eq|ne)\s*+\Z"
)
_SHORT = 6
_SPACE = re.compile(r"\s*+")
_MOST = 50_000

_OWN = re.compile(f"[{chr(PRIVATE[0])}-{chr(PRIVATE[-1])}]")
HOW = "check what it renders: helm template CHART | esolint check -"
# The column of what may begin a document of its own.
_TOP = -1


class Action(NamedTuple):
    """A part of a template that rendering replaces.

    `first` and `last` are the offsets around all that it may change: with the blanks that it
    trims, and the character behind them. `low` is the least number of blocks (`if`, `range`)
    that stand open while it is read, `depth` the number after it. `column` is the least one
    at which lines begin that it adds where it has its line for itself; None: it adds none.
    """

    start: int
    end: int
    first: int
    last: int
    low: int
    depth: int
    column: int | None


class Template:
    """A template, or a part of one. `yaml` is its text as YAML sees it, `depth` as at its start."""

    __slots__ = ("_firsts", "_lasts", "_starts", "actions", "depth", "yaml")

    def __init__(self, yaml: str, actions: Sequence[Action], depth: int = 0) -> None:
        self.yaml = yaml
        self.actions = actions
        self.depth = depth
        self._starts = [action.start for action in actions]
        # In order: one that joins lines may reach back over others, and then they do too.
        firsts = accumulate((action.first for action in reversed(actions)), min)
        self._firsts = list(firsts)[::-1]
        self._lasts = list(accumulate((action.last for action in actions), max))

    @property
    def may_add_documents(self) -> bool:
        return any(action.column == _TOP for action in self.actions)

    def part(self, start: int, end: int) -> Template:
        """Return the template of a part of the text, which cuts no action."""
        below = bisect_left(self._starts, start)
        above = bisect_left(self._starts, end)
        depth = self.actions[below - 1].depth if below else self.depth
        actions = [
            action._replace(
                start=action.start - start,
                end=action.end - start,
                first=action.first - start,
                last=action.last - start,
            )
            for action in self.actions[below:above]
        ]
        return Template(self.yaml[start:end], actions, depth)

    def is_literal(self, start: int, end: int) -> bool:
        """Say whether no action touches what stands there."""
        before = bisect_left(self._firsts, end)
        return not before or self._lasts[before - 1] <= start

    def depth_at(self, offset: int) -> int:
        """Return how many blocks stand open at an offset."""
        before = bisect_right(self._starts, offset)
        return self.actions[before - 1].depth if before else self.depth

    def values_in(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where texts stand in actions of `text` that may be values, secret ones too."""
        for action in self.actions:
            for match in _TEXT.finditer(text, action.start, action.end):
                before = text[max(match.start() - 40, action.start) : match.start()]
                is_name = _TAKES_NAME.search(before) is not None
                if not is_name and len(match[0]) > _SHORT and "{{" not in match[0]:
                    yield match.span()

    def between(self, start: int, end: int) -> Sequence[Action]:
        return self.actions[bisect_left(self._starts, start) : bisect_left(self._starts, end)]


# Text → template


class _Found(NamedTuple):
    """An action as it stands. `word` is "" where its value is put into the text."""

    start: int
    end: int
    word: str
    body: str
    trims_left: bool
    trims_right: bool

    @property
    def puts_text(self) -> bool:
        return self.word in ("", "block")


def read_template(text: str) -> Template:
    """Read the text of a file in a chart's `templates/`. Raises SourceError.

    Blocks of `define` are left out: they are put where others include them.
    """
    own = _OWN.search(text)
    if own:
        raise SourceError("template", "a character that esolint needs for itself", own.start())
    found = list(_without_definitions(text))
    actions: list[Action] = []
    parts: list[str] = []
    end = depth = 0
    above = (0, 0)
    for group in _groups(text, found):
        line = max(text.rfind("\n", 0, group[0].start) + 1, end)
        tail, alone = _tail(text, group, line)
        for i, one in enumerate(group):
            before = line if i == 0 else end
            above = _joined(text, one, above)
            low, depth = _depths(one.word, depth)
            actions.append(
                Action(
                    one.start,
                    one.end,
                    *_reach(text, one, before, above[1], is_tail=i >= tail and not alone),
                    low,
                    depth,
                    _column(one, group[0].start - line) if alone and one.puts_text else None,
                )
            )
            start = before if alone else one.start
            parts.append(text[end:start])
            written = text[start : one.end]
            gone = alone or i >= tail
            parts.append("\n" * len(written) if gone else written.translate(HIDDEN))
            end = one.end
    parts.append(text[end:])
    return Template("".join(parts), actions)


def _scan(text: str) -> Iterator[_Found]:
    end = count = 0
    while (start := text.find("{{", end)) >= 0:
        match = _ACTION.match(text, start)
        count += 1
        if match is None or count > _MOST:
            fault = f"more than {_MOST} actions" if match else "an action that does not end"
            raise SourceError("template", fault, start)
        end = match.end()
        trims_left = text[start + 2] == "-" and text[start + 3].isspace()
        trims_right = text[end - 3] == "-" and text[end - 4].isspace()
        body = text[start + 2 + trims_left : end - 2 - trims_right].strip()
        silent = _SILENT.match(body)
        word = (silent[0] if silent else "") or ("block" if body.startswith("block ") else "")
        yield _Found(start, end, word, body, trims_left, trims_right)


def _without_definitions(text: str) -> Iterator[_Found]:
    """Yield the actions; a `define` as one, up to its end."""
    definition: _Found | None = None
    level = 0
    for one in _scan(text):
        if definition is None and one.word != "define":
            yield one
            continue
        definition = definition or one
        if one.word in _OPENS or one.word == "define":
            level += 1
        elif one.word == "end":
            level -= 1
            if not level:
                yield definition._replace(end=one.end)
                definition = None
    if definition is not None:
        yield definition._replace(end=len(text))


def _groups(text: str, found: Sequence[_Found]) -> Iterator[list[_Found]]:
    """Yield the actions that share a line."""
    group: list[_Found] = []
    for one in found:
        if group and text.find("\n", group[-1].end, one.start) >= 0:
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _tail(text: str, group: Sequence[_Found], start: int) -> tuple[int, bool]:
    """Return from which action on a line ends with such as put nothing there.

    And whether the line, which begins at `start`, holds nothing but actions.
    """
    newline = text.find("\n", group[-1].end)
    rest = text[group[-1].end : newline if newline >= 0 else len(text)].strip()
    if rest and not rest.startswith("#"):
        return len(group), False
    edges = [start, *(one.end for one in group[:-1])]
    blank = [not text[edge : one.start].strip() for edge, one in zip(edges, group, strict=True)]
    tail = len(group)
    while tail and not group[tail - 1].puts_text:
        tail -= 1
        if not blank[tail]:
            break
    return tail, all(blank)


def _column(one: _Found, written: int) -> int:
    """Return at which column the lines begin that a value makes on a line of its own."""
    indent = _indent(one)
    if indent is not None and indent[1]:
        return indent[1]
    if not written:
        return _TOP
    return 0 if indent is not None or one.trims_left else written


def _indent(one: _Found) -> tuple[bool, int] | None:
    """Return what `indent` or `nindent` adds to a text: a line break before it, and blanks."""
    match = _INDENT.search(one.body)
    if match is None:
        return None
    return bool(match[1] or match[3]), int(match[2] or match[4])


def _depths(word: str, depth: int) -> tuple[int, int]:
    if word in _OPENS:
        return depth, depth + 1
    if word == "end":
        return depth - 1, depth - 1
    return (depth - 1 if word == "else" else depth), depth


def _joined(text: str, one: _Found, above: tuple[int, int]) -> tuple[int, int]:
    """Return where an action ends, and where the text ends that it follows once blanks are gone.

    `above` is that of the action before. One that puts nothing there joins what is around it.
    """
    if not one.trims_left:
        return one.end, one.start
    edge = one.start
    while edge > above[0] and text[edge - 1].isspace():
        edge -= 1
    return one.end, above[1] if edge == above[0] else edge


def _reach(text: str, one: _Found, before: int, joined: int, *, is_tail: bool) -> tuple[int, int]:
    """Return what an action may change: where it trims, the text above it or behind it too."""
    first, last = one.start, one.end
    indent = _indent(one)
    begins_line = indent is not None and indent[0]
    if is_tail:
        first = before + len(text[before : one.start].rstrip()) - 1
    elif one.puts_text and one.trims_left and not begins_line:
        first = joined - 1
    if one.puts_text and one.trims_right:
        space = _SPACE.match(text, one.end)
        last = (space.end() if space else one.end) + 1
    return first, last


# Documents of a template


class Settled:
    """Says what of an object in a template is the same however it is rendered."""

    def __init__(self, document: Document, base: Route = ()) -> None:
        assert document.template is not None
        self._document = document
        self._template = document.template
        self._base = base
        *_, self._mark = document.marks.root.along(base)
        start = self._mark.start
        end = max((mark.end for mark in self._mark.scalars()), default=self._mark.end)
        # An object that is there at all has all that stands on its least level.
        lows = (action.low for action in self._template.between(start, end))
        self._level = min((self._template.depth_at(start), *lows))

    def __call__(self, *route: str | int) -> bool:
        """Say whether a text at `route` is literal, or nothing stands there in any case."""
        mark = self._mark
        for n, step in enumerate(route):
            inner = mark.anchor or mark
            parts = inner.parts
            if isinstance(parts, list) and isinstance(step, int) and 0 <= step < len(parts):
                below = parts[step]
            elif isinstance(parts, dict) and isinstance(step, str):
                if step not in parts:
                    return self._is_complete(inner, (*self._base, *route[:n]))
                below = parts[step]
            else:
                return False
            where = below.key or (below.start, below.start)
            if self._template.depth_at(where[0]) != self._level:
                return False
            if not self._template.is_literal(*where):
                return False
            if (*self._base, *route[: n + 1]) in self._document.duplicates:
                return False
            mark = below
        return self._is_literal(mark) and self._is_literal(mark.anchor or mark)

    def is_unconditional(self, *route: str | int) -> bool:
        """Say whether what stands at `route` stands there once, and under no condition."""
        whole = (*self._base, *route)
        *_, mark = self._mark.along(route)
        level = self._template.depth_at((mark.key or (mark.start, 0))[0])
        return level == self._level and whole not in self._document.duplicates

    def _is_literal(self, mark: Mark) -> bool:
        is_text = mark.parts is None and mark.start < mark.end
        return is_text and self._template.is_literal(mark.start, mark.end)

    def _is_complete(self, mark: Mark, route: Route) -> bool:
        """Say whether a mapping has no other keys than those that are written out."""
        keys = mark.entries()
        if mark.hole or any("{{" in key for key in keys):
            return False
        start = mark.key[1] if mark.key is not None else mark.start
        start = start if route else 0
        added = [a.column for a in self._template.between(start, mark.end) if a.column is not None]
        if not added:
            return True
        text = self._template.yaml
        first = next((part.key for part in keys.values() if part.key is not None), None)
        # Lines further to the right belong to one of its values.
        column = first[0] - text.rfind("\n", 0, first[0]) - 1 if first is not None else len(text)
        return min(added) > column


def judged(piece: Piece, items: Iterable[Document | Unread]) -> Iterator[Document | Unread]:
    """Yield the documents of a piece of a template; what nobody can name is left unread."""
    from esolint.source import Unread

    found = False
    for item in items:
        found = True
        if isinstance(item, Unread):
            detail = f"a Helm template that is no YAML before it is rendered; {HOW}"
            yield item._replace(detail=detail) if item.reason == "template" else item
            continue
        why = _undecided(item)
        yield Unread(item.path, item.span(why[0]), "template", why[1], piece) if why else item
    template = piece.template
    if not found and template is not None:
        if any(action.column is not None for action in template.actions):
            detail = f"a Helm template that takes all of it from values or from helpers; {HOW}"
            yield Unread(piece.path, None, "template", detail, piece)
        elif "external-secrets.io/" in piece.text:
            detail = f"a Helm template that only others include; {HOW}"
            yield Unread(piece.path, None, "template", detail, piece)


def _undecided(document: Document) -> tuple[Route, str] | None:
    """Return why nobody can say which kind of object a document is, and where."""
    if not isinstance(document.value, dict):
        return (), f"a Helm template that is no object before it is rendered; {HOW}"
    if document.template is None or not document.template.actions:
        return None
    settled = Settled(document)
    for key in ("apiVersion", "kind"):
        if not settled(key):
            there = "decides" if at(document.value, (key,)) is not None else "may add"
            return (key,), f"a Helm template in which rendering {there} `{key}`; {HOW}"
    return None
