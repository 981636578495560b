"""Documents → resources: objects with group, version and kind, and where their parts stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from esolint.source import Document, Unread
from esolint.source.build import Built
from esolint.source.document import child
from esolint.value import Route, Value, at, mapping, route_in, sequence, text

ESO_GROUP = "external-secrets.io"
ESO_GROUPS = (ESO_GROUP, "generators.external-secrets.io")


# A document, and a route in it.
Origin: TypeAlias = tuple[Document, Route]


def traced(
    route: Route, overrides: Mapping[Route, Origin], document: Document, base: Route
) -> Origin:
    """Return where a part of an object stands: in the longest override, or in its own document."""
    if not overrides:  # as most, and this is asked for each part of each
        return document, base + route
    for length in range(len(route), -1, -1):
        override = overrides.get(route[:length])
        if override is not None:
            return override[0], override[1] + route[length:]
    return document, base + route


class Resource:
    """One object of a repository, as its source names it.

    `value` is the object, `document` and `base` say where it stands, and `overrides` names
    the parts that came from elsewhere (JSON inside a block scalar, a patch): route in the
    object → document and route there. `holes` are routes of the object that only rendering
    decides, beside the holes of its documents; `known` are routes inside them that are
    decided all the same (a placeholder that was filled, the plain parts of template source).
    `rendering` names what brings the object to a cluster, "" where it was read as it stands.
    A file that is no Kubernetes object but is read all the same (an IAM policy) is a
    resource without kind.
    """

    __slots__ = (
        "api_version",
        "base",
        "document",
        "group",
        "holes",
        "kind",
        "known",
        "name",
        "namespace",
        "overrides",
        "rendering",
        "value",
        "version",
    )

    def __init__(
        self,
        value: dict[str, Value],
        document: Document,
        base: Route = (),
        overrides: Mapping[Route, Origin] | None = None,
        holes: frozenset[Route] = frozenset(),
        known: frozenset[Route] = frozenset(),
        rendering: str = "",
    ) -> None:
        self.value = value
        self.document = document
        self.base = base
        self.overrides = overrides or {}
        self.holes = holes
        self.known = known
        self.rendering = rendering
        self.api_version = text(value.get("apiVersion")) or ""
        group, _, version = self.api_version.rpartition("/")
        self.group = group
        self.version = version
        self.kind = text(value.get("kind")) or ""
        metadata = mapping(value.get("metadata"))
        self.name = text(metadata.get("name")) or text(metadata.get("generateName")) or ""
        self.namespace = text(metadata.get("namespace"))

    @property
    def is_eso(self) -> bool:
        return self.group in ESO_GROUPS

    @property
    def title(self) -> str:
        """What messages call the object: `ExternalSecret "db"`, by the name in its source."""
        return f'{self.kind} "{self.source_name}"'

    @property
    def source_name(self) -> str:
        """The name in the object's own document, which rendering may change."""
        return self._in_source("name") or self._in_source("generateName") or self.name

    @property
    def source_namespace(self) -> str | None:
        """The namespace in the object's own document, None where there is none."""
        return self._in_source("namespace")

    def _in_source(self, key: str) -> str | None:
        metadata = text(at(self.document.value, (*self.base, "metadata", key)))
        # An entry of kustomize's generators has no metadata around its name.
        return metadata or text(at(self.document.value, (*self.base, key)))

    def get(self, *route: str | int) -> Value:
        """Return what stands at `route`, or None."""
        return at(self.value, route)

    def annotations(self) -> dict[str, Value]:
        return mapping(self.get("metadata", "annotations"))

    def origin(self, route: Route) -> Origin:
        """Return the document in which `route` stands, and the route there."""
        return traced(route, self.overrides, self.document, self.base)

    def written(self, route: Route) -> Value:
        """Return what stands at `route` in its source, where rendering may have filled it in."""
        document, there = self.origin(route)
        return at(document.value, there)

    def unknown(self, route: Route) -> bool:
        """Say whether what stands at `route` is only known after rendering (a hole)."""
        if self.known and route_in(route, tuple(self.known)):
            return False
        if self.holes and any(route[:n] in self.holes for n in range(len(route) + 1)):
            return True
        document, there = self.origin(route)
        return document.in_hole(there)

    def embed(self, route: Route) -> Resource | None:
        """Return this resource with the YAML or JSON text at `route` read as a value.

        None where the text is no mapping or list, or does not parse.
        """
        document, there = self.origin(route)
        inner = child(document, there, text(self.get(*route)))
        if inner is None or not isinstance(inner.value, dict | list):
            return None
        value = _replaced(self.value, route, inner.value)
        assert isinstance(value, dict)
        overrides = {**self.overrides, route: (inner, ())}
        return self.changed(value, overrides)

    def changed(self, value: dict[str, Value], overrides: Mapping[Route, Origin]) -> Resource:
        """Return this resource with another value, parts of which come from elsewhere."""
        return Resource(
            value, self.document, self.base, overrides, self.holes, self.known, self.rendering
        )


def _replaced(value: Value, route: Route, new: Value) -> Value:
    """Return a copy of `value` with `new` at `route`; what lies beside the route is shared."""
    if not route:
        return new
    step, rest = route[0], route[1:]
    if isinstance(value, list):
        assert isinstance(step, int)
        return [*value[:step], _replaced(value[step], rest, new), *value[step + 1 :]]
    assert isinstance(value, dict) and isinstance(step, str)
    return {**value, step: _replaced(value[step], rest, new)}


def known_namespace(resource: Resource) -> str | None:
    """Return the namespace that an object has; None where it is absent or a placeholder."""
    if resource.unknown(("metadata", "namespace")):
        return None
    return resource.namespace


def resources(document: Document) -> Iterator[Resource]:
    """Yield the objects of a document, those inside Lists too, in their order.

    A `kind: List` (or any `…List` with `items`) is flattened, nested ones as well.
    """
    stack: list[tuple[Value, Route]] = [(document.value, ())]
    while stack:
        value, base = stack.pop()
        if not isinstance(value, dict):
            continue
        kind = value.get("kind")
        if isinstance(kind, str) and kind.endswith("List") and isinstance(value.get("items"), list):
            items = sequence(value["items"])
            stack.extend((items[i], (*base, "items", i)) for i in range(len(items) - 1, -1, -1))
        else:
            yield Resource(value, document, base)


def unreadable(unread: Unread) -> Resource:
    """Return an empty resource that stands where reading stopped: findings can point at it."""
    document = Document(
        unread.path,
        unread.piece.text if unread.piece else "",
        Built(None, (), False, 0, 0),
        line=unread.piece.line if unread.piece else 0,
        index=unread.piece.number if unread.piece else 0,
        opaque=unread.span,
    )
    return Resource({}, document)
