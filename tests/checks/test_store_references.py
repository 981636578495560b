"""References of stores: the namespaces they name, leave out, or may not name."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from esolint.checks.refs_namespace import (
    cluster_store_ref_namespace,
    store_ref_foreign_namespace,
    store_ref_namespace_ignored,
)
from esolint.graph import Environment
from esolint.model.generator import GENERATOR_FIELDS
from esolint.model.providers import GENERATORS, PROVIDERS, Selector
from esolint.resource import Resource, resources
from esolint.rule import Finding
from esolint.source import read_text
from esolint.value import Route


def read(*objects: dict[str, Any] | str) -> list[Resource]:
    texts = [o if isinstance(o, str) else yaml.safe_dump(o) for o in objects]
    documents, unread = read_text("\n---\n".join(texts), "manifest.yaml")
    assert not unread
    return [resource for document in documents for resource in resources(document)]


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
    """Return the smallest provider block in which ESO looks at a reference."""
    config: dict[str, Any] = {}
    put(config, selector.route, {"name": "credentials", "key": "key", **reference})
    if selector.when is not None and "*" not in selector.when:
        put(config, selector.when, {"name": "other", "key": "key", "namespace": "shop"})
    return config


def store(kind: str, provider: str, config: Any, namespace: str | None = "shop") -> dict[str, Any]:
    metadata = {"name": "store"}
    if kind == "SecretStore" and namespace:
        metadata["namespace"] = namespace
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": kind,
        "metadata": metadata,
        "spec": {"provider": {provider: config}},
    }


SELECTORS = [(key, selector) for key, row in PROVIDERS.items() for selector in row.selectors]
NAMES = [f"{key}.{'.'.join(map(str, selector.route))}" for key, selector in SELECTORS]


def at(found: list[Finding], provider: str, selector: Selector) -> list[Finding]:
    route = tuple(0 if step == "*" else step for step in selector.route)
    there = ("spec", "provider", provider, *route)
    return [finding for finding in found if finding.route[: len(there)] == there]


@pytest.mark.parametrize(("provider", "selector"), SELECTORS, ids=NAMES)
def test_a_reference_without_namespace(provider: str, selector: Selector) -> None:
    config = block(selector)
    bare = Environment(read(store("ClusterSecretStore", provider, config)))
    named = block(selector, namespace="shop")
    full = Environment(read(store("ClusterSecretStore", provider, named)))
    own = Environment(read(store("SecretStore", provider, config)))

    found = at(list(cluster_store_ref_namespace(bare)), provider, selector)

    absent = selector.policy.absent
    assert [finding.case for finding in found] == ([absent] if absent else [])
    assert at(list(cluster_store_ref_namespace(full)), provider, selector) == []
    assert list(cluster_store_ref_namespace(own)) == []


@pytest.mark.parametrize(("provider", "selector"), SELECTORS, ids=NAMES)
def test_a_reference_to_another_namespace(provider: str, selector: Selector) -> None:
    def rules(config: dict[str, Any], namespace: str | None) -> list[str]:
        (resource,) = read(store("SecretStore", provider, config, namespace))
        env = Environment([resource])
        checks = {
            "refused": store_ref_foreign_namespace(resource, env),
            "ignored": store_ref_namespace_ignored(resource, env),
        }
        return [name for name, found in checks.items() if at(list(found), provider, selector)]

    other = block(selector, namespace="vault")
    expected: dict[str | None, list[str]] = {
        "refused": ["refused"],
        "forbidden": ["refused"],
        "ignored": ["ignored"],
    }
    foreign = selector.policy.foreign

    assert rules(other, "shop") == expected.get(foreign, [])
    # Without its own namespace nothing can be said but where none may be named.
    always = ["refused"] if foreign == "forbidden" else []
    assert rules(other, None) == always
    assert rules(other, "${NAMESPACE}") == always
    assert rules(block(selector, namespace="shop"), "shop") == always
    assert rules(block(selector, namespace="${NAMESPACE}"), "shop") == []


GENERATOR_SELECTORS = [(kind, selector) for kind, row in GENERATORS.items() for selector in row]


@pytest.mark.parametrize(
    ("kind", "selector"),
    GENERATOR_SELECTORS,
    ids=[f"{kind}.{'.'.join(map(str, s.route))}" for kind, s in GENERATOR_SELECTORS],
)
def test_a_generator_looks_where_its_consumer_is(kind: str, selector: Selector) -> None:
    spec = block(selector, namespace="vault")
    plain = {
        "apiVersion": "generators.external-secrets.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": "generator", "namespace": "shop"},
        "spec": spec,
    }
    field = next(field for field, name in GENERATOR_FIELDS.items() if name == kind)
    cluster = {
        "apiVersion": "generators.external-secrets.io/v1alpha1",
        "kind": "ClusterGenerator",
        "metadata": {"name": "generator"},
        "spec": {"kind": kind, "generator": {field: spec}},
    }
    route = tuple(0 if step == "*" else step for step in selector.route)

    for manifest, base in ((plain, ("spec",)), (cluster, ("spec", "generator", field))):
        (resource,) = read(manifest)
        routes = [f.route for f in store_ref_namespace_ignored(resource, Environment([resource]))]
        assert (*base, *route, "namespace") in routes


AWS = """\
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: aws}
spec:
  provider:
    aws:
      service: SecretsManager
      region: eu-west-1
      auth:
        jwt:
          serviceAccountRef: {name: reader}
"""


def consumer(namespace: str, store: str = "aws") -> str:
    return f"""\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {{name: db, namespace: {namespace}}}
spec:
  secretStoreRef: {{kind: ClusterSecretStore, name: {store}}}
  dataFrom: [{{extract: {{key: db}}}}]
"""


def account(namespace: str | None) -> str:
    where = f", namespace: {namespace}" if namespace else ""
    return f"apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: reader{where}}}\n"


def told(*objects: str) -> Finding:
    (finding,) = cluster_store_ref_namespace(Environment(read(AWS, *objects)))
    return finding


def test_consumers_are_told() -> None:
    finding = told(consumer("shop"), consumer("billing"), consumer("other", "gcp"))

    assert finding.message.endswith("; it is used from billing, shop")
    assert [note.message for note in finding.related] == [
        "used from namespace shop",
        "used from namespace billing",
    ]


def test_a_namespace_lacks_an_object_only_where_the_repository_makes_it_elsewhere() -> None:
    users = (consumer("shop"), consumer("billing"))

    assert "nothing here" not in told(*users).message
    assert told(*users, account("shop")).message.endswith("nothing here makes it in billing")
    assert "nothing here" not in told(*users, account("shop"), account("billing")).message
    # A ServiceAccount without namespace may be meant for any.
    assert "nothing here" not in told(*users, account("shop"), account(None)).message


def test_an_external_secret_makes_a_secret() -> None:
    keys = AWS.replace("jwt:", "secretRef:").replace(
        "serviceAccountRef: {name: reader}", "accessKeyIDSecretRef: {name: db, key: id}"
    )
    users = [consumer("shop"), consumer("billing")]
    sealed = """\
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: db, namespace: shop}
"""

    def message(*objects: str) -> str:
        (finding,) = cluster_store_ref_namespace(Environment(read(keys, *objects)))
        return finding.message

    assert "nothing here" not in message(*users)  # both are called db, and so are their targets
    users = [user.replace("name: db,", "name: es,") for user in users]
    assert message(*users, sealed).endswith("nothing here makes it in billing")


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_versions_of_which_something_is_known(version: str) -> None:
    env = Environment(read(AWS.replace("/v1\n", f"/{version}\n")))

    assert len(list(cluster_store_ref_namespace(env))) == 1


SILENT = [
    AWS.replace("/v1\n", "/v1alpha1\n"),
    AWS.replace("external-secrets.io/v1", "example.com/v1"),
    AWS.replace("{name: reader}", "${ACCOUNT}"),
    AWS.replace("{name: reader}", '{name: reader, namespace: "${NAMESPACE}"}'),
    AWS.replace("{name: reader}", "null"),
    AWS.replace("    aws:", "    gcpsm: {}\n    aws:"),
    AWS.replace("    aws:", "    nonesuch:"),
]


@pytest.mark.parametrize("manifest", SILENT)
def test_what_is_unknown_is_not_wrong(manifest: str) -> None:
    assert list(cluster_store_ref_namespace(Environment(read(manifest)))) == []


def test_a_null_counts_as_left_out() -> None:
    named = AWS.replace("{name: reader}", "{name: reader, namespace: null}")

    assert len(list(cluster_store_ref_namespace(Environment(read(named))))) == 1


@pytest.mark.parametrize(("namespace", "refused"), [("shop", True), ("default", False)])
def test_read_literally_a_store_without_namespace_stands_in_default(
    namespace: str, refused: bool
) -> None:
    reference = {"name": "token", "key": "token", "namespace": namespace}
    config = {"server": "https://vault.example.com", "auth": {"tokenSecretRef": reference}}
    manifest = yaml.safe_dump(store("SecretStore", "vault", config, namespace=None))

    for literal in (False, True):
        (document,), _ = read_text(manifest, "manifest.yaml", literal=literal)
        (resource,) = resources(document)
        found = list(store_ref_foreign_namespace(resource, Environment([resource])))
        assert bool(found) == (literal and refused)
