"""The rules of topic refs about Secrets, ConfigMaps and ServiceAccounts that ESO reads by name.

Source: ESO v2.9.0, runtime/esutils/resolvers (credentials) and pkg/controllers/templating
(templateFrom).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from esolint.diagnostic import Confidence
from esolint.graph import Environment
from esolint.model.consumer import EXTERNAL_SECRETS, PUSH_SECRETS, STORE_KINDS
from esolint.model.generator import GENERATOR_KINDS, generator_specs
from esolint.nearest import Slips, nearest
from esolint.resource import Resource, known_namespace
from esolint.rule import Finding, Note
from esolint.value import Route, expand, mapping, sequence
from esolint.words import listed, quoted

if TYPE_CHECKING:
    from esolint.model.reader import Use
    from esolint.model.writer import Writer

_ACCOUNT = "ServiceAccount"
# What the chart's own ServiceAccount has in its name.
_ESO = "external-secrets"
# What may put something into the objects of others. Charts have objects of their own.
HANDS = frozenset(("ClusterPolicy", "CronJob", "Job", "Policy"))
_NAME: Route = ("metadata", "name")
_MOST_NAMES = 5


# Credentials


def auth_secret_not_found(env: Environment) -> Iterator[Finding]:
    yield from _credentials_not_found(env, ("secret", "configMap"))


def service_account_not_found(env: Environment) -> Iterator[Finding]:
    yield from _credentials_not_found(env, ("serviceAccount",))


def ca_source_not_found(env: Environment) -> Iterator[Finding]:
    yield from _credentials_not_found(env, ("ca",))


def _credentials_not_found(env: Environment, kinds: Collection[str]) -> Iterator[Finding]:
    sources = _Sources(env)
    for resource in env.of_kind(*STORE_KINDS, *GENERATOR_KINDS):
        for use in credentials(resource, kinds) if resource.is_eso else ():
            yield from sources.findings(use)


def credentials(resource: Resource, kinds: Collection[str]) -> Iterator[Use]:
    """Yield the credentials of some kinds that a store or generator reads."""
    from esolint.model.providers import generator_references
    from esolint.model.reader import uses
    from esolint.model.store import Store

    wanted: set[Route] = set()
    if resource.kind in STORE_KINDS:
        store = Store(resource)
        for reference in store.references():
            namespace = reference.value.get("namespace")
            # Of another one in a SecretStore store-ref-foreign-namespace and its like speak.
            if reference.kind in kinds and (store.is_cluster or namespace in _own(resource)):
                wanted.add(store.route((*reference.route, "name")))
    for base, kind in generator_specs(resource):
        for reference in generator_references(kind, resource.get(*base)):
            if reference.kind in kinds and reference.value.get("namespace") in _own(resource):
                wanted.add((*base, *reference.route, "name"))
    if wanted:
        yield from (use for use in uses(resource) if use.route in wanted)


def _own(resource: Resource) -> tuple[str | None, ...]:
    return None, "", resource.namespace


# Templates


def template_source_not_found(env: Environment) -> Iterator[Finding]:
    sources: _Sources | None = None
    for resource in env.of_kind("ExternalSecret", "PushSecret"):
        if not _takes_templates(resource):
            continue
        from esolint.model.reader import uses

        sources = sources or _Sources(env)
        for use in uses(resource):
            if "templateFrom" in use.route:
                yield from sources.findings(use)


def _takes_templates(resource: Resource) -> bool:
    template = (*EXTERNAL_SECRETS.get(resource.kind, ()), "target", "template")
    if resource.kind in PUSH_SECRETS:
        template = (*PUSH_SECRETS[resource.kind], "template")
    return resource.is_eso and bool(sequence(resource.get(*template, "templateFrom")))


# What is there


class _Absent(NamedTuple):
    """Nothing here makes an object: what may be meant instead, and where one of that name is."""

    near: Note | None
    abroad: Mapping[str, Note]


class _Sources:
    """What ESO can read by name in an environment, as far as the repository shows who makes it."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._place = env.place

    def findings(self, use: Use) -> Iterator[Finding]:
        """Yield what is missing of that which a reference needs: the object, or keys of it."""
        env = self._env
        if use.namespace is None or self._is_given(use.kind, use.name):
            return
        makers = env.links.writers_of(use.kind, use.name, use.namespace)
        named = [writer for writer in makers if "*" not in writer.name]
        if named:
            together = live_together(self._place, use.resource, named)
            if _is_told_elsewhere(use, named):
                return
            if use.keys and knows_all_keys(makers) and together is not False:
                for finding in _without_keys(use, named):
                    yield finding if together else finding._replace(confidence="medium")
            return
        absent = self._absent(use, makers)
        if absent is None:
            return
        message = f'{use.resource.title} looks for {use.kind} "{use.name}" in namespace'
        message += f' "{use.namespace}", where nothing here makes it'
        if absent.abroad:
            message += f", only in {listed(list(map(quoted, absent.abroad)), _MOST_NAMES)}"
        notes = (*filter(None, (absent.near,)), *list(absent.abroad.values())[:1])
        # Without one that is meant instead, somebody may have made it by hand.
        sure = any(live_together(self._place, use.resource, [note]) for note in notes)
        confidence: Confidence | None = None if sure else "medium"
        yield Finding(use.resource, use.route, message, confidence=confidence, related=notes)

    def _is_given(self, kind: str, name: str) -> bool:
        """Say whether a cluster has an object in every namespace, or ESO brings it along."""
        from esolint.model.writer import WELL_KNOWN

        if (kind, name) in WELL_KNOWN:
            return True
        return kind == _ACCOUNT and (name == "default" or (_ESO in name and not self._installs_eso))

    def _absent(self, use: Use, makers: Sequence[Writer]) -> _Absent | None:
        """Return what is known of an object that surely is not there; None where it may be.

        `makers` are those that may make it, under whatever name.
        """
        kind, name, namespace = use.kind, use.name, use.namespace
        # kustomize-name-not-followed speaks of the new names that kustomize gives.
        if namespace is None or (kind, name) in self._renamed or self._others_have(kind, name):
            return None
        if kind == _ACCOUNT:
            if self._env.links.find(kind, name, namespace) or self._makes_account(name, namespace):
                return None
            makers = self._env.links.writers_of("Secret", name, namespace)
            makers = [writer for writer in makers if writer.name == "*"]
        known = self._known.get(kind, {})
        here = known.get(namespace, {})
        near = Slips(here).find(name) if makers else nearest(name, here)
        note = Note(*here[near], "did you mean this one?") if near else None
        if makers:
            return _Absent(note, {}) if note else None
        abroad = {
            other: Note(*names[name], "in another namespace")
            for other, names in sorted(known.items(), key=lambda one: one[0])
            if name in names
        }
        return None if self._is_open(use) and not note and not abroad else _Absent(note, abroad)

    def _is_open(self, use: Use) -> bool:
        """Say whether something that is not known here may bring along what a reference means.

        The credentials of a store mostly come with it, what templates are made of from anywhere.
        """
        if "templateFrom" in use.route:
            return any(rendering.unknown for rendering in self._env.renderings)
        return self._env.open_because(use.resource) is not None

    def _others_have(self, kind: str, name: str) -> bool:
        """Say whether what another cluster has may live here, too."""
        return not self._env.certain and any(
            name in (resource.name, resource.get("spec", "target", "name"))
            for resource in self._env.others
            if resource.kind == kind or resource.kind in EXTERNAL_SECRETS
        )

    def _makes_account(self, name: str, namespace: str) -> bool:
        """Say whether a ServiceAccount may be made under a name that only rendering decides."""
        for cluster in self._env.of_kind("ClusterConfig"):  # eksctl's
            for route in expand(("iam", "serviceAccounts", "*", "metadata"), cluster.value):
                written = mapping(cluster.get(*route))
                if (written.get("name"), written.get("namespace")) == (name, namespace):
                    return True
        return any(
            account.unknown(_NAME) and known_namespace(account) in (None, namespace)
            for account in (*self._env.of_kind(_ACCOUNT), *self._env.elsewhere)
            if account.kind == _ACCOUNT
        )

    @cached_property
    def _installs_eso(self) -> bool:
        from esolint.model.installation import installation

        env = self._env
        return installation((*env.resources, *env.beside, *env.elsewhere)) is not None

    @cached_property
    def _renamed(self) -> frozenset[tuple[str, str]]:
        """The objects that rendering gives another name, by the old one."""
        resources = (r for r in self._env.resources if r.name != r.source_name)
        return frozenset((resource.kind, resource.source_name) for resource in resources)

    @cached_property
    def _known(self) -> Mapping[str, Mapping[str, Mapping[str, tuple[Resource, Route]]]]:
        """What surely is here: kind → namespace → name → what makes it, and where it says so."""
        found: dict[str, dict[str, dict[str, tuple[Resource, Route]]]] = {}

        def add(kind: str, namespace: str | None, name: str, place: tuple[Resource, Route]) -> None:
            if namespace is not None:
                found.setdefault(kind, {}).setdefault(namespace, {}).setdefault(name, place)

        for writer in self._env.links.writers:
            if writer.sure and "*" not in writer.name:
                add(writer.kind, writer.namespace, writer.name, (writer.resource, writer.route))
        for account in self._env.of_kind(_ACCOUNT):
            if not account.unknown(_NAME):
                add(_ACCOUNT, known_namespace(account), account.name, (account, _NAME))
        return found


def live_together(
    place: Callable[[Resource], object], resource: Resource, others: Sequence[Writer | Note]
) -> bool | None:
    """Say whether an object surely lives on one cluster with one of some others.

    False where they rather are alternatives, or examples; None where it is not known. `place`
    is what `esolint.links.places` returns.
    """
    here = place(resource)
    theirs = [(place(other.resource), other.resource) for other in others]
    if any(there == here for there, _ in theirs):
        return True
    apart = here == resource.document.path
    return False if apart or all(p == r.document.path for p, r in theirs) else None


def knows_all_keys(makers: Sequence[Writer]) -> bool:
    """Say whether all keys are known of what these make, or may make."""
    known = [w for w in makers if "*" not in w.name or w.resource.kind in HANDS]
    return bool(known) and all(writer.sure and writer.keys.exact for writer in known)


def _is_told_elsewhere(use: Use, makers: Sequence[Writer]) -> bool:
    """Say whether consumed-key-missing judges the keys: an ExternalSecret writes them."""
    return "templateFrom" not in use.route and any(
        writer.resource.kind in EXTERNAL_SECRETS for writer in makers
    )


def _without_keys(use: Use, makers: Sequence[Writer]) -> Iterator[Finding]:
    """Yield the keys that a reference needs and that none of an object's makers puts there."""
    known = sorted({key for writer in makers for key in writer.keys.named})
    for key, route in use.keys:
        if key in known:
            continue
        near = nearest(key, known) or ""
        owner = next((w for w in makers if near in w.keys.named), makers[0])
        place = owner.keys.named.get(near, owner.route)
        yield Finding(
            use.resource,
            route,
            f'{use.resource.title} wants the key {quoted(key)} of {use.kind} "{use.name}", which'
            f" has only {listed(known, _MOST_NAMES)}",
            case="key-missing",
            related=(
                Note(owner.resource, place, "did you mean this one?" if near else "its keys"),
            ),
        )
