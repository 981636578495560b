"""The rules of topic auth: identities instead of keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from esolint.graph import Environment
from esolint.model.core import ROLE_ARN, known_namespace, role_arn
from esolint.resource import Resource
from esolint.rule import Finding, Note
from esolint.value import Route, format_route, leaves, mapping, text

_EKS_GROUPS = re.compile(
    r"eksctl\.io|eks\.services\.k8s\.aws|eks\.aws(?:\.m)?\.(?:upbound|crossplane)\.io"
)
_EKS_TEXT = re.compile(
    r"\barn:aws[a-z-]*:eks:|\boidc\.eks\.[a-z0-9-]+\.amazonaws\.com|^AWS::EKS::"
    r"|\beks\\*\.amazonaws\\*\.com/role-arn\b"
)
_IS_EKS = "shows that the cluster is EKS"
_POD_IDENTITY = "PodIdentityAssociation"
_OPERATOR = re.compile(r"external-?secrets?|\beso\b")


class _Keys(NamedTuple):
    """An `auth` block that names AWS keys, in a store or a generator."""

    owner: Resource
    auth: Route


class _Shown(NamedTuple):
    """Where the repository shows that pods of the cluster can have AWS identities.

    `what` is a sentence about it without its full stop.
    """

    note: Note
    what: str
    pod_identity: bool


def static_aws_keys(env: Environment) -> Iterator[Finding]:
    """Report stores and generators that sign in to AWS with long-lived keys."""
    keys = list(_static_keys(env))
    shown = _identities(env) if keys else None
    for owner, auth in keys:
        what = f'{owner.kind} "{owner.name}" authenticates with static AWS keys'
        route = (*auth, "secretRef")
        if shown is None:
            yield Finding(owner, route, what, case="no-evidence")
            continue
        yield Finding(
            owner,
            route,
            f"{what} although {shown.what}",
            case="irsa-available",
            related=(shown.note,),
            help=_block(owner, auth, env, shown),
        )


def _static_keys(env: Environment) -> Iterator[_Keys]:
    """Yield the auth blocks that ESO takes long-lived keys from.

    ESO v2.9.0, providers/v1/aws/auth: `jwt` wins over `secretRef` in a store, and loses in a
    generator. A session token beside the keys makes them temporary. STSSessionToken is none
    of these: GetSessionToken takes nothing but long-lived keys.
    """
    for owner in env.resources:
        auth: Route
        if owner.group == "external-secrets.io" and owner.kind in (
            "SecretStore",
            "ClusterSecretStore",
        ):
            auth = ("spec", "provider", "aws", "auth")
            jwt_wins = True
        elif owner.is_eso and owner.kind == "ECRAuthorizationToken":
            auth = ("spec", "auth")
            jwt_wins = False
        elif owner.is_eso and owner.kind == "ClusterGenerator":
            auth = ("spec", "generator", "ecrAuthorizationTokenSpec", "auth")
            jwt_wins = False
        else:
            continue
        block = mapping(owner.get(*auth))
        keys = mapping(block.get("secretRef"))
        named = ("accessKeyIDSecretRef", "secretAccessKeySecretRef")
        if not any(mapping(keys.get(name)) for name in named):
            continue
        if mapping(keys.get("sessionTokenSecretRef")):
            continue
        if jwt_wins and (block.get("jwt") is not None or owner.unknown((*auth, "jwt"))):
            continue
        yield _Keys(owner, auth)


# What the repository shows


def _identities(env: Environment) -> _Shown | None:
    """Return the first and plainest sign of EKS or of IAM roles for service accounts."""
    for account in env.of_kind("ServiceAccount"):
        if role_arn(account):
            return _shown(account, ("metadata", "annotations", ROLE_ARN), "has an IAM role")
    for resource in env.resources:
        if _EKS_GROUPS.fullmatch(resource.group):
            return _shown(resource, ("kind",), _IS_EKS)
    for resource in env.resources:
        jwt: Route = ("spec", "provider", "aws", "auth", "jwt", "serviceAccountRef")
        if resource.is_eso and mapping(resource.get(*jwt)):
            return _shown(resource, jwt, "signs in by a ServiceAccount")
    for resource in env.resources:
        if resource.kind == "CustomResourceDefinition":
            continue
        for route, value in leaves(resource.value):
            if ROLE_ARN in route and value:
                there = route[: route.index(ROLE_ARN) + 1]
                return _shown(resource, there, "gives a ServiceAccount an IAM role")
            if isinstance(value, str) and _EKS_TEXT.search(value[:65_536]):
                return _shown(resource, route, _IS_EKS)
    return None


def _shown(resource: Resource, route: Route, what: str) -> _Shown:
    name = f'{resource.kind} "{resource.name}"' if resource.kind else resource.document.path
    return _Shown(Note(resource, route, what), f"{name} {what}", resource.kind == _POD_IDENTITY)


# What to write instead


def _block(owner: Resource, auth: Route, env: Environment, shown: _Shown) -> str:
    """Return the YAML to write in the place of this very `auth` block."""
    if shown.pod_identity:
        return (
            f"# remove `auth` from {format_route(auth[:-1])}: without it ESO uses the operator's\n"
            "# own identity, which EKS Pod Identity gives it\n"
        )
    cluster = owner.kind == "ClusterSecretStore"
    account = _account(owner, auth, env)
    if account is not None:
        name, namespace = account.name, known_namespace(account)
        remark = f"has {ROLE_ARN}"
    else:
        name, namespace = owner.name, None
        remark = f"a ServiceAccount annotated with {ROLE_ARN}"
    if namespace is None:
        namespace = _key_namespace(owner, auth) or "external-secrets"
    lines = ["auth:", "  jwt:", "    serviceAccountRef:", f"      name: {name}  # {remark}"]
    if cluster:
        lines.append(f"      namespace: {namespace}")
    return "\n".join(lines) + "\n"


def _account(owner: Resource, auth: Route, env: Environment) -> Resource | None:
    """Return the one annotated ServiceAccount that is there for ESO or has the store's name."""
    there = _key_namespace(owner, auth) if owner.kind == "ClusterSecretStore" else None
    here = there if owner.kind == "ClusterSecretStore" else known_namespace(owner)
    fitting = {
        account.name: account
        for account in env.of_kind("ServiceAccount")
        if role_arn(account)
        and not account.unknown(("metadata", "name"))
        and (account.name == owner.name or _OPERATOR.search(account.name))
        and (
            owner.kind == "ClusterSecretStore"
            or None in (here, known_namespace(account))
            or here == known_namespace(account)
        )
    }
    return next(iter(fitting.values())) if len(fitting) == 1 else None


def _key_namespace(owner: Resource, auth: Route) -> str | None:
    route = (*auth, "secretRef", "secretAccessKeySecretRef", "namespace")
    return None if owner.unknown(route) else text(owner.get(*route))
