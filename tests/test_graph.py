from __future__ import annotations

import pytest

from esolint.graph import Environment, Found, Missing, Resolution, Unknown
from esolint.model.consumer import store_uses
from esolint.repository import Input, read

STORES = """\
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: vault}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: local, namespace: shop}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: anywhere}
"""
CONSUMER = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db, namespace: %s}
spec: {secretStoreRef: %s}
"""


def environment(*texts: str, external: tuple[str, ...] = (), stores: str = STORES) -> Environment:
    inputs = [Input("stores.yaml", stores.encode())]
    inputs += [Input(f"{i}.yaml", text.encode()) for i, text in enumerate(texts)]
    whole = read(inputs)
    return Environment(whole.resources, whole.patches, whole.unread, external)


def resolve(reference: str, namespace: str = "shop", *more: str, **options: object) -> Resolution:
    env = environment(CONSUMER % (namespace, reference), *more, **options)  # type: ignore[arg-type]
    (consumer,) = env.of_kind("ExternalSecret")
    (use,) = store_uses(consumer)
    return env.resolve(use)


def names(resolution: Resolution) -> list[str]:
    assert isinstance(resolution, Found)
    return [resource.name for resource in resolution.resources]


def why(resolution: Resolution) -> str:
    assert isinstance(resolution, Unknown), resolution
    return resolution.why


def test_a_store_is_found_by_kind_and_name() -> None:
    assert names(resolve("{name: vault, kind: ClusterSecretStore}")) == ["vault"]
    assert names(resolve("{name: local}")) == ["local"]
    assert names(resolve("{name: local, kind: SecretStore}")) == ["local"]


def test_a_namespace_that_nobody_names_can_be_any() -> None:
    assert names(resolve("{name: anywhere}")) == ["anywhere"]
    assert names(resolve("{name: local}", '"${NS}"')) == ["local"]


def test_missing_names_what_was_meant() -> None:
    missing = resolve("{name: valt, kind: ClusterSecretStore}")
    assert isinstance(missing, Missing)
    assert missing.near is not None
    assert missing.near.name == "vault"
    assert missing.other_kind == ()

    other = resolve("{name: vault}")
    assert isinstance(other, Missing)
    assert [(r.kind, r.name) for r in other.other_kind] == [("ClusterSecretStore", "vault")]


UNKNOWN = [
    ('{name: "${STORE}"}', "the reference is only known after rendering"),
    ('{name: x, kind: "{{ .kind }}"}', "the reference is only known after rendering"),
    ("{name: x, kind: VaultStore}", "VaultStore is no kind of store"),
]


@pytest.mark.parametrize(("reference", "because"), UNKNOWN)
def test_a_reference_that_says_nothing(reference: str, because: str) -> None:
    assert why(resolve(reference)) == because


def test_a_store_of_another_namespace() -> None:
    found = resolve("{name: local}", "billing")

    assert isinstance(found, Missing)
    assert [store.namespace for store in found.other_namespace] == ["shop"]


def test_a_repository_without_stores() -> None:
    assert why(resolve("{name: x}", stores="")) == "the repository defines no store"


@pytest.mark.parametrize("pattern", ["absent", "abs*", "SecretStore/absent", "SecretStore/*"])
def test_stores_that_live_elsewhere(pattern: str) -> None:
    listed = resolve("{name: absent}", external=(pattern,))
    assert why(listed) == "the configuration lists it as external"
    assert isinstance(resolve("{name: absent}", external=("ClusterSecretStore/*",)), Missing)


def test_a_store_whose_name_is_not_known() -> None:
    unnamed = STORES + "---\n" + STORES.split("---")[1].replace("local", '"${STORE}"')

    assert why(resolve("{name: absent}", stores=unnamed)) == (
        "a store's name is only known after rendering"
    )
    assert isinstance(resolve("{name: absent, kind: ClusterSecretStore}", stores=unnamed), Missing)


TEMPLATE = """\
apiVersion: external-secrets.io/v1
kind: {kind}
metadata:
  {{{{- include "x" . | nindent 2 }}}}
spec:
  storeRef:
    kind: SecretStore
"""


def test_what_cannot_be_read_may_define_it() -> None:
    store, consumer = TEMPLATE.format(kind="SecretStore"), TEMPLATE.format(kind="ExternalSecret")

    assert why(resolve("{name: absent}", "shop", store)) == "1.yaml may define it"
    assert isinstance(resolve("{name: absent}", "shop", consumer), Missing)


def test_a_file_of_which_nothing_is_known_may_define_it() -> None:
    text = CONSUMER % ("shop", "{name: absent}")
    inputs = [Input("a.yaml", STORES.encode()), Input("b.yaml", text.encode())]
    for content in ("permission denied", b"kind: \xff"):
        whole = read([*inputs, Input("c.yaml", content)])
        env = Environment(whole.resources, whole.patches, whole.unread)
        (use,) = store_uses(env.of_kind("ExternalSecret")[0])

        assert why(env.resolve(use)) == "c.yaml may define it"


def test_kinds_of_any_group_in_the_order_of_the_repository() -> None:
    env = environment("apiVersion: example.org/v1\nkind: SecretStore\nmetadata: {name: other}")

    assert [r.name for r in env.of_kind("SecretStore")] == ["other", "local", "anywhere"]
    assert [r.name for r in env.of_kind("ClusterSecretStore", "SecretStore")] == [
        "other",
        "vault",
        "local",
        "anywhere",
    ]
    assert list(env.of_kind("Nothing")) == []


def test_a_foreign_object_is_as_it_is_written() -> None:
    env = environment("apiVersion: example.org/v1\nkind: SecretStore\nmetadata: {name: other}")
    resource = env.of_kind("SecretStore")[0]

    assert env.defaulted(resource) is resource.value


def test_what_renderings_make_alike_of_one_source_counts_once() -> None:
    (written,) = read([Input("db.yaml", (CONSUMER % ("shop", "{}")).encode())]).resources
    moved = written.changed({**written.value, "metadata": {"name": "db"}}, {})
    copies = [written.changed(dict(resource.value), {}) for resource in (written, moved)]
    env = Environment([written, written, moved, *copies])

    assert list(env.distinct([moved, written, *copies])) == [moved, written]
