"""SecretStores and ClusterSecretStores as ESO reads them, holes included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from esolint.model import providers
from esolint.model.consumer import CLUSTER_STORE, STORE_KINDS
from esolint.model.providers import Provider, Reference
from esolint.resource import ESO_GROUP, Resource
from esolint.value import Route, Value, at, mapping, parse_route, sequence


def stores(resources: Iterable[Resource]) -> Iterator[Store]:
    """Yield the stores among some resources."""
    for resource in resources:
        if resource.kind in STORE_KINDS and resource.group == ESO_GROUP:
            yield Store(resource)


def _without_nulls(config: dict[str, Value]) -> dict[str, Value]:
    """Return a block without the nulls in its mappings, which the API server drops."""

    def kept(value: Value) -> Value:
        if isinstance(value, dict):
            return {key: kept(item) for key, item in value.items() if item is not None}
        return [kept(item) for item in value] if isinstance(value, list) else value

    return {key: kept(item) for key, item in config.items() if item is not None}


class Store:
    """A store. Routes that its methods take or give are relative to the provider's block.

    `provider` is the key of that block, "" where there is not exactly one or where it is
    not known. An explicit null counts as left out: the API server drops it.
    """

    __slots__ = ("base", "config", "is_cluster", "provider", "resource")

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.is_cluster = resource.kind == CLUSTER_STORE
        self.provider = ""
        self.base: Route = ("spec", "provider")
        self.config: dict[str, Value] = {}
        given = {
            key: value
            for key, value in mapping(resource.get(*self.base)).items()
            if value is not None
        }
        if len(given) == 1:
            ((key, config),) = given.items()
            if isinstance(config, dict):
                self.provider = key
                self.base = (*self.base, key)
                self.config = _without_nulls(config)

    @property
    def row(self) -> Provider | None:
        """What the provider table says of the provider; None where ESO has no such provider."""
        return providers.PROVIDERS.get(self.provider)

    @property
    def conditions(self) -> list[Value]:
        """The conditions of a ClusterSecretStore; a SecretStore has none that count."""
        return sequence(self.resource.get("spec", "conditions")) if self.is_cluster else []

    def references(self) -> Iterator[Reference]:
        """Yield what the provider's block refers to, as far as it is known."""
        for reference in providers.references(self.provider, self.config):
            if not self.resource.unknown((*self.base, *reference.route)):
                yield reference

    def route(self, route: Route) -> Route:
        """Return the route in the resource of a route in the provider's block."""
        return (*self.base, *route)

    def get(self, route: str | Route) -> Value:
        """Return what stands at a route of the block: `auth.jwt`, or a tuple."""
        return at(self.config, parse_route(route) if isinstance(route, str) else route)

    def unknown(self, route: str | Route) -> bool:
        """Say whether only rendering decides what stands there."""
        steps = parse_route(route) if isinstance(route, str) else route
        return self.resource.unknown((*self.base, *steps))

    def has(self, route: str | Route) -> bool:
        """Say whether something is given there; a placeholder counts as given."""
        return self.get(route) is not None

    def lacks(self, route: str | Route) -> bool:
        """Say whether nothing is given there, nor will be by rendering."""
        return self.get(route) is None and not self.unknown(route)

    def text(self, route: str | Route) -> str | None:
        """Return the text there, "" where none is given, None where it is not known."""
        value = self.get(route)
        if self.unknown(route):
            return None
        if value is None:
            return ""
        return value if isinstance(value, str) else None

    def blank(self, route: str | Route) -> bool:
        """Say whether there is no text, or an empty one, nor will be one by rendering."""
        return self.text(route) == ""
