"""The rules of topic push: what a PushSecret writes into stores.

Source: ESO v2.9.0, pkg/controllers/pushsecret/pushsecret_controller.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from esolint.graph import Environment
from esolint.model.consumer import PUSH_SECRETS, STORE
from esolint.nearest import mistyped, nearest
from esolint.resource import ESO_GROUP, Resource
from esolint.rule import Finding, Note
from esolint.value import Route, format_route, mapping, sequence, text

_FIELDS = (
    "deletionPolicy",
    "refreshInterval",
    "secretStoreRefs",
    "selector",
    "template",
    "updatePolicy",
)


def push_nothing(resource: Resource, env: Environment) -> Iterator[Finding]:
    base = PUSH_SECRETS[resource.kind]
    spec = resource.get(*base)
    if resource.group != ESO_GROUP or not isinstance(spec, dict) or resource.unknown(base):
        return
    for key in ("data", "dataTo"):
        if spec.get(key) not in (None, []) or resource.unknown((*base, key)):
            return
    if not mistyped(spec, ("data", "dataTo"), _FIELDS):
        message = f"{resource.title} has neither data nor dataTo, so it pushes nothing"
        yield Finding(resource, base, message)


def push_overwrites(resource: Resource, env: Environment) -> Iterator[Finding]:
    base = PUSH_SECRETS[resource.kind]
    policy = (*base, "updatePolicy")
    spec = resource.get(*base)
    if resource.group != ESO_GROUP or not isinstance(spec, dict) or resource.unknown(policy):
        return
    if spec.get("updatePolicy") is None and not mistyped(spec, ("updatePolicy",), _FIELDS):
        message = f"{resource.title} has no updatePolicy, so it replaces what is there"
        yield Finding(resource, policy, message)


def push_store_not_listed(resource: Resource, env: Environment) -> Iterator[Finding]:
    if resource.group != ESO_GROUP:
        return
    references: Route = (*PUSH_SECRETS[resource.kind], "secretStoreRefs")
    listed = [(*references, i) for i, _ in enumerate(sequence(resource.get(*references)))]
    known = [store for route in listed if (store := _store(resource, route)) is not None]
    if resource.unknown(references) or len(known) < len(listed):
        return
    entries: Route = (*PUSH_SECRETS[resource.kind], "dataTo")
    for i, _ in enumerate(sequence(resource.get(*entries))):
        route: Route = (*entries, i, "storeRef")
        store = _store(resource, route)
        if store is None or not store[1] or store in known:
            continue
        kind, name = store
        other = next((k for k, n in known if n == name), None)
        near = None if other else nearest(name, [n for _, n in known])
        at = (*route, "kind" if other and mapping(resource.get(*route)).get("kind") else "name")
        yield Finding(
            resource,
            at,
            f'{resource.title}: {format_route(route)} names {kind} "{name}", '
            + (
                f"but secretStoreRefs a {other}" if other else "which secretStoreRefs does not list"
            ),
            related=tuple(
                Note(resource, there, "listed here")
                for there, (_, n) in zip(listed, known, strict=True)
                if n in (name, near)
            ),
        )


def _store(resource: Resource, route: Route) -> tuple[str, str] | None:
    """Return the kind and the name that a reference gives, "" for none; None: not known."""
    written = resource.get(*route)
    keys = ((*route, "kind"), (*route, "name"))
    if any(map(resource.unknown, keys)) or not isinstance(written, dict | None):
        return None
    given = mapping(written)
    return text(given.get("kind")) or STORE, text(given.get("name")) or ""
