"""The rule of topic scope about identities that several namespaces share.

Source: ESO v2.9.0, the stores of apis/externalsecrets/v1 and how aws, azure, gcp and vault under
providers/v1 sign in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from esolint.graph import Environment
from esolint.model.consumer import STORE
from esolint.model.core import ROLE_ARN
from esolint.model.store import Store, stores
from esolint.resource import Resource, known_namespace
from esolint.rule import Finding, Note
from esolint.value import Route, parse_route, text
from esolint.words import amount, listed, quoted

_MOST_NAMES = 5
_MOST_NOTES = 10


class _Identity(NamedTuple):
    """As whom a store signs in: equal for equal ones, what to call it, and where it stands."""

    key: tuple[str, ...]
    title: str
    resource: Resource
    route: Route


def credential_shared_across_namespaces(env: Environment) -> Iterator[Finding]:
    shared: dict[tuple[str, ...], dict[str, _Identity]] = {}
    for store in stores(env.of_kind(STORE)):
        namespace = known_namespace(store.resource)
        identity = _identity(store, namespace, env) if namespace else None
        if namespace and identity:
            users = shared.setdefault((store.provider, *identity.key), {})
            users.setdefault(namespace, identity)
    for users in shared.values():
        if len(users) > 1:
            identity, *others = users.values()
            names = listed(sorted(map(quoted, users)), _MOST_NAMES)
            yield Finding(
                identity.resource,
                identity.route,
                f"SecretStores of {amount(len(users), 'namespace')} sign in as {identity.title}:"
                f" those of {names}",
                related=tuple(_places(identity, others))[:_MOST_NOTES],
            )


def _places(first: _Identity, others: Iterable[_Identity]) -> Iterator[Note]:
    """Yield where else an identity stands; of one source many stores may be made."""
    document, route = first.resource.origin(first.route)
    seen = {(id(document), route)}
    for other in others:
        document, route = other.resource.origin(other.route)
        if (id(document), route) not in seen:
            seen.add((id(document), route))
            namespace = known_namespace(other.resource)
            yield Note(other.resource, other.route, f"of namespace {namespace}")


def _identity(store: Store, namespace: str, env: Environment) -> _Identity | None:
    """Return as whom a store signs in, where the repository shows it.

    What only a Secret says is not known, and as the operator itself each store may sign in:
    controller-identity.
    """
    if store.unknown(()):
        return None
    if store.provider == "aws" and store.text("sessionTagsPolicy") not in ("", "None"):
        return None  # the tags say of which namespace the session is
    for sign in _SIGNS.get(store.provider, ()):
        if sign.unless is None or store.lacks(sign.unless):
            found = _read(store, sign, namespace, env)
            if found is not None:
                return found
    return None


class _Sign(NamedTuple):
    """A field of a provider's block that says as whom a store signs in.

    `beside` tells equal names apart: of several servers, accounts, mount paths. With an
    `annotation` the field names a ServiceAccount, which has the name. `unless`: where this
    is set, ESO signs in another way.
    """

    noun: str
    route: Route
    beside: tuple[Route, ...] = ()
    annotation: str | None = None
    unless: Route | None = None


def _read(store: Store, sign: _Sign, namespace: str, env: Environment) -> _Identity | None:
    resource, route = store.resource, store.route(sign.route)
    name = store.text(sign.route)
    beside = [store.text(other) for other in sign.beside]
    if not name or None in beside:
        return None
    if sign.annotation is not None:
        accounts = [r for r in env.of_kind("ServiceAccount") if r.name == name]
        accounts = [r for r in accounts if known_namespace(r) == namespace]
        if len(accounts) != 1:
            return None
        resource, route = accounts[0], ("metadata", "annotations", sign.annotation)
        name = None if resource.unknown(route) else text(resource.get(*route))
    if not name:
        return None
    key = (sign.noun, name, *map(str, beside))
    return _Identity(key, f"{sign.noun} {quoted(name)}", resource, route)


def _sign(
    noun: str, route: str, beside: str = "", annotation: str | None = None, unless: str = ""
) -> _Sign:
    others = tuple(parse_route(word) for word in beside.split())
    before = parse_route(unless) if unless else None
    return _Sign(noun, parse_route(route), others, annotation, before)


def _vault(method: str, noun: str, field: str, path: str) -> _Sign:
    return _sign(
        f"Vault {noun}",
        f"auth.{method}.{field}",
        f"server namespace auth.{method}.{path}",
        unless="auth.tokenSecretRef",
    )


_SIGNS: Mapping[str, Sequence[_Sign]] = {
    "akeyless": (_sign("access id", "authSecretRef.kubernetesAuth.accessID", "akeylessGWApiURL"),),
    "aws": (
        _sign("role", "role"),
        _sign("role", "auth.jwt.serviceAccountRef.name", annotation=ROLE_ARN),
    ),
    "azurekv": (
        _sign("managed identity", "identityId"),
        _sign(
            "client",
            "serviceAccountRef.name",
            annotation="azure.workload.identity/client-id",
            unless="authSecretRef",
        ),
    ),
    "chef": (_sign("user", "username", "serverUrl"),),
    "conjur": (_sign("host", "auth.jwt.hostId", "url auth.jwt.account auth.jwt.serviceID"),),
    "doppler": (_sign("identity", "auth.oidcConfig.identity", unless="auth.secretRef"),),
    "gcpsm": (
        _sign(
            "service account",
            "auth.workloadIdentity.serviceAccountRef.name",
            annotation="iam.gke.io/gcp-service-account",
            unless="auth.secretRef",
        ),
        _sign(
            "service account",
            "auth.workloadIdentityFederation.gcpServiceAccountEmail",
            unless="auth.secretRef",
        ),
    ),
    "ibm": (_sign("trusted profile", "auth.containerAuth.profile"),),
    "openBao": (
        _sign("OpenBao role", "auth.appRole.roleId", "server namespace auth.appRole.path"),
        _sign("OpenBao user", "auth.userPass.username", "server namespace auth.userPass.path"),
    ),
    "oracle": (_sign("user", "auth.user", "auth.tenancy"),),
    "senhasegura": (_sign("client", "auth.clientId", "url"),),
    # In the order in which ESO looks at the methods.
    "vault": (
        _vault("appRole", "role", "roleId", "path"),
        _vault("kubernetes", "role", "role", "mountPath"),
        _vault("ldap", "user", "username", "path"),
        _vault("userPass", "user", "username", "path"),
        _vault("jwt", "role", "role", "path"),
        _vault("iam", "role", "vaultRole", "path"),
        _vault("gcp", "role", "role", "path"),
    ),
}
