"""The files of a repository: paths, contents, and documents, each parsed at most once.

Who reads the repository and who renders it share the documents, so that a value has one place.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from esolint.discover import read_bytes, shown
from esolint.source import Document, Limits, Piece, Unread, decode, parse, split
from esolint.source.document import child
from esolint.value import Route, at

CHART = "Chart.yaml"

_KINDS = (
    "Namespace|Secret|ConfigMap|ServiceAccount|ExternalSecret|SecretStore|ClusterSecretStore"
    "|PushSecret|ClusterExternalSecret|ClusterPushSecret|ClusterGenerator"
)
_WANTED = (
    rf"(?m)\bkind[\"']?\s*:\s*(?:[\"']?(?:{_KINDS}|\w*List)\b|[&*!>|?])|external-secrets\.io"
    r"|\\[xuU\r\n]|^\s*\?\s"
)
# What opens a block of a Go template.
_BLOCK = r"\{\{-?\s*(?:if|range|with)\b"


def mentions_wanted(written: str) -> bool:
    """Say whether a text can hold an object of a kind that ESO's objects have to do with.

    An anchor, an alias, a tag or an escape may spell the kind otherwise.
    """
    return bool(re.search(_WANTED, written))


class Tree(Protocol):
    """Where files are looked up.

    Paths are those of reports: relative to the working directory, with `/`, normalised;
    they may begin with `..`. What lies outside the root of the context is not there.
    """

    def real(self, path: str) -> str | None:
        """Return the one name that a path has without symbolic links.

        None where nothing stands there, where links run in a circle or lead out of the root.
        """

    def is_folder(self, path: str) -> bool:
        """Say whether a real path is a folder."""

    def listing(self, folder: str) -> tuple[str, ...]:
        """Return the names in a real folder, sorted; none where it cannot be listed."""

    def read(self, path: str) -> bytes | str:
        """Return the content of a file by its real path, or the reason why there is none."""


class DiskTree:
    """The files of the disk below a root, None for none, and given contents in their place.

    `limit` is how many bytes of a file are of interest.
    """

    def __init__(
        self, root: str | None, limit: int, given: Mapping[str, bytes | str] | None = None
    ) -> None:
        self._root = None if root is None else os.path.realpath(root)
        self._limit = limit
        self._given = given or {}
        self._folders: dict[str, set[str]] = {}
        for path in self._given:
            while path not in ("", ".", "/"):
                folder, name = posixpath.split(path)
                self._folders.setdefault(folder or ".", set()).add(name)
                path = folder

    def real(self, path: str) -> str | None:
        if path in self._given or path in self._folders:
            return path
        if self._root is None:
            return None
        try:
            real = os.path.realpath(path, strict=True)
        except (OSError, ValueError):
            return None
        inside = real == self._root or real.startswith(self._root.rstrip(os.sep) + os.sep)
        return shown(real) if inside else None

    def is_folder(self, path: str) -> bool:
        return path in self._folders or (self._root is not None and os.path.isdir(path))

    def listing(self, folder: str) -> tuple[str, ...]:
        names = self._folders.get(folder, set())
        try:
            here = os.listdir(folder) if self._root is not None else ()
        except OSError:
            here = ()
        return tuple(sorted({*names, *here}))

    def read(self, path: str) -> bytes | str:
        if path in self._given:
            return self._given[path]
        return read_bytes(path, self._limit)


class Content(NamedTuple):
    """A file's documents: those that were parsed, and whether others were left out.

    `whole` is False where some documents were not of a wanted kind and were not parsed.
    """

    documents: tuple[Document, ...]
    unread: tuple[Unread, ...]
    whole: bool


class Files:
    """The documents of a tree, each parsed at most once and only when asked for.

    `wanted` says of the text of a document whether its object matters; the others are
    parsed only where one of them can decide a value of those (replacements).
    """

    def __init__(
        self,
        tree: Tree,
        *,
        wanted: Callable[[str], bool] = mentions_wanted,
        limits: Limits | None = None,
        literal: bool = False,
    ) -> None:
        self._tree = tree
        self._wanted = wanted
        self._limits = limits or Limits()
        self._literal = literal
        self._real: dict[str, str | None] = {}
        self._folders: dict[str, bool] = {}
        self._listings: dict[str, tuple[str, ...]] = {}
        self._bytes: dict[str, bytes | str] = {}
        self._pieces: dict[str, list[Piece] | Unread] = {}
        self._verdicts: dict[tuple[str, int, bool], bool] = {}
        self._templates: dict[str, list[Piece] | Unread] = {}
        self._told: dict[str, set[int]] = {}
        self._rendered: set[str] = set()
        self._empty: set[str] = set()
        self._parsed: dict[tuple[str, int], list[Document | Unread]] = {}
        self._inline: dict[tuple[Document, Route, str], tuple[Document, ...]] = {}

    def real(self, path: str) -> str | None:
        """Return the real path of a normalised one, or None; see `Tree.real`."""
        if path not in self._real:
            self._real[path] = self._tree.real(path)
        return self._real[path]

    def is_folder(self, path: str) -> bool:
        if path not in self._folders:
            self._folders[path] = self._tree.is_folder(path)
        return self._folders[path]

    def listing(self, folder: str) -> tuple[str, ...]:
        """Return the names in a real folder, sorted."""
        if folder not in self._listings:
            self._listings[folder] = self._tree.listing(folder)
        return self._listings[folder]

    def content(self, path: str) -> bytes | str:
        """Return the bytes of a file by its real path, or why there are none."""
        if path not in self._bytes:
            self._bytes[path] = self._tree.read(path)
        return self._bytes[path]

    def documents(self, path: str, *, everything: bool = False) -> Content:
        """Return the documents of a file by its real path."""
        if path in self._empty and not everything:
            return Content((), (), False)
        pieces = self.pieces(path)
        if isinstance(pieces, Unread):
            return Content((), (pieces,), False)
        documents: list[Document] = []
        unread: list[Unread] = []
        whole = True
        for piece in pieces:
            if not everything and not self.is_of_interest(piece):
                whole = False
                continue
            for item in self.parse(piece):
                if isinstance(item, Document):
                    documents.append(item)
                else:
                    unread.append(item)
        return Content(tuple(documents), tuple(unread), whole)

    def inline(self, document: Document, route: Route, written: str) -> tuple[Document, ...]:
        """Return the documents of a text inside a document; none where it does not parse.

        `written` is what stands there, or what became of it.
        """
        key = (document, route, written)
        if key not in self._inline:
            self._inline[key] = self._read_inline(document, route, written)
        return self._inline[key]

    def _read_inline(self, document: Document, route: Route, written: str) -> tuple[Document, ...]:
        pieces = split(document.path, written, self._limits)
        if isinstance(pieces, Unread):
            return ()
        if len(pieces) == 1 and at(document.value, route) == written:
            inner = child(document, route)
            return (inner,) if inner is not None and inner.value is not None else ()
        span = document.span(route)
        found = []
        for piece in pieces:
            for part in parse(piece, self._limits, literal=self._literal):
                if isinstance(part, Unread):
                    return ()
                part.opaque = span
                found.append(part)
        return tuple(found)

    def is_of_interest(self, piece: Piece) -> bool:
        """Say whether the documents of a text are wanted."""
        key = (piece.path, piece.number, piece.template is not None)
        if key not in self._verdicts:
            self._verdicts[key] = self._wanted(piece.text)
        return self._verdicts[key]

    def is_chart(self, folder: str) -> bool:
        """Say whether a folder holds a Helm chart."""
        path = self.real_in(folder, CHART)
        return path is not None and not self.is_folder(path)

    def is_template(self, path: str) -> bool:
        """Say whether a file stands in the `templates/` of a Helm chart."""
        steps = path.split("/")
        return any(
            step == "templates" and self.is_chart("/".join(steps[:i]) or ".")
            for i, step in enumerate(steps[:-1])
        )

    def is_wanted(self, kind: str) -> bool:
        """Say whether every object of a kind is parsed."""
        return self._wanted(f"kind: {kind}\n")

    def real_in(self, folder: str, written: str) -> str | None:
        return self.real(join(folder, written))

    def pieces(self, path: str) -> list[Piece] | Unread:
        """Return the texts of a file's documents, by the file's real path."""
        if path not in self._pieces:
            self.add(path, self._tree.read(path))
        return self._pieces[path]

    def add(self, path: str, content: bytes | str, *, rendered: bool = False) -> None:
        """Take the content of a file, or the reason why there is none, before anybody asks.

        `rendered`: Helm has been at work, so it is no template, whatever its path says.
        """
        if rendered:
            self._rendered.add(path)
        if isinstance(content, str):
            self._pieces[path] = Unread(path, None, "unreadable", content)
            return
        written = decode(path, content, self._limits)
        self._pieces[path] = (
            written if isinstance(written, Unread) else split(path, written, self._limits)
        )

    def set_aside(self, path: str) -> None:
        """Forget the texts of a file in which nothing is wanted."""
        self._empty.add(path)
        self._pieces.pop(path, None)

    def parse(self, piece: Piece) -> list[Document | Unread]:
        """Return the documents of a text, and what in it cannot be read."""
        key = (piece.path, piece.number)
        if key not in self._parsed:
            items = None if self._is_in_a_block(piece) else self._as_it_stands(piece)
            if items is None or any(_is_template(item) for item in items):
                read = self._of_template(piece)
                items = read if read is not None else items or self._as_it_stands(piece)
            self._parsed[key] = items
        return self._parsed[key]

    def _as_it_stands(self, piece: Piece) -> list[Document | Unread]:
        return list(parse(piece, self._limits, literal=self._literal))

    def _is_in_a_block(self, piece: Piece) -> bool:
        """Say whether a loop or a condition of a template may go on around a whole text."""
        pieces = self.pieces(piece.path)
        if isinstance(pieces, Unread) or len(pieces) < 2 or "templates/" not in piece.path:
            return False
        return any(re.search(_BLOCK, each.text) for each in pieces)

    def _of_template(self, piece: Piece) -> list[Document | Unread] | None:
        """Return the documents of a text of a Helm chart, read with holes; None elsewhere.

        A `---` in a loop does not end what its template makes, so a text may be a part of
        another one: whichever is asked for first brings the documents of all.
        """
        twins = self.template(piece.path)
        if isinstance(twins, Unread) or not twins:
            return None
        told = self._told.setdefault(piece.path, set())
        found: list[Document | Unread] = []
        for twin in twins:
            if twin.number not in told and _overlap(piece, twin):
                told.add(twin.number)
                found += parse(twin, self._limits)
        return found

    def template(self, path: str) -> Sequence[Piece] | Unread:
        """Return the texts of a file as Helm reads its templates; none if it is no template."""
        if path not in self._templates:
            pieces = self.pieces(path)
            found: list[Piece] | Unread = []
            if isinstance(pieces, Unread):
                found = pieces
            elif path not in self._rendered and self.is_template(path):
                whole = "".join(each.text for each in pieces)
                found = split(path, whole, self._limits, template=True)
            self._templates[path] = found
        return self._templates[path]


def _is_template(item: Document | Unread) -> bool:
    return isinstance(item, Unread) and item.reason == "template"


def _overlap(one: Piece, other: Piece) -> bool:
    """Say whether two texts of a file have lines in common."""
    ends = [p.line + p.text.count("\n") + (not p.text.endswith("\n")) for p in (one, other)]
    return max(one.line, other.line) < min(ends)


def join(folder: str, written: str) -> str:
    """Return the normalised path of what a file in `folder` names."""
    return posixpath.normpath(posixpath.join(folder, written))


def below(path: str, folder: str) -> bool:
    """Say whether a real path lies in a real folder, at any depth."""
    if folder.strip("./"):
        return path == folder or path.startswith(folder + "/")
    # The folder is the working directory, or one above it.
    return _climbs(path) <= _climbs(folder)


def _climbs(path: str) -> int:
    """Return how many folders a normalised path goes up."""
    return path.split("/").count("..")
