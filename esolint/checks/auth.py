"""The rules of topic auth: identities instead of keys."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterator
from typing import NamedTuple

from esolint.model.consumer import CLUSTER_STORE, STORE_KINDS
from esolint.model.core import ROLE_ARN, role_arn
from esolint.model.generator import generator_specs
from esolint.repository import Repository
from esolint.resource import ESO_GROUP, Resource, known_namespace
from esolint.rule import Finding, Note
from esolint.value import Route, format_route, leaves, mapping, text

_EKS_GROUPS = r"eksctl\.io|eks\.services\.k8s\.aws|eks\.aws(?:\.m)?\.(?:upbound|crossplane)\.io"
_EKS_TEXT = (
    r"\barn:aws[a-z-]*:eks:|\boidc\.eks\.[a-z0-9-]+\.amazonaws\.com|^AWS::EKS::"
    r"|\beks\\*\.amazonaws\\*\.com/role-arn\b"
)
_IS_EKS = "shows that the cluster is EKS"
_POD_IDENTITY = "PodIdentityAssociation"
_OPERATOR = r"external-?secrets?|\beso\b"


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


def static_aws_keys(repository: Repository) -> Iterator[Finding]:
    """Report stores and generators that sign in to AWS with long-lived keys."""
    shown_to: dict[tuple[str, ...], _Shown | None] = {}
    for owner, auth in _static_keys(repository):
        cluster = _cluster(owner)
        if cluster not in shown_to:
            signs = (s for s in _identities(repository) if _may_be_in(cluster, s.note.resource))
            shown_to[cluster] = next(signs, None)
        shown = shown_to[cluster]
        what = f"{owner.title} authenticates with static AWS keys"
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
            help=_block(owner, auth, repository, shown),
        )


def _static_keys(repository: Repository) -> Iterator[_Keys]:
    """Yield the auth blocks that ESO takes long-lived keys from.

    ESO v2.9.0, providers/v1/aws/auth: `jwt` wins over `secretRef` in a store, and loses in a
    generator. A session token beside the keys makes them temporary. STSSessionToken is none
    of these: GetSessionToken takes nothing but long-lived keys.
    """
    for owner in repository.resources:
        for auth, jwt_wins in _auth_blocks(owner):
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


def _auth_blocks(owner: Resource) -> Iterator[tuple[Route, bool]]:
    """Yield where `auth` for AWS stands, and whether `jwt` wins over `secretRef` there."""
    if owner.group == ESO_GROUP and owner.kind in STORE_KINDS:
        yield ("spec", "provider", "aws", "auth"), True
    for base, kind in generator_specs(owner):
        if kind == "ECRAuthorizationToken":
            yield (*base, "auth"), False


# What the repository shows


# What stands below one of these folders is of the cluster that the next one names.
_CLUSTERS = r"(?:^|/)(?:clusters?|environments?|envs?)/([^/]+)/"


def _cluster(resource: Resource) -> tuple[str, ...]:
    """Return the clusters that the folders around a file name, the outermost first."""
    path = os.path.abspath(resource.document.path).replace(os.sep, "/")
    return tuple(re.findall(_CLUSTERS, path))


def _may_be_in(cluster: tuple[str, ...], resource: Resource) -> bool:
    """Say whether no folder keeps a file apart; what stands above the clusters is of all."""
    return all(a == b for a, b in zip(cluster, _cluster(resource), strict=False))


def _identities(repository: Repository) -> Iterator[_Shown]:
    """Yield the signs of EKS and of IAM roles for service accounts, the plainest first."""
    for account in repository.of_kind("ServiceAccount"):
        if role_arn(account):
            yield _shown(account, ("metadata", "annotations", ROLE_ARN), "has an IAM role")
    for resource in repository.resources:
        if re.fullmatch(_EKS_GROUPS, resource.group):
            yield _shown(resource, ("kind",), _IS_EKS)
    for resource in repository.resources:
        jwt: Route = ("spec", "provider", "aws", "auth", "jwt", "serviceAccountRef")
        if resource.is_eso and mapping(resource.get(*jwt)):
            yield _shown(resource, jwt, "signs in by a ServiceAccount")
    for resource in repository.resources:
        if resource.kind == "CustomResourceDefinition":
            continue
        for route, value in leaves(resource.value):
            if ROLE_ARN in route and value:
                there = route[: route.index(ROLE_ARN) + 1]
                yield _shown(resource, there, "gives a ServiceAccount an IAM role")
            elif isinstance(value, str) and re.search(_EKS_TEXT, value[:65_536]):
                yield _shown(resource, route, _IS_EKS)


def _shown(resource: Resource, route: Route, what: str) -> _Shown:
    name = resource.title if resource.kind else resource.document.path
    return _Shown(Note(resource, route, what), f"{name} {what}", resource.kind == _POD_IDENTITY)


# What to write instead


def _block(owner: Resource, auth: Route, repository: Repository, shown: _Shown) -> str:
    """Return the YAML to write in the place of this very `auth` block."""
    if shown.pod_identity:
        return (
            f"# remove `auth` from {format_route(auth[:-1])}: without it ESO uses the operator's\n"
            "# own identity, which EKS Pod Identity gives it\n"
        )
    cluster = owner.kind == CLUSTER_STORE
    account = _account(owner, auth, repository)
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


def _account(owner: Resource, auth: Route, repository: Repository) -> Resource | None:
    """Return the one annotated ServiceAccount that is there for ESO or has the store's name."""
    cluster = owner.kind == CLUSTER_STORE
    here = _key_namespace(owner, auth) if cluster else known_namespace(owner)
    fitting = {
        account.name: account
        for account in repository.of_kind("ServiceAccount")
        if role_arn(account)
        and _may_be_in(_cluster(owner), account)
        and not account.unknown(("metadata", "name"))
        and (account.name == owner.name or re.search(_OPERATOR, account.name))
        and (cluster or None in (here, there := known_namespace(account)) or here == there)
    }
    return next(iter(fitting.values())) if len(fitting) == 1 else None


def _key_namespace(owner: Resource, auth: Route) -> str | None:
    route = (*auth, "secretRef", "secretAccessKeySecretRef", "namespace")
    return None if owner.unknown(route) else text(owner.get(*route))
