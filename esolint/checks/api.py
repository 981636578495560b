"""The rules of topic api: what ESO's webhook refuses, and what it lets pass in vain.

Source: ESO v2.9.0, apis/externalsecrets/v1/*_validator.go. Only ExternalSecrets and stores
have a webhook; what stands in a ClusterExternalSecret is refused when its ExternalSecrets are
created. What hangs on the provider of a store is in `api_provider`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from esolint import go
from esolint.context.version import may_serve_v1beta1, pins
from esolint.graph import Environment
from esolint.model.consumer import EXTERNAL_SECRETS, JUDGED_VERSIONS
from esolint.model.core import OBJECT_FIELDS
from esolint.nearest import mistyped
from esolint.repository import Repository
from esolint.resource import ESO_GROUP, Resource
from esolint.rule import Finding, Note
from esolint.schema import concerns, packaged
from esolint.value import (
    Route,
    Value,
    at,
    expand,
    format_route,
    mapping,
    parse_route,
    sequence,
    text,
)
from esolint.words import amount

# ExternalSecrets


class _Spec:
    """The spec of an ExternalSecret, as it stands or inside a ClusterExternalSecret."""

    __slots__ = ("base", "case", "resource")

    def __init__(self, resource: Resource, base: Route) -> None:
        self.resource = resource
        self.base = base
        self.case = "refused" if resource.kind == "ExternalSecret" else "later"

    def get(self, *route: str | int) -> Value:
        return self.resource.get(*self.base, *route)

    def known(self, *route: str | int) -> bool:
        return not self.resource.unknown((*self.base, *route))

    def choice(self, route: str, default: str) -> str | None:
        """Return a text, its default where none is given; None where it is not known."""
        steps = parse_route(route)
        value = self.get(*steps)
        if not self.known(*steps):
            return None
        return value if isinstance(value, str) else default if value is None else None

    def entries(self, name: str) -> Iterator[tuple[int, dict[str, Value]]]:
        """Yield the mappings of a list whose content is known."""
        for i, entry in enumerate(sequence(self.get(*parse_route(name)))):
            if isinstance(entry, dict):
                yield i, entry

    def finding(self, route: Route, fault: str, *related: Note) -> Finding:
        message = f"{self.resource.title}: {fault}"
        return Finding(
            self.resource, (*self.base, *route), message, case=self.case, related=related
        )


def _spec(resource: Resource) -> _Spec | None:
    """Return the spec that the webhook would see; None where there is none to judge."""
    if resource.group != ESO_GROUP or resource.version not in JUDGED_VERSIONS:
        return None
    spec = _Spec(resource, EXTERNAL_SECRETS[resource.kind])
    value = resource.get(*spec.base)
    # An ExternalSecret may lack its spec as far as the schema goes, its inner one may not.
    there = isinstance(value, dict) or (value is None and resource.kind == "ExternalSecret")
    return spec if there and spec.known() else None


def policy_combination(resource: Resource, env: Environment) -> Iterator[Finding]:
    spec = _spec(resource)
    if spec is None:
        return
    creation = spec.choice("target.creationPolicy", "Owner")
    deletion = spec.choice("target.deletionPolicy", "Retain")
    together = f"deletionPolicy {deletion} and creationPolicy {creation}"
    if deletion == "Delete" and creation in ("Merge", "None", "CreateOrMerge"):
        fault = f"{together}: ESO may not delete a Secret that it does not own"
    elif deletion == "Merge" and creation == "None":
        fault = f"{together}: there is no Secret to remove keys from"
    else:
        return
    yield spec.finding(("target", "deletionPolicy"), fault)


_SPEC_FIELDS = (
    "data",
    "dataFrom",
    "refreshInterval",
    "refreshPolicy",
    "secretStoreRef",
    "syncWindows",
    "target",
)


def empty_data(resource: Resource, env: Environment) -> Iterator[Finding]:
    spec = _spec(resource)
    if spec is None:
        return
    for name in ("data", "dataFrom"):
        if not spec.known(name) or spec.get(name) not in (None, []):
            return
    if spec.get() is None:
        typo = mistyped(resource.value, ["spec"], OBJECT_FIELDS)
    else:
        typo = mistyped(spec.get(), ["data", "dataFrom"], _SPEC_FIELDS)
    if not typo:
        yield spec.finding((), "neither data nor dataFrom has an entry")


_ENTRY_FIELDS = ("extract", "find", "rewrite", "sourceRef")
_SOURCES = tuple(parse_route(route) for route in ("find", "extract", "sourceRef.generatorRef"))


def datafrom_source_conflict(resource: Resource, env: Environment) -> Iterator[Finding]:
    for spec, i, _, given in _data_from(resource):
        if len(given) > 1:
            yield spec.finding(("dataFrom", i), f"dataFrom[{i}] has both {' and '.join(given)}")


def datafrom_source_missing(resource: Resource, env: Environment) -> Iterator[Finding]:
    for spec, i, entry, given in _data_from(resource):
        if given or entry.get("sourceRef") is not None:
            continue
        if not mistyped(entry, ("find", "extract", "sourceRef"), _ENTRY_FIELDS):
            fault = f"dataFrom[{i}] has neither find nor extract nor sourceRef"
            yield spec.finding(("dataFrom", i), fault)


def _data_from(
    resource: Resource,
) -> Iterator[tuple[_Spec, int, dict[str, Value], list[str]]]:
    """Yield the entries of dataFrom with the sources that each has, where these are known."""
    spec = _spec(resource)
    if spec is None:
        return
    for i, entry in spec.entries("dataFrom"):
        if all(spec.known("dataFrom", i, *route) for route in _SOURCES):
            yield spec, i, entry, [str(r[-1]) for r in _SOURCES if at(entry, r) is not None]


def duplicate_secret_key(resource: Resource, env: Environment) -> Iterator[Finding]:
    for spec, route, key, first in _repeated(resource, ("Retain",)):
        note = Note(resource, (*spec.base, *first), "first given here")
        yield spec.finding(route, f'secretKey "{key}" is given twice', note)


def shadowed_secret_key(resource: Resource, env: Environment) -> Iterator[Finding]:
    for spec, route, key, first in _repeated(resource, ("Delete", "Merge")):
        note = Note(resource, (*spec.base, *first), "this value is lost")
        finding = spec.finding(route, f'secretKey "{key}" is given twice, and the last wins', note)
        yield finding._replace(case=None)


def _repeated(
    resource: Resource, policies: tuple[str, ...]
) -> Iterator[tuple[_Spec, Route, str, Route]]:
    """Yield each secretKey that stands again, with its route and that of the one before."""
    spec = _spec(resource)
    if spec is None or spec.choice("target.deletionPolicy", "Retain") not in policies:
        return
    seen: dict[str, Route] = {}
    for i, entry in spec.entries("data"):
        key = text(entry.get("secretKey"))
        route: Route = ("data", i, "secretKey")
        if key and spec.known(*route):
            if key in seen:
                yield spec, route, key, seen[key]
            seen[key] = route


_ACCOUNT_TOKEN = "kubernetes.io/service-account-token"
_ACCOUNT_NAME = "kubernetes.io/service-account.name"
_BOOTSTRAP = "bootstrap.kubernetes.io/token"


def privileged_template(resource: Resource, env: Environment) -> Iterator[Finding]:
    spec = _spec(resource)
    if spec is None:
        return
    kind = spec.choice("target.template.type", "")
    if kind == _BOOTSTRAP:
        yield spec.finding(
            ("target", "template", "type"), f"a Secret of type {kind} lets new nodes join"
        )
    if kind != _ACCOUNT_TOKEN:
        return
    annotations: Route = ("target", "template", "metadata", "annotations")
    if mapping(spec.get(*annotations)).get(_ACCOUNT_NAME) is not None:
        fault = f"a Secret of type {kind} with the annotation {_ACCOUNT_NAME} gets a token"
        yield spec.finding((*annotations, _ACCOUNT_NAME), fault)
    for i, route, target in _template_targets(spec):
        if target.casefold() == "annotations":
            fault = f"templateFrom[{i}] may annotate a Secret of type {kind} with {_ACCOUNT_NAME}"
            yield spec.finding(route, fault)


def template_target_not_allowed(resource: Resource, env: Environment) -> Iterator[Finding]:
    spec = _spec(resource)
    if spec is None or not spec.known("target", "manifest"):
        return
    manifest = mapping(spec.get("target", "manifest"))
    if manifest and (manifest.get("apiVersion"), manifest.get("kind")) != ("v1", "Secret"):
        return
    for i, route, target in _template_targets(spec):
        if target.casefold() not in ("", "data", "annotations", "labels"):
            fault = f'templateFrom[{i}] writes to "{target}", which no Secret lets it write'
            yield spec.finding(route, fault)


def _template_targets(spec: _Spec) -> Iterator[tuple[int, Route, str]]:
    for i, entry in spec.entries("target.template.templateFrom"):
        target = entry.get("target")
        route: Route = ("target", "template", "templateFrom", i, "target")
        if isinstance(target, str) and spec.known(*route):
            yield i, route, target


# Durations

_SPEC_DURATIONS = (parse_route("refreshInterval"), parse_route("syncWindows.windows.*.duration"))
_STORE_DURATIONS = (
    parse_route("provider.webhook.timeout"),
    parse_route("provider.onepasswordSDK.cache.ttl"),
)
_UNCHECKED_DURATIONS: Mapping[str, tuple[Route, ...]] = {
    "PushSecret": (parse_route("refreshInterval"),),
    "ClusterPushSecret": (
        parse_route("refreshTime"),
        parse_route("pushSecretSpec.refreshInterval"),
    ),
    "ClusterExternalSecret": (
        parse_route("refreshTime"),
        parse_route("externalSecretSpec.refreshInterval"),
        parse_route("externalSecretSpec.syncWindows.windows.*.duration"),
    ),
    "Webhook": (parse_route("timeout"),),
    "ClusterGenerator": (parse_route("generator.webhookSpec.timeout"),),
}


def invalid_duration(resource: Resource, env: Environment) -> Iterator[Finding]:
    if resource.group != ESO_GROUP or resource.version not in JUDGED_VERSIONS:
        return
    if resource.kind == "ExternalSecret":
        yield from _durations(resource, _SPEC_DURATIONS)
        return
    yield from _durations(resource, _STORE_DURATIONS)
    interval: Route = ("spec", "refreshInterval")
    value = resource.get(*interval)
    fault = ""
    if isinstance(value, str) and not resource.unknown(interval):
        reason = go.duration_error(value)
        if reason:
            fault = f"is no Go duration: {reason}"
        elif go.parse_duration(value) < 0:
            fault = "is negative"
    elif isinstance(value, int) and not isinstance(value, bool):
        # An integer counts seconds, and 32 bits are kept for it.
        fault = "is negative" if value < 0 else "is too large" if value >= 1 << 31 else ""
    if fault:
        shown = f'"{value}"' if isinstance(value, str) else value
        yield Finding(resource, interval, f"{resource.title}: refreshInterval {shown} {fault}")


def invalid_duration_later(resource: Resource, env: Environment) -> Iterator[Finding]:
    if resource.is_eso:
        yield from _durations(resource, _UNCHECKED_DURATIONS.get(resource.kind, ()))


def _durations(resource: Resource, routes: tuple[Route, ...]) -> Iterator[Finding]:
    for route, value in _texts(resource, routes):
        reason = go.duration_error(value)
        if reason:
            fault = f'{format_route(route)} "{value}" is no Go duration: {reason}'
            yield Finding(resource, ("spec", *route), f"{resource.title}: {fault}")


def _texts(resource: Resource, routes: tuple[Route, ...]) -> Iterator[tuple[Route, str]]:
    """Yield the known texts at routes of a spec, with their own routes in it."""
    spec = resource.get("spec")
    for route in [inner for outer in routes for inner in expand(outer, spec)]:
        value = at(spec, route)
        if isinstance(value, str) and not resource.unknown(("spec", *route)):
            yield route, value


# Stores

_NAMESPACE_REGEXES = (parse_route("conditions.*.namespaceRegexes.*"),)


def invalid_namespace_regex(resource: Resource, env: Environment) -> Iterator[Finding]:
    if resource.group != ESO_GROUP or resource.version not in JUDGED_VERSIONS:
        return
    for route, pattern in _texts(resource, _NAMESPACE_REGEXES):
        reason = go.regexp_error(pattern)
        if reason:
            fault = f'{format_route(route)} "{pattern}" does not compile: {reason}'
            yield Finding(resource, ("spec", *route), f"{resource.title}: {fault}")


# API versions


def removed_api_version(env: Environment) -> Iterator[Finding]:
    installers = (*env.resources, *env.beside, *env.elsewhere, *env.others)
    if env.eso_version is None:
        yield from _removed_sometime(env, installers)
        return
    found = [
        Finding(resource, violation.route, violation.message)
        for resource in env.resources
        if concerns(resource.api_version)
        for violation in env.admission(resource).violations
        if violation.rule == "removed-api-version"
    ]
    goes_on = bool(found) and may_serve_v1beta1(installers)
    yield from (f for f in found if not goes_on or f.resource.version != "v1beta1")


def _removed_sometime(env: Environment, installers: Sequence[Resource]) -> Iterator[Finding]:
    """Yield one finding for all objects whose apiVersion the newest ESO does not serve.

    Silent on what each of the versions serves that the repository names for its clusters.
    """
    minors = packaged().minors
    newest = minors.bit(minors.newest)
    old = []
    for resource in env.unversioned:
        known = packaged().find(resource.kind, resource.api_version)
        if known is not None and not known[1].served & newest and not resource.unknown(_VERSION):
            old.append((resource, known[1].served))
    if old and may_serve_v1beta1(installers):
        old = [(resource, served) for resource, served in old if resource.version != "v1beta1"]
    if not old:
        return
    named = pins(installers, env.patches)
    here = 0
    for pin in named:
        here |= newest if pin.version is None else minors.bit(pin.version)
    old = [(resource, served) for resource, served in old if not here or here & ~served]
    if old:
        # One source that several renderings take in counts once.
        old = list({(id(r.document), r.base): (r, served) for r, served in old}.values())
        old.sort(key=lambda one: (one[0].document.path, one[0].document.index))
        counts = Counter(_stopped(resource, served) for resource, served in old)
        listed = ", and ".join(f"{amount(n, 'object')} of {what}" for what, n in counts.items())
        why = "which version is in use is not certain" if named else "no file names the version"
        # One place for each version is enough to see why.
        places = {pin.version: Note(pin.resource, pin.route, pin.says) for pin in reversed(named)}
        notes = tuple(reversed(places.values()))
        message = f"{listed}; {why}"
        yield Finding(old[0][0], _VERSION, message, case="version-unknown", related=notes)


_VERSION = ("apiVersion",)


def _stopped(resource: Resource, served: int) -> str:
    """Say of an apiVersion which release stopped serving it; `served` is a set of minors."""
    minors = packaged().minors
    last = minors.members(served)[-1:]
    after = [minor for minor in minors.known if last and minor > last[0]]
    stopped = f"ESO {after[0]} stopped serving" if after else "no known ESO serves"
    return f"{resource.api_version}, which {stopped}"


def legacy_operator(repository: Repository) -> Iterator[Finding]:
    for resource in repository.resources:
        if resource.group == "kubernetes-client.io" and resource.kind == "ExternalSecret":
            message = f"{resource.title} is of {resource.api_version}, which ESO does not read"
            yield Finding(resource, ("apiVersion",), message)
