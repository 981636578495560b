"""How ESO is installed: what chart values and the arguments of its controller switch on and off.

Source: ESO v2.9.0, deploy/charts/external-secrets (values.yaml, templates/deployment.yaml and
rbac.yaml) and cmd/controller/root.go. Where the values come from, in the order in which they
win: Flux's helm-controller, Argo CD's `helm` block, kustomize's helmCharts.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple, TypeAlias

from esolint.context import argo
from esolint.context.kustomize import is_kustomization
from esolint.context.version import chart_at, helm_repositories, is_chart_url, is_image, may_pin
from esolint.resource import Resource, known_namespace
from esolint.value import Route, Value, exists, mapping, parse_route, sequence, text, walk

# What holds where nobody writes anything: chart value → its default.
DEFAULTS: Mapping[str, Value] = {
    "createOperator": True,
    "installCRDs": True,
    **dict.fromkeys(
        (
            *("processSecretStore", "processClusterStore", "processClusterExternalSecret"),
            *("processPushSecret", "processClusterPushSecret", "processClusterGenerator"),
            *("crds.createSecretStore", "crds.createClusterSecretStore"),
            *("crds.createClusterExternalSecret", "crds.createClusterGenerator"),
            *("crds.createPushSecret", "crds.createClusterPushSecret"),
            "rbac.serviceAccountTokenCreate",
        ),
        True,
    ),
    "genericTargets.enabled": False,
    "scopedRBAC": False,
    "scopedNamespace": "",
    "controllerClass": "default",
}
# The controller's flag that a chart value becomes; `extraArgs` can set it directly.
FLAGS: Mapping[str, str] = {
    "processSecretStore": "enable-secret-store-reconciler",
    "processClusterStore": "enable-cluster-store-reconciler",
    "processClusterExternalSecret": "enable-cluster-external-secret-reconciler",
    "processPushSecret": "enable-push-secret-reconciler",
    "processClusterPushSecret": "enable-cluster-push-secret-reconciler",
    "genericTargets.enabled": "unsafe-allow-generic-targets",
    "scopedNamespace": "namespace",
    "controllerClass": "controller-class",
}
_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")
# The keys that matter here of values whose file names no chart, and the chart as a dependency.
_KEYS = (
    *("processCluster", "processSecretStore", "processPushSecret", "serviceAccountTokenCreate"),
    *("scopedNamespace", "scopedRBAC", "controllerClass", "genericTargets"),
)
_DEPENDENCY = r"(?m)^[\"']?external-secrets[\"']?[ \t]*:"
_HELM_CHART: Route = ("spec", "chart", "spec")

Layer: TypeAlias = "tuple[Resource, Route]"


def may_matter(written: str) -> bool:
    """Say whether a text can hold values or arguments of an installation, or rights beside it."""
    rights = ("serviceaccounts/token", '"*"', "'*'") if "rbac.authorization" in written else ()
    if any(word in written for word in (*_KEYS, *rights)):
        return True
    return may_pin(written) or bool(
        "external-secrets" in written and re.search(_DEPENDENCY, written)
    )


# Each cluster asks anew what the objects are that may be on it.
_may_matter = cache(may_matter)


class Setting(NamedTuple):
    """What holds for a chart value, and where that is written; else where it could be."""

    value: Value
    resource: Resource
    route: Route
    written: bool

    @property
    def on(self) -> bool:
        """Whether a template's `if` takes it for true: the text "false" is true."""
        return bool(self.value)


class Operator(NamedTuple):
    """One installation of ESO: a release of its chart, or its controller's Deployment.

    `layers` are places of chart values, the one that wins first; `fixed` stands above them,
    and `open` says that others may stand below. `namespace` is where it runs, `cluster` the
    cluster that its object names, "" for the one on which the object lives; None: not known.
    """

    resource: Resource
    route: Route
    namespace: str | None
    layers: tuple[Layer, ...] = ()
    fixed: Mapping[str, Setting] = {}
    open: bool = False
    is_chart: bool = True
    cluster: str | None = ""

    def setting(self, key: str) -> Setting | None:
        """Return what holds for a chart value (`crds.createPushSecret`); None: not known."""
        extra = self._argument(FLAGS[key]) if key in FLAGS else self._default(key)
        if extra is None or extra.written:
            return _of_flag(key, extra) if extra else None
        if not self.is_chart:
            return self._default(key) if key in FLAGS else None
        found = self._find(key)
        # The chart passes no empty text on.
        return found._replace(value=DEFAULTS.get(key)) if found and found.value == "" else found

    def _argument(self, flag: str) -> Setting | None:
        """Return the argument that sets a flag; None where it is not known."""
        if self.is_chart:
            # Nobody hides an argument below values that say the same in words.
            return self._replace(open=False)._find(f"extraArgs.{flag}")
        return self.fixed.get(flag, None if self.open else self._default(flag))

    def _find(self, key: str) -> Setting | None:
        if key in self.fixed:
            return self.fixed[key]
        for resource, base in self.layers:
            route = (*base, *parse_route(key))
            if resource.unknown(route):
                return None
            if exists(resource.value, route):
                value = resource.get(*route)
                # A null takes the chart's default away.
                return None if value is None else Setting(value, resource, route, True)
            above = (route[:n] for n in range(len(base), len(route)))
            if any(exists(resource.value, r) and resource.get(*r) is None for r in above):
                return None
        return None if self.open else self._default(key)

    def _default(self, key: str) -> Setting:
        return Setting(DEFAULTS.get(key), self.resource, self.route, False)


def _of_flag(key: str, extra: Setting) -> Setting | None:
    """Return a setting that an argument decides; the chart writes an empty one without value."""
    if not isinstance(DEFAULTS[key], bool):
        return extra if isinstance(extra.value, str) and extra.value else None
    written = "true" if extra.value in (None, False, "", 0) else str(extra.value)
    if extra.value is True or written in _TRUE:
        return extra._replace(value=True)
    return extra._replace(value=False) if written in _FALSE else None


class Installation(NamedTuple):
    """What the installations of ESO in one environment have in common."""

    operators: tuple[Operator, ...]

    def setting(self, key: str) -> Setting | None:
        """Return what holds for a chart value; None where it is not known or they differ."""
        found = [operator.setting(key) for operator in self.operators]
        known = [setting for setting in found if setting is not None]
        if len(known) < len(found) or any(setting.value != known[0].value for setting in known):
            return None
        return next((setting for setting in known if setting.written), known[0])

    def switched_off(self, key: str) -> Setting | None:
        """Return the place that switches off what is on by default; None where nothing does."""
        setting = self.setting(key)
        return setting if setting is not None and setting.written and not setting.on else None

    @property
    def scope(self) -> tuple[str, Setting] | None:
        """The one namespace that ESO looks at, and what says so; None: all, or not known."""
        scoped, narrow = self.setting("scopedNamespace"), self.setting("scopedRBAC")
        if scoped is not None and isinstance(scoped.value, str) and scoped.value:
            return scoped.value, scoped
        homes = {operator.namespace for operator in self.operators}
        home = homes.pop() if len(homes) == 1 else None
        if scoped is None or narrow is None or not narrow.on or home is None:
            return None
        return home, narrow


def installation(resources: Iterable[Resource]) -> Installation | None:
    """Return how an environment installs ESO; None where its objects do not show it."""
    found = operators(resources)
    return Installation(found) if found else None


def operators(resources: Iterable[Resource]) -> tuple[Operator, ...]:
    """Return the installations of ESO among some objects and files, in their order."""
    others = [resource for resource in resources if not resource.is_eso]
    looked = [r for r in others if r.kind == "HelmRelease" or _may_matter(r.document.text)]
    repositories = helm_repositories(looked)
    charts = {resource.name for resource in others if _is_chart(resource)}
    used = {text(resource.get("spec", "chartRef", "name")) for resource in looked}
    found: list[Operator] = []
    for resource in looked:
        for route, here in _mappings(resource):
            if chart_at(resource, route, here, repositories) is not None:
                found.append(_release(resource, route, here, others))
        found.extend(_without_chart(resource, others, charts))
        if _is_chart(resource) and resource.name not in used:
            # Whoever makes a release of it is not to be seen.
            found.append(Operator(resource, (), None, open=True))
    # A second release may be there for the definitions alone.
    return tuple(o for o in found if (made := o.setting("createOperator")) is None or made.on)


def _mappings(resource: Resource) -> Iterator[tuple[Route, dict[str, Value]]]:
    """Yield the mappings of an object or a file that can name a chart."""
    places: Iterable[tuple[Route, Value]] = walk(resource.value)
    if resource.kind == "HelmRelease":
        places = [(_HELM_CHART, resource.get(*_HELM_CHART))]
    elif resource.document.path.endswith(".lock"):
        places = ()
    for route, here in places:
        if isinstance(here, dict):
            yield route, here


# Releases of the chart


def _release(
    resource: Resource, route: Route, here: dict[str, Value], others: Sequence[Resource]
) -> Operator:
    """Return the release that a mapping asks for which names the chart."""
    if resource.kind == "HelmRelease":
        return _helm_release(resource, others)
    if resource.group == "argoproj.io" and (route[-1:] == ("source",) or "sources" in route[-2:]):
        return _argo_source(resource, route)
    if is_kustomization(resource.document) and route[:1] == ("helmCharts",):
        return _helm_chart(resource, route, here, others)
    if route[:1] == ("dependencies",):
        return _dependency(resource, route, here, others)
    return Operator(resource, route, None, open=True)


def _without_chart(
    resource: Resource, others: Sequence[Resource], charts: Collection[str]
) -> Iterator[Operator]:
    """Yield the installation that an object is without naming the chart itself.

    `charts` are the names of the objects that stand for the chart.
    """
    if resource.kind == "HelmRelease" and resource.get("spec", "chartRef") is not None:
        if text(resource.get("spec", "chartRef", "name")) in charts:
            yield _helm_release(resource, others)
    elif resource.kind == "OperatorConfig" and resource.group == "operator.external-secrets.io":
        yield Operator(resource, ("spec",), known_namespace(resource), ((resource, ("spec",)),))
    elif resource.kind == "Deployment":
        yield from _deployment(resource)


def _is_chart(resource: Resource) -> bool:
    return resource.kind == "OCIRepository" and is_chart_url(resource.get("spec", "url"))


def _helm_release(resource: Resource, others: Sequence[Resource]) -> Operator:
    layers: list[Layer] = [(resource, ("spec", "values"))]
    sources = sequence(resource.get("spec", "valuesFrom"))
    is_open = resource.unknown(("spec", "valuesFrom"))
    for source in map(mapping, reversed(sources)):
        layer = _config_map(resource, source, others)
        if layer is None:
            is_open = True
            break
        layers.append(layer)
    target = ("spec", "targetNamespace")
    namespace = text(resource.get(*target)) or known_namespace(resource)
    known = None if resource.unknown(target) else namespace
    remote: Route = ("spec", "kubeConfig", "secretRef", "name")
    cluster = None if resource.unknown(remote) else text(resource.get(*remote)) or ""
    route: Route = ("spec", "values")
    return Operator(resource, route, known, tuple(layers), open=is_open, cluster=cluster)


def _config_map(
    release: Resource, source: dict[str, Value], others: Sequence[Resource]
) -> Layer | None:
    """Return the values in the ConfigMap that a HelmRelease takes them from, if they are here."""
    key = text(source.get("valuesKey")) or "values.yaml"
    found = [
        other
        for other in others
        if other.kind == source.get("kind") == "ConfigMap"
        and other.name == source.get("name")
        and known_namespace(other) == known_namespace(release)
    ]
    if len(found) != 1 or source.get("targetPath") is not None:
        return None
    return _inside(found[0], ("data", key))


def _inside(resource: Resource, route: Route) -> Layer | None:
    """Return the values that stand as a text at a route."""
    inner = None if resource.unknown(route) else resource.embed(route)
    return (inner, route) if inner is not None and isinstance(inner.get(*route), dict) else None


def _argo_source(resource: Resource, route: Route) -> Operator:
    """Return the release of an Application: parameters win over values, values over files."""
    helm: Route = (*route, "helm")
    fixed: dict[str, Setting] = {}
    is_open = resource.unknown(helm) or bool(resource.get(*helm, "valueFiles"))
    for i, parameter in enumerate(map(mapping, sequence(resource.get(*helm, "parameters")))):
        here = (*helm, "parameters", i, "value")
        name = text(parameter.get("name"))
        if name and not resource.unknown(here):
            value = parameter.get("value")
            if not parameter.get("forceString") and value in ("true", "false"):
                value = value == "true"
            fixed[name] = Setting(value, resource, here, True)
        else:
            is_open = True
    layers: list[Layer] = []
    if resource.get(*helm, "valuesObject") is not None:
        layers.append((resource, (*helm, "valuesObject")))
    elif resource.get(*helm, "values"):
        inner = _inside(resource, (*helm, "values"))
        if inner is None:
            is_open = True
        else:
            layers.append(inner)
    if resource.kind == "ApplicationSet":
        is_open = is_open or resource.get("spec", "templatePatch") is not None
    to: Route = (*(route[:-1] if route[-1] == "source" else route[:-2]), "destination")
    namespace = (
        None if resource.unknown((*to, "namespace")) else text(resource.get(*to, "namespace"))
    )
    cluster = argo.cluster(resource, to)
    return Operator(resource, route, namespace, tuple(layers), fixed, is_open, cluster=cluster)


def _helm_chart(
    resource: Resource, route: Route, here: dict[str, Value], others: Sequence[Resource]
) -> Operator:
    """Return the release of an entry of helmCharts: inline values win over files."""
    namespace = text(here.get("namespace"))
    if here.get("valuesMerge") not in (None, "override"):
        return Operator(resource, route, namespace, open=True)
    layers: list[Layer] = [(resource, (*route, "valuesInline"))]
    files = [here.get("valuesFile"), *sequence(here.get("additionalValuesFiles"))]
    for name in filter(None, reversed(files)):
        file = _file(resource, str(name), others)
        if file is None:
            return Operator(resource, route, namespace, tuple(layers), open=True)
        layers.append((file, ()))
    return Operator(resource, route, namespace, tuple(layers))


def _file(resource: Resource, name: str, others: Sequence[Resource]) -> Resource | None:
    """Return the values file that a file beside it names, if it is among what was read."""
    folder = posixpath.dirname(resource.document.path)
    path = posixpath.normpath(posixpath.join(folder, name))
    return next((r for r in others if posixpath.normpath(r.document.path) == path), None)


def _dependency(
    resource: Resource, route: Route, here: dict[str, Value], others: Sequence[Resource]
) -> Operator:
    """Return the release inside a chart of one's own, of which only values.yaml is known.

    Whatever else sets values for the dependency may be meant to win.
    """
    key = text(here.get("alias")) or text(here.get("name")) or ""
    values = _file(resource, "values.yaml", others)
    rivals = [r for r in others if r is not values and key in r.document.text and _sets(r, key)]
    layers: tuple[Layer, ...] = ((values, (key,)),) if values and not rivals else ()
    return Operator(resource, route, None, layers, open=True)


def _sets(resource: Resource, key: str) -> bool:
    """Say whether an object or a file holds values for a dependency called `key`."""
    return any(
        isinstance(here, dict) and isinstance(here.get(key), dict)
        for _, here in walk(resource.value)
    )


# Plain manifests


def _deployment(resource: Resource) -> Iterator[Operator]:
    """Yield the controller that a Deployment runs; its webhook has the same image."""
    base: Route = ("spec", "template", "spec", "containers")
    for i, container in enumerate(map(mapping, sequence(resource.get(*base)))):
        route = (*base, i, "args")
        written = sequence(container.get("args"))
        if not is_image(container.get("image")) or written[:1] in (["webhook"], ["certcontroller"]):
            continue
        flags = dict(_flags(resource, route, written))
        routes = (route, *((*route, j) for j in range(len(written))))
        holes = any(resource.unknown(there) for there in routes)
        yield Operator(resource, route, known_namespace(resource), (), flags, holes, is_chart=False)


def _flags(
    resource: Resource, route: Route, arguments: Sequence[Value]
) -> Iterator[tuple[str, Setting]]:
    """Yield the flags among some arguments: `--name=value`, `--name value`, `--name`."""
    for i, argument in enumerate(arguments):
        name, equals, value = str(argument).partition("=")
        if name.startswith("--"):
            after = str(arguments[i + 1]) if i + 1 < len(arguments) else "-"
            if not equals and not after.startswith("-"):
                value = after
            yield name[2:], Setting(value, resource, (*route, i), True)
