"""kustomize, read statically: what each kustomization of a repository yields.

A rendering is claimed only as far as it is known. What a plugin, a remote base, a chart or
an unreadable file decides is a hole of the object or a reason why the list may be
incomplete; nothing is run and nothing is fetched. Source of behaviour: kustomize v5.5, the
version inside kubectl 1.32.

What reading costs is loaded by `render`, so that a run without kustomizations does not pay.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from esolint.source import Document
from esolint.value import Value, mapping, sequence, text

FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


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
