"""The rules of topic target about who else writes the Secret of an ExternalSecret.

Source: ESO v2.9.0, pkg/controllers/externalsecret (a Secret that another ExternalSecret owns is
refused, whatever the policy; only Merge and CreateOrMerge keep keys that are there) and
pkg/controllers/clusterexternalsecret (an ExternalSecret in the place of its own is refused).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from esolint.graph import Environment
from esolint.model.consumer import EXTERNAL_SECRETS, STORE_KINDS
from esolint.model.core import is_secret
from esolint.resource import Resource
from esolint.rule import Finding, Note
from esolint.schema import Version
from esolint.value import Route, leaves, mapping, sequence, text
from esolint.words import listed

if TYPE_CHECKING:
    from esolint.model.writer import Writer

_NAME: Route = ("metadata", "name")
_CHILD: Route = ("spec", "externalSecretName")
# Before it, Merge wrote into a Secret that belongs to another ExternalSecret, too.
_OWNER_IS_ALONE = Version(0, 11)
_MOST = 3


# target-collision


class _Clash(NamedTuple):
    """Two writers that get into each other's way, and where in the later one that stands.

    The message is `later`, `what`, the namespaces, and `why`.
    """

    later: Writer
    earlier: Writer
    route: Route
    what: str
    why: str


def target_collision(env: Environment) -> Iterator[Finding]:
    place = env.place
    writers = sorted(_of_eso(env), key=_order)
    # A child that cannot be made writes nothing either, so that is said alone.
    clashes = _clashes(writers, lambda w: (place(w.resource), w.namespace, _own_name(w)), _taken)
    told = {_pair(clash) for clash in clashes}
    clashes += [
        clash
        for clash in _clashes(
            [w for w in writers if w.kind == "Secret" and not _is_generic(w.resource)],
            lambda w: (place(w.resource), w.namespace, w.name),
            lambda earlier, later: _quarrel(earlier, later, env),
        )
        if _pair(clash) not in told
    ]
    merged: dict[Hashable, tuple[_Clash, list[str]]] = {}
    for clash in clashes:
        key = (_pair(clash), clash.what, clash.why)
        merged.setdefault(key, (clash, []))[1].append(f'"{clash.later.namespace}"')
    for clash, namespaces in merged.values():
        yield _collision(clash, namespaces)


def _collision(clash: _Clash, namespaces: list[str]) -> Finding:
    later, earlier = clash.later.resource, clash.earlier.resource
    where = "namespace" if len(namespaces) == 1 else "namespaces"
    there = (later.origin(clash.route), earlier.origin(clash.earlier.route))
    notes = (Note(earlier, clash.earlier.route, "the other one"),) if there[0] != there[1] else ()
    return Finding(
        later,
        clash.route,
        f"{_title(later, earlier)} {clash.what} in {where} {listed(namespaces, _MOST)}, "
        f"{clash.why}",
        related=notes,
    )


def _of_eso(env: Environment) -> Iterator[Writer]:
    """Yield what ExternalSecrets and the children of ClusterExternalSecrets surely write."""
    for writer in env.links.writers:
        if writer.policy and writer.sure and writer.namespace is not None:
            yield writer


def _order(writer: Writer) -> tuple[str, int, str, str]:
    resource = writer.resource
    return resource.document.path, resource.document.index, str(resource.base), resource.rendering


def _pair(clash: _Clash) -> frozenset[int]:
    return frozenset((id(clash.later.resource), id(clash.earlier.resource)))


def _clashes(
    writers: Iterable[Writer],
    key: Callable[[Writer], Hashable],
    judge: Callable[[Writer, Writer], _Clash | None],
) -> list[_Clash]:
    """Return the clash of each writer with an earlier one of the same key.

    Of all the earlier ones it is set against the first of each kind: a thousand may share a key.
    """
    groups: dict[Hashable, dict[Hashable, Writer]] = {}
    found = []
    for later in writers:
        firsts = groups.setdefault(key(later), {})
        own = [*_marks(later)]
        rivals = {id(firsts[mark]): firsts[mark] for mark in (*_MARKS, *own) if mark in firsts}
        clash = next(filter(None, (judge(earlier, later) for earlier in rivals.values())), None)
        if clash is not None:
            found.append(clash)
        for mark in own:
            firsts.setdefault(mark, later)
    return found


# What any other one may clash with.
_MARKS = (*EXTERNAL_SECRETS, "Owner", "Orphan", "Merge", "CreateOrMerge")


def _marks(writer: Writer) -> Iterator[Hashable]:
    """Yield what a clash can hang on: the object, its kind, its policy, its keys."""
    resource = writer.resource
    yield resource.kind, resource.name
    yield resource.kind
    yield writer.policy
    for key in writer.keys.named:
        yield "key", key


def _own_name(writer: Writer) -> str:
    """Return the name of the ExternalSecret itself."""
    child = text(writer.resource.get(*_CHILD)) if writer.cluster else None
    return child or writer.resource.name


def _is_generic(resource: Resource) -> bool:
    return resource.get(*EXTERNAL_SECRETS[resource.kind], "target", "manifest") is not None


def _title(resource: Resource, beside: Resource) -> str:
    """Return what to call an object that another one, maybe of the same source, is set against."""
    if resource.title != beside.title:
        return resource.title
    return f'{resource.kind} "{resource.name}"'


def _taken(earlier: Writer, later: Writer) -> _Clash | None:
    """Return the clash of a ClusterExternalSecret with what has the name of its child."""
    if not (earlier.cluster or later.cluster):
        return None
    if not later.cluster:
        earlier, later = later, earlier
    resource, other = later.resource, earlier.resource
    route = _CHILD if text(resource.get(*_CHILD)) else _NAME
    if (resource.kind, resource.name) == (other.kind, other.name):
        return None
    if resource.unknown(route) or other.unknown(_CHILD) or other.unknown(_NAME):
        return None
    what = f'makes the ExternalSecret "{_own_name(later)}"'
    why = f"as {_title(other, resource)} does" if earlier.cluster else "where one stands already"
    return _Clash(later, earlier, route, what, f"{why}: ESO takes none that is not its own")


def _quarrel(earlier: Writer, later: Writer, env: Environment) -> _Clash | None:
    """Return the clash of two that write one Secret."""
    one, other = earlier.resource, later.resource
    if one.unknown(_NAME) or other.unknown(_NAME):
        return None
    if (one.kind, one.name) == (other.kind, other.name):
        if one.rendering == other.rendering or one.get("spec") == other.get("spec"):
            return None
        why = f"by {one.rendering} and by {other.rendering}, and each gives it another spec"
        return _Clash(later, earlier, later.route, "is rendered twice", why)
    fault = _fault(earlier, later, env)
    if fault is None:
        return None
    what = f'writes the Secret "{later.name}"'
    return _Clash(later, earlier, later.route, what, f"as {_title(one, other)} does: {fault}")


def _fault(earlier: Writer, later: Writer, env: Environment) -> str | None:
    """Say what comes of it that two write one Secret, None where it may do no harm."""
    policies = (earlier.policy, later.policy)
    if policies == ("Owner", "Owner"):
        return "each wants to own it, and ESO refuses the one that comes second"
    if "Owner" in policies:
        owner, guest = (earlier, later) if earlier.policy == "Owner" else (later, earlier)
        since = env.eso_version
        if guest.policy == "Merge" and since is not None and since < _OWNER_IS_ALONE:
            return None
        name = _title(owner.resource, guest.resource)
        return f"{name} owns it, and ESO refuses the one with creationPolicy {guest.policy}"
    if "Orphan" in policies:
        return "under creationPolicy Orphan each refresh removes the keys of the other"
    keys = [f'"{key}"' for key in later.keys.named if _differs(key, earlier, later)]
    return f"both set {listed(keys, _MOST)}" if keys else None


def _differs(key: str, one: Writer, other: Writer) -> bool:
    """Say whether two writers get a key, which both have, from different places."""
    return key in one.keys.named and _source(key, one) != _source(key, other)


def _source(key: str, writer: Writer) -> list[object]:
    """Return all that the value of a key comes from."""
    resource, route = writer.resource, writer.keys.named[key]
    base = EXTERNAL_SECRETS[resource.kind]
    store = resource.get(*base, "secretStoreRef")
    if route[-1] == "secretKey":
        return [store, resource.get(*route[:-1])]
    fields = (("data",), ("dataFrom",), ("target", "template"))
    return [store, *(resource.get(*base, *field) for field in fields)]


# target-also-in-git

_SEED = r"(?i)(?:^|[^a-z])(?:bootstrap|seeds?|placeholder)(?:[^a-z]|$)"
# What keeps Flux and Argo CD from putting back what stands in Git.
_LEFT_ALONE = {
    "kustomize.toolkit.fluxcd.io/reconcile": ("disabled",),
    "kustomize.toolkit.fluxcd.io/ssa": ("IfNotPresent", "Ignore", "Merge"),
}
_HOOKS = ("argocd.argoproj.io/hook", "helm.sh/hook")


# Objects in Git that become a Secret as it stands in them.
_IN_GIT = ("Secret", "SealedSecret", "SopsSecret")


def target_also_in_git(env: Environment) -> Iterator[Finding]:
    if not env.of_kind(*_IN_GIT):
        return
    place = env.place
    ignored = _ignored(env)
    in_git: dict[Hashable, Writer] = {}
    for writer in env.links.writers:
        resource = writer.resource
        if resource.kind not in _IN_GIT or not writer.sure or writer.namespace is None:
            continue
        if id(resource) not in ignored and not _is_seed(resource, env):
            in_git.setdefault((place(resource), writer.namespace, writer.name), writer)
    for writer in _of_eso(env) if in_git else ():
        resource, name, namespace = writer.resource, writer.name, writer.namespace
        there = in_git.get((place(resource), namespace, name))
        if there is None or writer.kind != "Secret" or _is_generic(resource):
            continue
        if writer.policy not in ("Owner", "Orphan"):
            continue
        # A store's credentials are put there once, so that the store can fetch them itself.
        readers = env.links.readers_of("Secret", name, namespace)
        if any(use.resource.kind in STORE_KINDS for use in readers):
            continue
        if is_secret(there.resource):
            why = "which the repository puts there too"
        else:
            why = f"which {there.resource.title} makes too, and only one can own it"
        yield Finding(
            resource,
            writer.route,
            f'{resource.title} writes the Secret "{name}" in namespace "{namespace}", {why}',
            related=(Note(there.resource, there.route, "the Secret in Git"),),
        )


def _is_seed(secret: Resource, env: Environment) -> bool:
    """Say whether a Secret is only there until ESO fills it."""
    if is_secret(secret) and not (secret.get("data") or secret.get("stringData")):
        return True
    annotations = secret.annotations()
    if any(annotations.get(key) in values for key, values in _LEFT_ALONE.items()):
        return True
    if any(key in annotations for key in _HOOKS):
        return True
    marks = [secret.name, env.folder(secret)]
    for field in ("labels", "annotations"):
        for route, value in leaves(secret.get("metadata", field)):
            marks += [str(route[-1]) if route else "", str(value)]
    return any(re.search(_SEED, mark) for mark in marks)


def _ignored(env: Environment) -> frozenset[int]:
    """Return the ids of Secrets that an Application takes as the cluster has them."""
    return frozenset(
        id(resource)
        for rendering in env.renderings
        if rendering.by is not None and _ignores_secrets(rendering.by)
        for resource in rendering.resources
        if resource.kind == "Secret"
    )


def _ignores_secrets(application: Resource) -> bool:
    differences = sequence(application.get("spec", "ignoreDifferences"))
    return any(mapping(entry).get("kind") in ("Secret", "*") for entry in differences)
