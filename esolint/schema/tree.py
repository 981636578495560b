"""A CRD's schemas of many ESO versions as one tree, and one version's view of it.

The tree is what the files of crd-schemas/ hold. A node is a mapping of schema keywords.
`"@"` says for which minors the node exists, where these are fewer than its parent's.
`"enum@": {"..": …}` gives a keyword whose value differs: range of minors → value. Below
`properties`, `items` and `additionalProperties` stand nodes again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from esolint.schema.versions import Minors
from esolint.value import Route

RawNode: TypeAlias = "dict[str, Any]"

PROSE = ("description", "title", "example", "externalDocs")
# With prose the rules of CRDs, which rules.json restates.
DROPPED = (*PROSE, "x-kubernetes-validations")
_CHILDREN = ("items", "additionalProperties")


def merge(schemas: Sequence[tuple[int, RawNode]], minors: Minors) -> RawNode:
    """Merge schemas, each with the set of minors that it holds for, into one node."""
    everywhere = 0
    for mask, _ in schemas:
        everywhere |= mask
    node: RawNode = {}
    for key in _keys_in_order(schemas):
        present = [(mask, schema[key]) for mask, schema in schemas if key in schema]
        if key == "properties":
            names = sorted({name for _, properties in present for name in properties})
            node[key] = {
                name: _child([(m, p[name]) for m, p in present if name in p], everywhere, minors)
                for name in names
            }
        elif key in _CHILDREN and all(isinstance(child, dict) for _, child in present):
            node[key] = _child(present, everywhere, minors)
        else:
            node.update(_facet(key, present, everywhere, minors))
    return node


def _keys_in_order(schemas: Sequence[tuple[int, RawNode]]) -> list[str]:
    order = ("type", "format", "nullable", "default", "enum", "pattern")
    last = ("required", "properties", "additionalProperties", "items")
    keys = {key for _, schema in schemas for key in schema if not key.endswith("@")}
    keys.difference_update(DROPPED, ("",))
    middle = sorted(keys - set(order) - set(last))
    return [key for key in (*order, *middle, *last) if key in keys]


def _child(present: list[tuple[int, RawNode]], everywhere: int, minors: Minors) -> RawNode:
    node = merge(present, minors)
    mask = 0
    for here, _ in present:
        mask |= here
    return node if mask == everywhere else {"@": minors.text(mask), **node}


def _facet(
    key: str, present: list[tuple[int, Any]], everywhere: int, minors: Minors
) -> dict[str, Any]:
    values: list[tuple[int, Any]] = []
    for mask, value in present:
        for i, (seen, other) in enumerate(values):
            if _same(other, value):
                values[i] = (seen | mask, other)
                break
        else:
            values.append((mask, value))
    if len(values) == 1 and values[0][0] == everywhere:
        return {key: values[0][1]}
    return {f"{key}@": {minors.text(mask): value for mask, value in values}}


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b)


def expand(node: RawNode, shapes: Mapping[str, RawNode]) -> RawNode:
    """Put the objects that `{"shape": name}` stands for into a tree, in place."""
    whole: dict[str, RawNode] = {}

    def put(node: RawNode) -> RawNode:
        name = node.get("shape")
        if name is not None:
            if name not in whole:
                whole[name] = put(shapes[name])
            shape = whole[name]
            return {"@": node["@"], **shape} if "@" in node else shape
        properties = node.get("properties")
        if properties is not None:
            for key, child in properties.items():
                if (
                    "shape" in child
                    or "properties" in child
                    or "items" in child
                    or ("additionalProperties" in child)
                ):
                    properties[key] = put(child)
        for key in _CHILDREN:
            child = node.get(key)
            if isinstance(child, dict):
                node[key] = put(child)
        return node

    return put(node)


def at_minor(node: RawNode, bit: int, minors: Minors) -> RawNode:
    """Return the schema that `node` holds for one minor, as its CRD had it, prose aside."""
    schema: RawNode = {}
    for key, value in facets(node, bit, minors).items():
        if key == "properties":
            children = {
                name: at_minor(child, bit, minors)
                for name, child in value.items()
                if exists_in(child, bit, minors)
            }
            if children or not value:
                schema[key] = children
        elif key in _CHILDREN and isinstance(value, dict):
            if exists_in(value, bit, minors):
                schema[key] = at_minor(value, bit, minors)
        else:
            schema[key] = value
    return schema


def facets(node: RawNode, bit: int, minors: Minors) -> dict[str, Any]:
    """Return the keywords of a node for one minor."""
    found = {}
    for key, value in node.items():
        if key[-1] != "@":
            found[key] = value
        elif key != "@":
            for written, one in value.items():
                if minors.mask(written) & bit:
                    found[key[:-1]] = one
                    break
    return found


def exists_in(node: RawNode, bit: int, minors: Minors) -> bool:
    written = node.get("@")
    return written is None or minors.mask(written) & bit != 0


def step_into(node: RawNode, step: str | int) -> RawNode | None:
    """Return the child of a node (of any minor) for a mapping key or a list index."""
    if isinstance(step, int):
        child = node.get("items")
    else:
        child = node.get("properties", {}).get(step) or node.get("additionalProperties")
    return child if isinstance(child, dict) else None


def minors_of(node: RawNode, route: Route, minors: Minors, within: int) -> int:
    """Return the set of minors, out of `within`, in which the schema knows `route`."""
    mask = within
    here: RawNode | None = node
    for step in route:
        here = step_into(here, step) if here is not None else None
        if here is None:
            return 0
        if "@" in here:
            mask &= minors.mask(here["@"])
    return mask


def node_at(node: RawNode, route: Route) -> RawNode | None:
    here: RawNode | None = node
    for step in route:
        if here is None:
            return None
        here = step_into(here, step)
    return here


def varies_on(node: RawNode, route: Route) -> bool:
    """Say whether what the schema demands on the way to `route` differs between minors."""
    here: RawNode | None = node
    for step in (*route, None):
        if here is None:
            return False
        if any(key[-1] == "@" for key in here):
            return True
        here = step_into(here, step) if step is not None else None
    return False


def walk(node: RawNode) -> Iterator[RawNode]:
    """Yield every node of a tree."""
    stack = [node]
    while stack:
        here = stack.pop()
        yield here
        stack.extend(here.get("properties", {}).values())
        stack.extend(child for key in _CHILDREN if isinstance(child := here.get(key), dict))


_INFINITE = float("inf")
_INT32 = 2**31 - 1


class Node:
    """What one version of a schema demands of one value; children are made when asked for."""

    __slots__ = (
        "_children",
        "_properties",
        "bounds",
        "default",
        "defaulting",
        "embedded",
        "enum",
        "extra",
        "format",
        "has_default",
        "int_or_string",
        "items",
        "list_keys",
        "list_type",
        "logic",
        "max_items",
        "max_length",
        "max_properties",
        "min_items",
        "min_length",
        "min_properties",
        "nullable",
        "pattern",
        "preserve",
        "raw",
        "required",
        "type",
        "view",
    )

    def __init__(self, raw: RawNode, view: tuple[int, Minors]) -> None:
        bit, minors = view
        get = facets(raw, bit, minors).get
        self.raw = raw
        self.view = view
        self.type: str = get("type", "")
        self.nullable: bool = get("nullable", False)
        self.has_default = get("default") is not None
        self.default: Any = get("default")
        self.enum: list[Any] | None = get("enum")
        self.pattern: str | None = get("pattern")
        self.format: str | None = get("format")
        self.required: Sequence[str] = get("required", ())
        self.min_length: int = get("minLength", 0)
        self.max_length: float = get("maxLength", _INFINITE)
        self.min_items: int = get("minItems", 0)
        self.max_items: float = get("maxItems", _INFINITE)
        self.min_properties: int = get("minProperties", 0)
        self.max_properties: float = get("maxProperties", _INFINITE)
        self.bounds = _bounds(get)
        self.int_or_string: bool = get("x-kubernetes-int-or-string", False)
        self.preserve: bool = get("x-kubernetes-preserve-unknown-fields", False)
        self.embedded: bool = get("x-kubernetes-embedded-resource", False)
        self.list_type: str | None = get("x-kubernetes-list-type")
        self.list_keys: Sequence[str] = get("x-kubernetes-list-map-keys", ())
        self.logic = () if self.int_or_string else _logic(get)
        self.items = self._optional(get("items"))
        extra = get("additionalProperties")
        if extra is True:
            extra = {"x-kubernetes-preserve-unknown-fields": True}
        self.extra = self._optional(extra)
        properties = get("properties", {})
        if any("@" in child for child in properties.values()):
            properties = {
                name: child for name, child in properties.items() if exists_in(child, bit, minors)
            }
        self._properties: dict[str, RawNode] = properties
        self._children: dict[str, Node] = {}
        self.defaulting = [
            name
            for name, child in properties.items()
            if ("default" in child or "default@" in child) and self._has_default(name)
        ]

    @property
    def names(self) -> list[str]:
        """The fields that the value may have."""
        return list(self._properties)

    def child(self, name: str) -> Node | None:
        """Return the node of a field, or None where the schema names no such field."""
        node = self._children.get(name)
        if node is None:
            raw = self._properties.get(name)
            if raw is None:
                return None
            node = self._children[name] = Node(raw, self.view)
        return node

    def step(self, step: str | int) -> Node | None:
        """Return the node below a mapping key (a field, or any key of a map) or list index."""
        if isinstance(step, int):
            return self.items
        return self.child(step) or self.extra

    def at(self, route: Route) -> Node | None:
        node: Node | None = self
        for step in route:
            node = node.step(step) if node is not None else None
        return node

    def _optional(self, raw: RawNode | None) -> Node | None:
        if not isinstance(raw, dict) or not exists_in(raw, *self.view):
            return None
        return Node(raw, self.view)

    def _has_default(self, name: str) -> bool:
        child = self.child(name)
        return child is not None and child.has_default


def _bounds(get: Callable[..., Any]) -> tuple[float, bool, float, bool, float | None] | None:
    """Return (minimum, exclusive, maximum, exclusive, multiple of), or None without bounds."""
    low, high, factor = get("minimum"), get("maximum"), get("multipleOf")
    # The API server checks the format since 1.36; Go cannot decode more in any version.
    limit = _INT32 if get("format") == "int32" else _INFINITE
    if low is None and high is None and factor is None and limit is _INFINITE:
        return None
    return (
        -limit - 1 if low is None else low,
        get("exclusiveMinimum", False),
        limit if high is None else high,
        get("exclusiveMaximum", False),
        factor,
    )


def _logic(get: Callable[..., Any]) -> tuple[tuple[str, Sequence[Mapping[str, Any]]], ...]:
    found = []
    for key in ("allOf", "anyOf", "oneOf", "not"):
        value = get(key)
        if value is not None:
            found.append((key, value if isinstance(value, list) else [value]))
    return tuple(found)
