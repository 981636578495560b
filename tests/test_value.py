from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esolint.nearest import hint, nearest
from esolint.value import (
    Route,
    Value,
    at,
    exists,
    expand,
    format_route,
    leaves,
    mapping,
    parse_route,
    route_in,
    sequence,
    text,
    walk,
)

VALUE: Value = {"a": {"b": [1, None, {"c": "x"}]}, "": 0, "n": None, "e": [], "f": {}}


@pytest.mark.parametrize(
    ("route", "value", "there"),
    [
        ((), VALUE, True),
        (("a", "b", 0), 1, True),
        (("a", "b", 1), None, True),
        (("a", "b", 2, "c"), "x", True),
        (("",), 0, True),
        (("n",), None, True),
        (("x",), None, False),
        (("a", "x", "y"), None, False),
        (("a", "b", 3), None, False),
        (("a", "b", -1), None, False),
        (("a", "b", "0"), None, False),
        (("a", 0), None, False),
        (("n", "x"), None, False),
        (("a", "b", 2, "c", 0), None, False),
    ],
)
def test_what_stands_at_a_route(route: Route, value: Value, there: bool) -> None:
    assert at(VALUE, route) == value
    assert exists(VALUE, route) is there


def test_leaves_come_in_the_order_of_the_document() -> None:
    assert list(leaves(VALUE)) == [
        (("a", "b", 0), 1),
        (("a", "b", 1), None),
        (("a", "b", 2, "c"), "x"),
        (("",), 0),
        (("n",), None),
    ]
    assert list(leaves("x", ("a",))) == [(("a",), "x")]


@pytest.mark.parametrize("value", [None, 1, "x", True, [], {}])
def test_views(value: Value) -> None:
    assert mapping(value) == {}
    assert sequence(value) == []
    assert text(value) == ("x" if value == "x" else None)


def test_empty_text_is_none() -> None:
    assert text("") is None


@pytest.mark.parametrize(
    ("route", "written"),
    [
        ((), ""),
        (("spec", "data", 0, "key"), "spec.data[0].key"),
        (("metadata", "labels", "a.b/c"), 'metadata.labels["a.b/c"]'),
        ((0, "a"), "[0].a"),
        ((0, 1), "[0][1]"),
        (("a b",), '["a b"]'),
        (("",), '[""]'),
        (('a"b\\c',), '["a\\"b\\\\c"]'),
        (("0",), "0"),
    ],
)
def test_written_route(route: Route, written: str) -> None:
    assert format_route(route) == written
    assert parse_route(written) == route


@given(st.lists(st.text(max_size=6) | st.integers(0, 20), max_size=5))
def test_written_routes_are_read_back(steps: list[str | int]) -> None:
    assert parse_route(format_route(tuple(steps))) == tuple(steps)


@pytest.mark.parametrize("written", ["a..b", "a.", "a[", "a[x]", 'a["x]', "a]", "a[-1]", "."])
def test_no_route(written: str) -> None:
    with pytest.raises(ValueError, match="not a route"):
        parse_route(written)


@pytest.mark.parametrize(
    ("route", "inside"),
    [(("a", "b"), True), (("a", "b", 0), True), (("a",), False), (("a", "c"), False), ((), False)],
)
def test_route_in_others(route: Route, inside: bool) -> None:
    assert route_in(route, [("x",), ("a", "b")]) is inside
    assert route_in(route, [()]) is True
    assert route_in(route, []) is False


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("vault", "vault"),
        ("VAULT", "vault"),
        ("valt", "vault"),
        ("aws-secret-manager", "aws-secrets-manager"),
        ("x", None),
        ("", None),
        ("v" * 100_000, None),
    ],
)
def test_nearest(name: str, near: str | None) -> None:
    candidates = ["aws-secrets-manager", "vault", "vlt-2"]

    assert nearest(name, candidates) == near
    assert hint(name, candidates) == (f', did you mean "{near}"?' if near else "")


def test_nearest_does_not_hang_on_the_order() -> None:
    assert nearest("a", ["A", "a"]) == nearest("a", ["a", "A"])
    assert nearest("ab", ["abc", "abd"]) == nearest("ab", ["abd", "abc"])
    assert nearest("a", []) is None


def test_walk_yields_what_holds_others_before_them() -> None:
    assert list(walk({"a": [1], "b": {}})) == [
        ((), {"a": [1], "b": {}}),
        (("a",), [1]),
        (("a", 0), 1),
        (("b",), {}),
    ]


def test_expand() -> None:
    value: Value = {"a": [{"b": [1, 2]}, {"b": []}, {"b": "no list"}]}

    assert expand(("a", "*", "b", "*"), value) == [("a", 0, "b", 0), ("a", 0, "b", 1)]
    assert expand(("a", "*", "c"), value) == [("a", 0, "c"), ("a", 1, "c"), ("a", 2, "c")]
    assert expand(("a",), value) == [("a",)]
    assert expand(("x", "*"), value) == []
