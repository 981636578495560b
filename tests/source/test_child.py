"""YAML and JSON inside a scalar: a document of its own, with places in the same file."""

from __future__ import annotations

import json
import textwrap
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from esolint.diagnostic import Span
from esolint.source import Document, read_text
from esolint.source.document import child
from esolint.value import Route, Value, at, leaves, parse_route


def inside(text: str, *routes: str) -> Document:
    """Return the document in the scalar at a route, and in that one's at the next."""
    (document,), _ = read_text(text, "x.yaml")
    for route in routes:
        below = child(document, parse_route(route))
        assert below is not None
        document = below
    return document


def at_span(text: str, span: Span) -> str:
    lines = text.split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "routes", "route", "there"),
    [
        ("a: |\n  b: c\n  d: e\n", ["a"], "d", "e"),
        ("a: |-\n  b: c\n  d: e", ["a"], "d", "e"),
        ("a: |+\n  b: c\n\n", ["a"], "b", "c"),
        ("a: | # x\n  b: c\n", ["a"], "b", "c"),
        ("a: |\n\n\n    b:\n      c: d\n", ["a"], "b.c", "d"),
        ("a: |2\n    b: c\n    d: e\n", ["a"], "d", "e"),
        ("a:\n- |1\n   b: c\n   d: e\n", ["a[0]"], "d", "e"),
        ("a: &x !!str |\n  b: c\n", ["a"], "b", "c"),
        ("a: |\r\n  b: c\r\n  d: e\r\n", ["a"], "d", "e"),
        ("items:\n- a:\n    b: |\n      c: [d, e]\n", ["items[0].a.b"], "c[1]", "e"),
        ("a: |\n  # x\n  b: |\n    c: d\n", ["a", "b"], "c", "d"),
        ("a: |\n  b:\n  - |\n      c: |\n        d: e\n", ["a", "b[0]", "c"], "d", "e"),
        ('a: |\n  b: \'{"c": "d"}\'\n', ["a", "b"], "c", '"d"'),
        ('a: |\n  {"b": [\n    "c"\n  ]}\n', ["a"], "b[0]", '"c"'),
        # Folding joins lines; JSON means the same.
        ('a: >\n  {"b": [\n  "c",\n  "d"]}\n', ["a"], "b[1]", '"d"'),
        ('a: >-\r\n  {"b":\r\n  "c"}\r\n', ["a"], "b", '"c"'),
        ("a: >\n  b: c\n\n  d: e\n", ["a"], "d", "e"),
        # One line.
        ('a: \'{"b": "c"}\'', ["a"], "b", '"c"'),
        ("a: '{b: c}' # d", ["a"], "b", "c"),
        ('x:\n- {a: "{b: c}"}', ["x[0].a"], "b", "c"),
        ("a: b c", ["a"], "", "b c"),
        ('é: \'{"ü": "ö"}\'', ["é"], "ü", '"ö"'),
    ],
)
def test_place_inside(text: str, routes: list[str], route: str, there: str) -> None:
    document = inside(text, *routes)

    assert document.opaque is None
    assert at_span(text, document.span(parse_route(route))) == there


@pytest.mark.parametrize(
    ("text", "route", "value"),
    [
        (r'a: "{\"b\": \"c\"}"', "a", {"b": "c"}),
        ('a: "b: c\\nd: e"', "a", {"b": "c", "d": "e"}),
        ("a: '{b: ''c''}'", "a", {"b": "c"}),
        ("a: '{b:\n  c}'", "a", {"b": "c"}),
        ("a: >\n  b: c\n  d\n", "a", {"b": "c d"}),
        ("x: &x '{b: c}'\na: *x", "a", {"b": "c"}),
        ("a: |\n  b: c\u2028  d: e\n", "a", {"b": "c", "d": "e"}),
        ("a: |\n  b: c\u2028\n", "a", {"b": "c"}),
    ],
)
def test_scalar_without_lines_of_its_own_stands_for_all_in_it(
    text: str, route: str, value: Value
) -> None:
    (document,), _ = read_text(text, "x.yaml")

    below = child(document, parse_route(route))

    assert below is not None
    assert below.value == value
    place = document.span(parse_route(route))
    for inner in [(), *(r for r, _ in leaves(value))]:
        if below.opaque is not None:
            assert below.span(inner) == below.key_span(inner) == place
            assert below.secret_spans([inner]) == [place]
    if not text.startswith("a: >"):
        assert below.opaque == place


def test_what_is_inside_an_opaque_document_is_opaque() -> None:
    text = 'a: "b: |\\n  c: d\\n"'
    (document,), _ = read_text(text, "x.yaml")

    assert inside(text, "a", "b").value == {"c": "d"}
    assert inside(text, "a", "b").span(("c",)) == document.span(("a",))


@pytest.mark.parametrize(
    "text",
    ["a: 1", "a: [b]", "a: {b: c}", "a:", "a: ''", "a: '{'", "a: '# b'", "a: '[*b]'", "b: c",
     'a: "\\ufeffb: c"'],
)  # fmt: skip
def test_no_document_inside(text: str) -> None:
    (document,), _ = read_text(text, "x.yaml")

    assert child(document, ("a",)) is None


def test_holes_inside() -> None:
    document = inside("a: |\n  b: ${X}\n  c: d\n", "a")

    assert document.in_hole(("b",))
    assert not document.in_hole(("c",))


WORDS = st.text("ab:#'\"{}[],|>-\\ é😀", min_size=1, max_size=8)
MAPPINGS = st.dictionaries(
    WORDS,
    st.recursive(
        WORDS | st.integers(-9, 9),
        lambda below: (
            st.lists(below, min_size=1, max_size=3)
            | st.dictionaries(WORDS, below, min_size=1, max_size=3)
        ),
        max_leaves=6,
    ),
    min_size=1,
    max_size=4,
)


def written(value: Value, style: str) -> str:
    if style == "json":
        return json.dumps(value, ensure_ascii=False, indent=2)
    return yaml.safe_dump(
        value, default_flow_style=style == "flow", allow_unicode=True, sort_keys=False
    )


@given(
    MAPPINGS,
    st.sampled_from(["json", "flow", "block"]),
    st.sampled_from(["|", "|-", "|+", "| # c", "|4"]),
    st.integers(1, 3),
    st.sampled_from(["\n", "\r\n"]),
)
def test_text_inside_a_literal_stands_where_it_is_found(
    value: Any, style: str, header: str, levels: int, line_break: str
) -> None:
    text = written(value, style)
    routes: list[Route] = []
    for _ in range(levels):
        text = f"x: y\nz:\n- k: {header}\n" + textwrap.indent(text, "      ")
        routes.append(("z", 0, "k"))
    text = text.replace("\n", line_break)

    (document,), unread = read_text(text, "x.yaml")
    assert unread == []
    for route in routes:
        below = child(document, route)
        assert below is not None
        document = below

    assert document.value == value
    assert document.opaque is None
    for route, leaf in leaves(document.value):
        there = at_span(text, document.span(route))
        assert yaml.load(there, Loader=yaml.CSafeLoader) == leaf
        assert at(document.value, route) == leaf


@given(MAPPINGS, st.sampled_from(["'", '"', None, ">", "|"]), st.integers(10, 200))
def test_text_inside_any_scalar_is_read_and_has_a_place(
    value: Any, style: str | None, width: int
) -> None:
    text = yaml.safe_dump(
        {"a": json.dumps(value, ensure_ascii=False)}, default_style=style, width=width
    )
    (document,), _ = read_text(text, "x.yaml")

    below = child(document, ("a",))

    assert below is not None
    assert below.value == value
    outer = document.span(("a",))
    for route, leaf in leaves(below.value):
        span = below.span(route)
        assert outer.line <= span.line <= span.end_line <= outer.end_line
        if below.opaque is None:
            assert yaml.load(at_span(text, span), Loader=yaml.CSafeLoader) == leaf
