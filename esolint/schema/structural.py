"""Defaults, and validation against a structural schema, as the API server does both.

Behaviour from apiextensions-apiserver (defaulting, pruning, listtype) and kube-openapi's
validate, with strict field validation: what would be pruned is refused.
"""

from __future__ import annotations

from typing import Any

from esolint.nearest import hint, nearest, suggestion
from esolint.schema.formats import FORMAT_NAMES, WORDS, is_format, matcher
from esolint.schema.tree import Node
from esolint.schema.violation import Holes, Violation, field_name, kind_of
from esolint.value import Route, Value, exists
from esolint.words import both, listed, quoted

_TYPE_META = ("apiVersion", "kind", "metadata")
_HINTS = 50  # unknown fields of an object that get a guess at what was meant
_SAFE_INTEGER = 2**53 - 1  # a JSON number beyond int64 is a float to the API server
_TYPE_NAMES = {
    "string": "a string",
    "boolean": "a boolean",
    "integer": "an integer",
    "number": "a number",
    "object": "a mapping",
    "array": "a list",
}


# Defaults


def defaulted(value: Value, node: Node) -> Value:
    """Return the value as the API server validates it: nulls dropped, defaults put in.

    What needs no change is shared with the value that was given. A null goes where the
    field may not be null: its default takes its place, if it has one.
    """
    if isinstance(value, dict):
        return _defaulted_mapping(value, node)
    if isinstance(value, list) and node.items is not None:
        item_node = node.items
        copy: list[Value] | None = None
        for i, item in enumerate(value):
            if item is None and not item_node.nullable and item_node.has_default:
                item = _copied(item_node.default)
            new = defaulted(item, item_node)
            if new is not value[i]:
                copy = list(value) if copy is None else copy
                copy[i] = new
        return value if copy is None else copy
    return value


def _defaulted_mapping(value: dict[str, Value], node: Node) -> Value:
    copy: dict[str, Value] | None = None
    for key, item in value.items():
        child = node.child(key) or node.extra
        if child is None:
            continue
        if item is not None:
            new = defaulted(item, child)
            if new is item:
                continue
        elif child.nullable:
            continue
        else:
            new = defaulted(_copied(child.default), child) if child.has_default else None
        copy = dict(value) if copy is None else copy
        if new is None:
            del copy[key]
        else:
            copy[key] = new
    for key in node.defaulting:
        if key not in value:
            child = node.child(key)
            if child is not None:
                copy = dict(value) if copy is None else copy
                copy[key] = defaulted(_copied(child.default), child)
    return value if copy is None else copy


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


# Validation


def validate(
    value: Value, written: Value, root: Node, unknown: Holes, *, ignore: tuple[str, ...] = ()
) -> list[Violation]:
    """Judge a defaulted object by its schema.

    `written` is the object before its defaults, for what only it shows (explicit nulls).
    A violation whose place is unknown is left out, and of the top-level fields in
    `ignore` only unknown fields are told.
    """
    return _Validation(written, root, unknown, ignore).run(value)


class _Validation:
    """One run of `validate`: what it looks things up in, and what it found."""

    def __init__(self, written: Value, root: Node, unknown: Holes, ignore: tuple[str, ...]):
        self.written = written
        self.root = root
        self.unknown = unknown
        self.ignore = ignore
        self.found: list[Violation] = []
        self.strays: list[tuple[Route, str, dict[str, Value], Node]] = []
        self.lacks: list[tuple[Route, str, Node]] = []
        self.empty: list[tuple[Route, Node]] = []

    def run(self, value: Value) -> list[Violation]:
        self.check(value, self.root, ())
        if self.strays or self.lacks or self.empty:
            self.report_misplaced()
        return self.found

    def report(self, rule: str, route: Route, message: str) -> None:
        if rule != "unknown-field" and route[:1] and route[0] in self.ignore:
            return
        if not self.unknown(route):
            self.found.append(Violation(rule, route, message))

    def check(self, value: Value, node: Node, route: Route) -> None:
        if not _type_fits(value, node):
            self.wrong_type(value, node, route)
            return
        if isinstance(value, dict):
            self.check_mapping(value, node, route)
        elif isinstance(value, str):
            self.check_string(value, node, route)
        elif isinstance(value, list):
            self.check_list(value, node, route)
        elif node.bounds is not None and value is not None and not isinstance(value, bool):
            self.check_number(value, node, route)
        if node.enum is not None and not _in_enum(value, node.enum):
            self.report("invalid-enum-value", route, _enum_message(value, node.enum, route))
        if node.logic:
            self.check_logic(value, node, route)

    def wrong_type(self, value: Value, node: Node, route: Route) -> None:
        wanted = _TYPE_NAMES.get(node.type, node.type)
        if node.int_or_string:
            wanted = "an integer or a string"
        name = field_name(route)
        if isinstance(value, bool | int | float) and node.type == "string":
            message = f"{name} is unquoted and so {kind_of(value)}, not a string"
        elif (
            isinstance(value, int | float)
            and node.type == "integer"
            and not isinstance(value, bool)
        ):
            message = f"{name} is a number with a fraction or too large, not an integer"
        else:
            message = f"{name} is {kind_of(value)}, not {wanted}"
        self.report("wrong-type", route, message)

    def check_string(self, value: str, node: Node, route: Route) -> None:
        length = len(value)
        if length < node.min_length or length > node.max_length:
            self.report("value-out-of-bounds", route, _length_message(length, node, route))
        elif node.pattern is not None and not matcher(node.pattern)(value):
            message = f"{field_name(route)} {_misfit(value, node.pattern)}"
            self.report("invalid-pattern", route, message)
        elif node.format is not None and not is_format(node.format, value):
            wanted = FORMAT_NAMES.get(node.format, f"of the format {node.format}")
            self.report("wrong-type", route, f"{field_name(route)} is not {wanted}")

    def check_number(self, value: int | float, node: Node, route: Route) -> None:
        assert node.bounds is not None
        low, above, high, below, factor = node.bounds
        name = field_name(route)
        if value < low or (above and value == low):
            word = "not above" if above else "below"
            message = f"{name} is {value}, {word} the minimum {low}"
        elif value > high or (below and value == high):
            word = "not below" if below else "above"
            message = f"{name} is {value}, {word} the maximum {high}"
        elif factor and value % factor:
            message = f"{name} is {value}, not a multiple of {factor}"
        else:
            return
        self.report("value-out-of-bounds", route, message)

    def check_list(self, value: list[Value], node: Node, route: Route) -> None:
        if not node.min_items <= len(value) <= node.max_items:
            limit = node.min_items if len(value) < node.min_items else node.max_items
            word = "at least" if len(value) < node.min_items else "at most"
            count = "no item" if not value else f"{len(value)} item" + "s" * (len(value) != 1)
            message = f"{field_name(route)} has {count}, {word} {limit} must stand there"
            self.report("value-out-of-bounds", route, message)
        if node.items is not None:
            for i, item in enumerate(value):
                self.check(item, node.items, (*route, i))
        if node.list_type in ("set", "map"):
            self.check_unique(value, node, route)

    def check_unique(self, value: list[Value], node: Node, route: Route) -> None:
        import json

        seen: set[str] = set()
        for i, item in enumerate(value):
            key = item
            if node.list_type == "map":
                key = (
                    {k: item[k] for k in node.list_keys if k in item}
                    if isinstance(item, dict)
                    else {}
                )
            text = json.dumps(key, sort_keys=True)
            if text in seen:
                keys = f" by {' and '.join(node.list_keys)}" if node.list_keys else ""
                message = f"{field_name((*route, i))} repeats an earlier item{keys}"
                self.report("schema-rule-violated", (*route, i), message)
            seen.add(text)

    def check_mapping(self, value: dict[str, Value], node: Node, route: Route) -> None:
        strays = []
        embedded = node.embedded or not route
        for key, item in value.items():
            if embedded and key in _TYPE_META:
                if route:
                    self.check_embedded(key, item, (*route, key))
                continue
            child = node.child(key) or node.extra
            if child is not None:
                self.check(item, child, (*route, key))
            elif not node.preserve:
                strays.append(key)
        self.strays += ((route, key, value, node) for key in strays)
        needed = (*_TYPE_META[:2], *node.required) if node.embedded and route else node.required
        self.lacks += ((route, name, node) for name in needed if name not in value)
        if not value and node.min_properties:
            self.empty.append((route, node))
        elif len(value) < node.min_properties or len(value) - len(strays) > node.max_properties:
            self.check_count(value, node, route)

    def check_embedded(self, key: str, value: Value, route: Route) -> None:
        """Check apiVersion, kind or metadata of an object inside this one."""
        if key != "metadata":
            if not isinstance(value, str):
                self.report("wrong-type", route, f"{key} is {kind_of(value)}, not a string")
            return
        from esolint.schema.metadata import check_metadata

        for violation in check_metadata(value, namespaced=True, at=route, named=False):
            self.report(*violation[:3])

    def report_misplaced(self) -> None:
        """Report what objects have and should not, and lack: a field put wrongly is one fault."""
        lacked = {name for _, name, _ in self.lacks}
        meant = {
            (route, key): None
            if key in lacked
            else nearest(key, [name for name in node.names if name not in value])
            for route, key, value, node in self.strays[:_HINTS]
        }
        elsewhere = {key for (_, key), near in meant.items() if near is None}
        renamed = {(route, near) for (route, _), near in meant.items()}
        missing: dict[Route, tuple[Node, list[str]]] = {}
        owners: dict[str, Route] = {}
        for route, name, node in self.lacks:
            if name in elsewhere and name not in owners:
                owners[name] = route
            elif (route, name) not in renamed:
                missing.setdefault(route, (node, []))[1].append(name)
        for route, node in self.empty:
            inside = [name for name in node.names if name in elsewhere and name not in owners]
            owners.update((name, route) for name in inside[:1])
            if not inside:
                self.check_count({}, node, route)
        for number, (route, key, _, node) in enumerate(self.strays):
            if number < _HINTS:
                self.stray(route, key, node, meant[route, key], owners.get(key))
            else:
                message = f'"{key}" is no field of {field_name(route)}'
                self.report("unknown-field", (*route, key), message)
        for route, (node, names) in missing.items():
            self.missing(route, names, node)

    def stray(
        self, route: Route, key: str, node: Node, near: str | None, owner: Route | None
    ) -> None:
        names = node.names
        if owner is None and near is None:
            near = nearest(key, names)
        if owner is None and near is None:
            above = (route[:n] for n in range(len(route) - 1, -1, -1))
            owner = next((place for place in above if self.owns(place, key)), None)
        message = f'"{key}" is no field of {field_name(route)}'
        if owner is not None:
            message += f" but of {field_name(owner)}"
        elif near is not None:
            message += suggestion(near)
        elif not names:
            message += ", which has none"
        elif len(names) <= 30:
            message += f" (fields: {listed(names)})"
        self.report("unknown-field", (*route, key), message)

    def owns(self, route: Route, key: str) -> bool:
        node = self.root.at(route)
        return node is not None and key in node.names and (bool(route) or key not in _TYPE_META)

    def missing(self, route: Route, names: list[str], node: Node) -> None:
        parent = field_name(route)
        null = [name for name in names if exists(self.written, (*route, name))]
        for name in null:
            message = f"{name} is null, which counts as missing, and {parent} needs it"
            self.report("missing-field", (*route, name), message)
        absent = [name for name in names if name not in null]
        if absent:
            rest = (
                "" if len(absent) == len(node.required) else f" (needs {listed([*node.required])})"
            )
            self.report("missing-field", route, f"{parent} lacks {both(absent)}{rest}")

    def check_count(self, value: dict[str, Value], node: Node, route: Route) -> None:
        names = node.names
        parent = field_name(route)
        there = listed(list(value), 5)
        if node.max_properties == 1 and names:
            if value:
                message = f"{parent} has {len(value)} fields ({there}), exactly one may stand there"
            else:
                choice = f": {listed(names)}" if len(names) <= 12 else f" of {len(names)}"
                message = f"{parent} is empty, exactly one field must stand there{choice}"
            self.report("not-exactly-one", route, message)
        else:
            few = len(value) < node.min_properties
            limit = f"at least {node.min_properties}" if few else f"at most {node.max_properties}"
            message = f"{parent} has {len(value)} fields, {limit} must stand there"
            self.report("value-out-of-bounds", route, message)

    def check_logic(self, value: Value, node: Node, route: Route) -> None:
        for key, schemas in node.logic:
            fits = [self.fits(value, Node(dict(schema), node.view)) for schema in schemas]
            holds = {
                "allOf": all(fits),
                "anyOf": any(fits),
                "oneOf": sum(fits) == 1,
                "not": not any(fits),
            }[key]
            if not holds:
                message = f"{field_name(route)} breaks the {key} of its schema"
                self.report("schema-rule-violated", route, message)

    def fits(self, value: Value, node: Node) -> bool:
        inner = _Validation(value, node, self.unknown, ())
        # Such a part of a schema names only what it demands, not every field.
        return all(violation.rule == "unknown-field" for violation in inner.run(value))


def _type_fits(value: Value, node: Node) -> bool:
    kind = node.type
    if isinstance(value, str):
        return kind == "string" or not kind
    if isinstance(value, dict):
        return kind == "object" or (not kind and not node.int_or_string)
    if isinstance(value, list):
        return kind == "array" or (not kind and not node.int_or_string)
    if value is None:
        return node.nullable or not kind
    if not kind and not node.int_or_string:
        return True
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "number":
        return True
    if kind and kind != "integer":
        return False
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return True
    return abs(value) <= _SAFE_INTEGER and value == int(value)


def _in_enum(value: Value, enum: list[Any]) -> bool:
    if isinstance(value, str):
        return value in enum
    return any(type(item) is type(value) and item == value for item in enum)


def _enum_message(value: Value, enum: list[Any], route: Route) -> str:
    shown = quoted(value) if isinstance(value, str) else kind_of(value)
    allowed = [quoted(item) if isinstance(item, str) else str(item) for item in enum]
    meant = ""
    if isinstance(value, str) and len(enum) > 2:
        meant = hint(value, [item for item in enum if isinstance(item, str) and item])
    return f"{field_name(route)} is {shown}, allowed: {listed(allowed)}{meant}"


def _length_message(length: int, node: Node, route: Route) -> str:
    name = field_name(route)
    if length > node.max_length:
        return f"{name} has {length} characters, more than {node.max_length}"
    if length == 0:
        return f"{name} is empty"
    return f"{name} has {length} characters, fewer than {node.min_length}"


def _misfit(value: str, pattern: str) -> str:
    """Say how a string misses a pattern; what it holds beside one character is not told."""
    words = WORDS.get(pattern)
    if words is None:
        return f"does not match {pattern}"
    match = matcher(pattern)
    odd = next((c for c in value if not match(f"a{c}a")), None)
    if odd is not None:
        return f"holds {quoted(odd)}; {words.name} is made of {words.letters}"
    return f"is not {words.name}: a letter or digit begins and ends each part"
