from __future__ import annotations

from typing import Any

import pytest

from esolint.schema.structural import defaulted, validate
from esolint.schema.tree import Node
from esolint.schema.versions import Minors, Version
from esolint.schema.violation import no_holes
from esolint.value import Route

MINORS = Minors([Version(1, 0)])


def node(schema: dict[str, Any]) -> Node:
    return Node(schema, (1, MINORS))


def faults(schema: dict[str, Any], value: Any, unknown: Any = no_holes) -> list[Any]:
    """(rule, route below the field x) of what is wrong with x."""
    root = node({"type": "object", "properties": {"x": schema}})
    written = {"x": value}
    found = validate(defaulted(written, root), written, root, unknown)
    return [(violation.rule, violation.route[1:]) for violation in found]


STRING = {"type": "string"}
NAMED = {"type": "object", "required": ["name"], "properties": {"name": STRING, "size": STRING}}


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        (1, True),
        (1.0, True),  # as JSON has it, 1.0 is an integer
        (-(2**63), True),
        (2**63 - 1, True),
        (2**63, False),  # a float to the API server, and too large to be an integer
        (2.0**53, False),
        (1.5, False),
        (True, False),
        ("1", False),
        (float("inf"), False),
        (float("nan"), False),
    ],
)
def test_integers(value: object, fits: bool) -> None:
    assert faults({"type": "integer", "format": "int64"}, value) == (
        [] if fits else [("wrong-type", ())]
    )


@pytest.mark.parametrize(
    ("schema", "value", "fits"),
    [
        ({}, 2**31 - 1, True),
        ({}, -(2**31), True),
        ({}, 2**31, False),
        ({}, 2.0**31, False),
        ({}, -(2**31) - 1, False),
        ({"minimum": 1}, 2**31, False),
        ({"minimum": 1}, 0, False),
    ],
)
def test_integers_of_32_bits(schema: dict[str, Any], value: object, fits: bool) -> None:
    found = faults({"type": "integer", "format": "int32", **schema}, value)
    assert found == ([] if fits else [("value-out-of-bounds", ())])


@pytest.mark.parametrize(
    ("value", "fits"), [("1h", True), (3, True), (1.5, False), (True, False), ([], False)]
)
def test_int_or_string(value: object, fits: bool) -> None:
    schema = {
        "anyOf": [{"type": "integer"}, {"type": "string"}],
        "x-kubernetes-int-or-string": True,
    }
    assert faults(schema, value) == ([] if fits else [("wrong-type", ())])


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        (STRING, None, []),  # dropped before anything is checked
        ({**STRING, "nullable": True}, None, []),
        (NAMED, {"name": None}, [("missing-field", ("name",))]),
        (NAMED, {}, [("missing-field", ())]),
        ({"type": "array", "items": STRING}, [None], [("wrong-type", (0,))]),
        ({"type": "array", "items": {**STRING, "default": "a"}}, [None], []),
        ({"type": "object", "additionalProperties": STRING}, {"a": None}, []),
        ({"x-kubernetes-preserve-unknown-fields": True}, {"a": {"b": None}}, []),
    ],
)
def test_nulls(schema: dict[str, Any], value: object, expected: list[object]) -> None:
    assert faults(schema, value) == expected


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({**STRING, "enum": ["a", "b"]}, "c", [("invalid-enum-value", ())]),
        ({"type": "integer", "enum": [1]}, 1, []),
        ({**STRING, "nullable": True, "enum": ["a"]}, None, [("invalid-enum-value", ())]),
        ({"type": "integer", "enum": [1]}, True, [("wrong-type", ())]),
        ({**STRING, "minLength": 1}, "", [("value-out-of-bounds", ())]),
        ({**STRING, "maxLength": 2}, "äöü", [("value-out-of-bounds", ())]),
        ({**STRING, "maxLength": 3}, "äöü", []),
        ({**STRING, "pattern": "^[-._a-zA-Z0-9]+$"}, "a\n", [("invalid-pattern", ())]),
        ({**STRING, "pattern": "^a.c$"}, "abc\n", [("invalid-pattern", ())]),
        ({**STRING, "pattern": "b"}, "abc", []),
        ({**STRING, "format": "byte"}, "YQ==", []),
        ({**STRING, "format": "byte"}, "", [("wrong-type", ())]),
        ({**STRING, "format": "date-time"}, "2026-01-01T00:00:00Z", []),
        ({**STRING, "format": "date-time"}, "2026-02-30T00:00:00Z", [("wrong-type", ())]),
        ({**STRING, "format": "date-time"}, "2026-01-01", [("wrong-type", ())]),
        ({**STRING, "format": "no-such-format"}, "", []),
        ({"type": "integer", "minimum": 1}, 0, [("value-out-of-bounds", ())]),
        (
            {"type": "number", "maximum": 1, "exclusiveMaximum": True},
            1,
            [("value-out-of-bounds", ())],
        ),
        ({"type": "array", "minItems": 1, "items": STRING}, [], [("value-out-of-bounds", ())]),
        (
            {"type": "array", "x-kubernetes-list-type": "set", "items": STRING},
            ["a", "b", "a"],
            [("schema-rule-violated", (2,))],
        ),
        (
            {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
                "items": NAMED,
            },
            [{"name": "a"}, {"name": "a", "size": "b"}],
            [("schema-rule-violated", (1,))],
        ),
        ({**STRING, "not": {"enum": ["a"]}}, "a", [("schema-rule-violated", ())]),
        (
            {
                "type": "object",
                "properties": {"a": STRING, "b": STRING},
                "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
            },
            {"a": "", "b": ""},
            [("schema-rule-violated", ())],
        ),
        (
            {"type": "object", "x-kubernetes-embedded-resource": True},
            {"apiVersion": "v1", "kind": "A", "metadata": {"labels": {"a": "b c"}}},
            [("invalid-object-name", ("metadata", "labels", "a"))],
        ),
    ],
)
def test_what_a_schema_demands(schema: dict[str, Any], value: object, expected: object) -> None:
    assert faults(schema, value) == expected


def test_defaults_go_into_what_defaults_made() -> None:
    root = node(
        {
            "type": "object",
            "properties": {
                "a": {
                    "type": "object",
                    "default": {},
                    "required": ["b"],
                    "properties": {"b": {"type": "string", "default": "x"}, "c": STRING},
                },
                "d": {"type": "array", "items": NAMED},
            },
        }
    )
    value: Any = {"a": None, "d": [{"name": "n"}]}
    filled: Any = defaulted(value, root)
    assert filled == {"a": {"b": "x"}, "d": [{"name": "n"}]}
    assert value["a"] is None
    assert filled["d"] is value["d"]
    unchanged: Any = {"a": {"b": "y"}}
    assert defaulted(unchanged, root) is unchanged


ONE_OF = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": 1,
    "properties": {"aws": NAMED, "vault": {"type": "object", "properties": {"server": STRING}}},
}


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        (ONE_OF, {}, [("not-exactly-one", ())]),
        (ONE_OF, {"aws": {"name": ""}, "vault": {}}, [("not-exactly-one", ())]),
        (ONE_OF, {"vaultt": {}}, [("unknown-field", ("vaultt",))]),
        (ONE_OF, {"vault": {}, "vaultt": {}}, [("unknown-field", ("vaultt",))]),
        (NAMED, {"nme": ""}, [("unknown-field", ("nme",))]),
        (ONE_OF, {"aws": {}, "name": ""}, [("unknown-field", ("name",))]),
    ],
)
def test_one_mistake_is_one_violation(
    schema: dict[str, Any], value: object, expected: object
) -> None:
    assert faults(schema, value) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"nam": ""}, '"nam" is no field of x, did you mean "name"?'),
        ({"colour": "", "name": ""}, '"colour" is no field of x (fields: name, size)'),
        ({"size": ""}, "x lacks name"),
        ({"name": 1}, "name is unquoted and so an integer, not a string"),
        ({"name": ["a"]}, "name is a list, not a string"),
        ([], "x is a list, not a mapping"),
    ],
)
def test_messages(value: object, message: str) -> None:
    root = node({"type": "object", "properties": {"x": NAMED}})
    written: Any = {"x": value}
    assert [v.message for v in validate(written, written, root, no_holes)] == [message]


def test_what_is_unknown_is_not_judged() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {**STRING, "enum": ["b"]}}}

    def unknown(route: Route) -> bool:
        return route[:2] == ("x", "a")

    assert faults(schema, {"a": "${A}"}, unknown) == []
    assert faults(schema, {"a": 3}, unknown) == []
    assert faults(schema, {}, unknown) == [("missing-field", ())]


def test_many_unknown_fields_do_not_take_long() -> None:
    value = {f"field{i}": "" for i in range(20_000)}
    assert len(faults(NAMED, value)) == 20_001
