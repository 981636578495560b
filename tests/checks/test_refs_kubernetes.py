"""What a store of the kubernetes provider may do, in each way that RBAC has to say so."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from esolint.checks.refs_kubernetes import kubernetes_store_rbac
from esolint.graph import Environment
from esolint.resource import resources
from esolint.rule import Finding
from esolint.source import read_text

RBAC = "rbac.authorization.k8s.io"
ACCOUNT = {
    "apiVersion": "v1",
    "kind": "ServiceAccount",
    "metadata": {"name": "eso", "namespace": "shop"},
}
READ: dict[str, Any] = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}


def role(*rules: dict[str, Any], kind: str = "Role", namespace: str = "data") -> dict[str, Any]:
    metadata = {"name": "secrets", **({"namespace": namespace} if kind == "Role" else {})}
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": metadata, "rules": list(rules)}


def binding(subject: dict[str, Any], kind: str = "RoleBinding", of: str = "Role") -> dict[str, Any]:
    metadata = {"name": "eso", **({"namespace": "data"} if kind == "RoleBinding" else {})}
    reference = {"apiGroup": RBAC, "kind": of, "name": "secrets"}
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": kind,
        "metadata": metadata,
        "subjects": [subject],
        "roleRef": reference,
    }


SUBJECT = {"kind": "ServiceAccount", "name": "eso", "namespace": "shop"}


def store(**config: Any) -> dict[str, Any]:
    kubernetes = {"auth": {"serviceAccount": {"name": "eso"}}, "remoteNamespace": "data", **config}
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "SecretStore",
        "metadata": {"name": "cluster", "namespace": "shop"},
        "spec": {"provider": {"kubernetes": {k: v for k, v in kubernetes.items() if v}}},
    }


def consumer(kind: str, **spec: Any) -> dict[str, Any]:
    refs: dict[str, Any] = {"secretStoreRef": {"name": "cluster"}}
    version = "v1"
    if kind == "PushSecret":
        refs, version = {"secretStoreRefs": [{"name": "cluster"}]}, "v1alpha1"
    return {
        "apiVersion": f"external-secrets.io/{version}",
        "kind": kind,
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {**refs, **spec},
    }


def found(*objects: dict[str, Any]) -> list[Finding]:
    documents, unread = read_text(yaml.safe_dump_all(objects), "manifest.yaml")
    assert not unread
    parts = [resource for document in documents for resource in resources(document)]
    return list(kubernetes_store_rbac(Environment(parts)))


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        (READ, True),
        ({**READ, "verbs": ["*"]}, True),
        ({**READ, "resources": ["*"]}, True),
        ({**READ, "apiGroups": ["*"]}, True),
        ({**READ, "resourceNames": ["db"]}, True),
        ({**READ, "verbs": ["list", "watch"]}, False),
        ({**READ, "resources": ["secrets/status", "configmaps"]}, False),
        ({**READ, "apiGroups": ["apps"]}, False),
    ],
)
def test_what_a_rule_allows(rule: dict[str, Any], allowed: bool) -> None:
    findings = found(ACCOUNT, store(), role(rule), binding(SUBJECT))

    assert not findings if allowed else "do not let it get Secrets" in findings[0].message


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ([role(READ), binding(SUBJECT)], 0),
        ([role(), binding(SUBJECT)], 1),
        ([role(READ, namespace="other"), binding(SUBJECT)], 0),  # a Role that is not here
        ([role(READ, kind="ClusterRole"), binding(SUBJECT, of="ClusterRole")], 0),
        ([role(kind="ClusterRole"), binding(SUBJECT, of="ClusterRole")], 1),
        ([role(kind="ClusterRole"), binding(SUBJECT, "ClusterRoleBinding", "ClusterRole")], 1),
        (
            [role(READ, kind="ClusterRole"), binding(SUBJECT, "ClusterRoleBinding", "ClusterRole")],
            0,
        ),
        # Bound to nothing here, or to somebody else.
        ([role()], 0),
        ([role(), binding({**SUBJECT, "name": "other"})], 0),
        ([role(), binding({**SUBJECT, "namespace": "other"})], 0),
        ([role(), binding({**SUBJECT, "name": "${ACCOUNT}"})], 0),
        # The same one as a user, or as one of a group.
        ([role(), binding({"kind": "User", "name": "system:serviceaccount:shop:eso"})], 1),
        ([role(), binding({"kind": "Group", "name": "system:serviceaccounts:shop"})], 0),
        # Its rules come from others.
        (
            [
                {**role(kind="ClusterRole"), "aggregationRule": {}},
                binding(SUBJECT, of="ClusterRole"),
            ],
            0,
        ),
    ],
)
def test_who_is_bound_to_what(objects: list[dict[str, Any]], expected: int) -> None:
    assert len(found(ACCOUNT, store(), *objects)) == expected
    # Without the account nothing is known of it.
    assert found(store(), *objects) == []


def test_a_group_grants_what_the_account_itself_is_not_bound_to() -> None:
    other = binding({"kind": "Group", "name": "system:authenticated"}, of="ClusterRole")
    objects = (ACCOUNT, store(), role(), binding(SUBJECT), role(READ, kind="ClusterRole"), other)

    assert found(*objects) == []


KEYS = [{"secretKey": "a", "remoteRef": {"key": "db"}}]
PUSHED = [{"match": {"secretKey": "a", "remoteRef": {"remoteKey": "db"}}}]
FIND: list[dict[str, Any]] = [{"find": {"name": {"regexp": "x"}}}]


@pytest.mark.parametrize(
    ("user", "verbs", "missing"),
    [
        (consumer("ExternalSecret", data=KEYS), "get", None),
        (consumer("ExternalSecret", dataFrom=FIND), "get", "list"),
        (consumer("ExternalSecret", dataFrom=FIND), "get list", None),
        (consumer("PushSecret", data=PUSHED), "get", "create and update"),
        (consumer("PushSecret", data=PUSHED), "get create update", None),
        (
            consumer("PushSecret", data=PUSHED, deletionPolicy="Delete"),
            "get create update",
            "delete",
        ),
        (
            consumer("PushSecret", data=[{**PUSHED[0], "metadata": {"kind": "x"}}]),
            "get",
            None,
        ),
    ],
)
def test_what_consumers_ask_for(user: dict[str, Any], verbs: str, missing: str | None) -> None:
    rule = {**READ, "verbs": verbs.split()}

    findings = found(ACCOUNT, store(), user, role(rule), binding(SUBJECT))

    if missing is None:
        assert findings == []
    else:
        assert f"do not let it {missing} Secrets of" in findings[0].message
        assert findings[0].related[-1].resource.kind == user["kind"]


def test_only_the_entries_of_the_store_count() -> None:
    other = {"sourceRef": {"storeRef": {"name": "elsewhere"}}}
    user = consumer("ExternalSecret", data=KEYS, dataFrom=[{**FIND[0], **other}])
    own = {"sourceRef": {"storeRef": {"name": "cluster"}}}
    mixed = consumer("ExternalSecret", dataFrom=[{**FIND[0], **own}])
    mixed["spec"]["secretStoreRef"] = {"name": "elsewhere"}
    rights = (role(READ), binding(SUBJECT))

    assert found(ACCOUNT, store(), user, *rights) == []
    assert len(found(ACCOUNT, store(), mixed, *rights)) == 1


def test_names_that_a_role_leaves_out() -> None:
    named = {**READ, "verbs": ["get", "create"], "resourceNames": ["db"]}
    rights = (role(named), binding(SUBJECT))
    other = [{"secretKey": "a", "remoteRef": {"key": "cache"}}]
    hidden = [{"secretKey": "a", "remoteRef": {"key": "${KEY}"}}]

    assert found(ACCOUNT, store(), consumer("ExternalSecret", data=[*KEYS, *hidden]), *rights) == []
    (finding,) = found(ACCOUNT, store(), consumer("ExternalSecret", data=other), *rights)
    assert 'do not let it get Secrets "cache" of namespace "data"' in finding.message
    # What is new has no name that a rule could look at.
    (finding,) = found(ACCOUNT, store(), consumer("PushSecret", data=PUSHED), *rights)
    assert "do not let it create and update" in finding.message


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, 1),
        ({"server": {"url": "kubernetes.default"}}, 1),
        ({"server": {"url": "https://kubernetes.default.svc:443"}}, 1),
        ({"server": {"url": "https://api.example.com"}}, 0),
        ({"server": {"url": "${API}"}}, 0),
        ({"authRef": {"name": "kubeconfig"}}, 0),
        ({"remoteNamespace": "${NAMESPACE}"}, 0),
        ({"auth": {"token": {"bearerToken": {"name": "a", "key": "b"}}}}, 0),
    ],
)
def test_of_which_cluster_it_is(config: dict[str, Any], expected: int) -> None:
    assert len(found(ACCOUNT, store(**config), role(), binding(SUBJECT))) == expected


def test_a_namespace_that_nobody_named() -> None:
    rights = (ACCOUNT, role(READ), binding(SUBJECT))
    bare = store(remoteNamespace=None)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "data"}}
    here = {**secret, "metadata": {"name": "db", "namespace": "default"}}
    user = consumer("ExternalSecret", data=KEYS)

    (finding,) = found(bare, *rights)
    assert (finding.case, finding.confidence) == ("remote-namespace", None)
    assert finding.message.endswith('its ServiceAccount may read those of "data"')
    (finding,) = found(bare, secret, user)
    assert (finding.case, finding.confidence) == ("remote-namespace", "medium")
    assert found(bare, secret, here, user) == []
    assert found(bare, user) == []
