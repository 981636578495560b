"""The rules of topic refs about how ESO is installed: what it looks after, and what it may."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from esolint.diagnostic import Confidence
from esolint.graph import Environment, Found
from esolint.model.consumer import (
    CLUSTER_STORE,
    CONSUMER_KINDS,
    EXTERNAL_SECRETS,
    STORE,
    STORE_KINDS,
    generator_uses,
    store_uses,
)
from esolint.model.generator import GENERATOR_KINDS, generator_specs
from esolint.model.providers import generator_references
from esolint.model.store import stores
from esolint.resource import Resource, known_namespace
from esolint.rule import Finding, Note
from esolint.value import Route, mapping, sequence, text
from esolint.words import amount, both, quoted

if TYPE_CHECKING:
    from esolint.model.installation import Installation, Setting

_MOST_NAMES = 5

# What the installation switches off

_RECONCILERS: Mapping[str, tuple[str, ...]] = {
    "SecretStore": ("processSecretStore",),
    "ClusterSecretStore": ("processClusterStore",),
    "ClusterExternalSecret": ("processClusterExternalSecret",),
    "PushSecret": ("processPushSecret",),
    "ClusterPushSecret": ("processClusterPushSecret", "processPushSecret"),
    "ClusterGenerator": ("processClusterGenerator",),
}
# A scoped installation leaves them out, whatever else it says.
_CLUSTER_WIDE = ("ClusterSecretStore", "ClusterExternalSecret", "ClusterPushSecret")


def kind_not_reconciled(env: Environment) -> Iterator[Finding]:
    found = env.installation
    if found is None:
        return
    for kind in _RECONCILERS:
        yield from _ignored(env, found, kind)
    if all(r.kind != CLUSTER_STORE for r in (*env.resources, *env.elsewhere)):
        yield from _without_cluster_stores(env, found)
    yield from _out_of_scope(env, found)
    yield from _generic_targets(env, found)


def _ignored(env: Environment, found: Installation, kind: str) -> Iterator[Finding]:
    off, why = _switch(found, kind), "its controller switched off"
    confidence: Confidence | None = None
    if off is None and not any(
        kind in _crd(crd) for crd in env.of_kind("CustomResourceDefinition")
    ):
        made = found.setting("installCRDs")
        off = found.switched_off(f"crds.create{kind}") if made and made.on else None
        # Somebody else may bring it.
        why, confidence = "its definition left out", "medium"
    for resource in env.of_kind(kind) if off else ():
        # Of what a chart only may yield the switch can be a part.
        if resource.is_eso and not resource.unknown(()):
            yield Finding(
                resource,
                ("kind",),
                f"{resource.title} has no effect: ESO is installed with {why}",
                confidence=confidence,
                related=_written(off),
            )


def _switch(found: Installation, kind: str) -> Setting | None:
    """Return the setting that switches the controller of a kind off, if one does."""
    for key in _RECONCILERS[kind]:
        off = found.switched_off(key)
        if off is not None:
            return off
    scoped = found.setting("scopedRBAC") if kind in _CLUSTER_WIDE else None
    return scoped if scoped is not None and scoped.on else None


def _crd(resource: Resource) -> str:
    return text(resource.get("spec", "names", "kind")) or ""


def _written(setting: Setting | None) -> tuple[Note, ...]:
    return (Note(setting.resource, setting.route, "set here"),) if setting else ()


def _without_cluster_stores(env: Environment, found: Installation) -> Iterator[Finding]:
    """Yield the consumers that ESO passes over, where the stores are not here to be reported."""
    off = _switch(found, CLUSTER_STORE)
    for consumer in env.of_kind("ExternalSecret") if off else ():
        route: Route = ("spec", "secretStoreRef", "kind")
        if (
            consumer.is_eso
            and consumer.get(*route) == CLUSTER_STORE
            and not consumer.unknown(route)
        ):
            yield Finding(
                consumer,
                route,
                f"{consumer.title} uses a ClusterSecretStore, but ESO is installed with their"
                " controller switched off",
                related=_written(off),
            )


def _out_of_scope(env: Environment, found: Installation) -> Iterator[Finding]:
    if found.scope is None:
        return
    scope, setting = found.scope
    outside: dict[str, list[Resource]] = {}
    for resource in env.of_kind("ExternalSecret", "PushSecret", STORE, *GENERATOR_KINDS):
        home = known_namespace(resource) if resource.is_eso else None
        if home not in (None, scope):
            outside.setdefault(str(home), []).append(resource)
    for home, (first, *rest) in outside.items():
        more = f", with {amount(len(rest), 'more object')} of ESO," if rest else ""
        yield Finding(
            first,
            ("metadata", "namespace"),
            f'{first.title} stands{more} in namespace "{home}", but ESO is installed to look'
            f' after "{scope}" alone',
            confidence="medium",
            related=_written(setting),
        )


def _generic_targets(env: Environment, found: Installation) -> Iterator[Finding]:
    setting = found.setting("genericTargets.enabled")
    if setting is None or setting.on:
        return
    for resource in env.of_kind(*EXTERNAL_SECRETS):
        route = (*EXTERNAL_SECRETS[resource.kind], "target", "manifest")
        manifest = resource.get(*route)
        if resource.is_eso and isinstance(manifest, dict) and not resource.unknown(route):
            kind = text(manifest.get("kind")) or "manifest"
            yield Finding(
                resource,
                route,
                f"{resource.title} writes a {kind}, but ESO is installed without generic targets",
                related=_written(setting),
            )


# Controller classes


def controller_class_mismatch(env: Environment) -> Iterator[Finding]:
    found = env.installation
    operators = found.operators if found else ()
    settings = [operator.setting("controllerClass") for operator in operators]
    known = [setting for setting in settings if setting is not None]
    # Who writes a class down thinks in classes; else another installation may be elsewhere.
    if any(setting.written for setting in known) and len(known) == len(settings):
        yield from _left_to_nobody(env, known)
    for consumer in env.of_kind(*CONSUMER_KINDS):
        yield from _divided(consumer, env)


def _left_to_nobody(env: Environment, settings: Sequence[Setting]) -> Iterator[Finding]:
    """Yield the stores and generators whose class no installation has."""
    classes = sorted({str(setting.value) for setting in settings})
    written = [setting for setting in settings if setting.written]
    for resource in env.of_kind(*STORE_KINDS, *GENERATOR_KINDS, "ClusterGenerator"):
        for base in _class_routes(resource):
            wanted = _class(resource, base)
            if wanted and wanted not in classes:
                yield Finding(
                    resource,
                    base,
                    f'{resource.title} is left to controller class "{wanted}", but ESO is'
                    f" installed as {both(list(map(quoted, classes)))}",
                    related=_written(written[0]),
                )


def _class_routes(resource: Resource) -> Iterator[Route]:
    if resource.is_eso and resource.kind in STORE_KINDS:
        yield ("spec", "controller")
    for base, _ in generator_specs(resource):
        yield (*base, "controller")


def _class(resource: Resource, route: Route) -> str | None:
    """Return the controller class at a route: "" means any, None that it is not known."""
    value = resource.get(*route)
    if resource.unknown(route) or not (value is None or isinstance(value, str)):
        return None
    return value or ""


def _divided(consumer: Resource, env: Environment) -> Iterator[Finding]:
    """Yield a finding where a consumer needs what different controllers look after."""
    first: tuple[str, str, Resource] | None = None
    for route, title, candidates in _needed(consumer, env):
        classes = {_class(r, base) for r in candidates for base in _class_routes(r)}
        wanted = classes.pop() if len(classes) == 1 else None
        if not wanted:
            continue
        if first is None:
            first = wanted, title, candidates[0]
        elif first[0] != wanted:
            yield Finding(
                consumer,
                route,
                f'{consumer.title} needs {first[1]} of controller class "{first[0]}" and {title}'
                f' of "{wanted}", so no controller handles it',
                related=tuple(
                    Note(r, next(_class_routes(r)), "its class") for r in (first[2], candidates[0])
                ),
            )
            return


def _needed(
    consumer: Resource, env: Environment
) -> Iterator[tuple[Route, str, Sequence[Resource]]]:
    """Yield the references of a consumer with what they can mean."""
    for use in store_uses(consumer):
        resolution = env.resolve(use)
        if isinstance(resolution, Found):
            yield (*use.route, "name"), f'{use.kind} "{use.name}"', resolution.resources
    for wanted in generator_uses(consumer):
        candidates = [r for r in env.of_kind(wanted.kind) if wanted.means(r)]
        if candidates:
            yield (*wanted.route, "name"), wanted.title, candidates


# Tokens of ServiceAccounts


def token_request_denied(env: Environment) -> Iterator[Finding]:
    found = env.installation
    off = found.switched_off("rbac.serviceAccountTokenCreate") if found else None
    made = found.setting("rbac.create") if found else None
    if off is None or made is None or (made.written and not made.on):
        return
    here = (*env.resources, *env.beside, *env.elsewhere)
    grants = [role for role in here if _grants(role)]
    if _may_grant(here, {id(role.document) for role in grants}):
        return
    for resource, route, name, namespace in _accounts(env):
        if not any(_lets(role, name, namespace) for role in grants):
            where = f' of namespace "{namespace}"' if namespace else ""
            yield Finding(
                resource,
                (*route, "name"),
                f'{resource.title} needs tokens of ServiceAccount "{name}"{where}, but ESO is'
                " installed without the right to ask for them, and no Role grants it",
                # Where it is granted for none, the Roles may stand elsewhere.
                confidence=None if grants else "medium",
                related=_written(off),
            )


def _accounts(env: Environment) -> Iterator[tuple[Resource, Route, str, str | None]]:
    """Yield the ServiceAccounts that stores and generators name: where, name, namespace."""
    for store in stores(env.of_kind(*STORE_KINDS)):
        for reference in store.references():
            if reference.kind == "serviceAccount":
                route = store.route(reference.route)
                home = None if store.is_cluster else known_namespace(store.resource)
                yield from _account(store.resource, route, home)
    for generator in env.of_kind(*GENERATOR_KINDS):
        for base, kind in generator_specs(generator):
            for reference in generator_references(kind, generator.get(*base)):
                if reference.kind == "serviceAccount":
                    route = (*base, *reference.route)
                    yield from _account(generator, route, known_namespace(generator))


def _account(
    resource: Resource, route: Route, home: str | None
) -> Iterator[tuple[Resource, Route, str, str | None]]:
    reference = mapping(resource.get(*route))
    name = text(reference.get("name"))
    cluster = resource.kind.startswith("Cluster")
    namespace = text(reference.get("namespace")) if cluster else home
    if name and not any(resource.unknown((*route, key)) for key in ("name", "namespace")):
        yield resource, route, name, namespace


def _grants(role: Resource) -> bool:
    return role.kind in ("Role", "ClusterRole") and bool(list(_token_rules(role)))


def _token_rules(role: Resource) -> Iterator[list[str] | None]:
    """Yield the names for which a Role lets tokens be made, None for all."""
    for rule in map(mapping, sequence(role.get("rules"))):
        resources, verbs = sequence(rule.get("resources")), sequence(rule.get("verbs"))
        if any(r in resources for r in ("serviceaccounts/token", "*", "*/token")) and any(
            verb in verbs for verb in ("create", "*")
        ):
            names = [str(name) for name in sequence(rule.get("resourceNames"))]
            yield names or None


def _lets(role: Resource, name: str, namespace: str | None) -> bool:
    """Say whether a Role may let ESO make tokens of a ServiceAccount."""
    home = known_namespace(role)
    if role.kind == "Role" and None not in (home, namespace) and home != namespace:
        return False
    return any(names is None or name in names for names in _token_rules(role))


def _may_grant(resources: Iterable[Resource], seen: set[int]) -> bool:
    """Say whether something else than a Role speaks of tokens: values with manifests in them."""
    return any(
        "serviceaccounts/token" in r.document.text and id(r.document) not in seen
        for r in resources
        if not r.is_eso
    )
