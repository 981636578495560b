"""The rules of topic refs about namespaces in the references of stores and generators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from esolint.graph import Environment
from esolint.model.consumer import (
    CLUSTER_STORE,
    CONSUMER_KINDS,
    JUDGED_VERSIONS,
    StoreUse,
    store_uses,
)
from esolint.model.generator import generator_specs
from esolint.model.providers import Absent, Reference, generator_references
from esolint.model.store import Store, stores
from esolint.resource import Resource, known_namespace
from esolint.rule import Finding, Note
from esolint.value import format_route, text
from esolint.words import listed

_NOUNS = {"secret": "Secret", "serviceAccount": "ServiceAccount", "configMap": "ConfigMap"}
_CONSEQUENCES: Mapping[Absent, str] = {
    "refused": "and the webhook demands one",
    "never-ready": "and without one no client can ever be made",
    "probably-never-ready": "and the store itself has none to look in",
    "referent": "so each namespace that uses the store has to bring its own",
}
_MOST_NOTES = 10
_MOST_NAMES = 5


def cluster_store_ref_namespace(env: Environment) -> Iterator[Finding]:
    consumers: dict[str, list[StoreUse]] = {}
    for resource in env.of_kind(*CONSUMER_KINDS):
        for use in store_uses(resource):
            if use.kind == CLUSTER_STORE and use.name and not use.unknown():
                consumers.setdefault(use.name, []).append(use)
    for store in stores(env.of_kind(CLUSTER_STORE)):
        if store.resource.version in JUDGED_VERSIONS:
            yield from _without_namespace(store, consumers.get(store.resource.name, []), env)


def _without_namespace(
    store: Store, consumers: list[StoreUse], env: Environment
) -> Iterator[Finding]:
    bare = [reference for reference in store.references() if _lacks_namespace(store, reference)]
    referent = any(reference.selector.policy.absent == "referent" for reference in bare)
    for reference in bare:
        absent = reference.selector.policy.absent
        if absent == "probably-never-ready" and referent:
            absent = "referent"  # what makes a store wait for its consumers holds for all of it
        if absent is None:
            continue
        what = _described(reference)
        message = (
            f"{store.resource.title}: {_where(store, reference)} names no namespace for {what}, "
            f"{_CONSEQUENCES[absent]}"
        )
        if absent == "referent":
            message += _told_namespaces(reference, consumers, env)
        yield Finding(
            store.resource,
            store.route(reference.route),
            message,
            case=absent,
            related=_notes(consumers),
        )


def _lacks_namespace(store: Store, reference: Reference) -> bool:
    if "name" in reference.selector.needs and not reference.value.get("name"):
        return False  # provider-config-invalid says what is missing
    return reference.value.get("namespace") is None


def _told_namespaces(reference: Reference, consumers: list[StoreUse], env: Environment) -> str:
    """Return where the store is used from, and which of these namespaces lack what it names.

    Only where the repository makes it in some namespace can one say that another lacks it.
    """
    namespaces = sorted(_namespaces(consumers))
    if not namespaces:
        return ""
    name = text(reference.value.get("name"))
    made = _made_in(reference.kind, name, env) if name else None
    lacking = [namespace for namespace in namespaces if made and namespace not in made]
    told = f"; it is used from {listed(namespaces, _MOST_NAMES)}"
    return (
        f"{told}, and nothing here makes it in {listed(lacking, _MOST_NAMES)}" if lacking else told
    )


def _namespaces(consumers: list[StoreUse]) -> set[str]:
    known = (known_namespace(use.resource) for use in consumers)
    return {namespace for namespace in known if namespace}


def _made_in(kind: str, name: str, env: Environment) -> set[str] | None:
    """Return the namespaces in which the repository makes an object; None: it cannot be said."""
    makers: list[Resource]
    if kind == "secret":
        makers = [
            resource
            for resource in env.of_kind("Secret", "SealedSecret", "ExternalSecret")
            if name == (text(resource.get("spec", "target", "name")) or resource.name)
        ]
    else:
        makers = [r for r in env.of_kind(_NOUNS.get(kind, "")) if r.name == name]
    namespaces = {known_namespace(resource) for resource in makers}
    return None if None in namespaces else {n for n in namespaces if n}


def _notes(consumers: list[StoreUse]) -> tuple[Note, ...]:
    """Return one consumer of each namespace as related places."""
    first: dict[str | None, StoreUse] = {}
    for use in consumers:
        first.setdefault(known_namespace(use.resource), use)
    return tuple(
        Note(
            use.resource,
            use.route,
            f"used from namespace {namespace}" if namespace else "used here",
        )
        for namespace, use in list(first.items())[:_MOST_NOTES]
    )


def store_ref_foreign_namespace(resource: Resource, env: Environment) -> Iterator[Finding]:
    for store, reference, namespace in _named_namespaces(resource):
        foreign = reference.selector.policy.foreign
        here = known_namespace(resource)
        if here is None and resource.document.literal:
            # Read as it stands, the object goes where kubectl puts what names no namespace.
            here = resource.namespace or "default"
        if foreign == "forbidden":
            fault = "which a SecretStore has to leave out"
        elif foreign == "refused" and here not in (None, namespace):
            fault = f'but a SecretStore of namespace "{here}" may only read there'
        else:
            continue
        yield Finding(
            resource,
            store.route((*reference.route, "namespace")),
            f'{resource.title}: {_where(store, reference)} names namespace "{namespace}", {fault}',
        )


def store_ref_namespace_ignored(resource: Resource, env: Environment) -> Iterator[Finding]:
    here = known_namespace(resource)
    for store, reference, namespace in _named_namespaces(resource):
        if reference.selector.policy.foreign == "ignored" and here not in (None, namespace):
            yield Finding(
                resource,
                store.route((*reference.route, "namespace")),
                f'{store.resource.title}: {_where(store, reference)} names namespace "{namespace}",'
                f' but ESO looks for {_described(reference)} in "{here}"',
            )
    for base, kind in generator_specs(resource):
        for reference in generator_references(kind, resource.get(*base)):
            named = text(reference.value.get("namespace"))
            route = (*base, *reference.route, "namespace")
            cluster = resource.kind == "ClusterGenerator"
            if named is None or resource.unknown(route) or (not cluster and here in (None, named)):
                continue
            there = "the namespace of each consumer" if cluster else f'"{here}"'
            yield Finding(
                resource,
                route,
                f"{resource.title}: {format_route(route[:-1])} names namespace"
                f' "{named}", but ESO looks for {_described(reference)} in {there}',
            )


def _named_namespaces(resource: Resource) -> Iterator[tuple[Store, Reference, str]]:
    """Yield the references of a SecretStore that name a namespace, which is known."""
    if resource.version not in JUDGED_VERSIONS:
        return
    for store in stores([resource]):
        for reference in store.references() if not store.is_cluster else ():
            namespace = text(reference.value.get("namespace"))
            route = store.route((*reference.route, "namespace"))
            if namespace and not resource.unknown(route):
                yield store, reference, namespace


def _where(store: Store, reference: Reference) -> str:
    return format_route((store.provider, *reference.route))


def _described(reference: Reference) -> str:
    """Return what a reference names: `Secret "az-creds"`."""
    noun = _NOUNS.get(reference.kind) or text(reference.value.get("type")) or "Secret"
    name = text(reference.value.get("name"))
    return f'{noun} "{name}"' if name else f"its {noun}"
