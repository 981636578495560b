"""Flux Kustomizations → renderings: what kustomize-controller applies for each of them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from esolint.context.flux.objects import (
    OWN_SOURCE,
    Source,
    is_kustomization,
    path,
    source,
    title,
)
from esolint.context.rendering import Overlay, Rendering, World
from esolint.resource import Resource, known_namespace
from esolint.source import Document
from esolint.value import Route, Value, mapping, text

# What a Kustomization says → the field of the kustomization that it changes.
_FIELDS = {
    "targetNamespace": "namespace",
    "namePrefix": "namePrefix",
    "nameSuffix": "nameSuffix",
    "patches": "patches",
    "components": "components",
}
# Gone since v1, and not read here.
_OLD_PATCHES = ("patchesStrategicMerge", "patchesJson6902")
_COMMON = ("labels", "annotations")
_ADDRESS = re.compile(r"^(?:[a-z+]+://)?(?:[^@/]*@)?")


def render(sync: Resource, world: World) -> Rendering | None:
    """Return what a Kustomization yields, None for any other object.

    `suspend` makes no difference: what was applied stays there.
    """
    if not is_kustomization(sync):
        return None
    name = title(sync.name, known_namespace(sync))
    cluster = _cluster(sync)
    applied, elsewhere = folder(sync, world)
    if applied is None:
        why = (f"{name}: {elsewhere}",)
        return Rendering("", (), why, (), frozenset(), name, sync, cluster)
    rendering = world.renderer.render(applied, _overlay(sync))
    resources = rendering.resources
    if any(sync.get("spec", field) for field in _OLD_PATCHES):
        resources = tuple(map(_forgotten, resources))
    rendering = rendering._replace(resources=resources, name=name, by=sync, cluster=cluster)
    rendering = _substituted(sync, rendering, world)
    _label(sync, rendering.resources)
    for resource in rendering.resources:
        resource.rendering = name
    return rendering


def _cluster(sync: Resource) -> str | None:
    """Return the name of the object that says how to reach another cluster, "" for none."""
    route: Route = ("spec", "kubeConfig")
    named = (("secretRef", "name"), ("configMapRef", "name"))
    if any(sync.unknown((*route, *name)) for name in named):
        return None
    return next((found for name in named if (found := text(sync.get(*route, *name)))), "")


def folder(sync: Resource, world: World) -> tuple[str | None, str]:
    """Return the real folder that is applied; or None, and why it is not known or not here."""
    written = path(sync)
    if written is None:
        return None, "its path is only known after rendering"
    real = world.files.real_in(world.root, written)
    origin = source(sync)
    if real is None or not world.files.is_folder(real):
        elsewhere = f", but in {origin}" if origin.name != OWN_SOURCE else ""
        return None, f"{written} is not here{elsewhere}"
    if _is_foreign(origin, world, is_root=written == "."):
        return None, f"{written} lies elsewhere, in {origin}"
    return real, ""


def _is_foreign(origin: Source, world: World, *, is_root: bool) -> bool:
    """Say whether a source is another repository, although this one has such a folder too.

    Every repository has a root; any other path that is here counts as ours unless the
    address of the source is another one than that of the repository.
    """
    if origin.name == OWN_SOURCE:
        return False
    addresses = set(_addresses(world.find(*origin)))
    own = set(_addresses(world.find("GitRepository", OWN_SOURCE, None)))
    if addresses & own:
        return False
    return is_root or (bool(addresses and own) and origin.kind == "GitRepository")


def _addresses(sources: Iterable[Resource]) -> Iterable[str]:
    for resource in sources:
        url = text(resource.get("spec", "url"))
        if url:
            bare = _ADDRESS.sub("", url.lower()).replace(":", "/")
            yield bare.rstrip("/").removesuffix(".git")


def _overlay(sync: Resource) -> Overlay:
    """Return what a Kustomization adds to the kustomization of its folder."""
    spec = mapping(sync.get("spec"))
    given = {field: spec[field] for field in _FIELDS if spec.get(field)}
    return Overlay(
        sync,
        {_FIELDS[field]: value for field, value in given.items()},
        {_FIELDS[field]: ("spec", field) for field in given},
        anywhere=True,
        lenient=spec.get("ignoreMissingComponents") is True,
    )


def _forgotten(resource: Resource) -> Resource:
    return Resource(
        resource.value, resource.document, resource.base, resource.overrides, frozenset({()})
    )


def _substituted(sync: Resource, rendering: Rendering, world: World) -> Rendering:
    if not isinstance(sync.get("spec", "postBuild"), dict):
        return rendering
    # Loaded here: many Kustomizations have no variables.
    from esolint.context.flux.substitution import fill, variables

    known = variables(sync, world)
    if known is None:
        return rendering
    filled = [fill(resource, known) for resource in rendering.resources]
    return rendering._replace(
        resources=tuple(one.resource for one in filled),
        eaten=tuple(eaten for one in filled for eaten in one.eaten),
        problems=(*rendering.problems, *(problem for one in filled for problem in one.problems)),
    )


def _label(sync: Resource, resources: Iterable[Resource]) -> None:
    """Give each object the labels and annotations that all of them get."""
    base: Route = ("spec", "commonMetadata")
    given = {part: pairs for part, pairs in mapping(sync.get(*base)).items() if part in _COMMON}
    routes = [(part, key) for part, pairs in given.items() for key in mapping(pairs)]
    origins: dict[Route, tuple[Document, Route]] = {
        ("metadata", *route): sync.origin((*base, *route)) for route in routes
    }
    known = {("metadata", *route) for route in routes if (*base, *route) in sync.known}
    for resource in resources if routes else ():
        metadata = mapping(resource.get("metadata"))
        parts: dict[str, Value] = {
            part: {**mapping(metadata.get(part)), **mapping(pairs)} for part, pairs in given.items()
        }
        resource.value = {**resource.value, "metadata": {**metadata, **parts}}
        resource.overrides = {**resource.overrides, **origins}
        resource.known |= known
