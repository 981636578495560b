"""kustomize, read statically: what each kustomization of a repository yields.

A rendering is claimed only as far as it is known. What a plugin, a remote base, a chart or
an unreadable file decides is a hole of the object or a reason why the list may be
incomplete; nothing is run and nothing is fetched. Source of behaviour: kustomize v5.5, the
version inside kubectl 1.32.

What reading costs is loaded by `render`, so that a run without kustomizations does not pay.
"""

from __future__ import annotations

from esolint.context.kustomize.files import (
    FILE_NAMES,
    Files,
    Tree,
    is_kustomization,
    patch_files,
)

__all__ = [
    "FILE_NAMES",
    "Files",
    "Tree",
    "is_kustomization",
    "patch_files",
]
