"""Files → the documents and resources that the model needs, read in two passes.

First what can be an ESO object; then, where there is one, of the other documents only
those that a rule may look at. What mentions nothing of interest is never parsed.
"""

from __future__ import annotations

import os.path
import posixpath
import re
from collections.abc import Iterable
from typing import NamedTuple

from esolint.context import kustomize, version
from esolint.context.files import DiskTree, Files, Tree
from esolint.model import core
from esolint.resource import ESO_GROUP, Resource, resources
from esolint.source import Document, Limits, Piece, Unread
from esolint.value import mapping

# The kinds find a document whose group is misspelt, or is that of ESO's forerunner.
_KINDS = ("ExternalSecret", "SecretStore", "PushSecret")
_SUPPRESSION = "esolint:"
# Flux and Argo CD say where manifests go, in the values of their charts too.
_DEPLOYERS = ("fluxcd.", "argoproj.io/", "kind: GitRepository", "argocd-apps")
# An escape, or a `!!binary` whose own tag can be written in three ways, spells any word in
# other letters.
_RESPELT = r"(?m)\\[xuU\r\n\x85\u2028\u2029]|![^\s!]*binary|^%TAG|![^\s!%]*%"
_IS_ESO = (
    r"(?m)(?:^[ \t{\[-]*|[{,][ \t]*)[\"']?apiVersion[\"']?\s*:\s*[\"']?"
    r"(?:generators\.)?external-secrets\.io/"
)


class Input(NamedTuple):
    """A file's content, or the reason why there is none.

    `reported`: findings are wanted. `rendered`: Helm or kustomize made it.
    """

    path: str
    content: bytes | str
    reported: bool = True
    rendered: bool = False


class Repository(NamedTuple):
    """What was read: whole objects, kustomize patches, and what could not be read.

    `files` gives the same documents to whoever renders them; `charts` are the paths of the
    files that make a folder a Helm chart.
    """

    resources: tuple[Resource, ...]
    patches: tuple[Resource, ...]
    documents: tuple[Document, ...]
    unread: tuple[Unread, ...]
    files: Files
    charts: tuple[str, ...]

    @property
    def objects(self) -> tuple[Resource, ...]:
        """The whole objects, then the patches."""
        return (*self.resources, *self.patches)

    @property
    def has_eso(self) -> bool:
        return any(resource.is_eso for resource in self.objects)

    def of_kind(self, *kinds: str) -> list[Resource]:
        """Return the whole objects of these kinds (any group)."""
        return [resource for resource in self.resources if resource.kind in kinds]


def looks_like_eso(source: Document | Unread) -> bool:
    """Say whether a text says of itself, somewhere, that it is an ESO object."""
    text = source.text if isinstance(source, Document) else source.piece and source.piece.text
    return bool(text and re.search(_IS_ESO, text))


def read(
    inputs: Iterable[Input],
    *,
    tree: Tree | None = None,
    limits: Limits | None = None,
    literal: bool = False,
    everything: bool = False,
) -> Repository:
    """Read a repository.

    `tree` is where its files may name others, None where there is nothing but the inputs.
    `everything` parses every document, for proof that the two passes lose none.
    """
    limits = limits or Limits()
    if tree is None:
        inputs = list(inputs)
        tree = DiskTree(None, limits.file_bytes, {each.path: each.content for each in inputs})

    def wanted(text: str) -> bool:
        return everything or _comes_first(text) or _is_of_interest(text)

    files = Files(tree, wanted=wanted, limits=limits, literal=literal)
    items: list[Document | Unread] = []
    later: list[Piece] = []
    charts: list[str] = []
    for path, content, _, rendered in inputs:
        files.add(path, content, rendered=rendered)
        if posixpath.basename(path) == "Chart.yaml":
            charts.append(path)
        pieces = files.pieces(path)
        if isinstance(pieces, Unread):
            items.append(pieces)
            continue
        used = False
        for piece in pieces:
            if everything or _comes_first(piece.text):
                items.extend(files.parse(piece))
                used = True
            elif posixpath.basename(path) in kustomize.FILE_NAMES or files.is_of_interest(piece):
                later.append(piece)
                used = True
        if not used:
            files.set_aside(path)
    if any(isinstance(item, Document) and _holds_eso(item) for item in items):
        for piece in later:
            items.extend(files.parse(piece))
    else:
        # Nothing of ESO: what else was found here is nobody's concern.
        items = [item for item in items if isinstance(item, Document) or looks_like_eso(item)]
    return _sorted_out(items, files, charts)


def _comes_first(text: str) -> bool:
    """Say whether a text can hold an ESO object, or a suppression, which may be of no use."""
    # A word is looked up many times faster than an expression, and most texts have none.
    return (
        ESO_GROUP in text.lower()
        or any(kind in text for kind in _KINDS)
        or _SUPPRESSION in text
        or (("\\" in text or "!" in text or "%" in text) and bool(re.search(_RESPELT, text)))
    )


def _is_of_interest(text: str) -> bool:
    # It takes time to load, and where there is nothing but ESO's objects nobody asks.
    from esolint.model import iam, installation, makers, reader, writer

    return (
        core.may_be_needed(text)
        or reader.may_read(text)
        or writer.may_write(text)
        or any(deployer in text for deployer in _DEPLOYERS)
        or makers.may_matter(text)
        or iam.mentions_policy(text)
        or iam.mentions_identity(text)
        or version.may_pin(text)
        or installation.may_matter(text)
    )


def _holds_eso(document: Document) -> bool:
    return any(resource.is_eso for resource in resources(document))


def _sorted_out(items: list[Document | Unread], files: Files, charts: list[str]) -> Repository:
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
    return Repository(
        tuple(whole),
        tuple(patches),
        tuple(documents),
        tuple(unread),
        files,
        tuple(sorted(charts)),
    )
