"""Folders of the repository, as Argo CD walks them, and the manifests in one."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from esolint.context.argo.globs import GOBWAS, matcher
from esolint.context.files import Files, join
from esolint.context.rendering import Rendering
from esolint.resource import Resource, resources
from esolint.value import Value, text

_MOST = 20_000
_MANIFEST = re.compile(r".*\.(?:ya?ml|json|jsonnet)", re.DOTALL)
_LEFT_OUT = "+argocd:skip-file-rendering"


class TooManyError(Exception):
    """A folder with more in it than is walked; the text says which."""


def walk(files: Files, folder: str, *, recurse: bool) -> Iterator[tuple[str, str]]:
    """Yield the files of a real folder: their path in it, and their real path.

    Links to folders are not followed. Raises TooManyError.
    """
    seen = 0
    stack = [""]
    while stack:
        here = stack.pop()
        for name in files.listing(join(folder, here)):
            seen += 1
            if seen > _MOST:
                raise TooManyError(f"{folder} holds more than {_MOST} files")
            inner = posixpath.join(here, name)
            path = join(folder, inner)
            real = files.real(path)
            if real is None:
                continue
            if not files.is_folder(real):
                yield inner, real
            elif recurse and real == path and name != ".git":
                stack.append(inner)


def folders_in(files: Files, folder: str) -> Iterator[str]:
    """Yield the names of the folders in a real folder that ApplicationSets look at."""
    for name in files.listing(folder):
        path = join(folder, name)
        if not name.startswith(".") and files.real(path) == path and files.is_folder(path):
            yield name


def manifests(files: Files, folder: str, options: dict[str, Value]) -> Rendering:
    """Return the objects in the files of a real folder: a source of type directory.

    `options` are those of the source: recurse, include and exclude.
    """
    found: list[Resource] = []
    unknown: list[str] = []
    read: set[str] = set()
    include, exclude = text(options.get("include")), text(options.get("exclude"))
    takes = matcher(include, GOBWAS) if include else None
    leaves_out = matcher(exclude, GOBWAS) if exclude else None
    if (include and takes is None) or (exclude and leaves_out is None):
        unknown.append("its include or exclude is no pattern")
    try:
        for path, real in walk(files, folder, recurse=options.get("recurse") is True):
            if not _MANIFEST.fullmatch(path) or (leaves_out and leaves_out(path)):
                continue
            if include and not (takes and takes(path)):
                continue
            read.add(real)
            if path.endswith(".jsonnet"):
                unknown.append(f"{real} is a program")
                continue
            content = files.documents(real)
            if content.documents and _is_left_out(files, real):
                continue
            for document in content.documents:
                found.extend(r for r in resources(document) if r.kind and r.api_version)
            unknown.extend(f"{unread.path} cannot be read" for unread in content.unread)
    except TooManyError as error:
        unknown.append(str(error))
    return Rendering(folder, tuple(found), tuple(dict.fromkeys(unknown)), (), frozenset(read))


def _is_left_out(files: Files, path: str) -> bool:
    """Say whether a file asks not to be taken for manifests, in whatever document of it."""
    pieces = files.pieces(path)
    return isinstance(pieces, list) and any(_LEFT_OUT in piece.text for piece in pieces)
