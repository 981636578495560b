"""Flux, read statically: what its Kustomizations apply, with which variables, in which order.

Nothing is run and nothing is fetched: what lies in another repository, what a Secret holds
and what nobody here sets stays unknown.
"""

from __future__ import annotations

from esolint.context.flux.objects import (
    Release,
    Source,
    ValuesFrom,
    dependencies,
    entries,
    is_kustomization,
    path,
    release,
    source,
    title,
)
from esolint.context.flux.sync import folder, render

__all__ = [
    "Release",
    "Source",
    "ValuesFrom",
    "dependencies",
    "entries",
    "folder",
    "is_kustomization",
    "path",
    "release",
    "render",
    "source",
    "title",
]
