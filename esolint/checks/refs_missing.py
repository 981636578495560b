"""The rule of topic refs about consumers that name no store.

Source: ESO v2.9.0, pkg/controllers/secretstore/client_manager.go and
pkg/controllers/pushsecret/pushsecret_controller.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from esolint.graph import Environment
from esolint.model.consumer import EXTERNAL_SECRETS, JUDGED_VERSIONS, PUSH_SECRETS
from esolint.nearest import nearest
from esolint.resource import ESO_GROUP, Resource
from esolint.rule import Finding, Note
from esolint.value import Route, at, format_route, mapping, route_in, sequence, text

_FIELDS = ("secretStoreRef", "sourceRef", "storeRef")


def store_ref_missing(resource: Resource, env: Environment) -> Iterator[Finding]:
    if resource.group != ESO_GROUP:
        return
    if resource.kind in PUSH_SECRETS:
        found = list(_nameless(resource, PUSH_SECRETS[resource.kind]))
    elif resource.version in JUDGED_VERSIONS:
        found = list(_without_store(resource, EXTERNAL_SECRETS[resource.kind]))
    else:
        return
    if not found:
        return
    # A reference that the schema finds fault with, or that has another name, is not missing.
    faults = env.admission(resource).violations
    odd = [v.route[-1] for v in faults if v.rule == "unknown-field"]
    if not any(nearest(str(key), _FIELDS) for key in odd):
        for finding in found:
            if not any(route_in(v.route, (finding.route,)) for v in faults):
                yield finding


def _nameless(push: Resource, base: Route) -> Iterator[Finding]:
    for i, reference in enumerate(sequence(push.get(*base, "secretStoreRefs"))):
        route: Route = (*base, "secretStoreRefs", i)
        if isinstance(reference, dict) and all(_lacks(push, (*route, key)) for key in _CHOICES):
            fault = f"{format_route(route)} has neither name nor labelSelector"
            yield Finding(push, route, f"{push.title}: {fault}")


_CHOICES = ("name", "labelSelector")


def _without_store(resource: Resource, base: Route) -> Iterator[Finding]:
    waiting: list[Route] = []  # entries that leave the choice to the whole ExternalSecret
    for entry in _fetching(resource, base):
        source = mapping(resource.get(*entry, "sourceRef"))
        store: Route = (*entry, "sourceRef", "storeRef")
        if source.get("generatorRef") is not None:
            continue
        if source.get("storeRef") is not None:
            if _has_no_name(resource, store):
                yield Finding(resource, store, _told(resource, store, "names no store"))
        elif not resource.unknown(store):
            waiting.append(entry)
    default: Route = (*base, "secretStoreRef")
    if not waiting:
        return
    note = Note(resource, waiting[0], "to be fetched from that store")
    if _lacks(resource, default):
        yield Finding(
            resource,
            default,
            f"{resource.title} has no secretStoreRef, and {format_route(waiting[0])} needs one",
            related=(note,),
        )
    elif _has_no_name(resource, default):
        fault = _told(resource, default, "names no store")
        yield Finding(resource, default, fault, related=(note,))


def _fetching(resource: Resource, base: Route) -> Iterator[Route]:
    """Yield the entries that take something from a store."""
    for i, entry in enumerate(sequence(resource.get(*base, "data"))):
        if isinstance(entry, dict):
            yield (*base, "data", i)
    for i, entry in enumerate(sequence(resource.get(*base, "dataFrom"))):
        if at(entry, ("find",)) is not None or at(entry, ("extract",)) is not None:
            yield (*base, "dataFrom", i)


def _lacks(resource: Resource, route: Route) -> bool:
    return resource.get(*route) is None and not resource.unknown(route)


def _has_no_name(resource: Resource, reference: Route) -> bool:
    value, name = resource.get(*reference), (*reference, "name")
    return isinstance(value, dict) and not text(value.get("name")) and not resource.unknown(name)


def _told(resource: Resource, route: Route, fault: str) -> str:
    return f"{resource.title}: {format_route(route)} {fault}"
