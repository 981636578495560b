from __future__ import annotations

import pytest

from esolint.environments import surroundings
from esolint.graph import Missing
from esolint.model.consumer import store_uses
from esolint.model.makers import defines_store, may_matter
from esolint.repository import Input, read

STORE = """\
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: vault}
"""
USE = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db, namespace: shop}
spec: {secretStoreRef: {name: elsewhere, kind: ClusterSecretStore}}
"""
EXCHANGE = """\
resources: [%s]
patches:
  - target: {kind: %s}
    patch: |
      - {op: replace, path: /spec/secretStoreRef/name, value: vault}
"""


def is_missing(**files: str) -> bool:
    """Say whether the reference of USE, which stands in base/db.yaml, leads nowhere."""
    contents = {"store.yaml": STORE, "base/db.yaml": USE, **files}
    inputs = [Input(path, content.encode()) for path, content in contents.items()]
    whole = read(inputs)
    (env,) = surroundings(whole).environments
    (consumer,) = env.of_kind("ExternalSecret")
    (use,) = store_uses(consumer)
    return isinstance(env.resolve(use), Missing)


def test_without_makers_it_is_missing() -> None:
    assert is_missing()


@pytest.mark.parametrize(
    ("resources", "kind", "missing"),
    [
        ("../base", "ExternalSecret", False),
        ("../base/db.yaml", "ExternalSecret", True),  # outside its folder: kustomize refuses
        ("../other", "ExternalSecret", True),
        ("../base", "PushSecret", True),
    ],
)
def test_a_patch_counts_for_what_its_kustomization_takes_in(
    resources: str, kind: str, missing: bool
) -> None:
    files = {
        "base/kustomization.yaml": "resources: [db.yaml]\n",
        "prod/kustomization.yaml": EXCHANGE % (resources, kind),
    }
    assert is_missing(**files) is missing


@pytest.mark.parametrize(
    ("prefix", "missing"), [("else", False), ("${CLUSTER}-", False), ("other-", True)]
)
def test_prefixes(prefix: str, missing: bool) -> None:
    files = {
        "prod/kustomization.yaml": f"namePrefix: {prefix}\nresources: [store.yaml]\n",
        "prod/store.yaml": STORE.replace("vault", "where"),
    }
    assert is_missing(**files) is missing


def test_circles_of_kustomizations_end() -> None:
    files = {
        "base/kustomization.yaml": "resources: [db.yaml, ../prod]\n",
        "prod/kustomization.yaml": EXCHANGE % ("../base", "ExternalSecret"),
    }
    assert not is_missing(**files)


@pytest.mark.parametrize(
    ("text", "is_store"),
    [
        ("  - apiVersion: external-secrets.io/v1\n    kind: SecretStore\n", True),
        ("  kind: ClusterSecretStore\n  apiVersion: 'external-secrets.io/v1beta1'\n", True),
        ('{"apiVersion":"external-secrets.io/v1","kind":"SecretStore"}', True),
        ("secretStoreRef:\n  kind: SecretStore\n  name: a\n", False),
        ("apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n", False),
    ],
)
def test_a_store_is_told_from_a_reference(text: str, is_store: bool) -> None:
    assert defines_store(text) is is_store
    assert may_matter(text) or not is_store


def test_a_health_check_makes_no_store() -> None:
    """Flux names the stores that it waits for by kind, or by kind and name."""
    waiting = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: stores, namespace: flux-system}
spec:
  healthChecks:
    - {apiVersion: external-secrets.io/v1, kind: ClusterSecretStore, name: elsewhere}
  healthCheckExprs:
    - {apiVersion: external-secrets.io/v1, kind: ClusterSecretStore, current: "true"}
"""
    assert is_missing(**{"ks.yaml": waiting})
