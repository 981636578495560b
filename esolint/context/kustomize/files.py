"""The files of a repository as kustomizations name them: paths, documents, contents."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

from esolint.source import Document, Limits, Piece, Unread, decode, parse, split
from esolint.source.document import child
from esolint.value import Route, Value, at, mapping, sequence, text

FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

_KINDS = (
    "Namespace|Secret|ConfigMap|ServiceAccount|ExternalSecret|SecretStore|ClusterSecretStore"
    "|PushSecret|ClusterExternalSecret|ClusterPushSecret|ClusterGenerator"
)
_WANTED = (
    rf"(?m)\bkind[\"']?\s*:\s*(?:[\"']?(?:{_KINDS}|\w*List)\b|[&*!>|?])|external-secrets\.io"
    r"|\\[xuU\r\n]|^\s*\?\s"
)


def is_kustomization(document: Document) -> bool:
    return posixpath.basename(document.path) in FILE_NAMES


def patch_files(kustomizations: Iterable[Document]) -> frozenset[str]:
    """Return the paths of the files that kustomizations name as patches.

    A patch is a part of an object: nothing can be said about it by itself.
    """
    return frozenset(
        posixpath.normpath(posixpath.join(posixpath.dirname(document.path), name))
        for document in kustomizations
        for name in _named_patches(mapping(document.value))
    )


def _named_patches(kustomization: dict[str, Value]) -> Iterator[str]:
    for field in ("patches", "patchesStrategicMerge", "patchesJson6902"):
        for patch in sequence(kustomization.get(field)):
            # Old files list plain names, and patchesStrategicMerge inline YAML beside them.
            name = text(patch) or text(mapping(patch).get("path"))
            if name and "\n" not in name:
                yield name


def mentions_wanted(written: str) -> bool:
    """Say whether a text can hold an object of a kind that ESO's objects have to do with.

    An anchor, an alias, a tag or an escape may spell the kind otherwise.
    """
    return bool(re.search(_WANTED, written))


class Tree(Protocol):
    """Where files are looked up. Paths are relative to one root, with `/`, and normalised."""

    def real(self, path: str) -> str | None:
        """Return a path without symbolic links, relative to the root.

        None where nothing stands there, where links run in a circle or lead out of the root.
        """

    def is_folder(self, path: str) -> bool:
        """Say whether a real path is a folder."""

    def read(self, path: str) -> bytes | str:
        """Return the content of a file by its real path, or the reason why there is none."""


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
        self._bytes: dict[str, bytes | str] = {}
        self._pieces: dict[str, list[Piece] | Unread] = {}
        self._parsed: dict[tuple[str, int], list[Document | Unread]] = {}
        self._inline: dict[tuple[str, int, Route], tuple[Document, ...]] = {}
        self._kustomizations: dict[str, tuple[Document | Unread, ...]] = {}

    def real(self, path: str) -> str | None:
        """Return the real path of a normalised one, or None; see `Tree.real`."""
        if path not in self._real:
            outside = path == ".." or path.startswith(("../", "/"))
            self._real[path] = None if outside else self._tree.real(path)
        return self._real[path]

    def is_folder(self, path: str) -> bool:
        if path not in self._folders:
            self._folders[path] = self._tree.is_folder(path)
        return self._folders[path]

    def content(self, path: str) -> bytes | str:
        """Return the bytes of a file by its real path, or why there are none."""
        if path not in self._bytes:
            self._bytes[path] = self._tree.read(path)
        return self._bytes[path]

    def documents(self, path: str, *, everything: bool = False) -> Content:
        """Return the documents of a file by its real path."""
        pieces = self._split(path)
        if isinstance(pieces, Unread):
            return Content((), (pieces,), False)
        documents: list[Document] = []
        unread: list[Unread] = []
        whole = True
        for piece in pieces:
            if not everything and not self._wanted(piece.text):
                whole = False
                continue
            for item in self._parse(piece):
                if isinstance(item, Document):
                    documents.append(item)
                else:
                    unread.append(item)
        return Content(tuple(documents), tuple(unread), whole)

    def kustomization(self, folder: str) -> tuple[Document | Unread, ...]:
        """Return what a real folder holds as its kustomization; one document where all is well."""
        if folder not in self._kustomizations:
            found: list[Document | Unread] = []
            for name in FILE_NAMES:
                path = self.real(join(folder, name))
                if path is not None and not self.is_folder(path):
                    content = self.documents(path, everything=True)
                    found.extend((*content.documents, *content.unread))
            self._kustomizations[folder] = tuple(found)
        return self._kustomizations[folder]

    def inline(self, document: Document, route: Route) -> tuple[Document, ...]:
        """Return the documents of a text inside a document; none where it does not parse."""
        key = (document.path, document.index, route)
        if key not in self._inline:
            self._inline[key] = self._read_inline(document, route)
        return self._inline[key]

    def _read_inline(self, document: Document, route: Route) -> tuple[Document, ...]:
        written = at(document.value, route)
        if not isinstance(written, str):
            return ()
        pieces = split(document.path, written, self._limits)
        if isinstance(pieces, Unread):
            return ()
        if len(pieces) == 1:
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

    def is_wanted(self, kind: str) -> bool:
        """Say whether every object of a kind is parsed."""
        return self._wanted(f"kind: {kind}\n")

    def real_in(self, folder: str, written: str) -> str | None:
        return self.real(join(folder, written))

    def _split(self, path: str) -> list[Piece] | Unread:
        if path not in self._pieces:
            data = self._tree.read(path)
            if isinstance(data, str):
                self._pieces[path] = Unread(path, None, "unreadable", data)
            else:
                written = decode(path, data, self._limits)
                self._pieces[path] = (
                    written if isinstance(written, Unread) else split(path, written, self._limits)
                )
        return self._pieces[path]

    def _parse(self, piece: Piece) -> list[Document | Unread]:
        key = (piece.path, piece.number)
        if key not in self._parsed:
            self._parsed[key] = list(parse(piece, self._limits, literal=self._literal))
        return self._parsed[key]


def join(folder: str, written: str) -> str:
    """Return the normalised path of what a file in `folder` names."""
    return posixpath.normpath(posixpath.join(folder, written))


def below(path: str, folder: str) -> bool:
    """Say whether a real path lies in a real folder, at any depth."""
    return folder == "." or path == folder or path.startswith(folder + "/")
