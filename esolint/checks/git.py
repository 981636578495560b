"""The rules of topic git: secrets that stand in the repository."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from esolint.model.consumer import CLUSTER_STORE
from esolint.model.core import Entry, entries, is_encrypted, is_secret
from esolint.model.credential import Evidence, Role, judge, role_of
from esolint.model.generator import generator_specs
from esolint.model.providers import Reference, generator_references
from esolint.model.store import stores
from esolint.repository import Repository
from esolint.resource import Resource, known_namespace
from esolint.rule import Finding, Note
from esolint.value import Route, text

# Steps of a reference's route that do not say what the referenced value is.
_WRAPPERS = frozenset(("secretRef", "SecretRef", "secretKeyRef", "auth", "authSecretRef"))


class Use(NamedTuple):
    """A reference by which a store, or a generator, gets a credential from a Secret.

    `key` is None where the reference names none. `namespace` is the Secret's, None where
    any can be meant. `role` says what the value is for, None for a name.
    """

    owner: Resource
    route: Route
    name: str
    key: str | None
    namespace: str | None
    role: Role | None


class Standing(NamedTuple):
    """An entry of a Secret that holds a credential, and the references to it."""

    secret: Resource
    entry: Entry
    evidence: Evidence
    uses: tuple[Use, ...]
    sure: bool


def secret_value_in_git(repository: Repository) -> Iterator[Finding]:
    """Report the credentials in Secrets, except those that a store authenticates with."""
    for standing in store_credentials(repository):
        if not standing.uses:
            yield _finding(standing, "")


def store_credential_in_git(repository: Repository) -> Iterator[Finding]:
    """Report the credentials in Secrets that a store or a generator authenticates with."""
    for standing in store_credentials(repository):
        if not standing.uses:
            continue
        owners = list(dict.fromkeys(use.owner.title for use in standing.uses))
        others = f" and {len(owners) - 1} more" if len(owners) > 1 else ""
        verb = "authenticate" if len(owners) > 1 else "authenticates"
        yield _finding(standing, f", and {owners[0]}{others} {verb} with it")


def store_credentials(repository: Repository) -> Iterator[Standing]:
    """Yield each credential that stands in a Secret, with the references of stores to it.

    This is where the two rules of this topic share out what there is.
    """
    secrets = [
        resource
        for resource in repository.objects
        if is_secret(resource) and not is_encrypted(resource)
    ]
    wanted = {secret.name for secret in secrets}
    by_name: dict[str, list[Use]] = {}
    for use in _uses(repository) if secrets else ():
        if use.name in wanted:
            by_name.setdefault(use.name, []).append(use)
    patches = frozenset(map(id, repository.patches))
    whole: dict[str, list[Resource]] = {}
    for secret in secrets:
        if id(secret) not in patches:
            whole.setdefault(secret.name, []).append(secret)
    for secret in secrets:
        # A patch is a part of the object whose name it has, and no other one.
        same_name = [] if id(secret) in patches else whole[secret.name]
        rivals = [other for other in same_name if other is not secret]
        uses = _fitting(secret, by_name.get(secret.name, ()), rivals)
        yield from _credentials(secret, uses)


def _credentials(secret: Resource, uses: list[tuple[Use, bool]]) -> Iterator[Standing]:
    """Yield the credentials of one Secret. The name in a key pair counts where it stands alone."""
    found: list[Standing] = []
    for entry in entries(secret):
        if secret.unknown(entry.route) and "\n" not in entry.value.strip():
            continue
        here = [(use, sure) for use, sure in uses if use.key in (None, entry.key)]
        role = next((use.role for use, _ in here if use.role and use.key), None)
        evidence = judge(entry.key, entry.value, role)
        if evidence is None:
            continue
        if evidence.identifier:
            here = []
        found.append(
            Standing(
                secret,
                entry,
                evidence,
                tuple(use for use, _ in here),
                any(sure for _, sure in here),
            )
        )
    whole = [standing for standing in found if not standing.evidence.identifier]
    yield from whole or found


def _fitting(
    secret: Resource, uses: Sequence[Use], rivals: Sequence[Resource]
) -> list[tuple[Use, bool]]:
    """Return the references that can mean this Secret, and of each whether that is sure.

    Where a namespace is not known, one Secret of the name is enough; of several, those that
    stand beside the store.
    """
    if secret.unknown(("metadata", "name")) or not text(secret.get("metadata", "name")):
        return []
    here = known_namespace(secret)
    fitting: list[tuple[Use, bool]] = []
    for use in uses:
        if use.namespace is not None and here is not None:
            if use.namespace == here:
                fitting.append((use, True))
            continue
        if not any(_can_be_in(other, use.namespace) for other in rivals):
            fitting.append((use, True))
        elif _folder(secret) == _folder(use.owner):
            fitting.append((use, False))
    return fitting


def _can_be_in(secret: Resource, namespace: str | None) -> bool:
    return namespace is None or known_namespace(secret) in (None, namespace)


def _folder(resource: Resource) -> str:
    return posixpath.dirname(resource.document.path)


def _finding(standing: Standing, tail: str) -> Finding:
    secret, entry, evidence, uses, sure = standing
    form = "only base64-encoded" if entry.route[0] == "data" else "in plain text"
    message = f'Secret "{secret.name}" holds {evidence.what} under "{entry.key}", {form}{tail}'
    return Finding(
        secret,
        entry.route,
        message,
        confidence=evidence.confidence if sure or not uses else "medium",
        related=tuple(
            Note(use.owner, use.route, f"{use.owner.title} refers to this Secret here")
            for use in uses
        ),
    )


# What stores and generators refer to


def _uses(repository: Repository) -> Iterator[Use]:
    for owner in repository.objects:
        for store in stores([owner]):
            yield from _secrets(owner, store.base, store.references())
        for base, kind in generator_specs(owner):
            yield from _secrets(owner, base, generator_references(kind, owner.get(*base)))


def _secrets(owner: Resource, base: Route, found: Iterator[Reference]) -> Iterator[Use]:
    for reference in found:
        route = (*base, *reference.route)
        name = text(reference.value.get("name"))
        key = text(reference.value.get("key"))
        if reference.kind != "secret" or name is None or owner.unknown((*route, "name")):
            continue
        if owner.unknown((*route, "key")) or reference.route[0] == "secrets":
            key = None  # a webhook's templates see the whole Secret
        role = _role(reference.route) if reference.selector.static else None
        yield Use(owner, route, name, key, _namespace(owner, route), role)


def _namespace(owner: Resource, route: Route) -> str | None:
    """Return the namespace in which a reference's Secret is looked up, None where it is open.

    ESO v2.9.0, runtime/esutils/resolvers/secret_ref.go: only a ClusterSecretStore's reference
    chooses one; without, and for a ClusterGenerator, it is that of each consumer.
    """
    if owner.kind == CLUSTER_STORE:
        there = (*route, "namespace")
        return None if owner.unknown(there) else text(owner.get(*there))
    return None if owner.kind == "ClusterGenerator" else known_namespace(owner)


def _role(route: Route) -> Role | None:
    """Read from a reference's place what its value is: `auth.tokenSecretRef` is for a token."""
    for step in reversed(route):
        if isinstance(step, int) or step in _WRAPPERS:
            continue
        name = step.removesuffix("SecretRef").removesuffix("Ref")
        if name.lower().endswith(("id", "type", "user", "username", "cert", "certificate")):
            return None
        role = role_of(name)
        return "password" if role == "password" else "token"
    return "token"
