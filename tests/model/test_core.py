from __future__ import annotations

import pytest

from esolint.model.core import entries, is_encrypted, is_secret, may_be_needed, role_arn
from esolint.resource import Resource, known_namespace, resources
from esolint.source import read_text


def resource(text: str) -> Resource:
    documents, _ = read_text(text, "manifest.yaml")
    return next(iter(resources(documents[0])))


def test_entries_are_decoded() -> None:
    secret = resource(
        """
        apiVersion: v1
        kind: Secret
        data: {a: dHIwbWJvbmU=, b: "%%%", c: , d: [x]}
        stringData: {a: dHIwbWJvbmU=, e: 0777, f: yes, g: 'yes'}
        """
    )
    assert [(e.route, e.key, e.value) for e in entries(secret)] == [
        (("data", "a"), "a", "tr0mbone"),
        (("data", "b"), "b", "%%%"),
        (("stringData", "a"), "a", "dHIwbWJvbmU="),
        (("stringData", "e"), "e", "511"),
        (("stringData", "g"), "g", "yes"),
    ]
    assert list(entries(resource("{kind: Secret, data: nothing, stringData: [a]}"))) == []


def test_what_is_a_secret() -> None:
    assert is_secret(resource("{apiVersion: v1, kind: Secret}"))
    assert not is_secret(resource("{apiVersion: example.com/v1, kind: Secret}"))
    assert not is_secret(resource("{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret}"))
    assert is_encrypted(resource("{apiVersion: v1, kind: Secret, sops: {version: 3.9.0}}"))
    assert not is_encrypted(resource("{apiVersion: v1, kind: Secret, data: {sops: eA==}}"))


def test_role_and_namespace() -> None:
    account = resource(
        """
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          name: eso
          namespace: ${NAMESPACE}
          annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/eso"}
        """
    )
    assert role_arn(account) == "arn:aws:iam::111122223333:role/eso"
    assert known_namespace(account) is None
    assert role_arn(resource("{kind: ServiceAccount}")) is None
    assert known_namespace(resource("{kind: Secret, metadata: {namespace: a}}")) == "a"


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("kind: Secret", True),
        ('{"kind": "ServiceAccount"}', True),
        ("kind: Namespace", True),
        ("apiVersion: eksctl.io/v1alpha5", True),
        ("arn: arn:aws-cn:eks:cn-north-1:111122223333:cluster/prod", True),
        ("eks.amazonaws.com/role-arn: x", True),
        ("Type: AWS::EKS::Cluster", True),
        ("kind: Deployment\nspec: {secretName: a}", False),
    ],
)
def test_what_may_be_needed(text: str, needed: bool) -> None:
    assert may_be_needed(text) is needed
