"""The provider table against the CRDs of every minor release, as crd-schemas/ holds them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from esolint.model.generator import GENERATOR_FIELDS
from esolint.model.providers import (
    GENERATORS,
    PROVIDERS,
    Selector,
    generator_references,
    references,
)
from esolint.schema.tree import expand as inflate
from esolint.value import parse_route

ROOT = Path(__file__).resolve().parents[2]
Route = tuple[str, ...]

# What has the form of a reference and is none.
EXEMPT = {
    ("crd", "whitelist", "rules", "*"),  # names objects that may be read
    ("ngrok", "vault"),  # a vault of ngrok
}
SELECTOR = {"name", "key", "namespace", "audiences", "type"}


def looks_like_a_reference(schema: dict[str, Any]) -> bool:
    fields = set(schema.get("properties", {}))
    return "name" in fields and (fields <= SELECTOR or "namespace" in fields)


def walk(schema: dict[str, Any], route: Route = ()) -> Iterator[tuple[Route, dict[str, Any]]]:
    yield route, schema
    for key, inner in schema.get("properties", {}).items():
        yield from walk(inner, (*route, key))
    for key in ("items", "additionalProperties"):
        inner = schema.get(key)
        if isinstance(inner, dict):
            yield from walk(inner, (*route, "*"))


class Schemas:
    """The specs of all releases: of the provider block, and of each generator kind."""

    def __init__(self, folder: Path) -> None:
        self.providers: list[dict[str, Any]] = []
        self.generators: dict[str, dict[str, Any]] = {}
        for path in sorted(folder.glob("*_*_*.json")):
            group, version, kind = path.stem.split("_")
            content = json.loads(path.read_bytes())
            tree = inflate(content["schema"], content.get("shapes", {}))
            spec = tree["properties"].get("spec", {})
            if kind in ("SecretStore", "ClusterSecretStore") and version != "v1alpha1":
                self.providers.append(spec["properties"]["provider"])
            elif group.startswith("generators."):
                self.generators[kind] = spec
        self.cluster_generator = self.generators.pop("ClusterGenerator")["properties"]["generator"]
        del self.generators["GeneratorState"]


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas(ROOT / "crd-schemas")


def routes(selectors: tuple[Selector, ...]) -> set[Route]:
    return {tuple(str(step) for step in selector.route) for selector in selectors}


def test_every_reference_of_a_store_is_classified(schemas: Schemas) -> None:
    found = {
        route
        for schema in schemas.providers
        for route, inner in walk(schema)
        if looks_like_a_reference(inner)
    }
    known = {(key, *route) for key, row in PROVIDERS.items() for route in routes(row.selectors)}

    assert found - known - EXEMPT == set()
    assert known - found == set()
    assert found >= EXEMPT


def test_every_reference_of_a_generator_is_classified(schemas: Schemas) -> None:
    found = {
        (kind, *route)
        for kind, schema in schemas.generators.items()
        for route, inner in walk(schema)
        if looks_like_a_reference(inner)
    }
    known = {
        (kind, *route) for kind, selectors in GENERATORS.items() for route in routes(selectors)
    }

    assert found == known


def test_the_fields_of_a_cluster_generator_are_known(schemas: Schemas) -> None:
    fields = set(schemas.cluster_generator["properties"])

    assert fields == set(GENERATOR_FIELDS)
    assert set(GENERATOR_FIELDS.values()) <= set(schemas.generators)
    assert set(GENERATORS) <= set(GENERATOR_FIELDS.values())


def test_every_provider_has_a_row(schemas: Schemas) -> None:
    keys = {name for schema in schemas.providers for name in schema["properties"]}

    assert keys == set(PROVIDERS)


def test_every_route_of_a_row_exists(schemas: Schemas) -> None:
    found = {route for schema in schemas.providers for route, _ in walk(schema)}
    wanted: set[Route] = set()
    for key, row in PROVIDERS.items():
        named = [*row.required, *row.given, *(literal.route for literal in row.literals)]
        for selector in row.selectors:
            named += [r for r in (selector.must, selector.when, selector.unless) if r is not None]
        wanted |= {(key, *map(str, route)) for route in named}

    assert wanted - found == set()


def test_literals_are_the_value_fields_beside_a_reference(schemas: Schemas) -> None:
    beside = {
        (*route, "value")
        for schema in schemas.providers
        for route, inner in walk(schema)
        if {"value", "secretRef"} <= set(inner.get("properties", {}))
    }
    known = {
        (key, *map(str, literal.route))
        for key, row in PROVIDERS.items()
        for literal in row.literals
    }

    assert beside == known


@pytest.mark.parametrize(
    ("provider", "config", "expected"),
    [
        (
            "aws",
            {"auth": {"jwt": {"serviceAccountRef": {"name": "a"}}}},
            ["auth.jwt.serviceAccountRef"],
        ),
        ("aws", {"auth": {"jwt": {}}}, []),
        ("aws", None, []),
        ("nonesuch", {"auth": {}}, []),
        (
            "webhook",
            {"secrets": [{"secretRef": {"name": "a"}}, {"name": "b"}, {"secretRef": {}}]},
            ["secrets.0.secretRef", "secrets.2.secretRef"],
        ),
        # The access type is looked at even where it is left out, but not beside kubernetesAuth.
        (
            "akeyless",
            {"authSecretRef": {"secretRef": {"accessTypeParam": {"key": "x"}}}},
            ["authSecretRef.secretRef.accessType"],
        ),
        ("akeyless", {"authSecretRef": {"kubernetesAuth": {}, "secretRef": {"accessID": {}}}}, []),
        ("vault", {"caProvider": {"name": "a"}, "caBundle": "eA=="}, []),
        ("vault", {"caProvider": {"name": "a"}}, ["caProvider"]),
        ("vault", {"tls": {"certSecretRef": {"name": "a"}}}, []),
        ("oracle", {"serviceAccountRef": {"name": "a"}}, ["serviceAccountRef"]),
    ],
)
def test_references(provider: str, config: Any, expected: list[str]) -> None:
    found = [".".join(map(str, reference.route)) for reference in references(provider, config)]

    assert found == expected


def test_generator_references() -> None:
    spec = {"auth": {"secretRef": {"accessKeyIDSecretRef": {"name": "a"}}}}
    found = list(generator_references("STSSessionToken", spec))

    assert [reference.route for reference in found] == [
        parse_route("auth.secretRef.accessKeyIDSecretRef")
    ]
    assert list(generator_references("Password", {"length": 3})) == []
