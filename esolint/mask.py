"""The lines of files as they may be shown: no secret, nor a comment that may repeat one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from esolint.diagnostic import Span
from esolint.model.credential import is_credential, secret_routes
from esolint.repository import Input, read
from esolint.resource import Resource
from esolint.source import Document, Limits, Unread, decode
from esolint.source.marks import Mark
from esolint.value import Route

_LINES_BEFORE = 2
_LINES_OF_A_SPAN = 5
_MASK = "********"
# What a line of a document that does not parse may show: its keys, and these keys' values.
_UNPARSED = re.compile(
    r"^(?P<key>[\s\-{\"']*(?P<name>[A-Za-z_][\w./-]*)[\"']?\s*:(?:\s+|$))(?P<value>.*)$"
)
_HARMLESS = frozenset({"apiVersion", "kind", "name", "namespace", "secretKey", "refreshInterval"})
_PROPERTY = re.compile(r"(?<=[:,\[{-]\s)[&*!][^\s*].*")
_WORD = re.compile(r"[\"']?[\w./-]+[\"']?,?")
_DIRECTIVE = re.compile(r"#\s*esolint:")
_SETTING = re.compile(r"(?:- )?[\"']?([\w.-]+)[\"']?\s*[:=]\s*(\S.*)")


class Masks:
    """The lines of documents, without the secrets that stand in them."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._owners: dict[int, list[Resource]] = {}
        for resource in resources:
            self._owners.setdefault(id(resource.document), []).append(resource)
        self._known: dict[int, tuple[bool, list[Span]]] = {}

    def around(
        self, document: Document, span: Span, changed: Resource | None = None
    ) -> tuple[tuple[int, str], ...]:
        """Return the numbered lines before and at a place, secrets and comments on them masked.

        `changed` is a resource of which only a part stands in the document: a patch of it.
        """
        if changed is not None:
            if document.opaque is not None:
                return ()  # its lines are not those of the file
            self._cover(document, changed)
        first = document.line + 1
        lines = document.text.split("\n")
        start = max(span.line - _LINES_BEFORE, first)
        stop = min(span.end_line, span.line + _LINES_OF_A_SPAN - 1, first + len(lines) - 1)
        shown = []
        for number in range(start, stop + 1):
            text = lines[number - first].rstrip("\r")
            before = document.indent if number > first else document.column
            shown.append((number, self.line(document, number, " " * before + text)))
        return tuple(shown)

    def line(self, document: Document, number: int, text: str) -> str:
        """Return one line of a document, its secrets masked."""
        if document.value is None:
            return _unparsed(text)
        holds_secrets, spans = self._secrets(document)
        for span in spans:
            if span.line <= number <= span.end_line:
                start = span.column - 1 if number == span.line else _indent(text)
                # The rest of the line goes too: a comment there may repeat the value.
                text = text[:start] + _MASK if text.strip() else text
                break
        # `&word`, `*word` or `!word` may be a password that nobody quoted.
        return _PROPERTY.sub(_MASK, text) if holds_secrets else text

    def _cover(self, document: Document, changed: Resource) -> None:
        """Mask what is secret of a resource and stands in a document that changes it."""
        origins = map(changed.origin, secret_routes(changed))
        routes = [route for there, route in origins if there is document]
        if routes:
            _, spans = self._secrets(document)
            spans = sorted((*spans, *document.secret_spans(routes)))
            self._known[id(document)] = True, spans

    def _secrets(self, document: Document) -> tuple[bool, list[Span]]:
        """Say whether a document holds secrets, and where nothing may be shown."""
        known = self._known.get(id(document))
        if known is None:
            routes = [
                (*resource.base, *route)
                for resource in self._owners.get(id(document), ())
                for route in _secret_routes(resource)
            ]
            spans = document.secret_spans(routes)
            for comment in document.comments("#"):
                # A comment in a document that holds secrets may be an old one.
                if not _DIRECTIVE.match(comment.text) and (routes or _tells_secret(comment.text)):
                    end = comment.column + len(comment.text)
                    spans.append(Span(comment.line, comment.column + 1, comment.line, end))
            known = self._known[id(document)] = bool(routes), sorted(spans)
        return known


def _secret_routes(resource: Resource) -> list[Route]:
    """Return the routes that hold secrets, with those where a later key replaced one."""
    routes = secret_routes(resource)
    document, depth = resource.document, len(resource.base)
    holds_secrets = bool(routes) or resource.kind == "Secret"
    for route in document.duplicates:
        if route[:depth] == resource.base:
            for mark in document.marks.root.all_at(route):
                for name, scalar in _named_scalars(str(route[-1]), mark):
                    text = document.text[scalar.start : scalar.end].strip("\"'")
                    if holds_secrets or is_credential(name, text):
                        routes.append(route[depth:])
    return routes


def _named_scalars(name: str, mark: Mark) -> Iterator[tuple[str, Mark]]:
    """Yield the scalars at and below a mark, those that were covered too, with their keys."""
    mark = mark.anchor or mark
    if mark.parts is None:
        yield name, mark
    for key, below in (*mark.covered, *mark.entries().items()):
        yield from _named_scalars(key, below)
    if isinstance(mark.parts, list):
        for below in mark.parts:
            yield from _named_scalars(name, below)


def _tells_secret(comment: str) -> bool:
    """Say whether a comment holds a credential: a setting that was commented out, a note."""
    body = comment.lstrip("# ")
    setting = _SETTING.match(body)
    return is_credential("", body) or (
        setting is not None and is_credential(setting[1], setting[2].strip("\"' "))
    )


def masked(path: str, content: bytes) -> bytes:
    """Return a file's content with its secrets masked as in code frames."""
    text = decode(path, content, Limits())
    if isinstance(text, Unread):
        return b""
    whole = read([Input(path, content)], everything=True)
    masks = Masks(whole.objects)
    lines = text.split("\n")
    shown = list(map(_unparsed, lines))
    for document in whole.documents:
        first, last = document.line + 1, document.line + document.text.count("\n") + 1
        for number in range(first, min(last, len(lines)) + 1):
            shown[number - 1] = masks.line(document, number, lines[number - 1])
    return content if shown == lines else "\n".join(shown).encode()


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _unparsed(text: str) -> str:
    """Mask a line of a document without structure: nobody can say which values are secret."""
    match = _UNPARSED.match(text)
    if match is None:
        return text if not text.strip(" -{}[],") else text[: _indent(text)] + _MASK
    value = match["value"].strip()
    if not value or (match["name"] in _HARMLESS and _WORD.fullmatch(value)):
        return text
    return match["key"] + _MASK
