"""Readers: what names a Secret, a ConfigMap or a ServiceAccount to use it, and which keys.

Source: ESO v2.9.0 (runtime/esutils/resolvers, pkg/controllers/templating,
pkg/controllers/pushsecret, providers/v1/webhook) for its own kinds; the documentation of
ingress-nginx for its annotations, of Flux and Argo CD for a release's name and namespace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from esolint.context import argo
from esolint.model.consumer import EXTERNAL_SECRETS, PUSH_SECRETS, STORE_KINDS
from esolint.model.generator import generator_specs
from esolint.model.mention import (
    CONFIG_MAP,
    SECRET,
    SERVICE_ACCOUNT,
    Mention,
    Place,
    is_issued,
    keys_at,
    mentions,
    namespace_at,
    places_of,
)
from esolint.model.mention_by_shape import shapes
from esolint.model.providers import Reference, generator_references
from esolint.model.store import Store
from esolint.resource import Resource, known_namespace
from esolint.schema.metadata import is_dns_name
from esolint.value import Route, mapping, parse_route, sequence, text

_DATA_KEY = r"[-._a-zA-Z0-9]+"
_RELEASE_NAME = re.compile(r"\{\{-?\s*\$?\.Release\.Name\s*-?\}\}")
_LONGEST_RELEASE = 53  # Flux shortens a longer one

# Kinds that hold other objects, or that say what to make of a Secret.
_NO_READERS = frozenset(
    (
        *("AzureKeyVaultSecret", "OnePasswordItem", "SealedSecret", "SecretProviderClass"),
        *("SopsSecret", "VaultDynamicSecret", "VaultPKISecret", "VaultSecret", "VaultStaticSecret"),
        *("ResourceSet", "KustomizeComponent"),
    )
)
_NO_READERS_GROUPS = (
    *("kyverno.io", "gatekeeper.sh", "apiextensions.crossplane.io", "kustomize.config.k8s.io"),
    "config.openshift.io",  # cluster-wide settings, whose Secrets stand in openshift-config
)
_HINTS = (
    *("ecret", "onfigMap", "onfigmap", "erviceAccount", "valuesFrom", "substituteFrom"),
    *("ertificateRefs", "redential", "auth-tls"),
)


class Use(NamedTuple):
    """A reference to an object by name; `route` is the scalar that names it.

    `namespace` is the one in which the object is looked up, None where that is not known.
    `keys` must be in the object; each comes with the route to point at. `optional`: its
    absence is tolerated. `sure` is False where only the shape of the reference tells.
    """

    resource: Resource
    route: Route
    kind: str
    name: str
    namespace: str | None
    keys: tuple[tuple[str, Route], ...]
    optional: bool
    sure: bool


def may_read(written: str) -> bool:
    """Say whether the text of a document can hold a use."""
    if any(hint in written for hint in _HINTS):
        return re.search(r"(?m)^kind:\s*[\"']?CustomResourceDefinition\b", written) is None
    # A reference to a key, which any field can be: `apiURL: {name: …, key: …}`.
    return "name" in written and re.search(r"\bkey\b[\"']?\s*:", written) is not None


def uses(resource: Resource) -> Iterator[Use]:
    """Yield what a resource reads by name, each place once.

    A name that only rendering decides is left out, and so is what can be no name.
    """
    seen: set[Route] = set()
    for use in _uses(resource):
        if use is not None and use.route not in seen:
            seen.add(use.route)
            yield use


def _uses(resource: Resource) -> Iterator[Use | None]:
    namespace = known_namespace(resource)
    if resource.is_eso:
        if resource.kind in STORE_KINDS:
            yield from _of_store(Store(resource), namespace)
        yield from _of_generator(resource, namespace)
        yield from _of_consumer(resource, namespace)
        return
    places = places_of(resource.group, resource.kind, resource.value)
    if places is not None:
        base, table = places
        issued = is_issued(resource.annotations())
        for mention in mentions(resource.value, base, table):
            optional = mention.optional or (issued and "tls" in mention.route)
            yield _use(resource, mention._replace(optional=optional), namespace)
    elif resource.kind and _is_custom(resource):
        # A name that begins so says that there is one for all namespaces.
        scoped = not re.match("Cluster[A-Z]", resource.kind)
        for mention in shapes(resource.get("spec"), ("spec",)):
            yield _use(resource, mention, namespace if scoped else None, sure=False)
    yield from _of_annotations(resource, namespace)
    yield from _of_storage(resource)
    for values in _charts(resource):
        yield from values.uses()


def _is_custom(resource: Resource) -> bool:
    """Say whether this is a custom resource of whose fields only the shapes are known."""
    return (
        "." in resource.group
        and not resource.group.endswith((".k8s.io", *_NO_READERS_GROUPS))
        and resource.kind not in _NO_READERS
        and (resource.group, resource.kind) not in _CHART_KINDS
    )


def _use(
    resource: Resource,
    mention: Mention,
    namespace: str | None,
    *,
    sure: bool = True,
    release: str | None = None,
) -> Use | None:
    """Return the use that a mention is; None where its name is none or is not known.

    `namespace` is that of objects which are named without one.
    """
    name = _name(resource, mention.route, release)
    if name is None or not is_dns_name(name):
        return None
    if mention.namespace is not None:
        unknown = resource.unknown(mention.namespace)
        namespace = None if unknown else text(resource.get(*mention.namespace))
    keys = [(key, mention.route) for key in mention.always]
    for route in mention.keys:
        key = text(resource.get(*route))
        if key and re.fullmatch(_DATA_KEY, key) and not resource.unknown(route):
            keys.append((key, route))
    return Use(
        resource, mention.route, mention.kind, name, namespace, tuple(keys), mention.optional, sure
    )


def _name(resource: Resource, route: Route, release: str | None) -> str | None:
    """Return the name at a route; chart values may build one on the name of the release."""
    written = text(resource.get(*route))
    if written and release and "{{" in written:
        hole = route in resource.holes or resource.unknown(route[:-1])
        return None if hole else _RELEASE_NAME.sub(release, written)
    return None if resource.unknown(route) else written


# ESO's own kinds


def _of_store(store: Store, namespace: str | None) -> Iterator[Use | None]:
    for reference in store.references():
        mention = _credential(store.base, reference)
        if mention and store.is_cluster:
            yield _use(store.resource, mention, None)
        elif mention:
            # Whatever namespace it names: ESO looks in that of the consumer.
            yield _use(store.resource, mention._replace(namespace=None), namespace)


def _of_generator(resource: Resource, namespace: str | None) -> Iterator[Use | None]:
    for base, kind in generator_specs(resource):
        there = None if resource.kind == "ClusterGenerator" else namespace
        for reference in generator_references(kind, resource.get(*base)):
            mention = _credential(base, reference)
            if mention:
                yield _use(resource, mention._replace(namespace=None), there)


def _credential(base: Route, reference: Reference) -> Mention | None:
    """Return the mention in a reference of a store or generator."""
    route = (*base, *reference.route)
    # A certificate stands in a Secret, unless it says otherwise.
    kinds = {"secret": SECRET, "serviceAccount": SERVICE_ACCOUNT, "configMap": CONFIG_MAP}
    kind = kinds.get(reference.kind) or reference.value.get("type", SECRET)
    if kind not in kinds.values():
        return None
    # A webhook gets the whole Secret, whichever key it names.
    whole = kind == SERVICE_ACCOUNT or "secrets" in reference.route
    keys = () if whole else keys_at(reference.value, route, (("key",),))
    namespace = namespace_at(reference.value, route)
    return Mention((*route, "name"), str(kind), keys, namespace=namespace)


def _of_consumer(resource: Resource, namespace: str | None) -> Iterator[Use | None]:
    """Yield what the templates of an ExternalSecret or PushSecret read, and what is pushed."""
    if resource.kind.startswith("Cluster"):
        namespace = None
    if resource.kind in EXTERNAL_SECRETS:
        template = (*EXTERNAL_SECRETS[resource.kind], "target", "template")
    elif resource.kind in PUSH_SECRETS:
        base = PUSH_SECRETS[resource.kind]
        template = (*base, "template")
        # What a template makes goes before what is in the Secret.
        pushed = keys_at(resource.get(*base), base, (parse_route("data.*.match.secretKey"),))
        keys = () if resource.get(*template) is not None else pushed
        yield _use(
            resource, Mention((*base, "selector", "secret", "name"), SECRET, keys), namespace
        )
    else:
        return
    for mention in mentions(resource.value, template, _TEMPLATE_FROM):
        yield _use(resource, mention._replace(namespace=None), namespace)


_TEMPLATE_FROM = tuple(
    Place(parse_route(f"templateFrom.*.{field}"), kind, keys=(parse_route("items.*.key"),))
    for field, kind in (("configMap", CONFIG_MAP), ("secret", SECRET))
)


# Annotations and parameters


def _of_annotations(resource: Resource, namespace: str | None) -> Iterator[Use | None]:
    """Yield what the annotations of an Ingress name: `name` or `namespace/name`."""
    if resource.kind != "Ingress":
        return
    annotations = resource.annotations()
    for key in annotations:
        prefix, _, field = key.rpartition("/")
        route: Route = ("metadata", "annotations", key)
        if field not in _INGRESS_SECRETS or resource.unknown(route):
            continue
        there, slash, name = (text(annotations[key]) or "").rpartition("/")
        of_nginx = prefix == "nginx.ingress.kubernetes.io"
        if not is_dns_name(name) or not (there or not slash):
            continue
        is_map = annotations.get(f"{prefix}/auth-secret-type") not in (None, "auth-file")
        needed = _INGRESS_SECRETS[field] if of_nginx and not is_map else ()
        keys = tuple((item, route) for item in needed)
        yield Use(resource, route, SECRET, name, there or namespace, keys, False, of_nginx)


# annotation → the keys that nginx wants in the Secret
_INGRESS_SECRETS = {
    "auth-secret": ("auth",),
    "auth-tls-secret": ("ca.crt",),
    "proxy-ssl-secret": (),
}


def _of_storage(resource: Resource) -> Iterator[Use | None]:
    """Yield the Secrets of a CSI driver, which stand in the parameters of a class."""
    if not resource.kind.endswith("Class") or not resource.group.endswith("storage.k8s.io"):
        return
    for key in mapping(resource.get("parameters")):
        if key.startswith("csi.storage.k8s.io/") and key.endswith("-secret-name"):
            beside = key.removesuffix("-name") + "-namespace"
            mention = Mention(("parameters", key), SECRET, namespace=("parameters", beside))
            yield _use(resource, mention, None)


# Charts

_CHART_KINDS = frozenset(
    (
        ("argoproj.io", "Application"),
        ("argoproj.io", "ApplicationSet"),
        ("helm.cattle.io", "HelmChart"),
        ("helm.cattle.io", "HelmChartConfig"),
    )
)


class _Values(NamedTuple):
    """Values of a chart: where they stand, and the release that they are for, None: unknown."""

    resource: Resource
    route: Route
    namespace: str | None
    release: str | None

    def uses(self) -> Iterator[Use | None]:
        resource, route = self.resource, self.route
        if isinstance(resource.get(*route), str):
            embedded = resource.embed(route)
            if embedded is None:
                return
            resource = embedded
        for mention in shapes(resource.get(*route), route, chart=True):
            yield _use(resource, mention, self.namespace, sure=False, release=self.release)


def _charts(resource: Resource) -> Iterator[_Values]:
    """Yield the values that a resource gives to charts."""
    group, kind = resource.group, resource.kind
    if group == "helm.toolkit.fluxcd.io" and kind == "HelmRelease":
        namespace = _known(resource, ("spec", "targetNamespace"), known_namespace(resource))
        if resource.get("spec", "kubeConfig") is not None:
            namespace = None
        yield _Values(resource, ("spec", "values"), namespace, _flux_release(resource))
    elif group == "helm.cattle.io" and kind in ("HelmChart", "HelmChartConfig"):
        own = known_namespace(resource) if kind == "HelmChart" else None
        namespace = _known(resource, ("spec", "targetNamespace"), own)
        release = _known(resource, ("metadata", "name"), None)
        yield _Values(resource, ("spec", "valuesContent"), namespace, release)
    elif group == "argoproj.io" and kind in ("Application", "ApplicationSet"):
        base: Route = ("spec",) if kind == "Application" else ("spec", "template", "spec")
        yield from _of_argo(resource, base)


def _of_argo(resource: Resource, base: Route) -> Iterator[_Values]:
    here = argo.cluster(resource, (*base, "destination")) == ""
    namespace = _known(resource, (*base, "destination", "namespace"), None) if here else None
    name = _known(resource, (*base[:-1], "metadata", "name"), None)
    sources = [
        (*base, "sources", i) for i, _ in enumerate(sequence(resource.get(*base, "sources")))
    ]
    for source in ((*base, "source"), *sources):
        release = _known(resource, (*source, "helm", "releaseName"), name)
        for field in ("valuesObject", "values"):
            yield _Values(resource, (*source, "helm", field), namespace, release)


def _flux_release(resource: Resource) -> str | None:
    """Return the name of a HelmRelease's release."""
    name = _known(resource, ("metadata", "name"), None)
    target = _known(resource, ("spec", "targetNamespace"), "")
    composed = None if name is None or target is None else f"{target}-{name}" if target else name
    release = _known(resource, ("spec", "releaseName"), composed)
    return release if release and len(release) <= _LONGEST_RELEASE else None


def _known(resource: Resource, route: Route, otherwise: str | None) -> str | None:
    """Return the text at a route, `otherwise` where there is none, None where it is not known."""
    if resource.unknown(route):
        return None
    return text(resource.get(*route)) or otherwise
