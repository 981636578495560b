"""An object on its way through kustomize: its value, where its parts came from, its names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from esolint.resource import Origin, Resource, traced
from esolint.source import Document
from esolint.value import Route, Value, at, mapping, route_in

NAME: Route = ("metadata", "name")
NAMESPACE: Route = ("metadata", "namespace")
LABELS: Route = ("metadata", "labels")
ANNOTATIONS: Route = ("metadata", "annotations")

_PARTS = 10_000
_CHARACTERS = 1_000_000

NO_NAMESPACE = "_non_namespaceable_"

# Cluster-scoped kinds that kustomize knows from the OpenAPI schema it carries (Kubernetes
# 1.21); any other kind, custom ones too, counts as namespaced.
_CLUSTER_SCOPED = {
    "": {"Namespace", "Node", "PersistentVolume", "ComponentStatus"},
    "admissionregistration.k8s.io": {
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
    },
    "apiextensions.k8s.io": {"CustomResourceDefinition"},
    "apiregistration.k8s.io": {"APIService"},
    "authentication.k8s.io": {"TokenReview"},
    "authorization.k8s.io": {
        "SelfSubjectAccessReview",
        "SelfSubjectRulesReview",
        "SubjectAccessReview",
    },
    "certificates.k8s.io": {"CertificateSigningRequest"},
    "flowcontrol.apiserver.k8s.io": {"FlowSchema", "PriorityLevelConfiguration"},
    "internal.apiserver.k8s.io": {"StorageVersion"},
    "networking.k8s.io": {"IngressClass"},
    "node.k8s.io": {"RuntimeClass"},
    "policy": {"PodSecurityPolicy"},
    "rbac.authorization.k8s.io": {"ClusterRole", "ClusterRoleBinding"},
    "scheduling.k8s.io": {"PriorityClass"},
    "storage.k8s.io": {"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"},
}


class Id(NamedTuple):
    """What kustomize tells objects apart by; the namespace is the effective one."""

    group: str
    version: str
    kind: str
    namespace: str
    name: str


class Item:
    """One object of an accumulation. Values are shared and never changed, only replaced.

    `previous` are the (namespace, name, kind) that it had, the oldest first; `prefixes` and
    `suffixes` what was put around its name. `holes` are routes whose value kustomize decides
    in a way that is not read here; `()` among them makes all of it unknown. `as_json` is
    True once a JSON patch has read the object: how its scalars were written is lost then.
    """

    __slots__ = (
        "as_json",
        "base",
        "document",
        "holes",
        "needs_hash",
        "overrides",
        "prefixes",
        "previous",
        "suffixes",
        "value",
    )

    def __init__(self, value: dict[str, Value], document: Document, base: Route = ()) -> None:
        self.value = value
        self.document = document
        self.base = base
        self.overrides: dict[Route, Origin] = {}
        self.holes: frozenset[Route] = frozenset()
        self.previous: tuple[tuple[str, str, str], ...] = ()
        self.prefixes: tuple[str, ...] = ()
        self.suffixes: tuple[str, ...] = ()
        self.needs_hash = False
        self.as_json = False

    def copy(self) -> Item:
        other = Item(self.value, self.document, self.base)
        other.overrides = dict(self.overrides)
        other.holes = self.holes
        other.previous = self.previous
        other.prefixes = self.prefixes
        other.suffixes = self.suffixes
        other.needs_hash = self.needs_hash
        other.as_json = self.as_json
        return other

    # What it is

    @property
    def group_version(self) -> tuple[str, str]:
        written = self.value.get("apiVersion")
        group, _, version = (written if isinstance(written, str) else "").rpartition("/")
        return group, version

    @property
    def kind(self) -> str:
        kind = self.value.get("kind")
        return kind if isinstance(kind, str) else ""

    @property
    def name(self) -> str:
        return _plain(mapping(self.value.get("metadata")).get("name"))

    @property
    def namespace(self) -> str:
        return _plain(mapping(self.value.get("metadata")).get("namespace"))

    @property
    def cluster_scoped(self) -> bool:
        return self.kind in _CLUSTER_SCOPED.get(self.group_version[0], ())

    def effective_namespace(self) -> str:
        return NO_NAMESPACE if self.cluster_scoped else self.namespace or "default"

    def id(self) -> Id:
        return Id(*self.group_version, self.kind, self.effective_namespace(), self.name)

    def previous_ids(self) -> list[Id]:
        group, version = self.group_version
        return [Id(group, version, kind, space, name) for space, name, kind in self.previous]

    def ids(self) -> list[Id]:
        """Return all ids that it has had and has, the oldest first."""
        return [*self.previous_ids(), self.id()]

    def remember(self) -> None:
        """Keep the present id: references made before a change still mean this object."""
        self.previous = (*self.previous, (self.effective_namespace(), self.name, self.kind))

    # Where it comes from, and what is not known

    def origin(self, route: Route) -> Origin:
        return traced(route, self.overrides, self.document, self.base)

    def unknown(self, route: Route) -> bool:
        """Say whether what stands at or above `route` is not known."""
        return bool(self.holes) and route_in(route, tuple(self.holes))

    def unknown_below(self, route: Route) -> bool:
        """Say whether anything at, above or below `route` is not known."""
        return any(route[: len(h)] == h or h[: len(route)] == route for h in self.holes)

    def forget(self, route: Route) -> None:
        """Make what stands at `route` unknown."""
        self.holes |= {route}

    # Changes

    def put(self, route: Route, value: Value, origin: Origin | None) -> None:
        """Set what stands at `route`, mappings above it made where there are none."""
        if value is at(self.value, route) and value is not None and origin is None:
            return
        changed = _put(self.value, route, value)
        assert isinstance(changed, dict)
        self.value = changed
        self._clear(route)
        if origin is not None:
            self.overrides[route] = origin

    def remove(self, route: Route) -> None:
        """Take away a key of a mapping; nothing where it is absent."""
        parent = at(self.value, route[:-1])
        if isinstance(parent, dict) and route[-1] in parent:
            kept: Value = {key: value for key, value in parent.items() if key != route[-1]}
            changed = _put(self.value, route[:-1], kept)
            assert isinstance(changed, dict)
            self.value = changed
        self._clear(route)

    def rearrange(self, route: Route, parts: Sequence[int | tuple[Value, Origin]]) -> None:
        """Rebuild the list at `route` from its own items, by index, and from new ones."""
        depth = len(route)
        old = at(self.value, route)
        assert isinstance(old, list)
        values: list[Value] = []
        overrides: dict[Route, Origin] = {}
        holes: set[Route] = set()
        for i, part in enumerate(parts):
            here = (*route, i)
            if not isinstance(part, int):
                values.append(part[0])
                overrides[here] = part[1]
                continue
            values.append(old[part])
            there = (*route, part)
            if i != part:
                overrides[here] = self.origin(there)
            for inner, origin in self.overrides.items():
                if inner[: depth + 1] == there:
                    overrides[here + inner[depth + 1 :]] = origin
            holes.update(
                here + hole[depth + 1 :] for hole in self.holes if hole[: depth + 1] == there
            )
        above = self.overrides.get(route)
        changed = _put(self.value, route, values)
        assert isinstance(changed, dict)
        self.value = changed
        self._clear(route)
        if above is not None:
            self.overrides[route] = above
        self.overrides.update(overrides)
        self.holes |= holes

    def _clear(self, route: Route) -> None:
        depth = len(route)
        if self.overrides:
            inside = [key for key in self.overrides if key[:depth] == route]
            for key in inside:
                del self.overrides[key]
        if self.holes:
            self.holes = frozenset(hole for hole in self.holes if hole[:depth] != route)

    def resource(self) -> Resource:
        return Resource(self.value, self.document, self.base, self.overrides, self.holes)


def is_large(value: Value) -> bool:
    """Say whether a value has too many parts to be copied: copies of copies grow without end."""
    count = 0
    stack = [value]
    while stack:
        here = stack.pop()
        count += 1
        if count > _PARTS:
            return True
        if isinstance(here, dict):
            stack.extend(here.values())
        elif isinstance(here, list):
            stack.extend(here)
        elif isinstance(here, str) and len(here) > _CHARACTERS:
            return True
    return False


def _plain(value: Value) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _put(value: Value, route: Route, new: Value) -> Value:
    """Return a copy of `value` with `new` at `route`; what lies beside the route is shared."""
    if not route:
        return new
    step, rest = route[0], route[1:]
    if isinstance(step, int):
        assert isinstance(value, list)
        return [*value[:step], _put(value[step], rest, new), *value[step + 1 :]]
    inner = value if isinstance(value, dict) else {}
    return {**inner, step: _put(inner.get(step), rest, new)}
