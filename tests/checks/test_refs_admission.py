"""Who may use a store, and what ESO looks after: what the messages say, and where it is silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from esolint.checks import refs_admission as checks
from esolint.checks import refs_installation as installed
from esolint.context.rendering import Rendering
from esolint.graph import Environment
from esolint.resource import Resource, resources
from esolint.rule import Finding
from esolint.source import read_text

Check = Callable[[Environment], Iterator[Finding]]


def read(*objects: dict[str, Any]) -> list[Resource]:
    texts = [yaml.safe_dump(o, sort_keys=False) for o in objects]
    documents, unread = read_text("\n---\n".join(texts), "manifest.yaml")
    assert not unread
    return [resource for document in documents for resource in resources(document)]


def eso(kind: str, name: str, namespace: str | None = None, **spec: Any) -> dict[str, Any]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    version = "v1alpha1" if kind == "PushSecret" else "v1"
    return {
        "apiVersion": f"external-secrets.io/{version}",
        "kind": kind,
        "metadata": metadata,
        "spec": spec,
    }


def consumer(namespace: str, kind: str = "ClusterSecretStore", name: str = "vault") -> Any:
    reference = {"kind": kind, "name": name}
    data = [{"secretKey": "a", "remoteRef": {"key": "a"}}]
    return eso("ExternalSecret", "db", namespace, secretStoreRef=reference, data=data)


def space(name: str, **labels: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def by_label(**labels: str) -> dict[str, Any]:
    return {"namespaceSelector": {"matchLabels": labels}}


def release(**values: Any) -> dict[str, Any]:
    chart = {
        "chart": "external-secrets",
        "version": "2.9.0",
        "sourceRef": {"kind": "HelmRepository", "name": "external-secrets"},
    }
    return {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {"name": "eso", "namespace": "eso"},
        "spec": {"chart": {"spec": chart}, "values": values},
    }


def found(check: Check, *objects: dict[str, Any]) -> list[Finding]:
    return list(check(Environment(read(*objects))))


def messages(check: Check, *objects: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(finding.message, finding.confidence) for finding in found(check, *objects)]


# Conditions


def test_a_denial_gives_the_reason() -> None:
    store = eso("ClusterSecretStore", "vault", conditions=[by_label(team="a")])
    start = 'ExternalSecret "db" uses ClusterSecretStore "vault" from namespace'

    assert messages(
        checks.namespace_not_admitted,
        store,
        space("shop", team="b"),
        space("bare"),
        consumer("shop"),
        consumer("bare"),
    ) == [
        (
            f'{start} "shop", which its conditions do not admit (its label "team" is "b", not "a")',
            None,
        ),
        (f'{start} "bare", which its conditions do not admit (it has no label "team")', "medium"),
    ]


def test_a_cluster_wide_consumer_names_all_namespaces() -> None:
    store = eso("ClusterSecretStore", "vault", conditions=[{"namespaces": ["shop"]}])
    child = consumer("x")["spec"]
    everywhere = eso(
        "ClusterExternalSecret", "pull", namespaces=["a", "shop", "b"], externalSecretSpec=child
    )

    ((message, _),) = messages(checks.namespace_not_admitted, store, everywhere)

    assert message == (
        'ClusterExternalSecret "pull" uses ClusterSecretStore "vault" from namespaces "a", "b",'
        ' which its conditions do not admit (of "a": its name is not "shop")'
    )


def test_a_namespace_that_may_be_here_is_a_variant() -> None:
    store = eso("ClusterSecretStore", "vault", conditions=[by_label(team="a")])
    here = read(store, space("shop", team="b"), consumer("shop"))

    assert list(checks.namespace_not_admitted(Environment(here)))
    both = Environment(here, elsewhere=read(space("shop", team="a")))
    assert list(checks.namespace_not_admitted(both)) == []


# Stores of a namespace


def test_a_store_elsewhere_is_named_with_its_namespaces() -> None:
    stores = [eso("SecretStore", "vault", namespace) for namespace in ("b", "a")]

    ((message, _),) = messages(
        checks.store_in_other_namespace, *stores, consumer("shop", "SecretStore")
    )

    assert message == (
        'ExternalSecret "db" looks for SecretStore "vault" in its own namespace "shop",'
        " but it stands in a, b"
    )


def test_a_store_that_is_missing_everywhere_is_no_matter_of_namespaces() -> None:
    store = eso("SecretStore", "vault", "shop")
    wanted = consumer("shop", "SecretStore", "other")
    child = eso("ClusterExternalSecret", "all", namespaces=["a"], externalSecretSpec=wanted["spec"])

    assert found(checks.store_in_other_namespace, store, wanted) == []
    assert found(checks.cluster_external_secret_needs_store, store, child) == []


# Selectors


@pytest.mark.parametrize(
    ("labels", "option", "expected"),
    [
        ({"team": "b"}, "some", ["medium"]),  # the label is in use
        ({}, "some", ["low"]),
        ({}, "complete", [None]),
        ({"team": "a"}, "complete", []),
    ],
)
def test_how_sure_a_selector_is_wrong(
    labels: dict[str, str], option: str, expected: list[str | None]
) -> None:
    store = eso("ClusterSecretStore", "vault", conditions=[by_label(team="a")])
    env = Environment(read(store, space("shop", **labels)))

    found = checks.selector_matches_nothing(env, namespaces=option)

    assert [finding.confidence for finding in found] == expected


# Installations

PUSH = eso("PushSecret", "push", "shop", secretStoreRefs=[{"name": "vault"}])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"processPushSecret": False}, [None]),
        ({"crds": {"createPushSecret": False}}, ["medium"]),
        # Who brings the definitions another way says nothing of them here.
        ({"installCRDs": False, "crds": {"createPushSecret": False}}, []),
        ({"scopedNamespace": "eso"}, ["medium"]),
        ({"scopedNamespace": "shop"}, []),
        ({"scopedRBAC": True}, ["medium"]),
        ({}, []),
    ],
)
def test_how_a_push_secret_is_left_alone(
    values: dict[str, Any], expected: list[str | None]
) -> None:
    reported = messages(installed.kind_not_reconciled, release(**values), PUSH)

    assert [confidence for _, confidence in reported] == expected


def test_a_definition_that_is_here_is_not_left_out() -> None:
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "pushsecrets.external-secrets.io"},
        "spec": {"names": {"kind": "PushSecret"}},
    }
    left_out = release(crds={"createPushSecret": False})

    assert found(installed.kind_not_reconciled, left_out, crd, PUSH) == []


def test_one_fault_is_reported_where_the_store_stands() -> None:
    store = eso("ClusterSecretStore", "vault")
    off = release(scopedRBAC=True, scopedNamespace="shop")

    both = found(installed.kind_not_reconciled, off, store, consumer("shop"))
    alone = found(installed.kind_not_reconciled, off, consumer("shop"))

    assert [(f.resource.kind, f.route) for f in both] == [("ClusterSecretStore", ("kind",))]
    assert [(f.resource.kind, f.route[-1]) for f in alone] == [("ExternalSecret", "kind")]


def test_an_application_for_another_cluster_installs_nothing_here() -> None:
    def application(**destination: str) -> dict[str, Any]:
        source = {
            "repoURL": "https://charts.external-secrets.io",
            "chart": "external-secrets",
            "targetRevision": "2.9.0",
            "helm": {"valuesObject": {"processPushSecret": False}},
        }
        return {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": "eso", "namespace": "argocd"},
            "spec": {"destination": {"namespace": "eso", **destination}, "source": source},
        }

    def check(cluster: str, own: list[dict[str, Any]], abroad: list[dict[str, Any]]) -> int:
        here = read(PUSH, *own)
        others = read(*abroad) or read(space("other"))
        rendering = Rendering("apps", tuple(here), (), (), frozenset(), cluster=cluster)
        env = Environment(here, renderings=[rendering], others=others)
        return len(list(installed.kind_not_reconciled(env)))

    assert check("", [application()], []) == 1
    assert check("", [application(name="prod")], []) == 0
    assert check("prod", [], [application(name="prod")]) == 1
    assert check("test", [], [application(name="prod")]) == 0
    assert check("prod", [], [application()]) == 0


def test_who_installs_without_a_class_may_have_another_installation_elsewhere() -> None:
    store = eso("ClusterSecretStore", "vault", controller="dev")

    assert messages(installed.controller_class_mismatch, release(), store) == []
    ((_, confidence),) = messages(
        installed.controller_class_mismatch, release(controllerClass="ops"), store
    )
    assert confidence is None


def test_a_store_and_a_generator_of_different_classes() -> None:
    store = eso("SecretStore", "vault", "shop", controller="ops")
    generator = {
        "apiVersion": "generators.external-secrets.io/v1alpha1",
        "kind": "Webhook",
        "metadata": {"name": "token", "namespace": "shop"},
        "spec": {"controller": "dev"},
    }
    wanted = consumer("shop", "SecretStore")
    reference = {
        "apiVersion": "generators.external-secrets.io/v1alpha1",
        "kind": "Webhook",
        "name": "token",
    }
    wanted["spec"]["dataFrom"] = [{"sourceRef": {"generatorRef": reference}}]

    ((message, _),) = messages(installed.controller_class_mismatch, store, generator, wanted)

    assert message == (
        'ExternalSecret "db" needs SecretStore "vault" of controller class "ops" and'
        ' Webhook "token" of "dev", so no controller handles it'
    )


def role(kind: str = "Role", namespace: str | None = "shop", **rule: Any) -> dict[str, Any]:
    metadata = {"name": "tokens"} | ({"namespace": namespace} if namespace else {})
    granted = {"resources": ["serviceaccounts/token"], "verbs": ["create"], **rule}
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": metadata,
        "rules": [granted],
    }


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ([], ["medium"]),
        ([role(resourceNames=["reader"])], []),
        ([role()], []),
        ([role(resourceNames=["writer"])], [None]),
        ([role(namespace="billing")], [None]),
        ([role(namespace=None)], []),
        ([role(verbs=["get"])], []),  # it speaks of tokens, and grants none that is known
        ([role("ClusterRole", None, resources=["*"], verbs=["*"])], []),
    ],
)
def test_who_lets_eso_make_tokens(
    objects: list[dict[str, Any]], expected: list[str | None]
) -> None:
    jwt = {"jwt": {"serviceAccountRef": {"name": "reader"}}}
    aws = {"service": "SecretsManager", "region": "eu-west-1", "auth": jwt}
    store = eso("SecretStore", "vault", "shop", provider={"aws": aws})
    denied = release(rbac={"serviceAccountTokenCreate": False})

    reported = messages(installed.token_request_denied, denied, store, *objects)
    bound = release(rbac={"serviceAccountTokenCreate": False, "create": False})

    assert [confidence for _, confidence in reported] == expected
    assert messages(installed.token_request_denied, bound, store) == []
    assert messages(installed.token_request_denied, release(), store) == []
