"""Consumers: what refers to a store, and how.

Source: ESO v2.9.0, pkg/controllers/secretstore/client_manager.go (which store a reference
means) and the controllers of the four kinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from esolint.resource import ESO_GROUP, Resource
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
        yield StoreUse(resource, route, kind, name, resource.namespace)
