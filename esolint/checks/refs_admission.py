"""The rules of topic refs: who may use a store, and what ESO looks after as it is installed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from esolint.checks.refs import is_renamed
from esolint.diagnostic import Confidence
from esolint.graph import Environment, Found, Missing
from esolint.model.consumer import (
    CLUSTER_STORE,
    CONSUMER_KINDS,
    EXTERNAL_SECRETS,
    STORE,
    StoreUse,
    store_uses,
)
from esolint.model.namespaces import (
    NAME_LABEL,
    Namespaces,
    Verdict,
    admits,
    matches,
    selected,
    selectors,
)
from esolint.resource import Resource, known_namespace
from esolint.rule import Finding, Note
from esolint.value import Route, at, mapping, sequence
from esolint.words import amount, listed, quoted

_MOST_NAMES = 5

# Conditions of a store


def namespace_not_admitted(env: Environment) -> Iterator[Finding]:
    known = env.links.namespaces
    for consumer in env.of_kind(*CONSUMER_KINDS):
        homes = _homes(consumer, known)
        for use in store_uses(consumer) if homes else ():
            resolution = env.resolve(use) if use.kind == CLUSTER_STORE and _is_read(use) else None
            if isinstance(resolution, Found):
                yield from _refused(use, homes, resolution.resources, known)


def _refused(
    use: StoreUse, homes: Sequence[str], candidates: Sequence[Resource], known: Namespaces
) -> Iterator[Finding]:
    """Yield a finding where each store that may be meant refuses some of the namespaces."""
    refused: dict[str, list[Verdict]] = {}
    for home in homes:
        verdicts = [admits(store, home, known) for store in candidates]
        if all(verdict.answer is False for verdict in verdicts):
            refused[home] = verdicts
    if not refused:
        return
    first, reasons = next(iter(refused.items()))
    sure = all(verdict.sure for verdicts in refused.values() for verdict in verdicts)
    which = "namespace" if len(refused) == 1 else "namespaces"
    names = listed(list(map(quoted, refused)), _MOST_NAMES)
    why = reasons[0].why if len(refused) == 1 else f"of {quoted(first)}: {reasons[0].why}"
    notes = [
        Note(store, reason.route, "the condition")
        for store, reason in zip(candidates, reasons, strict=True)
    ]
    notes += [
        Note(namespace.resource, ("metadata", "labels"), "the namespace")
        for namespace in known.get(first, ())
        if namespace.resource is not None
    ]
    yield Finding(
        use.resource,
        (*use.route, "name"),
        f'{use.resource.title} uses ClusterSecretStore "{use.name}" from {which} {names},'
        f" which its conditions do not admit ({why})",
        confidence=None if sure else "medium",
        related=tuple(notes),
    )


def _homes(consumer: Resource, known: Namespaces) -> list[str]:
    """Return the namespaces from which a consumer certainly uses its stores."""
    if consumer.kind.startswith("Cluster"):
        return list(selected(consumer, known).sure)
    home = known_namespace(consumer)
    return [home] if home else []


def _is_read(use: StoreUse) -> bool:
    """Say whether ESO reads from a reference: from the common one if an entry has none."""
    base = EXTERNAL_SECRETS.get(use.resource.kind)
    if base is None or use.route != (*base, "secretStoreRef"):
        return True
    return any(
        isinstance(entry, dict) and not entry.get("sourceRef")
        for field in ("data", "dataFrom")
        for entry in sequence(use.resource.get(*base, field))
    )


# Stores of a namespace


def store_in_other_namespace(env: Environment) -> Iterator[Finding]:
    for consumer in env.of_kind("ExternalSecret", "PushSecret"):
        here = known_namespace(consumer)
        for use in store_uses(consumer) if here else ():
            resolution = env.resolve(use)
            if not isinstance(resolution, Missing) or not resolution.other_namespace:
                continue
            if is_renamed(use, env):
                continue
            there = sorted({store.namespace or "" for store in resolution.other_namespace})
            twins = [r for r in env.of_kind(CLUSTER_STORE) if r.name == use.name and r.is_eso]
            yield Finding(
                consumer,
                (*use.route, "name"),
                f'{consumer.title} looks for SecretStore "{use.name}" in its own namespace'
                f' "{here}", but it stands in {listed(there, _MOST_NAMES)}',
                related=(
                    Note(resolution.other_namespace[0], ("metadata", "name"), "it stands here"),
                    *(Note(r, ("kind",), "a ClusterSecretStore of that name") for r in twins[:1]),
                ),
            )


def cluster_external_secret_needs_store(env: Environment) -> Iterator[Finding]:
    known = env.links.namespaces
    for consumer in env.of_kind("ClusterExternalSecret"):
        homes = _homes(consumer, known)
        for use in store_uses(consumer) if homes else ():
            missing = {
                home: resolution.other_namespace
                for home in homes
                if use.kind == STORE
                and _is_read(use)
                and isinstance(resolution := env.resolve(use._replace(namespace=home)), Missing)
                and resolution.other_namespace
            }
            if missing:
                others = next(iter(missing.values()))
                names = listed(list(map(quoted, missing)), _MOST_NAMES)
                yield Finding(
                    consumer,
                    (*use.route, "name"),
                    f"{consumer.title} puts ExternalSecrets into {names}, where no SecretStore"
                    f' "{use.name}" stands',
                    related=(Note(others[0], ("metadata", "name"), "it stands here"),),
                )


# Selectors


def selector_matches_nothing(env: Environment, *, namespaces: str) -> Iterator[Finding]:
    known = [namespace for variants in env.links.namespaces.values() for namespace in variants]
    complete = namespaces == "complete"
    for resource in env.of_kind(CLUSTER_STORE, "ClusterExternalSecret", "ClusterPushSecret"):
        for route in selectors(resource) if known else ():
            verdicts = [matches(resource, route, namespace) for namespace in known]
            if any(verdict.answer is not False for verdict in verdicts):
                continue
            # A namespace without an object may be meant by its name.
            if not complete and any(NAME_LABEL in verdict.why for verdict in verdicts):
                continue
            confidence: Confidence | None = "low"
            if complete:
                confidence = None
            elif any(verdict.sure for verdict in verdicts):
                confidence = "medium"  # the label is in use
            shown = amount(len({namespace.name for namespace in known}), "namespace")
            yield Finding(
                resource,
                route,
                f"{resource.title}: the selector matches no namespace, and the repository shows"
                f" {shown}",
                confidence=confidence,
            )


# Namespaces of what has none


def cluster_scoped_with_namespace(resource: Resource, env: Environment) -> Iterator[Finding]:
    route: Route = ("metadata", "namespace")
    namespace = resource.source_namespace
    # As it is written: what kustomize puts there is no fault of the manifest.
    written = Resource(
        mapping(at(resource.document.value, resource.base)), resource.document, resource.base
    )
    if resource.is_eso and namespace and not written.unknown(route):
        yield Finding(
            written,
            route,
            f'{resource.title} names the namespace "{namespace}", but a {resource.kind} stands'
            " in none",
        )
