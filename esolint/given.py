"""What a run is given beside the files of the disk: standard input, and what tools render."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from esolint.context.files import Files, Tree
from esolint.diagnostic import Skip
from esolint.repository import Input

TOOLS = ("kustomize", "helm")


class MissingToolError(Exception):
    """A tool that is not installed; the text says which, and what to install."""


class Given(NamedTuple):
    """Contents in the place of files, or beside them.

    `rendered` are folders of which a tool made something, and the paths of it; `skipped`
    are those of which it made nothing.
    """

    inputs: tuple[Input, ...] = ()
    rendered: Mapping[str, frozenset[str]] = {}
    skipped: tuple[Skip, ...] = ()

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(each.path for each in self.inputs)


def standard_input(name: str, content: bytes, charts: Sequence[str], tree: Tree) -> Given:
    """Return standard input, what `helm template` printed under the paths of the templates.

    `charts` are the folders of the charts that are here.
    """
    if b"# Source: " not in content:
        return Given((Input(name, content),))
    return Given(tuple(_by_source(name, content, charts, tree)))


def render(tools: Sequence[str], folders: Mapping[str, Sequence[str]], tree: Tree) -> Given:
    """Return what the user's own tools make of folders: tool → kustomizations or charts.

    Raises MissingToolError.
    """
    # Only where the command line asks for it.
    from esolint import render as tool_room

    for tool in tools:
        why = tool_room.missing(tool)
        if why is not None:
            raise MissingToolError(f"--render {tool}: {why}")
    inputs: list[Input] = []
    rendered: dict[str, frozenset[str]] = {}
    skipped: list[Skip] = []
    for tool in tools:
        for folder in folders.get(tool, ()):
            content = tool_room.rendered(folder, tool)
            if isinstance(content, str):
                skipped.append(Skip(folder, None, "render", content))
                continue
            name = tool_room.shown(folder, tool)
            own = [Input(name, content, rendered=True)]
            if tool == "helm":
                own = list(_by_source(name, content, folders[tool], tree))
            inputs.extend(own)
            rendered[folder] = frozenset(each.path for each in own)
    return Given(tuple(inputs), rendered, tuple(skipped))


def _by_source(name: str, content: bytes, charts: Sequence[str], tree: Tree) -> Iterator[Input]:
    from esolint.context import helm

    try:
        written = content.decode("utf-8")
    except UnicodeDecodeError:
        yield Input(name, content)
        return
    for path, part in helm.sources(name, written, charts, Files(tree)).items():
        yield Input(path, part.encode(), rendered=path != name)


def roots(paths: Sequence[str], tree: Tree) -> dict[str, list[str]]:
    """Return the folders that tools render, of the paths of files: tool → folders."""
    from esolint.context import helm, kustomize
    from esolint.context.kustomize.render import Renderer

    files = Files(tree)
    kustomizations = [
        posixpath.dirname(path) or "."
        for path in paths
        if posixpath.basename(path) in kustomize.FILE_NAMES
    ]
    return {
        "kustomize": Renderer(files).roots(kustomizations),
        "helm": helm.roots(paths, files),
    }
