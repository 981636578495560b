"""Bytes → documents. Places are worked out on demand; see `document`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import TYPE_CHECKING, NamedTuple

from esolint.diagnostic import Span
from esolint.source.build import Limits, SourceError, build
from esolint.source.document import Document

if TYPE_CHECKING:
    from esolint.source.template import Template

__all__ = ["Document", "Limits", "Piece", "Unread", "decode", "parse", "read_text", "split"]

# Compiled where they are used: most files hold one document that is in order.
_SEPARATOR = r"(?m)^---(?=[ \t\r\n]|\Z)"
_DIRECTIVE = r"(?m)^%"
_BLANK = r"(?:[ \t\r]*(?:#.*)?(?:\n|\Z))*+"
_TEMPLATES = {"Go template": r"\{\{", "Jinja": r"\{%|\{#"}


class Piece(NamedTuple):
    """The text of one document of a file, not parsed yet. `line` and `number` count from 0.

    `template` is there for a file of a Helm chart's `templates/`.
    """

    path: str
    number: int
    line: int
    text: str
    template: Template | None = None


class Unread(NamedTuple):
    """What could not be read, where, and why.

    `reason` is one of yaml-syntax, template, encrypted, too-large, too-deep,
    too-many-aliases, too-many-documents, encoding, unreadable. `piece` is the text, where
    there is one.
    """

    path: str
    span: Span | None
    reason: str
    detail: str
    piece: Piece | None = None


def decode(path: str, data: bytes, limits: Limits) -> str | Unread:
    """Return the text of a file: UTF-8, or UTF-16/32 with a byte order mark."""
    if len(data) > limits.file_bytes:
        detail = f"more than {limits.file_bytes} bytes"
        return Unread(path, None, "too-large", detail)
    encoding = "utf-8"
    if data[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        encoding = "utf-32"
    elif data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    try:
        # libyaml does not count a byte order mark, which would move all places.
        return data.decode(encoding).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "ignore")
        span = _after(before.lstrip("\ufeff"), 0)
        return Unread(path, span, "encoding", f"not {encoding.upper()} text")


def _after(text: str, line: int) -> Span:
    """Return the place of the character behind `text`, which begins on `line` (from 0)."""
    line += text.count("\n") + 1
    column = len(text) - text.rfind("\n")
    return Span(line, column, line, column + 1)


def split(path: str, text: str, limits: Limits, *, template: bool = False) -> list[Piece] | Unread:
    """Cut a file at its document markers, each piece with the marker that opens it.

    A `---` at the start of a line ends a document wherever it stands, in block scalars
    too, so this loses nothing. A file with directives (`%TAG`) stays in one piece, for a
    directive belongs to the document behind it. `template` reads it as Helm's.
    """
    source, whole = text, None
    if template and "{{" in text:
        # Only where there are charts.
        from esolint.source.template import HOW, read_template

        try:
            whole = read_template(text)
        except SourceError as error:
            span = _after(text[: error.index], 0)
            detail = f"{error.detail}; {HOW}"
            return Unread(path, span, error.reason, detail, Piece(path, 0, 0, text))
        source = whole.yaml
    if "\n---" not in source or re.search(_DIRECTIVE, source):
        return [Piece(path, 0, 0, text, whole)]
    starts = [m.start() for m in islice(re.finditer(_SEPARATOR, source), limits.documents + 1)]
    if not starts or not re.fullmatch(_BLANK, source[: starts[0]]):
        starts.insert(0, 0)
    else:
        starts[0] = 0
    if len(starts) > limits.documents:
        detail = f"more than {limits.documents} documents"
        return Unread(path, None, "too-many-documents", detail)
    pieces = []
    line = 0
    for i, (start, end) in enumerate(pairwise([*starts, len(text)])):
        part = whole.part(start, end) if whole is not None else None
        pieces.append(Piece(path, i, line, text[start:end], part))
        line += text.count("\n", start, end)
    return pieces


def parse(piece: Piece, limits: Limits, *, literal: bool = False) -> Iterator[Document | Unread]:
    """Yield the documents of a piece, each with its own text; empty ones are left out."""
    if piece.template is None:
        return _parse(piece, limits, literal)
    from esolint.source.template import judged

    return judged(piece, _parse(piece, limits, literal))


def _parse(piece: Piece, limits: Limits, literal: bool) -> Iterator[Document | Unread]:
    line, column = piece.line, 0
    template = piece.template
    source = piece.text if template is None else template.yaml
    try:
        documents = build(source, limits, literal=literal, template=template is not None)
        for number, built in enumerate(documents, piece.number):
            text = piece.text[built.start : built.end]
            if built.value is not None:
                yield Document(
                    piece.path,
                    text,
                    built,
                    line=line,
                    column=column,
                    index=number,
                    literal=literal,
                    limits=limits,
                    template=template and template.part(built.start, built.end),
                )
            line += text.count("\n")
            newline = text.rfind("\n")
            column = len(text) - newline - 1 if newline >= 0 else column + len(text)
    except SourceError as error:
        yield _unread(piece, error, literal)


def _unread(piece: Piece, error: SourceError, literal: bool) -> Unread:
    span = _after(piece.text[: error.index], piece.line)
    reason, detail = error.reason, error.detail
    if reason == "yaml-syntax" and not literal:
        for language, sign in _TEMPLATES.items():
            if re.search(sign, piece.text):
                reason = "template"
                detail = f"template source that is no YAML as it stands ({language})"
                break
    return Unread(piece.path, span, reason, detail, piece)


def read_text(
    text: str, path: str, *, limits: Limits | None = None, literal: bool = False
) -> tuple[list[Document], list[Unread]]:
    """Read all documents of a text: those that could be read, and what could not."""
    limits = limits or Limits()
    documents: list[Document] = []
    unread: list[Unread] = []
    pieces = split(path, text, limits)
    if isinstance(pieces, Unread):
        return [], [pieces]
    for piece in pieces:
        for item in parse(piece, limits, literal=literal):
            if isinstance(item, Document):
                documents.append(item)
            else:
                unread.append(item)
    return documents, unread
