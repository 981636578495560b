"""Generators: objects of their own, or parts of a ClusterGenerator."""

from __future__ import annotations

from collections.abc import Iterator

from esolint.resource import Resource
from esolint.value import Route, mapping

# The fields of a ClusterGenerator's spec.generator, and whose spec stands there.
GENERATOR_FIELDS: dict[str, str] = {
    "acrAccessTokenSpec": "ACRAccessToken",
    "beyondtrustWorkloadCredentialsDynamicSecretSpec": (
        "BeyondtrustWorkloadCredentialsDynamicSecret"
    ),
    "cloudsmithAccessTokenSpec": "CloudsmithAccessToken",
    "ecrAuthorizationTokenSpec": "ECRAuthorizationToken",
    "ecrRAuthorizationTokenSpec": "ECRAuthorizationToken",  # 0.11 only
    "fakeSpec": "Fake",
    "gcrAccessTokenSpec": "GCRAccessToken",
    "githubAccessTokenSpec": "GithubAccessToken",
    "gitlabDeployTokenSpec": "GitlabDeployToken",
    "grafanaSpec": "Grafana",
    "mfaSpec": "MFA",
    "passwordSpec": "Password",
    "quayAccessTokenSpec": "QuayAccessToken",
    "sshKeySpec": "SSHKey",
    "stsSessionTokenSpec": "STSSessionToken",
    "uuidSpec": "UUID",
    "vaultDynamicSecretSpec": "VaultDynamicSecret",
    "webhookSpec": "Webhook",
}
GENERATOR_KINDS = frozenset(GENERATOR_FIELDS.values())


def generator_specs(resource: Resource) -> Iterator[tuple[Route, str]]:
    """Yield where the spec of a generator stands in a resource, and the generator's kind."""
    if not resource.is_eso:
        return
    if resource.kind in GENERATOR_KINDS:
        yield ("spec",), resource.kind
    elif resource.kind == "ClusterGenerator":
        base: Route = ("spec", "generator")
        for field in mapping(resource.get(*base)):
            if field in GENERATOR_FIELDS:
                yield (*base, field), GENERATOR_FIELDS[field]
