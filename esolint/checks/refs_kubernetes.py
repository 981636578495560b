"""The rule of topic refs about stores that read Secrets of their own cluster: where, and may they.

Source: ESO v2.9.0, providers/v1/kubernetes (provider.go, validate.go, client.go); the roles that
every cluster has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from esolint.diagnostic import Confidence
from esolint.graph import Environment, Found
from esolint.model.consumer import (
    CONSUMER_KINDS,
    EXTERNAL_SECRETS,
    PUSH_SECRETS,
    STORE_KINDS,
    StoreUse,
    store_uses,
)
from esolint.model.store import Store, stores
from esolint.resource import Resource, known_namespace
from esolint.rule import Finding, Note
from esolint.value import Route, expand, mapping, sequence, text
from esolint.words import both, listed, quoted

_DEFAULT = "default"  # the remoteNamespace of a store that names none
_ACCOUNT: Route = ("auth", "serviceAccount")
_REMOTE: Route = ("remoteNamespace",)
_ROLE: Route = ("roleRef", "name")
_RULES: Route = ("rules",)
_MOST = 5
_BINDINGS = ("RoleBinding", "ClusterRoleBinding")
_ROLES = ("Role", "ClusterRole")
_EVERYBODY = ("system:authenticated", "system:serviceaccounts")
_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete")
# Roles that are on every cluster, as far as they speak of Secrets.
_BUILT_IN: Mapping[str, tuple[str, ...]] = {
    "cluster-admin": _VERBS,
    "admin": _VERBS,
    "edit": _VERBS,
}


class _Call(NamedTuple):
    """What ESO does with Secrets for somebody; `name` "": with one that is not known."""

    verb: str
    name: str
    resource: Resource
    route: Route


class _Grant(NamedTuple):
    """Verbs on Secrets. `namespace` None: of every one; `names` empty: of all names."""

    verbs: Collection[str]
    namespace: str | None
    names: Collection[str]

    def allows(self, call: _Call, namespace: str) -> bool:
        if self.namespace not in (None, namespace) or {call.verb, "*"}.isdisjoint(self.verbs):
            return False
        if not self.names:
            return True
        # A list is of all, and what is made has no name yet.
        return call.verb not in ("list", "create") and call.name in ("", *self.names)


def kubernetes_store_rbac(env: Environment) -> Iterator[Finding]:
    local = [store for store in stores(env.of_kind(*STORE_KINDS)) if _reads_this_cluster(store)]
    if not local:
        return
    uses: dict[int, list[StoreUse]] = {}
    for consumer in env.of_kind(*CONSUMER_KINDS):
        for use in store_uses(consumer):
            resolution = env.resolve(use)
            for resource in resolution.resources if isinstance(resolution, Found) else ():
                uses.setdefault(id(resource), []).append(use)
    rights = _Rights(env)
    for store in local:
        calls = [call for use in uses.get(id(store.resource), ()) for call in _calls(use)]
        finding = _misplaced(store, calls, rights, env) or _denied(store, calls, rights, env)
        if finding is not None:
            yield finding


def _reads_this_cluster(store: Store) -> bool:
    """Say whether a store surely reads Secrets of its own cluster, as a ServiceAccount."""
    if store.provider != "kubernetes" or store.unknown(()) or not store.lacks("authRef"):
        return False
    url = store.text("server.url")
    host = None if url is None else url.removeprefix("https://").partition("/")[0]
    host = host.removesuffix(":443") if host is not None else None
    return host in ("", "kubernetes.default", "kubernetes.default.svc", _CLUSTER_LOCAL)


_CLUSTER_LOCAL = "kubernetes.default.svc.cluster.local"


# What ESO does


def _calls(use: StoreUse) -> Iterator[_Call]:
    """Yield what ESO does with Secrets for one reference of a consumer to a store."""
    consumer = use.resource
    if consumer.kind in EXTERNAL_SECRETS:
        base = EXTERNAL_SECRETS[consumer.kind]
        entries = [use.route[:-2]]
        if use.route == (*base, "secretStoreRef"):
            every = (*base, "data", "*"), (*base, "dataFrom", "*")
            found = (route for field in every for route in expand(field, consumer.value))
            entries = [route for route in found if consumer.get(*route, "sourceRef") is None]
        for entry in entries:
            for way in ("remoteRef", "extract"):
                if consumer.get(*entry, way) is not None:
                    yield _call("get", consumer, (*entry, way, "key"))
            if consumer.get(*entry, "find") is not None:
                yield _Call("list", "", consumer, (*entry, "find"))
    elif "secretStoreRefs" in use.route:
        base = PUSH_SECRETS[consumer.kind]
        for entry in expand((*base, "data", "*"), consumer.value):
            # Its metadata may name another namespace.
            if consumer.get(*entry, "metadata") is None:
                route = (*entry, "match", "remoteRef", "remoteKey")
                yield _call("create", consumer, route)
                yield _call("update", consumer, route)
                if consumer.get(*base, "deletionPolicy") == "Delete":
                    yield _call("delete", consumer, route)


def _call(verb: str, consumer: Resource, route: Route) -> _Call:
    name = None if consumer.unknown(route) else text(consumer.get(*route))
    return _Call(verb, name or "", consumer, route)


# What it may do


class _Rights:
    """What ServiceAccounts may do with Secrets, as far as the repository shows it."""

    def __init__(self, env: Environment) -> None:
        here = (*env.resources, *env.elsewhere)
        self._bindings = [r for r in here if r.kind in _BINDINGS]
        self._roles: dict[tuple[str, str | None, str], list[Resource]] = {}
        for role in here:
            if role.kind in _ROLES:
                home = known_namespace(role) if role.kind == "Role" else None
                self._roles.setdefault((role.kind, home, role.name), []).append(role)
        self._accounts = {(known_namespace(a), a.name) for a in env.of_kind("ServiceAccount")}

    def of(self, namespace: str, name: str) -> tuple[list[Resource], list[_Grant]] | None:
        """Return the bindings of a ServiceAccount and what they allow.

        None where the repository does not make the account, binds it nowhere, or some role
        is not known.
        """
        if (namespace, name) not in self._accounts:
            return None
        bound: list[Resource] = []
        grants: list[_Grant] = []
        for binding in self._bindings:
            subject = _subject(binding, namespace, name)
            if subject is None:
                return None
            if not subject:
                continue
            found = self._granted(binding)
            if found is None:
                return None
            grants += found
            if subject == "itself":
                bound.append(binding)
        return (bound, grants) if bound else None

    def _granted(self, binding: Resource) -> list[_Grant] | None:
        """Return what a binding grants; None where it is not known."""
        scope = known_namespace(binding) if binding.kind == "RoleBinding" else None
        kind, name = (text(binding.get("roleRef", key)) for key in ("kind", "name"))
        if binding.unknown(("roleRef",)) or binding.unknown(_ROLE) or not kind or not name:
            return None
        if binding.kind == "RoleBinding" and scope is None:
            return None
        roles = self._roles.get((kind, scope if kind == "Role" else None, name), [])
        if not roles:
            known = _BUILT_IN.get(name) if kind == "ClusterRole" else None
            return None if known is None else [_Grant(known, scope, ())]
        grants: list[_Grant] = []
        for role in roles:
            if role.unknown(_RULES) or role.get("aggregationRule") is not None:
                return None
            for i, rule in enumerate(map(mapping, sequence(role.get(*_RULES)))):
                if role.unknown((*_RULES, i)):
                    return None
                groups, resources, verbs, names = (
                    [str(item) for item in sequence(rule.get(key))]
                    for key in ("apiGroups", "resources", "verbs", "resourceNames")
                )
                if not {"", "*"}.isdisjoint(groups) and not {"secrets", "*"}.isdisjoint(resources):
                    grants.append(_Grant(verbs, scope, names))
        return grants


def _subject(binding: Resource, namespace: str, name: str) -> str | None:
    """Say whom of an account a binding names: "itself", "everybody" or "" ; None: not known."""
    answer = ""
    subjects: Route = ("subjects",)
    if binding.unknown(subjects):
        return None
    for i, subject in enumerate(map(mapping, sequence(binding.get(*subjects)))):
        if any(binding.unknown((*subjects, i, key)) for key in ("name", "namespace")):
            return None
        kind, named = subject.get("kind"), subject.get("name")
        home = subject.get("namespace") or binding.namespace
        if (kind, named, home) == ("ServiceAccount", name, namespace):
            return "itself"
        if (kind, named) == ("User", f"system:serviceaccount:{namespace}:{name}"):
            return "itself"
        if kind == "Group" and named in (*_EVERYBODY, f"system:serviceaccounts:{namespace}"):
            answer = "everybody"
    return answer


def _account(store: Store) -> tuple[str, str] | None:
    """Return the namespace and name of the ServiceAccount that a store reads as."""
    name = store.text((*_ACCOUNT, "name"))
    own = known_namespace(store.resource)
    namespace = store.text((*_ACCOUNT, "namespace")) if store.is_cluster else own
    return (namespace, name) if namespace and name else None


# Both together


def _denied(
    store: Store, calls: Sequence[_Call], rights: _Rights, env: Environment
) -> Finding | None:
    account = _account(store)
    found = rights.of(*account) if account else None
    namespace = _DEFAULT if store.lacks(_REMOTE) else store.text(_REMOTE)
    if account is None or found is None or not namespace:
        return None
    bound, grants = found
    # Before all else a store asks whether it may read at all.
    first = _Call("get", "", store.resource, store.route(_ACCOUNT))
    denied = [c for c in (first, *calls) if not any(g.allows(c, namespace) for g in grants)]
    if not denied:
        return None
    verbs = both([verb for verb in _VERBS if any(call.verb == verb for call in denied)])
    names = sorted({call.name for call in denied})
    some = (
        f" {listed(list(map(quoted, names)), _MOST)}" if verbs == "get" and "" not in names else ""
    )
    notes = [Note(binding, _ROLE, "bound here") for binding in bound[:_MOST]]
    notes += [Note(c.resource, c.route, f"to {c.verb}") for c in denied if c is not first][:_MOST]
    return Finding(
        store.resource,
        store.route((*_ACCOUNT, "name")),
        f'{store.resource.title} works as ServiceAccount "{account[1]}" of namespace'
        f' "{account[0]}", whose roles do not let it {verbs} Secrets{some} of namespace'
        f' "{namespace}"',
        confidence=_confidence(env),
        related=tuple(notes),
    )


def _misplaced(
    store: Store, calls: Sequence[_Call], rights: _Rights, env: Environment
) -> Finding | None:
    """Return the finding on a store that names no remoteNamespace and means another one."""
    if not store.lacks(_REMOTE):
        return None
    account = _account(store)
    bound, grants = (rights.of(*account) if account else None) or ([], [])
    read = _Call("get", "", store.resource, store.route(_ACCOUNT))
    notes: list[Note] = []
    confidence = _confidence(env)
    if bound and not any(grant.allows(read, _DEFAULT) for grant in grants):
        there = {g.namespace for g in grants if g.namespace and g.allows(read, g.namespace)}
        notes = [Note(binding, _ROLE, "bound here") for binding in bound[:_MOST]]
        why = "its ServiceAccount may read those of"
    else:
        made = _made(calls, env)
        there = {namespace for _, namespace in made}
        notes = [Note(call.resource, call.route, "to be found there") for call, _ in made[:_MOST]]
        why = "what is read stands in"
        confidence = "medium"
    if not there:
        return None
    names = listed(sorted(map(quoted, there)), _MOST)
    return Finding(
        store.resource,
        store.route(_REMOTE),
        f'{store.resource.title} has no remoteNamespace and so reads Secrets of "{_DEFAULT}", but'
        f" {why} {names}",
        case="remote-namespace",
        confidence=confidence,
        related=tuple(notes),
    )


def _made(calls: Sequence[_Call], env: Environment) -> list[tuple[_Call, str]]:
    """Return for each Secret to be read in which other namespace it is made.

    Nothing where one of them may be in `default`, or is nowhere. What consumers make out of
    this store is no evidence: most copies have the name of what they are taken from.
    """
    consumers = {id(call.resource) for call in calls}
    found: list[tuple[_Call, str]] = []
    for call in calls:
        if call.verb == "get" and call.name:
            if env.links.writers_of("Secret", call.name, _DEFAULT):
                return []
            makers = env.links.writers_of("Secret", call.name, None)
            makers = [w for w in makers if w.sure and w.makes and id(w.resource) not in consumers]
            there = {writer.namespace for writer in makers if writer.namespace}
            if not there:
                return []
            found += [(call, namespace) for namespace in sorted(there)]
    return found


def _confidence(env: Environment) -> Confidence | None:
    return "medium" if any(rendering.unknown for rendering in env.renderings) else None
