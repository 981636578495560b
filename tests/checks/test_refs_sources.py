"""Credentials that nothing makes: each reference of each provider, and who may make what."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from esolint.checks.refs_sources import (
    auth_secret_not_found,
    ca_source_not_found,
    service_account_not_found,
    template_source_not_found,
)
from esolint.graph import Environment
from esolint.model.generator import GENERATOR_KINDS
from esolint.model.providers import GENERATORS, PROVIDERS, Selector
from esolint.resource import Resource, resources
from esolint.rule import load_rules
from esolint.source import read_text
from esolint.value import Route

RULES = {
    "secret": auth_secret_not_found,
    "configMap": auth_secret_not_found,
    "serviceAccount": service_account_not_found,
    "ca": ca_source_not_found,
}
KINDS = {"secret": "Secret", "configMap": "ConfigMap", "serviceAccount": "ServiceAccount"}
SELECTORS = [(key, selector) for key, row in PROVIDERS.items() for selector in row.selectors]
NAMES = [f"{key}.{'.'.join(map(str, selector.route))}" for key, selector in SELECTORS]


def read(*objects: Any) -> list[Resource]:
    documents, unread = read_text(yaml.safe_dump_all(objects), "manifest.yaml")
    assert not unread
    return [resource for document in documents for resource in resources(document)]


def found(*objects: Any) -> list[tuple[str, str | None, str | None]]:
    """Return what the three rules about credentials say: the name, the case, the confidence."""
    env = Environment(read(*objects))
    rules = dict.fromkeys(RULES.values())
    findings = [finding for rule in rules for finding in rule(env)]
    return [(str(f.resource.get(*f.route)), f.case, f.confidence) for f in findings]


def put(where: dict[str, Any], route: Route, value: Any) -> None:
    """Put a value at a route, `*` being the first item of a list."""
    here: Any = where
    for step, after in zip(route, (*route[1:], None), strict=True):
        empty: Any = value if after is None else [] if after == "*" else {}
        if step == "*":
            here.append(empty)
            here = here[0]
        else:
            here = here.setdefault(step, empty)


def block(selector: Selector, **reference: str) -> dict[str, Any]:
    config: dict[str, Any] = {}
    put(config, selector.route, {"name": "wanted", "key": "key", **reference})
    if selector.when is not None and "*" not in selector.when:
        put(config, selector.when, {"name": "${OTHER}", "key": "key"})
    return config


def thing(kind: str, name: str, namespace: str | None, **more: Any) -> dict[str, Any]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    version = {
        "SecretStore": "external-secrets.io/v1",
        "ClusterSecretStore": "external-secrets.io/v1",
        "ExternalSecret": "external-secrets.io/v1",
        "HelmRelease": "helm.toolkit.fluxcd.io/v2",
    }.get(kind, "v1")
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **more}


def made(selector: Selector, namespace: str, key: str = "key") -> dict[str, Any]:
    """Return what a selector refers to."""
    kind = KINDS.get(selector.kind) or ("ConfigMap" if has_type(selector) else "Secret")
    data = {} if kind == "ServiceAccount" else {"data": {key: "YQ=="}}
    return thing(kind, "wanted", namespace, **data)


def of(provider: str, config: Any, namespace: str | None = "shop") -> dict[str, Any]:
    return thing("SecretStore", "store", namespace, spec={"provider": {provider: config}})


def has_type(selector: Selector) -> bool:
    """Say whether a reference says of which kind the object is."""
    return selector.route[-1] == "caProvider"


def has_key(selector: Selector) -> bool:
    """Say whether ESO wants the very key; a webhook gets the whole Secret."""
    return selector.kind != "serviceAccount" and "secrets" not in selector.route


@pytest.mark.parametrize(("provider", "selector"), SELECTORS, ids=NAMES)
def test_what_a_store_refers_to(provider: str, selector: Selector) -> None:
    reference = {"type": "ConfigMap"} if has_type(selector) else {}
    store = of(provider, block(selector, **reference))
    cluster = thing(
        "ClusterSecretStore",
        "store",
        None,
        spec={"provider": {provider: block(selector, namespace="vault", **reference)}},
    )

    missing = [("wanted", None, "medium")]
    assert found(store) == missing
    assert found(cluster) == missing
    assert found(store, made(selector, "shop")) == []
    assert found(cluster, made(selector, "vault")) == []
    # In another namespace than the one in which ESO looks.
    abroad = [("wanted", None, None)]
    assert found(store, made(selector, "vault")) == abroad
    assert found(cluster, made(selector, "shop")) == abroad
    # Nobody knows where it is.
    assert found(of(provider, block(selector, **reference), None)) == []
    assert found(of(provider, block(selector, **reference, namespace="vault"))) == []
    lacks = [("key", "key-missing", None)] if has_key(selector) else []
    assert found(store, made(selector, "shop", "other")) == lacks


GENERATOR_SELECTORS = [(kind, selector) for kind, row in GENERATORS.items() for selector in row]


@pytest.mark.parametrize(
    ("kind", "selector"),
    GENERATOR_SELECTORS,
    ids=[f"{kind}.{'.'.join(map(str, s.route))}" for kind, s in GENERATOR_SELECTORS],
)
def test_what_a_generator_refers_to(kind: str, selector: Selector) -> None:
    reference = {"type": "ConfigMap"} if has_type(selector) else {}
    generator = thing(kind, "generator", "shop", spec=block(selector, **reference))
    generator["apiVersion"] = "generators.external-secrets.io/v1alpha1"

    assert found(generator) == [("wanted", None, "medium")]
    assert found(generator, made(selector, "shop")) == []


def test_the_rules_name_the_kinds_that_have_such_references() -> None:
    rules = load_rules()
    names = {
        "auth-secret-not-found": ("secret", "configMap"),
        "service-account-not-found": ("serviceAccount",),
        "ca-source-not-found": ("ca",),
    }
    for rule, kinds in names.items():
        wanted = {k for k, row in GENERATORS.items() if any(s.kind in kinds for s in row)}
        assert set(rules[rule].kinds) & GENERATOR_KINDS == wanted


GITLAB = {"auth": {"SecretRef": {"accessToken": {"name": "gitlab-token", "key": "token"}}}}
STORE = of("gitlab", GITLAB)
CHART = thing("HelmRelease", "gitlab", "shop", spec={})


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([thing("Secret", "gitlab-tokn", "shop", data={"token": ""})], None),
        ([thing("Secret", "gitlab-tokens", "shop"), CHART], None),
        ([thing("Secret", "gitlab-token-2", "shop"), CHART], ""),
        ([thing("Secret", "gitlab-token", "vault"), CHART], ""),
        ([CHART], ""),
        ([thing("HelmRelease", "gitlab", "vault", spec={})], "medium"),
        ([thing("HelmRelease", "a", "vault", spec={"targetNamespace": "shop"})], ""),
        ([thing("Secret", "${APP}-token", "shop")], ""),
        ([thing("Secret", "gitlab-token", None, data={"other": ""})], ""),
    ],
)
def test_who_may_make_a_secret(others: list[dict[str, Any]], expected: str | None) -> None:
    wanted = [] if expected == "" else [("gitlab-token", None, expected)]
    # A Secret whose namespace is not known has not all its keys here.
    got = [entry for entry in found(STORE, *others) if entry[1] is None]

    assert got == wanted


def template(kind: str, **source: Any) -> dict[str, Any]:
    """Return a consumer that takes its template from somewhere."""
    made_of = {"templateFrom": [source]}
    if kind == "PushSecret":
        push = thing(kind, "db", "shop", spec={"template": made_of})
        return {**push, "apiVersion": "external-secrets.io/v1alpha1"}
    return thing(kind, "db", "shop", spec={"target": {"template": made_of}})


@pytest.mark.parametrize("kind", ["ExternalSecret", "PushSecret"])
@pytest.mark.parametrize(("field", "source"), [("configMap", "ConfigMap"), ("secret", "Secret")])
def test_what_a_template_is_taken_from(kind: str, field: str, source: str) -> None:
    consumer = template(kind, **{field: {"name": "made", "items": [{"key": "a"}, {"key": "b"}]}})

    def cases(*others: Any) -> list[str | None]:
        return [f.case for f in template_source_not_found(Environment(read(consumer, *others)))]

    assert cases() == [None]
    assert cases(thing(source, "made", "shop", data={"a": "", "b": "", "c": ""})) == []
    assert cases(thing(source, "made", "shop", data={"a": ""})) == ["key-missing"]
    assert cases(thing(source, "made", "shop")) == []  # for somebody to fill
    assert cases(thing(source, "made", "vault", data={"a": "", "b": ""})) == [None]
    assert cases(CHART) == []
