from __future__ import annotations

import json
import math
import re
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from esolint.cel import (
    BUDGET,
    CelError,
    Duration,
    Failed,
    Program,
    Unknown,
    compile,
)
from esolint.value import Route, at

HOUR = 3_600_000_000_000
BINDINGS: dict[str, Any] = {
    "self": {
        "name": "a",
        "count": 3,
        "ratio": 0.5,
        "none": None,
        "flag": True,
        "list": ["a", "b"],
        "items": [{"k": "x", "v": 1}, {"k": "y"}],
        "map": {"a": 1, "b-c": 2},
        "namespace": "n",
        "in": 1,
        "a-b": 1,
        "wait": "90m",
    }
}


def evaluate(text: str, holes: set[Route] | None = None, **bindings: Any) -> Any:
    values = {**BINDINGS, **bindings}
    program = compile(text, values)
    if holes is None:
        return program.evaluate(values)
    return program.evaluate(values, lambda variable, route: variable == "self" and route in holes)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # Literals.
        ("'a\\n\\x41\\u00e9\\101\\U0001F600'", "a\nAéA😀"),
        ("r\"\\d\" + R'\\'", "\\d\\"),
        ("'''it's''' + \"\"\"a\nb\"\"\"", "it'sa\nb"),
        ("[0x1F, -0x1, .5, 1e3, -9223372036854775808]", [31, -1, 0.5, 1000.0, -(2**63)]),
        ("{'a': 1, 2: [true, null], }", {"a": 1, 2: [True, None]}),
        ("1 + // a comment\n 1", 2),
        # Precedence and association.
        ("1 + 2 * 3 - 4 - 5", -2),
        ("false && false || true", True),
        ("true || false && false", True),
        ("false ? 1 : true ? 2 : 3", 2),
        ("1 == 1 == true", True),
        ("!!true && --1 == 1", True),
        ("-self.count", -3),
        ("7 / 2 * 2 + 7 % 2", 7),
        # Numbers.
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("1.0 / 0.0", math.inf),
        ("-1.0 / 0.0", -math.inf),
        ("1 == 1.0 && 1 < 1.5 && 2.5 > 2", True),
        ("9007199254740993 == 9007199254740992.0", True),
        ("0.0 / 0.0 == 0.0 / 0.0", False),
        # Unlike types are unequal, and true is no number.
        ("1 == 'a' || true == 1 || null == false || [1] == {'a': 1}", False),
        ("[1, true] == [1.0, true]", True),
        ("[1] == [true]", False),
        ("{'a': 1} == {'b': 1} || [1] == [1, 2] || {'a': [1]} == {'a': [2]}", False),
        ("{'a': 1} == {'a': 1.0}", True),
        ("true in [1, 1.0]", False),
        ("1 in [true]", False),
        ("1 in {1: 'a'} && 1.0 in {1: 'a'} && !('a' in {1: 'a'})", True),
        ("self.name in ['a', 'b'] && !(1 in ['a'])", True),
        ("'b-c' in self.map && self.map['b-c'] == 2", True),
        ("self.list[1.0]", "b"),
        # Text counts code points.
        ("size('😀é') + 'ab'.size() + size(self.map) + self.list.size()", 8),
        ("'aé' < 'b'", True),
        ("'abc'.startsWith('ab') && 'abc'.endsWith('bc') && 'abc'.contains('b')", True),
        ("'xay'.matches('a') && matches('ab', '^[a-b]+$')", True),
        # Fields.
        ("has(self.name) && has(self.none) && !has(self.nothing)", True),
        ("self.items[0].k", "x"),
        ("self.`a-b`", 1),
        ("self.namespace", "n"),
        # Macros.
        ("self.items.all(i, has(i.k)) && !self.items.all(i, has(i.v))", True),
        ("self.items.exists_one(i, i.k == 'x')", True),
        ("self.items.filter(i, has(i.v))[0].k", "x"),
        ("self.items.map(i, i.k)", ["x", "y"]),
        ("[1, 2, 3].map(i, i > 1, i * 2)", [4, 6]),
        ("self.map.map(k, k)", ["a", "b-c"]),
        ("self.map.all(k, self.map[k] > 0)", True),
        ("[1, 2].map(self, [self].map(self, self + 1))", [[2], [3]]),
        ("[1, 2].map(i, [3].map(j, i + j) + [i])", [[4, 1], [5, 2]]),
        ("[].all(i, 1 / 0 > 0) && ![].exists(i, true)", True),
        # Conversions.
        ("[int('12'), int('+1'), int('-1'), int(1.9), int(-1.9)]", [12, 1, -1, 1, -1]),
        ("[double('1e3'), double(1), double('.5')]", [1000.0, 1.0, 0.5]),
        ("[string(1), string(1.0), string(true), string('a')]", ["1", "1", "true", "a"]),
        (
            "[1e6, 123456.0, 0.0001, 0.00001, 1e100, 0.1, -0.0].map(d, string(d))",
            ["1e+06", "123456", "0.0001", "1e-05", "1e+100", "0.1", "-0"],
        ),
        ("[bool('T'), bool('false'), bool(true)]", [True, False, True]),
        # Durations.
        ("duration(self.wait) == duration('1h30m')", True),
        ("duration('1h') + duration('30m') > duration('89m')", True),
        ("duration('1h') - duration('2h')", Duration(-HOUR)),
        ("string(duration('90.5s'))", "90.5s"),
        ("string(-1 == 1 ? duration('0') : duration('-1ns'))", "-0.000000001s"),
        ("[duration('90m').getHours(), duration('-90m').getMinutes()]", [1, -90]),
        ("[duration('1.5s').getSeconds(), duration('1.5s').getMilliseconds()]", [1, 1500]),
        # Types as values.
        ("type(1) == int && type('') == string && type(type(1)) == type", True),
        ("dyn(1) == 1", True),
    ],
)
def test_value(text: str, value: object) -> None:
    outcome = evaluate(text)
    assert outcome == value
    assert type(outcome) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'a,b,c'.split(',')", ["a", "b", "c"]),
        ("'a,b,c'.split(',', 2)", ["a", "b,c"]),
        ("'abc'.split('') + 'abc'.split('', 2) + 'a'.split(',', 0)", ["a", "b", "c", "a", "bc"]),
        ("'aXbX'.replace('X', 'y', 1) + 'ab'.replace('', '-')", "aybX-a-b-"),
        ("['a', 'b'].join() + ['a', 'b'].join('-')", "aba-b"),
        ("' \\t a\\u00a0'.trim()", "a"),
        ("'ÀBc'.lowerAscii() + 'äb'.upperAscii()", "ÀbcäB"),
        ("'abc'.substring(1) + 'abc'.substring(0, 2) + 'abc'.charAt(2) + 'abc'.charAt(3)", "bcabc"),
        (
            "['abca'.indexOf('a', 1), 'abca'.lastIndexOf('a'), 'abca'.lastIndexOf('a', 2)]",
            [3, 3, 0],
        ),
        ("['abc'.indexOf('z'), 'abc'.indexOf(''), 'abc'.lastIndexOf('')]", [-1, 0, 3]),
        ("[['a', 'b', 'a'].indexOf('a'), ['a', 'b', 'a'].lastIndexOf('a')]", [0, 2]),
        ("[1, 2.5, 3].isSorted() && !['b', 'a'].isSorted() && [].isSorted()", True),
        ("[[3, 1, 2].min(), [3, 1, 2].max(), [3, 1, 2].sum(), [].sum()]", [1, 3, 6, 0]),
        ("'ab12'.find('[0-9]+') + 'ab'.find('[0-9]+')", "12"),
        ("'aab'.findAll('a*') + 'a1b2'.findAll('[0-9]', 1)", ["aa", "", "1"]),
        ("sets.contains([1, 2], [2.0]) && sets.intersects([1], [1, 2])", True),
        ("sets.equivalent([1, 1, 2], [2, 1]) && !sets.equivalent([1], [2])", True),
        ("url('https://user@a.example:8443/x?y#z').getHost()", "a.example:8443"),
        ("url('https://[::1]:80/').getHostname() + url('https://[::1]:80/').getPort()", "::180"),
        ("url('HTTPS://a').getScheme() + url('https://a').getPort()", "https"),
    ],
)
def test_what_kubernetes_adds(text: str, value: object) -> None:
    assert evaluate(text) == value


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("https://a.example", True),
        ("https://a.example:443/b%20c?d=%zz", True),
        ("/path", True),
        ("mailto:a@b", True),
        ("https://[::1]/", True),
        ("http://a/b c", True),
        ("", False),
        ("a.example", False),
        (":a", False),
        ("https://a b", False),
        ("https://a:port", False),
        ("https://[::1", False),
        ("https://a/%zz", False),
        ("https://a\n", False),
    ],
)
def test_url_is_what_go_takes(text: str, valid: bool) -> None:
    assert evaluate("isURL(self)", self=text) is valid
    assert isinstance(evaluate("url(self).getHost()", self=text), str if valid else Failed)


@pytest.mark.parametrize(
    "text",
    [
        "self.nothing",
        "self.name.nothing",
        "has(self.name.nothing)",
        "has(self.nothing.more)",
        "self['nothing']",
        "self.list[2]",
        "self.list[-1]",
        "self.list['a']",
        "self.name[0]",
        "self.map[self.name + 'x']",
        "9223372036854775807 + 1",
        "-9223372036854775808 - 1",
        "9223372036854775807 * 2",
        "-(-9223372036854775807 - 1)",
        "(-9223372036854775807 - 1) / -1",
        "1 / 0",
        "1 % 0",
        "1.0 % 2.0",
        "1 + 1.0",
        "1 + '1'",
        "1 < 'a'",
        "null < null",
        "[1] < [2]",
        "!1",
        "-'a'",
        "true && 1",
        "1 || false",
        "1 ? 2 : 3",
        "'a' in 'abc'",
        "null in {'a': 1}",
        "size(1)",
        "'a'.startsWith(1)",
        "self.name.all(c, true)",
        "[1, 2].filter(i, i)",
        "[1, 2].exists_one(i, 1 / (i - 1) > 0)",
        "[1, 2].map(i, 1 / (i - 1))",
        "int(' 1')",
        "int('9223372036854775808')",
        "int(1e19)",
        "int(true)",
        "double('1x')",
        "bool('yes')",
        "duration(self.name)",
        "'a'.matches(self.name + '(')",
        "'abc'.substring(2, 1)",
        "'abc'.charAt(4)",
        "[].min()",
        "[1, 'a'].max()",
        "['a', 1].join()",
        "{'a': 1, 'a': 2}",
        "{1.5: 1}",
    ],
)
def test_error(text: str) -> None:
    assert isinstance(evaluate(text), Failed)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 / 0 > 0 || true", True),
        ("true || 1 / 0 > 0", True),
        ("1 / 0 > 0 && false", False),
        ("false && 1 / 0 > 0", False),
        ("1 || true", True),
        ("1 && false", False),
        ("true ? 1 : 1 / 0", 1),
        ("[1, 2].exists(i, 1 / (i - 1) > 0)", True),
        ("[1, 2].all(i, 1 / (i - 1) > 5)", False),
        ("[1, 2].exists(i, i == 2 ? true : i)", True),
    ],
)
def test_error_is_absorbed(text: str, value: bool) -> None:
    assert evaluate(text) is value


def test_error_names_no_value() -> None:
    secret = "hunter2"
    for text in (
        "self.a.b",
        "self.a + 1",
        "int(self.a)",
        "duration(self.a)",
        "{'x': 1}[self.a]",
        "[self.a, 1].join()",
        "'x'.matches(self.a + '(')",
        "url(self.a + ' ')",
    ):
        outcome = evaluate(text, self={"a": secret})
        assert isinstance(outcome, Failed)
        assert secret not in outcome.why


def test_variable_without_value() -> None:
    assert isinstance(compile("self == oldSelf", ["self", "oldSelf"]).evaluate({"self": 1}), Failed)


# Holes

HOLE: set[Route] = {("name",), ("items", 0, "k"), ("list", 1)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("has(self.name)", True),
        ("false && self.name == 'a'", False),
        ("self.name == 'a' && false", False),
        ("true || self.name == 'a'", True),
        ("self.name == 'a' || true", True),
        ("self.items.all(i, has(i.k))", True),
        ("self.items.exists(i, i.k == 'y')", True),
        ("self.items.all(i, i.k == 'z')", False),
        ("self.items.size() == 2", True),
        ("'a' in self.list", True),
        ("self.list == [1, 'b']", False),
        ("self.items == []", False),
        ("self.items[1].k", "y"),
        ("self.name in []", False),
        ("self.count == 3 ? 'x' : self.name", "x"),
        ("self.items.filter(i, has(i.v)).size()", 1),
        ("[self.name, 'a'].size()", 2),
        ("self.map == {'a': 1, 'b-c': 2}", True),
    ],
)
def test_value_whatever_the_hole_holds(text: str, value: object) -> None:
    assert evaluate(text, HOLE) == value


@pytest.mark.parametrize(
    "text",
    [
        "self.name",
        "self.name == 'a'",
        "self.name != 'a'",
        "self.name == self.count",
        "self.name in ['a', 'b']",
        "self.name < 'b'",
        "self.name + 'a'",
        "size(self.name)",
        "has(self.name.x)",
        "self.name.x",
        "self.name ? 1 : 2",
        "!self.name",
        "-self.name",
        "self.name.startsWith('a')",
        "'a'.startsWith(self.name)",
        "self.name.all(c, true)",
        "self.map[self.name]",
        "{self.name: 1}",
        "[self.name]",
        "{'a': {'b': [self.name]}}",
        "self.items",
        "self.items == [{'k': 'x', 'v': 1}, {'k': 'y'}]",
        "self == self",
        "self['items'][0]['k'] == 'x'",
        "self.items.filter(i, i.k == 'x').size() == 1",
        "self.items.exists(i, i.k == 'z')",
        "self.items.all(i, i.k != 'z')",
        "self.items.exists_one(i, i.k == 'y')",
        "self.items.map(i, i.k).exists(k, k == 'z')",
        "'z' in self.list",
        "'z' in self.items.map(i, i.k)",
        "self.list.join(',')",
        "self.list.isSorted()",
        "self.list.max()",
        "self.list.indexOf('z')",
        "(self.flag ? self.items : [])[0].k",
        "type(self.name)",
        "string(self.name)",
        "duration(self.name)",
        "int(self.name)",
        "'a'.matches(self.name)",
        "self.name == 'a' && 1 / 0 > 0",
        "1 / 0 > 0 && self.name == 'a'",
        "1 / 0 > 0 || self.name == 'a'",
        "[0, 1].all(i, i == 0 ? 1 / i > 0 : self.name == 'a')",
    ],
)
def test_unknown_where_it_hangs_on_the_hole(text: str) -> None:
    outcome = evaluate(text, HOLE)
    assert isinstance(outcome, Unknown)
    assert "is not known before rendering" in outcome.why


def test_unknown_names_the_hole() -> None:
    outcome = evaluate("self.items.exists(i, i.k == 'z')", {("items", 0, "k")})
    assert outcome == Unknown("self.items[0].k is not known before rendering")


def test_error_that_no_hole_can_change_stays_one() -> None:
    assert isinstance(evaluate("self.nothing == self.name", HOLE), Failed)
    assert isinstance(evaluate("self.count + 'a'", HOLE), Failed)


def test_hole_that_holds_the_rest() -> None:
    assert isinstance(evaluate("has(self.items)", {()}), Unknown)
    assert isinstance(evaluate("self.items.size()", {("items",)}), Unknown)
    assert evaluate("has(self.items)", {("items",)}) is True


def test_holes_leave_the_values_alone() -> None:
    before = json.dumps(BINDINGS)
    evaluate("self == self", HOLE)
    assert json.dumps(BINDINGS) == before


def test_only_what_is_read_is_asked_for() -> None:
    asked: list[Route] = []

    def unknown(_: str, route: Route) -> bool:
        asked.append(route)
        return False

    program = compile(
        "has(self.map.a) && self.items.all(i, has(i.k)) && size(self.list) == 2 && has(self.no.x)",
        ["self"],
    )
    program.evaluate(BINDINGS, unknown)
    assert set(asked) == {
        (),
        ("map",),
        ("map", "a"),
        ("list",),
        ("items",),
        ("items", 0),
        ("items", 1),
        ("items", 0, "k"),
        ("items", 1, "k"),
    }


SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b", "1h"])
OBJECTS = st.fixed_dictionaries(
    {},
    optional={
        "a": SCALARS,
        "b": SCALARS,
        # In order of their keys, as the other implementation walks through maps.
        "c": st.fixed_dictionaries({}, optional={"a": SCALARS, "b": SCALARS}).map(
            lambda pairs: dict(sorted(pairs.items()))
        ),
        "d": st.lists(
            SCALARS | st.dictionaries(st.sampled_from(["k", "v"]), SCALARS, max_size=2), max_size=3
        ),
    },
)


def words(text: str) -> st.SearchStrategy[str]:
    return st.sampled_from(re.findall(r"\S+", text))


def expressions(levels: int = 3) -> st.SearchStrategy[str]:
    """Texts of every construct over x and the macros' i and j, mostly of types that fit."""
    dynamic = words("x.a x.b x.c x.d x.c.a x.c['b'] x.d[0] x.d[1].k i i.k j null {} {'a':1} {1:2}")
    number = words("1 0 -1 2.0 0.5 j x.a size(x.d) size(x.c)")
    text = words("'a' 'b' '' 'é' x.a i.k string(j) x.c.b")
    items = words("[] x.d x.d x.d x.c ['a','b'] [1,2.0] [x.a,x.b]")
    truth = words(
        "true false x.b has(x.a) has(x.c.b) has(x.d) has(i.k) duration('1h')<duration('2h')"
    )
    signs, joins = words("+ + - * / %"), words("+ + + == in")
    orders, same_or_not = words("< <= > >= == !="), words("== !=")
    methods, names = words("startsWith endsWith contains matches"), words("i j")
    quantifiers = words("all exists exists_one")
    for _ in range(levels):
        some = dynamic | number | text | items | truth
        number, text, items, truth, dynamic = (
            number
            | st.builds("({} {} {})".format, number, signs, number)
            | st.builds("size({})".format, items | text)
            | st.builds("-({})".format, number),
            text
            | st.builds("({} {} {})".format, text, joins, text)
            | st.builds("string({})".format, number | truth | text),
            items
            | st.builds("{}.filter({}, {})".format, items, names, truth)
            | st.builds("{}.map({}, {})".format, items, names, some)
            | st.builds("({} + {})".format, items, items)
            | st.builds("[{}, {}]".format, some, some),
            truth
            | st.builds("({} && {})".format, truth, truth)
            | st.builds("({} || {})".format, truth, truth)
            | st.builds("!({})".format, truth)
            | st.builds("({} {} {})".format, number, orders, number)
            | st.builds("({} {} {})".format, text, orders, text)
            | st.builds("({} {} {})".format, some, same_or_not, some)
            | st.builds("({} in {})".format, some, items)
            | st.builds("({}).{}({})".format, text, methods, words("'a' 'b' x.b"))
            | st.builds("{}.{}({}, {})".format, items, quantifiers, names, truth)
            | st.builds("type({}) == type({})".format, some, some),
            some
            | st.builds("({} ? {} : {})".format, truth, some, some)
            | st.builds("({})[{}]".format, items, number)
            | st.builds("{{'a': {}}}".format, some)
            | st.builds("({}).k".format, dynamic),
        )
    return dynamic | number | text | items | truth | truth | truth


@settings(max_examples=150, deadline=None)
@given(expressions(), OBJECTS, st.data())
def test_holes_never_decide(text: str, value: dict[str, Any], data: st.DataObject) -> None:
    """A verdict that is given beside holes is the verdict for any value in their places."""
    places: list[Route] = [(key,) for key in value]
    places += [("d", index) for index in range(len(value.get("d", ())))]
    places += [("c", key) for key in value.get("c", ())]
    if not places:
        return
    holes = data.draw(st.sets(st.sampled_from(places), min_size=1, max_size=2))
    bindings = {"x": value, "i": 1, "j": "a"}
    program = compile(text, bindings)
    outcome = program.evaluate(bindings, lambda name, route: name == "x" and route in holes)
    if isinstance(outcome, Unknown):
        return
    for _ in range(4):
        rendered = json.loads(json.dumps(value))
        for hole in sorted(holes, key=len):
            parent = at(rendered, hole[:-1])
            if isinstance(parent, dict | list) and at(value, hole[:-1]) is not None:
                filled = data.draw(SCALARS | st.just({"k": "a"}) | st.just(["a"]))
                try:
                    parent[hole[-1]] = filled
                except (IndexError, TypeError):  # the hole stood in another one
                    continue
        again = program.evaluate({**bindings, "x": rendered})
        assert type(again) is type(outcome)
        assert isinstance(again, Failed) or same(again, outcome)


def same(one: Any, other: Any) -> bool:
    """Compare results: 1 is not true, NaN is NaN."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return type(one) is type(other) and (one == other or (one != one and other != other))


# What is refused


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("", "unexpected end", 1),
        ("1 +", "unexpected end", 4),
        ("(1", "unexpected end", 3),
        ("1 2", "unexpected '2'", 3),
        ("a $ b", "unexpected '$'", 3),
        ("self.x == 'abc", "a string without end", 11),
        ("'a\\q'", "an escape that CEL does not have", 3),
        ("'''\\ud800'''", "an escape that CEL does not have", 4),
        ("9223372036854775808", "the number does not fit 64 bits", 1),
        ("1 + " + "9" * 6000, "the number does not fit 64 bits", 5),
        ("self.", "unexpected end", 6),
        ("self.in", "unexpected 'in'", 6),
        ("size(1,)", "unexpected ')'", 8),
        ("-!true", "unexpected '!'", 2),
        ("1 == slef.x", "unknown identifier slef", 6),
        ("for == 1", "for is a reserved word", 1),
        ("has(self)", "has() takes one field selection, as in has(a.b)", 1),
        ("self.all(1, true)", "the first argument of all() must be a plain name", 10),
        ("self.all(true)", "all() takes a variable and an expression", 6),
        ("self.all(k, v, true)", "all() with two variables is not supported", 6),
        ("self.?x", "optional syntax `.?` is not supported", 6),
        ("self[?'x']", "optional syntax `[?` is not supported", 6),
        ("[?self.x]", "optional syntax `[?` is not supported", 2),
        ("{?'a': 1}", "optional syntax `{?` is not supported", 2),
        ("self.x.orValue(1)", "orValue() is not supported", 8),
        ("b'abc'", "bytes literals are not supported", 1),
        ("1 + 1u", "unsigned literals are not supported", 5),
        ("Foo{a: 1}", "message literals are not supported", 1),
        ("timestamp('2020-01-01T00:00:00Z')", "timestamp() is not supported", 1),
        ("math.greatest(1, 2)", "math.greatest() is not supported", 1),
        ("1 + foo(1)", "unknown function foo()", 5),
        ("'a'.foo()", "unknown function foo()", 5),
        ("startsWith('a', 'b')", "startsWith() is called as a method", 1),
        ("'1h'.duration()", "duration() is called as a function", 6),
        ("'a'.startsWith()", "startsWith() does not take 0 arguments", 5),
        ("size(1, 2)", "size() does not take 2 arguments", 1),
        ("'a'.matches('(')", "not a regular expression of RE2", 13),
        ("'a'.matches('(?=a)')", "not a regular expression of RE2", 13),
        ("self.x > duration('1 h')", "not a duration", 19),
    ],
)
def test_refused(text: str, message: str, column: int) -> None:
    with pytest.raises(CelError) as error:
        compile(text, ["self", "a", "b"])
    assert (error.value.message, error.value.column) == (message, column)
    assert str(error.value) == f"{message} (column {column})"


@settings(max_examples=300, deadline=None)
@given(st.text("()[]{}.,?:!=<>&|+-*/%'\"\\ \nabixru019_`$é", max_size=40))
def test_any_text_compiles_or_is_refused(text: str) -> None:
    column = 1
    try:
        compile(text, ["a", "x"]).evaluate({"a": {"b": 1}, "x": [1]})
    except CelError as error:
        column = error.column
    assert 1 <= column <= len(text) + 1


@pytest.mark.parametrize(
    "text",
    [
        "(" * 30_000,
        "[" * 30_000,
        "{1:" * 10_000,
        "-(" * 10_000,
        "a" + "[a" * 10_000,
        "a?" * 10_000 + "a",
        "true?1:" * 4_000 + "1",
        "a.all(a," * 3_000,
        "size(" * 5_000,
        "1" + "+1" * 10_000,
        "a" + ".trim()" * 4_000,
        "'" + "a" * 40_000 + "'",
    ],
)
def test_depth_and_length_are_bounded(text: str) -> None:
    with pytest.raises(CelError, match=r"nested deeper|longer than"):
        compile(text, ["a"])


@pytest.mark.parametrize(
    "text",
    [
        "!" * 10_000 + "a",
        "-" * 10_001 + "1 == -1",
        " || ".join(["false"] * 3_000) + " || a",
        "true" + " && true" * 3_000,
        "a || " + "(" * 90 + "a" + ")" * 90,
        "[" + "1," * 10_000 + "].size() == 10000",
    ],
)
def test_long_is_no_trouble(text: str) -> None:
    assert compile(text, ["a"]).evaluate({"a": True}) is True


def shallow_stack(call: Callable[[], None]) -> None:
    """Run with as little stack as a busy caller may leave."""
    errors: list[BaseException] = []

    def run(depth: int = 300) -> None:
        try:
            run(depth - 1) if depth else call()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert not errors


def test_the_deepest_tree_fits_the_stack() -> None:
    assert sys.getrecursionlimit() >= 1000

    def call() -> None:
        for text in (
            "a" + ".trim()" * 190,
            "''" + "+a" * 190,
            "[" * 98 + "a" + "]" * 98,
            "(" * 49 + "a == " * 1 + "a" + ")" * 49,
            "[a].map(b, " * 45 + "a" + ")" * 45,
        ):
            program = compile(text, ["a"])
            assert not isinstance(program.evaluate({"a": ""}, lambda *_: False), Unknown | Failed)
            assert program.routes == {("a", ())}

    shallow_stack(call)


@pytest.mark.parametrize(
    "text",
    [
        "a.all(i, a.all(j, a.all(k, i + j + k >= 0)))",
        "a.map(i, a.map(j, a.map(k, k)))",
        "a.exists(i, a.exists(j, a.exists(k, i + j + k < 0)))",
        "a.all(i, a.all(j, " + "i + " * 12 + "j >= 0))",
        "a.all(i, a.all(j, !(-1 in a)))",
        "a.all(i, a.all(j, a == a))",
        "a.all(i, a.all(j, sets.equivalent(a, a)))",
        "a.all(i, a.all(j, [a, a, a, a] == [a, a, a, a]))",
        "[a]" + ".map(i, [i, i, i, i])" * 30 + ".all(i, [i] == [i])",
        "['aaaaaaaaaa']" + ".map(s, s + s)" * 40,
        "'a'" + ".replace('a', 'aaaaaaaaaa')" * 40,
        "[['a', 'a', 'a', 'a'].join()]" + ".map(s, [s, s, s, s].join('a'))" * 30,
    ],
)
def test_work_is_bounded(text: str) -> None:
    outcome = compile(text, ["a"]).evaluate({"a": list(range(300))})
    assert isinstance(outcome, Unknown)
    assert "steps" in outcome.why or "more than" in outcome.why


def test_a_long_list_is_walked_once() -> None:
    items = [{"k": str(number)} for number in range(100_000)]
    program = compile("a.all(i, has(i.k)) && a.size() == 100000 && !('x' in a)", ["a"])
    assert 3 * len(items) < BUDGET
    assert program.evaluate({"a": items}) is True


def test_patterns_take_linear_time() -> None:
    assert evaluate("self.matches('^(a+)+$')", self="a" * 5000 + "b") is False


def test_text_that_is_no_unicode() -> None:
    assert isinstance(evaluate("self.matches('a')", self="\ud800"), Failed)


def test_deep_values() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    other = json.loads("[" * 300 + "]" * 300)
    assert isinstance(evaluate("self == [self]", self=deep), Unknown)
    assert evaluate("self == self", self=other) is True


def test_numbers_beyond_64_bits() -> None:
    huge = 10**400
    assert evaluate("self == 1.0 || self < 1.0", self=huge) is False
    assert isinstance(evaluate("self + 1", self=huge), Failed)
    assert isinstance(evaluate("string(self)", self=huge), Failed)


# What a program says of itself


@pytest.mark.parametrize(
    ("text", "routes"),
    [
        ("spec.refreshInterval == '0'", {"spec.refreshInterval"}),
        ("has(spec.a.b)", {"spec.a.b"}),
        ("spec['a.b'].c > 1", {"spec|a.b|c"}),
        (
            "spec.data.all(d, has(d.remoteRef.key) && d.secretKey != '')",
            {"spec.data", "spec.data.*.remoteRef.key", "spec.data.*.secretKey"},
        ),
        (
            "spec.a.filter(x, x.b == 1)[0].c == object.kind",
            {"spec.a", "spec.a.*.b", "spec.a.*.c", "object.kind"},
        ),
        (
            "spec.a.exists(x, x.b.exists(y, y.c == x.d))",
            {"spec.a", "spec.a.*.b", "spec.a.*.b.*.c", "spec.a.*.d"},
        ),
        ("(has(spec.a) ? spec.a : spec.b).c", {"spec.a", "spec.a.c", "spec.b.c"}),
        ("spec.a[spec.b].c", {"spec.a.*.c", "spec.b"}),
        ("[1].all(spec, spec > 0)", set()),
        ("type(spec) == string", {"spec"}),
    ],
)
def test_routes(text: str, routes: set[str]) -> None:
    expected = {tuple(route.split("|" if "|" in route else ".")) for route in routes}
    program = compile(text, ["spec", "object", "raw"])
    assert {(variable, *route) for variable, route in program.routes} == expected
    assert program.variables == {variable for variable, _ in program.routes}


def test_variables_of_a_transition_rule() -> None:
    program = compile("self == oldSelf || [1].all(x, x > 0)", ["self", "oldSelf"])
    assert program.variables == {"self", "oldSelf"}
    assert compile("[1].all(oldSelf, oldSelf > 0)", ["self", "oldSelf"]).variables == frozenset()


def test_portable_subset() -> None:
    inside = compile(
        "has(self.a) && self.l.all(x, x in ['a'] && x.matches('a') && size(x) % 2 == 0) ? "
        "duration(self.d) > duration('1m') : int('1') + int(double('1')) < 3 || string(1) == '1'",
        ["self"],
    )
    assert inside.portable
    outside = compile("type(self) == string || self.lowerAscii().split(',').isSorted()", ["self"])
    assert not outside.portable
    assert outside.extensions == {
        "type()",
        "the type string",
        "lowerAscii()",
        "split()",
        "isSorted()",
    }


def test_escaped_fields() -> None:
    text = "self.__in__ + self.a__dash__b + (has(self.__namespace__) ? 1 : 0)"
    program = compile(text, ["self"], escaped=True)
    assert program.evaluate(BINDINGS) == 3
    assert program.routes == {("self", (key,)) for key in ("in", "a-b", "namespace")}
    plain = compile("self.__in__ + self.a__dash__b", ["self"])
    assert plain.evaluate({"self": {"__in__": 1, "a__dash__b": 2}}) == 3


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("1h30m", HOUR * 3 // 2),
        ("-1.5h", -HOUR * 3 // 2),
        ("+1ns", 1),
        ("1us2µs3μs", 6_000),
        (".5s", 500_000_000),
        ("1.s", 1_000_000_000),
        ("2562047h47m16.854775807s", 2**63 - 1),
        ("-2562047h47m16.854775808s", -(2**63)),
        ("0.3333333333333333333h", 1_200_000_000_000),
        ("2562048h", None),
        ("9223372036854775808ns", None),
        ("", None),
        ("-", None),
        ("1", None),
        (".s", None),
        ("1d", None),
        ("1 h", None),
        ("1h ", None),
        ("1H", None),
        ("١h", None),
        ("1" * 5000 + "h", None),
    ],
)
def test_duration_is_go_s(text: str, nanoseconds: int | None) -> None:
    outcome = compile("duration(self)", ["self"]).evaluate({"self": text})
    if nanoseconds is None:
        assert isinstance(outcome, Failed)
    else:
        assert outcome == Duration(nanoseconds)


# Beside Google's implementation


class Reference:
    """cel-expr-python: results as values of Python, errors as Failed."""

    def __init__(self, variables: tuple[str, ...]) -> None:
        cel = pytest.importorskip("cel_expr_python.cel", reason="no wheel for this platform")
        self.environment = cel.NewEnv(variables=dict.fromkeys(variables, cel.Type.DYN))

    def evaluate(self, text: str, bindings: dict[str, Any]) -> Any:
        program = self.environment.compile(text, disable_check=True)
        result = program.eval(data=bindings)
        if str(result.type()) == "ERROR":
            return Failed(result.value())
        return result.plain_value()


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference(("x", "i", "j", "self"))


def plain(outcome: Any) -> Any:
    """Return our outcome as the reference gives its own."""
    if isinstance(outcome, Duration):
        return timedelta(microseconds=outcome.nanoseconds // 1000)
    if isinstance(outcome, list):
        return [plain(item) for item in outcome]
    if isinstance(outcome, dict):
        return {key: plain(value) for key, value in outcome.items()}
    return outcome


@settings(max_examples=400, deadline=None)
@given(text=expressions(), value=OBJECTS)
def test_agrees_over_generated_expressions(
    reference: Reference, text: str, value: dict[str, Any]
) -> None:
    bindings = {"x": value, "i": {"k": "a"}, "j": 1}
    theirs = reference.evaluate(text, bindings)
    ours = plain(compile(text, bindings).evaluate(bindings))
    if isinstance(theirs, Failed):
        assert isinstance(ours, Failed), ours
    else:
        assert same(ours, theirs), (ours, theirs)


def crd_rules(node: Any) -> set[str]:
    """Return the rules under x-kubernetes-validations, at any depth."""
    if isinstance(node, dict):
        found = set().union(*map(crd_rules, node.values()))
        rules = node.get("x-kubernetes-validations")
        if isinstance(rules, list):
            found |= {rule["rule"] for rule in rules}
        return found
    return set().union(*map(crd_rules, node)) if isinstance(node, list) else set()


def shaped(program: Program) -> st.SearchStrategy[Any]:
    """Return objects that have some of the fields that a rule reads."""
    branches: dict[str, Any] = {}
    for _, route in program.routes:
        here = branches
        for step in route:
            here = here.setdefault(str(step), {})

    def strategy(tree: dict[str, Any]) -> st.SearchStrategy[Any]:
        fields = st.fixed_dictionaries({}, optional={k: strategy(v) for k, v in tree.items()})
        return (fields | SCALARS) if tree else (SCALARS | st.lists(SCALARS, max_size=2))

    extra = st.dictionaries(st.sampled_from(["esoNamespace", "esoStoreKind", "x"]), SCALARS)
    return strategy(branches) | extra


@pytest.mark.parametrize("version", ["v2.9.0"])
def test_agrees_over_the_rules_of_the_crds(
    shared: Path, reference: Reference, version: str
) -> None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (shared / "crds" / f"{version}.yaml").read_text(encoding="utf-8")
    rules: set[str] = set()
    for document in text.split("\n---\n"):
        if "x-kubernetes-validations" in document:
            rules |= crd_rules(yaml.load(document, loader))
    assert len(rules) == 17
    for rule in sorted(rules):
        program = compile(rule, ["self"], escaped=True)
        assert program.portable
        agrees(program, reference)


def agrees(program: Program, reference: Reference) -> None:
    @settings(max_examples=30, deadline=None, database=None)
    @given(shaped(program))
    def check(value: Any) -> None:
        theirs = reference.evaluate(program.text, {"self": value})
        ours = program.evaluate({"self": value})
        assert isinstance(ours, Failed) if isinstance(theirs, Failed) else ours is theirs

    check()
