"""The rules of topic refs about what Flux fills in and in which order it applies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from esolint.context import flux
from esolint.context.rendering import Eaten, Rendering
from esolint.graph import Environment, Found
from esolint.model.consumer import CONSUMER_KINDS, store_uses
from esolint.model.installation import operators
from esolint.resource import Resource
from esolint.rule import Finding, Note
from esolint.value import Route
from esolint.words import amount

_NAME: Route = ("metadata", "name")
_UNREAD = (("metadata", "labels"), ("metadata", "annotations"))
_MOST_NOTES = 10
_CRD = "externalsecrets.external-secrets.io"


def flux_substitution_eats_value(env: Environment) -> Iterator[Finding]:
    places: dict[object, list[tuple[Eaten, str]]] = {}
    for rendering in env.renderings:
        for eaten in rendering.eaten:
            if eaten.resource.is_eso and eaten.route[:2] not in _UNREAD:
                document, route = eaten.resource.origin(eaten.route)
                place = (id(document), route, eaten.variable)
                places.setdefault(place, []).append((eaten, rendering.name))
    for found in places.values():
        (resource, route, variable), name = found[0]
        more = f" and {amount(len(found) - 1, 'other')}" if len(found) > 1 else ""
        yield Finding(
            resource,
            route,
            f"{resource.title}: the variable ${{{variable}}} is not set by {name}{more}, "
            "so Flux puts nothing in its place",
        )


class _Need(NamedTuple):
    """A Kustomization that ought to come first: why, and what of it says so."""

    why: str
    note: Note


def missing_depends_on(env: Environment) -> Iterator[Finding]:
    syncs = {
        rendering.name: rendering
        for rendering in env.renderings
        if rendering.by is not None and flux.is_kustomization(rendering.by)
    }
    installers = _installers(env) if len(syncs) > 1 else {}
    hasty: dict[tuple[str, ...], list[tuple[Resource, str]]] = {}
    whys: dict[str, _Need] = {}
    for name, rendering in syncs.items():
        consumers = [r for r in rendering.resources if r.is_eso and r.kind in CONSUMER_KINDS]
        needs = _needs(consumers, installers, env) if consumers else {}
        # What it brings itself, or what another brings that it makes, it cannot wait for.
        needs = {
            other: need
            for other, need in sorted(needs.items())
            if other in syncs and name not in _line(other, syncs)
        }
        before = _before(name, syncs) if needs else None
        if before is not None and rendering.by is not None and not before & needs.keys():
            hasty.setdefault(tuple(needs), []).append((rendering.by, consumers[0].title))
            whys.update(needs)
    for others, found in hasty.items():
        yield _hasty(found, {other: whys[other] for other in others})


def _hasty(found: Sequence[tuple[Resource, str]], needs: Mapping[str, _Need]) -> Finding:
    """Return one finding for all Kustomizations that do not wait for the same."""
    (by, consumer), *rest = found
    missed = [f"{other}, which {need.why}" for other, need in list(needs.items())[:2]]
    wait = f"waits neither for {', nor for '.join(missed)}"
    if len(missed) == 1:
        wait = f"does not wait for {missed[0]}"
    more = f"; so it is with {amount(len(rest), 'more Kustomization')}" if rest else ""
    notes = [need.note for need in needs.values()]
    notes += [Note(other, _NAME, f"it brings {title}") for other, title in rest[:_MOST_NOTES]]
    return Finding(
        by,
        ("spec", "dependsOn"),
        f"{flux.title(by.name, by.namespace)} brings {consumer}, but {wait}{more}",
        related=tuple(notes),
    )


def _installers(env: Environment) -> dict[str, _Need]:
    """Return what brings ESO's CRDs, by the name of the rendering."""
    found = {
        crd.rendering: _Need("brings ESO's CRDs", Note(crd, _NAME, "ESO's CRD"))
        for crd in env.of_kind("CustomResourceDefinition")
        if crd.name == _CRD
    }
    for operator in operators(env.resources):
        resource = operator.resource
        need = _Need("installs ESO", Note(resource, _NAME, "it installs ESO"))
        found.setdefault(resource.rendering, need)
    return found


def _needs(
    consumers: list[Resource], installers: Mapping[str, _Need], env: Environment
) -> dict[str, _Need]:
    """Return the renderings that bring what consumers need: their stores, and ESO itself."""
    needs = dict(installers)
    for use in (use for consumer in consumers for use in store_uses(consumer)):
        resolution = env.resolve(use)
        for store in resolution.resources if isinstance(resolution, Found) else ():
            note = Note(store, _NAME, "the store")
            needs.setdefault(store.rendering, _Need(f"brings {store.title}", note))
    return needs


def _line(name: str, syncs: Mapping[str, Rendering]) -> list[str]:
    """Return a Kustomization, the one that brings it, the one that brings that, and so on."""
    line: list[str] = []
    while name in syncs and name not in line:
        line.append(name)
        by = syncs[name].by
        name = by.rendering if by is not None else ""
    return line


def _before(name: str, syncs: Mapping[str, Rendering]) -> Set[str] | None:
    """Return the Kustomizations that are applied before one of them; None: it is not known.

    One that is brought by another is made after it, and after what that one waits for; one
    that waits for another comes after what that one brings, if it waits for its health.
    """
    queue = [(name, False)]
    for current, is_awaited in queue:
        rendering = syncs.get(current)
        by = rendering.by if rendering is not None else None
        if rendering is None or by is None or by.unknown(("spec", "dependsOn")):
            return None
        found = [(flux.title(*key), True) for key in flux.dependencies(by)]
        if by.rendering in syncs:
            found.append((by.rendering, False))
        if is_awaited and _waits(by):
            children = filter(flux.is_kustomization, rendering.resources)
            found += [(flux.title(child.name, child.namespace), True) for child in children]
        queue.extend(entry for entry in dict.fromkeys(found) if entry not in queue)
    return {other for other, _ in queue} - {name}


def _waits(by: Resource) -> bool:
    """Say whether a Kustomization is ready only when what it brings is healthy."""
    return by.get("spec", "wait") is True or bool(by.get("spec", "healthChecks"))
