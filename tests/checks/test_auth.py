from __future__ import annotations

import pytest

from esolint.checks.auth import static_aws_keys
from esolint.graph import Environment
from esolint.resource import Resource, resources
from esolint.rule import Finding
from esolint.source import read_text
from esolint.value import format_route, mapping

STORE = """
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: aws, namespace: team-a}
spec: {provider: {aws: {service: SecretsManager, region: eu-west-1, auth: {
  secretRef: {accessKeyIDSecretRef: {name: k, key: id},
    secretAccessKeySecretRef: {name: k, key: s}}}}}}
"""
CLUSTER_STORE = """
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: aws}
spec: {provider: {aws: {service: SecretsManager, region: eu-west-1, auth: {
  secretRef: {accessKeyIDSecretRef: {name: k, key: id, namespace: platform},
    secretAccessKeySecretRef: {name: k, key: s, namespace: platform}}}}}}
"""
ACCOUNT = """
apiVersion: v1
kind: ServiceAccount
metadata:
  name: NAME
  namespace: NAMESPACE
  annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/r"}
"""


def account(name: str, namespace: str) -> str:
    return ACCOUNT.replace("NAMESPACE", namespace).replace("NAME", name)


def run(*texts: str) -> list[Finding]:
    found: list[Resource] = []
    for text in texts:
        documents, unread = read_text(text, "manifest.yaml")
        assert not unread
        for document in documents:
            found.extend(resources(document))
    return list(static_aws_keys(Environment(found)))


def reference(finding: Finding) -> dict[str, object]:
    """Return the serviceAccountRef of the block that is offered."""
    assert finding.help is not None
    documents, unread = read_text(finding.help, "help.yaml")
    assert not unread
    auth = mapping(mapping(documents[0].value)["auth"])
    return dict(mapping(mapping(auth["jwt"])["serviceAccountRef"]))


def test_the_place() -> None:
    (finding,) = run(STORE)
    assert format_route(finding.route) == "spec.provider.aws.auth.secretRef"
    assert (finding.case, finding.related, finding.help) == ("no-evidence", (), None)
    assert finding.message == 'SecretStore "aws" authenticates with static AWS keys'


def test_the_block_names_the_account_that_is_there_for_it() -> None:
    (finding,) = run(STORE, account("external-secrets", "team-a"), account("autoscaler", "team-a"))
    assert finding.case == "irsa-available"
    assert reference(finding) == {"name": "external-secrets"}
    (finding,) = run(CLUSTER_STORE, account("external-secrets", "eso"))
    assert reference(finding) == {"name": "external-secrets", "namespace": "eso"}


@pytest.mark.parametrize(
    "accounts",
    [
        [account("autoscaler", "team-a")],
        [account("external-secrets", "team-b")],
        [account("external-secrets", "team-a"), account("eso", "team-a")],
    ],
)
def test_the_block_names_no_account_that_may_be_another_one(accounts: list[str]) -> None:
    (finding,) = run(STORE, *accounts)
    assert reference(finding) == {"name": "aws"}


def test_a_cluster_store_needs_a_namespace() -> None:
    (finding,) = run(CLUSTER_STORE, account("autoscaler", "kube-system"))
    assert reference(finding) == {"name": "aws", "namespace": "platform"}


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("{apiVersion: eksctl.io/v1alpha5, kind: ClusterConfig, metadata: {name: c}}", True),
        ("{apiVersion: eks.aws.upbound.io/v1beta1, kind: Cluster, metadata: {name: c}}", True),
        ("{apiVersion: eks.services.k8s.aws/v1alpha1, kind: Nodegroup, metadata: {name: c}}", True),
        ("{Resources: {C: {Type: 'AWS::EKS::Cluster'}}}", True),
        ("{kind: X, a: 'arn:aws-us-gov:eks:us-gov-west-1:111122223333:cluster/c'}", True),
        ("{kind: X, a: 'oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub'}", True),
        ("{kind: X, a: ['serviceAccount.annotations.eks\\.amazonaws\\.com/role-arn']}", True),
        ("{kind: X, a: 'arn:aws:iam::111122223333:role/r'}", False),
        ("{kind: X, a: 'seeks.amazonaws.com/roles'}", False),
        (
            "{kind: ServiceAccount, metadata: {annotations: {eks.amazonaws.com/role-arn: ''}}}",
            False,
        ),
        ("{kind: CustomResourceDefinition, a: 'arn:aws:eks:eu-west-1:1:cluster/c'}", False),
    ],
)
def test_evidence(text: str, evidence: bool) -> None:
    (finding,) = run(STORE, text)
    assert finding.case == ("irsa-available" if evidence else "no-evidence")
    assert len(finding.related) == evidence


def test_pod_identity_needs_no_block() -> None:
    text = "{apiVersion: eks.services.k8s.aws/v1alpha1, kind: PodIdentityAssociation, metadata: {}}"
    (finding,) = run(STORE, text)
    assert finding.help is not None
    assert all(line.startswith("#") for line in finding.help.splitlines())
