"""Consumers: what refers to a store or a generator, and how.

Source: ESO v2.9.0, pkg/controllers/secretstore/client_manager.go (which store a reference
means), runtime/esutils/resolvers/generator.go (which generator) and the controllers of the
four kinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from esolint.resource import ESO_GROUP, ESO_GROUPS, Resource, known_namespace
from esolint.value import Route, sequence, text

CLUSTER_STORE = "ClusterSecretStore"
STORE = "SecretStore"
STORE_KINDS = (STORE, CLUSTER_STORE)

# kind → where the spec of an ExternalSecret or a PushSecret stands in it
EXTERNAL_SECRETS: dict[str, Route] = {
    "ExternalSecret": ("spec",),
    "ClusterExternalSecret": ("spec", "externalSecretSpec"),
}
PUSH_SECRETS: dict[str, Route] = {
    "PushSecret": ("spec",),
    "ClusterPushSecret": ("spec", "pushSecretSpec"),
}
CONSUMER_KINDS = (*EXTERNAL_SECRETS, *PUSH_SECRETS)

CLUSTER_GENERATOR = "ClusterGenerator"
GENERATOR_GROUP = ESO_GROUPS[1]

# ESO's webhook and controllers of v2 know these; of v1alpha1 nothing is claimed.
JUDGED_VERSIONS = ("v1", "v1beta1")


class StoreUse(NamedTuple):
    """A reference to a store. `route` is the reference's mapping; `name` None: none given.

    `kind` is what ESO takes where none is written: SecretStore. `namespace` is the one in
    which a SecretStore is looked up, None where the manifest does not say.
    """

    resource: Resource
    route: Route
    kind: str
    name: str | None
    namespace: str | None

    def unknown(self) -> bool:
        """Say whether rendering may still change which store is meant."""
        return any(self.resource.unknown((*self.route, key)) for key in ("name", "kind"))


def store_uses(resource: Resource) -> Iterator[StoreUse]:
    """Yield the store references of a consumer, in the order of its manifest."""
    if resource.group != ESO_GROUP:
        return
    if resource.kind in EXTERNAL_SECRETS:
        base = EXTERNAL_SECRETS[resource.kind]
        yield from _use(resource, (*base, "secretStoreRef"))
        for entries in ("data", "dataFrom"):
            for i, _ in enumerate(sequence(resource.get(*base, entries))):
                yield from _use(resource, (*base, entries, i, "sourceRef", "storeRef"))
    elif resource.kind in PUSH_SECRETS:
        base = PUSH_SECRETS[resource.kind]
        for i, _ in enumerate(sequence(resource.get(*base, "secretStoreRefs"))):
            yield from _use(resource, (*base, "secretStoreRefs", i))
        for i, _ in enumerate(sequence(resource.get(*base, "dataTo"))):
            yield from _use(resource, (*base, "dataTo", i, "storeRef"))


def _use(resource: Resource, route: Route) -> Iterator[StoreUse]:
    reference = resource.get(*route)
    if isinstance(reference, dict) and "labelSelector" not in reference:
        kind = text(reference.get("kind")) or STORE
        name = text(reference.get("name"))
        # The children of a cluster-wide consumer look in their own namespaces.
        home = None if resource.kind.startswith("Cluster") else resource.namespace
        yield StoreUse(resource, route, kind, name, home)


class GeneratorUse(NamedTuple):
    """A reference to a generator. `route` is the reference's mapping.

    `namespace` is the one in which a generator is looked up, None where the manifest does not
    say; a ClusterGenerator stands in none.
    """

    resource: Resource
    route: Route
    kind: str
    name: str
    namespace: str | None

    @property
    def title(self) -> str:
        """What messages call the generator: `Password "admin"`."""
        return f'{self.kind} "{self.name}"'

    def reaches(self, generator: Resource) -> bool:
        """Say whether a generator may stand where ESO looks for one of this kind."""
        here, there = self.namespace, known_namespace(generator)
        cluster = generator.kind == CLUSTER_GENERATOR
        return cluster or here is None or there is None or here == there

    def means(self, generator: Resource) -> bool:
        """Say whether a generator may be the one that is meant."""
        same = (generator.kind, generator.name) == (self.kind, self.name)
        return same and generator.group == GENERATOR_GROUP and self.reaches(generator)


def generator_uses(resource: Resource) -> Iterator[GeneratorUse]:
    """Yield the references of a consumer to generators, as far as they are known."""
    if resource.group != ESO_GROUP:
        return
    routes: list[Route] = []
    if resource.kind in EXTERNAL_SECRETS:
        base = EXTERNAL_SECRETS[resource.kind]
        for entries in ("data", "dataFrom"):
            for i, _ in enumerate(sequence(resource.get(*base, entries))):
                routes.append((*base, entries, i, "sourceRef", "generatorRef"))
    elif resource.kind in PUSH_SECRETS:
        routes.append((*PUSH_SECRETS[resource.kind], "selector", "generatorRef"))
    # What a cluster-wide consumer makes stands in namespaces that only its selectors name.
    namespace = None if resource.kind.startswith("Cluster") else known_namespace(resource)
    for route in routes:
        kind, name = (text(resource.get(*route, key)) for key in ("kind", "name"))
        known = not any(resource.unknown((*route, key)) for key in ("kind", "name", "apiVersion"))
        if kind and name and known:
            yield GeneratorUse(resource, route, kind, name, namespace)
