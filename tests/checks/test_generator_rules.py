"""References to generators: which ones a resource has, where they lead, how long tokens live."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from esolint.checks import sync
from esolint.checks.refs_generator import generator_kind_mismatch, generator_not_found
from esolint.graph import Environment
from esolint.model.consumer import CONSUMER_KINDS, generator_uses
from esolint.model.generator import GENERATOR_FIELDS
from esolint.resource import Resource, resources
from esolint.rule import Finding
from esolint.source import read_text
from esolint.value import format_route

GENERATORS = "generators.external-secrets.io/v1alpha1"


def read(*objects: dict[str, Any]) -> list[Resource]:
    documents, unread = read_text(yaml.safe_dump_all(objects), "manifest.yaml")
    assert not unread
    return [resource for document in documents for resource in resources(document)]


def generator(
    kind: str, name: str, namespace: str = "shop", spec: dict[str, Any] | None = None
) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": GENERATORS, "kind": kind, "metadata": metadata, "spec": spec or {}}


def cluster_generator(kind: str, field: str) -> dict[str, Any]:
    spec = {"kind": kind, "generator": {field: {}}}
    return generator("ClusterGenerator", "one", spec=spec)


def consumer(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": "app", "namespace": "shop"},
        "spec": {"dataFrom": [{"sourceRef": {"generatorRef": {"kind": kind, "name": name}}}]}
        | spec,
    }


def test_the_places_of_references() -> None:
    ref = {"generatorRef": {"kind": "Password", "name": "one"}}
    entries = {"data": [{"sourceRef": ref}], "dataFrom": [{"extract": {}}, {"sourceRef": ref}]}
    specs: dict[str, dict[str, Any]] = {
        "ExternalSecret": entries,
        "ClusterExternalSecret": {"externalSecretSpec": entries},
        "PushSecret": {"selector": ref},
        "ClusterPushSecret": {"pushSecretSpec": {"selector": ref}},
    }
    assert tuple(specs) == CONSUMER_KINDS
    metadata = {"name": "app", "namespace": "shop"}
    objects = [
        {"apiVersion": "external-secrets.io/v1", "kind": k, "metadata": metadata, "spec": spec}
        for k, spec in specs.items()
    ]

    uses = [use for resource in read(*objects) for use in generator_uses(resource)]

    assert [(use.resource.kind, format_route(use.route), use.namespace) for use in uses] == [
        ("ExternalSecret", "spec.data[0].sourceRef.generatorRef", "shop"),
        ("ExternalSecret", "spec.dataFrom[1].sourceRef.generatorRef", "shop"),
        ("ClusterExternalSecret", "spec.externalSecretSpec.data[0].sourceRef.generatorRef", None),
        (
            "ClusterExternalSecret",
            "spec.externalSecretSpec.dataFrom[1].sourceRef.generatorRef",
            None,
        ),
        ("PushSecret", "spec.selector.generatorRef", "shop"),
        ("ClusterPushSecret", "spec.pushSecretSpec.selector.generatorRef", None),
    ]


@pytest.mark.parametrize("field", GENERATOR_FIELDS)
def test_a_cluster_generator_is_of_the_kind_of_its_fields(field: str) -> None:
    kind = GENERATOR_FIELDS[field]
    other = next(k for k in GENERATOR_FIELDS.values() if k != kind)

    right, wrong = (Environment(read(cluster_generator(k, field))) for k in (kind, other))

    assert list(generator_kind_mismatch(right)) == []
    assert [f.case for f in generator_kind_mismatch(wrong)] == ["other-spec"]


def test_generators_elsewhere_and_of_other_clusters() -> None:
    app = read(consumer("Password", "one"))
    here = read(generator("Password", "two", "billing"))
    there = read(generator("Password", "one"))

    def missing(**around: Any) -> list[Finding]:
        return list(generator_not_found(Environment([*app, *here], **around)))

    assert len(missing()) == 1
    assert missing(elsewhere=there) == []
    assert missing(others=there) == []
    assert list(generator_not_found(Environment(app))) == []


def outlived(*objects: dict[str, Any]) -> list[str | None]:
    found = read(*objects)
    app = next(resource for resource in found if resource.name == "app")
    return [f.case for f in sync.generator_token_outlived(app, Environment(found))]


@pytest.mark.parametrize(
    ("kind", "minutes"),
    [
        ("ACRAccessToken", 180),
        ("ECRAuthorizationToken", 720),
        ("GCRAccessToken", 60),
        ("GithubAccessToken", 60),
    ],
)
def test_how_long_tokens_live(kind: str, minutes: int) -> None:
    field = next(f for f, k in GENERATOR_FIELDS.items() if k == kind)
    cluster = cluster_generator(kind, field)
    for interval, case in ((minutes - 1, None), (minutes, "as-long"), (minutes + 1, "outlived")):
        expected = [case] if case else []
        assert outlived(consumer(kind, "one", refreshInterval=f"{interval}m")) == expected
        app = consumer("ClusterGenerator", "one", refreshInterval=f"{interval}m")
        assert outlived(app, cluster) == expected


@pytest.mark.parametrize(
    ("asked", "interval", "case"),
    [
        ({"sessionDuration": 900}, "14m", None),
        ({"sessionDuration": 900}, "15m", "as-long"),
        ({"sessionDuration": 901}, "15m", None),
        ({"sessionDuration": "${SECONDS}"}, "100h", None),
        ({}, "11h", None),
        ({}, "13h", "outlived"),
    ],
)
def test_how_long_sessions_live(asked: dict[str, Any], interval: str, case: str | None) -> None:
    sts = generator("STSSessionToken", "one", spec={"requestParameters": asked})
    app = consumer("STSSessionToken", "one", refreshInterval=interval)

    assert outlived(app, sts) == ([case] if case else [])
    assert outlived(app) == []


def test_who_writes_an_interval_may_want_the_value_to_change() -> None:
    found = read(consumer("UUID", "one"), consumer("UUID", "one", refreshInterval="720h"))

    rotating = [f for app in found for f in sync.generator_rotates(app, Environment(found))]

    assert [finding.confidence for finding in rotating] == [None, "medium"]
