"""Files → the documents and resources that the model needs, read in two passes.

First what can be an ESO object; then, where there is one, of the other documents only
those that a rule may look at. What mentions nothing of interest is never parsed.
"""

from __future__ import annotations

import os.path
import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from esolint.context import kustomize, version
from esolint.model import core
from esolint.resource import ESO_GROUP, Resource, resources
from esolint.source import Document, Limits, Piece, Unread, decode, parse, split
from esolint.value import mapping

# The kinds find a document whose group is misspelt, or is that of ESO's forerunner.
_KINDS = ("ExternalSecret", "SecretStore", "PushSecret")
_SUPPRESSION = "esolint:"
# An escape, or a `!!binary` whose own tag can be written in three ways, spells any word in
# other letters.
_RESPELT = r"(?m)\\[xuU\r\n\x85\u2028\u2029]|![^\s!]*binary|^%TAG|![^\s!%]*%"
_IS_ESO = (
    r"(?m)(?:^[ \t{\[-]*|[{,][ \t]*)[\"']?apiVersion[\"']?\s*:\s*[\"']?"
    r"(?:generators\.)?external-secrets\.io/"
)


class Input(NamedTuple):
    """A file's content, or the reason why there is none. `reported`: findings are wanted."""

    path: str
    content: bytes | str
    reported: bool = True


class Repository(NamedTuple):
    """What was read: whole objects, kustomize patches, and what could not be read."""

    resources: tuple[Resource, ...]
    patches: tuple[Resource, ...]
    documents: tuple[Document, ...]
    unread: tuple[Unread, ...]

    @property
    def objects(self) -> tuple[Resource, ...]:
        """The whole objects, then the patches."""
        return (*self.resources, *self.patches)


def looks_like_eso(source: Document | Unread) -> bool:
    """Say whether a text says of itself, somewhere, that it is an ESO object."""
    text = source.text if isinstance(source, Document) else source.piece and source.piece.text
    return bool(text and re.search(_IS_ESO, text))


def read(
    inputs: Iterable[Input],
    *,
    limits: Limits | None = None,
    literal: bool = False,
    everything: bool = False,
) -> Repository:
    """Read a repository.

    `everything` parses every document, for proof that the two passes lose none.
    """
    limits = limits or Limits()
    items: list[Document | Unread] = []
    later: list[Piece] = []
    for source in inputs:
        for piece in _pieces(source, limits):
            if isinstance(piece, Unread):
                items.append(piece)
            elif everything or _comes_first(piece.text):
                items.extend(parse(piece, limits, literal=literal))
            elif _is_of_interest(piece):
                later.append(piece)
    if any(isinstance(item, Document) and _holds_eso(item) for item in items):
        for piece in later:
            items.extend(parse(piece, limits, literal=literal))
    else:
        # Nothing of ESO: what else was found here is nobody's concern.
        items = [item for item in items if isinstance(item, Document) or looks_like_eso(item)]
    return _sorted_out(items)


def _pieces(source: Input, limits: Limits) -> Iterator[Piece | Unread]:
    if isinstance(source.content, str):
        yield Unread(source.path, None, "unreadable", source.content)
        return
    text = decode(source.path, source.content, limits)
    if isinstance(text, Unread):
        yield text
        return
    pieces = split(source.path, text, limits)
    yield from [pieces] if isinstance(pieces, Unread) else pieces


def _comes_first(text: str) -> bool:
    """Say whether a text can hold an ESO object, or a suppression, which may be of no use."""
    # A word is looked up many times faster than an expression, and most texts have none.
    return (
        ESO_GROUP in text.lower()
        or any(kind in text for kind in _KINDS)
        or _SUPPRESSION in text
        or (("\\" in text or "!" in text or "%" in text) and bool(re.search(_RESPELT, text)))
    )


def _is_of_interest(piece: Piece) -> bool:
    # It takes time to load, and where there is nothing but ESO's objects nobody asks.
    from esolint.model import iam, makers

    return (
        posixpath.basename(piece.path) in kustomize.FILE_NAMES
        or core.may_be_needed(piece.text)
        or makers.may_matter(piece.text)
        or iam.mentions_policy(piece.text)
        or iam.mentions_identity(piece.text)
        or version.may_pin(piece.text)
    )


def _holds_eso(document: Document) -> bool:
    return any(resource.is_eso for resource in resources(document))


def _sorted_out(items: list[Document | Unread]) -> Repository:
    documents = [item for item in items if isinstance(item, Document)]
    unread = [item for item in items if isinstance(item, Unread)]
    # The same order from whatever directory the files are looked at.
    documents.sort(key=lambda document: (os.path.abspath(document.path), document.index))
    patch_files = kustomize.patch_files(filter(kustomize.is_kustomization, documents))
    whole: list[Resource] = []
    patches: list[Resource] = []
    for document in documents:
        is_patch = posixpath.normpath(document.path) in patch_files
        (patches if is_patch else whole).extend(resources(document))
        if "sops" in mapping(document.value):
            detail = "encrypted with SOPS: its values are not known"
            unread.append(Unread(document.path, document.span(("sops",)), "encrypted", detail))
    unread.sort(key=lambda item: (item.path, item.span or (0,), item.reason))
    return Repository(tuple(whole), tuple(patches), tuple(documents), tuple(unread))
