"""The rules of topic refs about what kustomize makes of manifests, and what it leaves out."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from esolint.context import kustomize
from esolint.context.rendering import Rendering
from esolint.graph import Environment
from esolint.model.consumer import EXTERNAL_SECRETS, STORE_KINDS, store_uses
from esolint.resource import Resource
from esolint.rule import Finding, Note
from esolint.value import Route, Value, at, exists, format_route, mapping, sequence, text
from esolint.words import listed, quoted

_NAME: Route = ("metadata", "name")
_MOST_NAMES = 3


def kustomize_name_not_followed(env: Environment) -> Iterator[Finding]:
    # Several overlays of one base make the same mistake once.
    told: dict[object, list[tuple[Resource, Route, Resource]]] = {}
    for rendering in env.renderings:
        renamed = _renamed(rendering)
        if not renamed:
            continue
        for resource in rendering.resources:
            if not resource.is_eso:
                continue
            for route, kind, name in _references(resource):
                owner = renamed.get((kind, name))
                if owner is None or _is_there(kind, name, rendering, env):
                    continue
                document, there = resource.origin(route)
                place = (id(document), there, kind, name)
                told.setdefault(place, []).append((resource, route, owner))
    for found in told.values():
        resource, route, owner = found[0]
        names = list(dict.fromkeys(quoted(owner.name) for _, _, owner in found))
        yield Finding(
            resource,
            route,
            f'{resource.title} refers to {owner.kind} "{resource.get(*route)}" at'
            f" {format_route(route)}, but kustomize names it {listed(names, _MOST_NAMES)} and"
            " does not follow it there",
            related=(Note(owner, _NAME, f"renamed to {names[0]}"),),
        )


def _is_there(kind: str, name: str, rendering: Rendering, env: Environment) -> bool:
    """Say whether there is, or may be, another object with the name that one has lost.

    What other overlays bring may go to other clusters, unless there is one for certain.
    """
    objects = [r for r in (*env.of_kind(kind), *env.elsewhere) if (r.kind, r.name) == (kind, name)]
    if kind in STORE_KINDS:
        if not objects and not env.is_absent(kind, name):
            return True
    else:
        # What may make any object, as charts do, seldom makes one of that very name.
        makers = (w for w in env.links.writers_of(kind, name, None) if w.name != "*")
        objects += [maker.resource for maker in makers]
    return any(env.certain or each.rendering in ("", rendering.name) for each in objects)


def _renamed(rendering: Rendering) -> dict[tuple[str, str], Resource]:
    """Return the objects that have another name than in their source, by that name."""
    return {
        (resource.kind, resource.source_name): resource
        for resource in rendering.resources
        if resource.name != resource.source_name
        and not resource.unknown(_NAME)
        and _NAME not in resource.known  # a placeholder that was filled
    }


def _references(resource: Resource) -> Iterator[tuple[Route, str, str]]:
    """Yield what an ESO object names: route, kind, name."""
    for use in store_uses(resource):
        if use.name is not None and use.kind in STORE_KINDS and not use.unknown():
            yield (*use.route, "name"), use.kind, use.name
    # What is renamed is rare, and all that can read takes time to load.
    from esolint.model.reader import uses

    for reference in uses(resource):
        yield reference.route, reference.kind, reference.name


# Lists that a strategic merge replaces: custom resources have no merge keys.
_LISTS: dict[str, tuple[Route, ...]] = {
    **{kind: ((*base, "data"), (*base, "dataFrom")) for kind, base in EXTERNAL_SECRETS.items()},
    "ClusterSecretStore": (("spec", "conditions"),),
}


def patch_replaces_list(resource: Resource, env: Environment) -> Iterator[Finding]:
    for route in _LISTS.get(resource.kind, ()):
        document, there = resource.origin(route)
        if document is resource.document or there[-1:] != route[-1:] or resource.unknown(route):
            continue
        # The operations of a JSON patch say what they replace.
        if isinstance(document.value, list) or not isinstance(at(document.value, there), list):
            continue
        base = sequence(at(resource.document.value, (*resource.base, *route)))
        lost = _lost(base, sequence(resource.get(*route)))
        # A directive says that the list is meant to be replaced.
        told = any("$patch" in mapping(entry) for entry in sequence(at(document.value, there)))
        if not lost or told:
            continue
        source = Resource(
            mapping(at(resource.document.value, resource.base)), resource.document, resource.base
        )
        yield Finding(
            resource,
            route,
            f"{resource.title}: the patch replaces the whole list {format_route(route)}, "
            f"and {listed(lost, 5)} of the base {'is' if len(lost) == 1 else 'are'} gone",
            related=(Note(source, route, "the list in the base"),),
        )


def _lost(base: list[Value], patched: list[Value]) -> list[str]:
    """Return how to call the entries of a list that another one in its place lacks.

    Entries without a name that are exchanged for as many others are meant to be.
    """
    keys = {text(mapping(entry).get("secretKey")) for entry in patched}
    lost = []
    for i, entry in enumerate(base):
        key = text(mapping(entry).get("secretKey"))
        if key is not None and key not in keys:
            lost.append(f'"{key}"')
        elif key is None and entry not in patched and len(patched) < len(base):
            lost.append(f"entry {i}")
    return lost


def manifest_not_deployed(env: Environment) -> Iterator[Finding]:
    told: set[str] = set()
    beside = {
        posixpath.dirname(resource.document.path): resource
        for resource in env.repository
        if kustomize.is_kustomization(resource.document)
    }
    for resource in env.undeployed:
        path = resource.document.path
        if path in told:
            continue
        told.add(path)
        owner = beside.get(posixpath.dirname(path))
        if owner is not None and posixpath.basename(path) in owner.document.text:
            continue  # a comment says that it is left out
        notes: tuple[Note, ...] = ()
        if owner is not None and exists(owner.value, ("resources",)):
            notes = (Note(owner, ("resources",), "its resources"),)
        yield Finding(
            resource,
            _NAME,
            f"{resource.title} stands beside a kustomization, and none lists its file",
            related=notes,
        )
