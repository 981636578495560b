"""Small worlds of Flux: files in memory, and what a Kustomization among them yields."""

from __future__ import annotations

from kustomize_oracle import MemoryTree

from esolint.context import flux
from esolint.context.files import Files, Tree, mentions_wanted
from esolint.context.kustomize.render import Renderer
from esolint.context.rendering import Rendering, World
from esolint.resource import Resource, resources


def is_wanted(text: str) -> bool:
    return mentions_wanted(text) or "fluxcd" in text


def world(tree: Tree, objects: list[Resource], files: Files | None = None) -> World:
    """Return a world in which `objects` are what a name can mean."""
    files = files or Files(tree, wanted=is_wanted)

    def find(kind: str, name: str, namespace: str | None) -> tuple[Resource, ...]:
        return tuple(
            resource
            for resource in objects
            if (resource.kind, resource.name) == (kind, name)
            and (None in (namespace, resource.namespace) or resource.namespace == namespace)
        )

    return World(files, Renderer(files), ".", find)


def of_texts(texts: dict[str, str]) -> tuple[World, list[Resource]]:
    """Return the world of some files, and all objects in them."""
    files = Files(MemoryTree(texts), wanted=is_wanted)
    objects = [
        resource
        for path in texts
        if path.endswith(".yaml")
        for document in files.documents(path).documents
        for resource in resources(document)
    ]
    return world(MemoryTree(texts), objects, files), objects


def walk(roots: list[Resource], around: World) -> list[Rendering]:
    """Return what some Kustomizations yield, and those that they bring."""
    queue, found = list(roots), []
    seen: set[object] = set()
    for sync in queue:
        key = (sync.document.path, sync.document.index, sync.base)
        if key in seen:
            continue
        seen.add(key)
        rendering = flux.render(sync, around)
        assert rendering is not None
        found.append(rendering)
        queue.extend(filter(flux.is_kustomization, rendering.resources))
    return found


def render(texts: dict[str, str], name: str = "apps") -> Rendering:
    """Return what the Kustomization of a name yields, rendered by those that bring it."""
    around, objects = of_texts(texts)
    brought = [r for r in objects if flux.is_kustomization(r)]
    roots = [r for r in brought if r.name == "root"] or brought
    return next(r for r in walk(roots, around) if r.by is not None and r.by.name == name)


def place(resource: Resource, *route: str | int) -> str:
    document, there = resource.origin(route)
    return f"{document.path}:{document.span(there).line}"
