"""Generators: objects of their own, or parts of a ClusterGenerator; and which keys they give.

Source of the keys: ESO v2.9.0, generators/v1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from esolint.resource import Resource
from esolint.value import Route, mapping, text

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


class Output(NamedTuple):
    """The keys that a generator gives; `exact`: there are no others."""

    keys: frozenset[str]
    exact: bool


# What gives the same keys whatever its spec says.
_FIXED: dict[str, tuple[str, ...]] = {
    "ACRAccessToken": ("username", "password"),
    "CloudsmithAccessToken": ("auth", "expiry"),
    "GCRAccessToken": ("username", "password", "expiry"),
    "GithubAccessToken": ("token",),
    "GitlabDeployToken": ("username", "token"),
    "Grafana": ("login", "token"),
    "MFA": ("token", "timeLeft"),
    "QuayAccessToken": ("registry", "auth", "expiry"),
    "SSHKey": ("privateKey", "publicKey"),
    "STSSessionToken": ("access_key_id", "secret_access_key", "session_token", "expiration"),
    "UUID": ("uuid",),
}
_ECR = frozenset(("username", "password", "expires_at"))
_BEYONDTRUST = frozenset(("accessKeyId", "secretAccessKey", "leaseId", "expiration"))
_UNKNOWN = Output(frozenset(), False)


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


def output(kind: str, generator: Resource | None = None) -> Output:
    """Return the keys that a generator of a kind gives, as far as they are known without it."""
    if kind in _FIXED:
        return Output(frozenset(_FIXED[kind]), True)
    specs = list(generator_specs(generator)) if generator is not None else []
    if generator is None or len(specs) != 1:
        if kind == "ECRAuthorizationToken":
            return Output(_ECR, False)
        return Output(_BEYONDTRUST, False) if kind.startswith("Beyondtrust") else _UNKNOWN
    base, own = specs[0]
    if own in _FIXED:  # inside a ClusterGenerator
        return Output(frozenset(_FIXED[own]), True)
    if own == "ECRAuthorizationToken":
        scope: Route = (*base, "scope")
        if generator.unknown(scope):
            return Output(_ECR, False)
        public = generator.get(*scope) == "public"
        return Output(_ECR if public else _ECR | {"proxy_endpoint"}, True)
    if own == "Password":
        return _password(generator, (*base, "secretKeys"))
    if own == "Fake":
        return _fake(generator, (*base, "data"))
    return Output(_BEYONDTRUST, False) if own.startswith("Beyondtrust") else _UNKNOWN


def _password(generator: Resource, route: Route) -> Output:
    written = generator.get(*route)
    if generator.unknown(route) or not isinstance(written, list | None):
        return _UNKNOWN
    keys = frozenset(
        key
        for i, item in enumerate(written or ["password"])
        if (key := text(item)) and not generator.unknown((*route, i))
    )
    return Output(keys, len(keys) == len(written or keys))


def _fake(generator: Resource, route: Route) -> Output:
    written = generator.get(*route)
    if generator.unknown(route) or not isinstance(written, dict | None):
        return _UNKNOWN
    return Output(frozenset(written or ()), True)
