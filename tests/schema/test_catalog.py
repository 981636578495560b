from __future__ import annotations

import pytest

from esolint.schema.catalog import packaged, written_route
from esolint.schema.tree import walk
from esolint.schema.versions import Version
from esolint.value import Route, parse_route

V1 = "external-secrets.io/v1"
CATALOG = packaged()


@pytest.mark.parametrize(
    ("kind", "route", "value", "there"),
    [
        ("SecretStore", "spec.provider.openBao", None, "2.7.."),
        ("SecretStore", "spec.provider.alibaba", None, "0.16..1.3"),
        ("SecretStore", "spec.provider.nosuch", None, ""),
        ("ExternalSecret", "spec.dataFrom[0].rewrite[0].merge", None, "0.18.."),
        ("ExternalSecret", "spec.target.template.data.anything", None, "0.16.."),
        ("ExternalSecret", "spec.target.creationPolicy", "CreateOrMerge", "2.8.."),
        ("ExternalSecret", "spec.target.creationPolicy", "Owner", "0.16.."),
        ("ExternalSecret", "spec.target.creationPolicy", "Bogus", ""),
    ],
)
def test_minors_with_a_field(kind: str, route: str, value: str | None, there: str) -> None:
    version = CATALOG.kinds[kind].versions["v1"]
    assert CATALOG.minors.text(CATALOG.minors_with(version, parse_route(route), value)) == there


def test_find_knows_only_what_there_is() -> None:
    group = "generators.external-secrets.io/v1alpha1"
    assert CATALOG.find("GitlabDeployToken", group) is not None
    assert CATALOG.find("GitlabDeployToken", V1) is None
    assert CATALOG.find("NoSuchKind", V1) is None


def test_load_takes_the_schema_of_the_version() -> None:
    def has(version: Version | None, route: Route) -> bool:
        schema = CATALOG.load("SecretStore", V1, version)
        assert schema is not None
        return schema.root.at(route) is not None

    alibaba = ("spec", "provider", "alibaba")
    assert has(Version(1, 3), alibaba)
    assert not has(Version(2, 0), alibaba)
    assert not has(None, alibaba)
    assert CATALOG.load("SecretStore", V1, Version(0, 15)) is None
    assert CATALOG.load("SecretStore", "external-secrets.io/v2", None) is None


def test_without_a_version_the_newest_that_serves_counts() -> None:
    schema = CATALOG.load("ExternalSecret", "external-secrets.io/v1beta1", None)
    assert schema is not None
    assert schema.minor == Version(0, 16)


def test_an_unknown_version_takes_its_neighbour() -> None:
    schema = CATALOG.load("ExternalSecret", V1, Version(3, 0))
    assert schema is not None
    assert schema.minor == CATALOG.minors.newest
    older = CATALOG.load("ExternalSecret", "external-secrets.io/v1beta1", Version(0, 5))
    assert older is not None
    assert older.minor == CATALOG.minors.oldest


def test_routes_of_deprecated_fields_and_rules_exist() -> None:
    for kind in CATALOG.kinds.values():
        for version in kind.versions.values():
            tree = CATALOG.tree(version)
            places = [entry.at for entry in CATALOG.deprecations(kind.name, version.api_version)]
            places += [rule.at for rule in CATALOG.cel_rules(kind.name, version.api_version)]
            for place in places:
                route: Route = tuple(0 if step == "[]" else step for step in place)
                assert CATALOG.minors_with(version, route), (kind.name, place)
            assert all("shape" not in node for node in walk(tree))


def test_written_route() -> None:
    assert written_route("spec.data[].tags{}.a") == ("spec", "data", "[]", "tags", "{}", "a")
