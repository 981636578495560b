"""Every part of a document is found where it stands in the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from esolint.diagnostic import Span
from esolint.source import Document, Limits, read_text
from esolint.source.build import build
from esolint.source.scalar import key, plain
from esolint.value import Route, Value, at, parse_route


def documents(text: str) -> list[Document]:
    found, unread = read_text(text, "x.yaml")
    assert unread == []
    return found


def at_span(text: str, span: Span) -> str:
    """Return what stands at a span of a file."""
    lines = text.split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


def shown(text: str, route: str, *, key: bool = False) -> str:
    """Return what stands at the place of a route in the only document of a text."""
    (document,) = documents(text)
    where = parse_route(route)
    return at_span(text, document.key_span(where) if key else document.span(where))


@pytest.mark.parametrize(
    ("text", "route", "there"),
    [
        ("a: b", "a", "b"),
        ("a: 'b c' # d", "a", "'b c'"),
        ('{"a": "b\\n"}', "a", '"b\\n"'),
        ("a: b\n  c\n\n  d\ne: f", "a", "b\n  c\n\n  d"),
        ("a: 'b\n  c'", "a", "'b\n  c'"),
        # A mapping or list is seen by its key, as a list's item by its first line.
        ("a:\n  b: c", "a", "a"),
        ("a: {b: c}", "a", "a"),
        ("'a': [b]", "a", "'a'"),
        ("a:\n- b: c\n  d: e", "a[0]", "b: c"),
        ("a: [{b: c}, d]", "a[0]", "{b: c}"),
        ("- - a\n  - b", "[0]", "- a"),
        ("a: b", "", "a: b"),
        ("\n# c\na: b\nd: e", "", "a: b"),
        # Nothing is written: the key is all that there is.
        ("a:\nb: c", "a", "a"),
        ("a: # c\nb: c", "a", "a"),
        ("{a: , b: c}", "a", "a"),
        ("a: !!str\nb: c", "a", "a"),
        ("a: &x\nb: c", "a", "a"),
        ("a: ~", "a", "~"),
        ("- \n- b", "[0]", ""),
        # What does not exist: the nearest parent.
        ("a:\n  b: c", "a.x.y", "a"),
        ("a:\n- b", "a[3].x", "a"),
        ("a: b", "x", "a: b"),
        # Properties are no part of a value.
        ("a: !!str b", "a", "b"),
        ("a: &x b", "a", "b"),
        ("a: &x !!str b", "a", "b"),
        ("a: !!str &x 'b'", "a", "'b'"),
        ("a: !!str # c & d\n  b", "a", "b"),
        ("a: !foo\n\n  # c\n  b", "a", "b"),
        ("[&x a, !y b]", "[1]", "b"),
        ("a: &x |\n  b\n", "a", "|\n  b"),
        ("&x a: b", "a", "b"),
        # A block scalar ends with its own last line.
        ("a: |\n  b\n  c\n\n# d\ne: f", "a", "|\n  b\n  c"),
        ("a: >-\n  b\n\n  c\n  # d\nk:", "a", ">-\n  b\n\n  c\n  # d"),
        ("a: |+\n  b\n\n\n", "a", "|+\n  b"),
        ("a: |2\n     b\n   c\nk: v", "a", "|2\n     b\n   c"),
        ("a:\n  - |1\n     b\n    c\n", "a[0]", "|1\n     b\n    c"),
        ("a: | # d\n  b\nc: d", "a", "| # d\n  b"),
        ("a: |\nb: c", "a", "|"),
        ("a: |\n\n\nb: c", "a", "|"),
        ("a: |\n  \u00a0\n  b\nc: d", "a", "|\n  \u00a0\n  b"),
        ("a: |\n  b", "a", "|\n  b"),
        ("a: |\n\n   b\n\n   c\n # d\n", "a", "|\n\n   b\n\n   c"),
        ("a: |", "a", "|"),
        # Other line breaks.
        ("a: b\r\nc: 'd'\r\n", "c", "'d'"),
        ("a: |\r\n  b\r\n  c\r\nd: e\r\n", "a", "|\r\n  b\r\n  c"),
        ("é: '😀'\nb: [ü, ö]", "b[1]", "ö"),
        ("a: x\u2028b: c\nd: e", "b", "c"),
        ("a: x\u2028b: c\nd: e", "d", "e"),
        ("a: x\x85b: c\nd: e", "d", "e"),
        # Templates.
        ("a: {{ .x }} # c", "a", "{{ .x }}"),
        ("- {{ .x }}", "[0]", "{{ .x }}"),
        ("{{ .x }}: b", '["{{ .x }}"]', "b"),
        # The last one of equal keys, and the values of merge keys where they are written.
        ("a: b\na: c", "a", "c"),
        ("a: {b: c}\na: {b: d}", "a.b", "d"),
        ("a: &x {b: c}\nd: *x", "d", "d"),
        ("a: &x {b: c}\nd: *x", "d.b", "c"),
        ("a: &x c\nd: *x", "d", "*x"),
        ("a: &x {b: {c: d}}\ne: {<<: *x}", "e.b.c", "d"),
        ("e: {<<: {b: c}}", "e.b", "c"),
        ("e: {<<: [{b: c}, {b: d, f: g}]}", "e.b", "c"),
        ("e: {<<: [{b: c}, {b: d, f: g}]}", "e.f", "g"),
        ("e: {<<: {b: c}, b: d}", "e.b", "d"),
        ("e: {b: d, <<: {b: c}}", "e.b", "c"),
        ("a: &x {b: c}\nd: &y {<<: *x}\ne: {<<: *y}", "e.b", "c"),
        ("a: &x k\n*x : v", "k", "v"),
    ],
)
def test_place_of_a_value(text: str, route: str, there: str) -> None:
    found = shown(text, route)

    assert found == there or (not there and found in "\n ")


@pytest.mark.parametrize(
    ("text", "route", "there"),
    [
        ("a: b", "a", "a"),
        ("'a': b", "a", "'a'"),
        ("on: b", "true", "on"),
        ("010: b", "8", "010"),
        ("&x a: b", "a", "a"),
        ("!!str a: b", "a", "a"),
        ("? a\n: b", "a", "a"),
        ("? |\n  a\n: b", '["a\n"]', "|\n  a"),
        ("a: {b: c}", "a.b", "b"),
        ("a: [b]", "a[0]", "b"),
        ("a: &x {b: c}\nd: *x", "d.b", "b"),
        ("a: &x {b: c}\nd: *x", "d", "d"),
        ("a: &x {b: c}\nd: {<<: *x}", "d.b", "b"),
        ("a: &x k\n*x : v", "k", "*x"),
        ("{{ .x }}: b", '["{{ .x }}"]', "{{ .x }}"),
    ],
)
def test_place_of_a_key(text: str, route: str, there: str) -> None:
    assert shown(text, route, key=True) == there


def test_lines_of_later_documents() -> None:
    text = "# c\n---\na: b\n--- # d\nc:\n  d: e\n---\n---\n{f: g}\n"
    found = documents(text)

    assert [document.value for document in found] == [{"a": "b"}, {"c": {"d": "e"}}, {"f": "g"}]
    assert [document.index for document in found] == [0, 1, 3]
    assert [document.first_line() for document in found] == [3, 5, 9]
    assert at_span(text, found[1].span(("c", "d"))) == "e"
    assert at_span(text, found[2].span(("f",))) == "g"


def test_marker_in_a_block_scalar_ends_the_document() -> None:
    found, unread = read_text("a: |\n  b\n---\n  c\n", "x.yaml")

    assert [document.value for document in found] == [{"a": "b\n"}, "c"]
    assert unread == []


def test_marker_that_is_indented_or_goes_on_is_text() -> None:
    assert [d.value for d in documents("a: |\n  b\n  ---\n  c\n")] == [{"a": "b\n---\nc\n"}]
    assert [d.value for d in documents("---a: b\n")] == [{"---a": "b"}]


@pytest.mark.parametrize("bom", ["\ufeff", "\ufeff\ufeff"])
def test_byte_order_mark_moves_nothing(bom: str) -> None:
    from esolint.source import decode

    text = decode("x.yaml", (bom + "a: b\n").encode(), Limits())
    assert isinstance(text, str)
    assert shown(text, "a") == "b"


# Secrets


@pytest.mark.parametrize(
    ("text", "route", "there"),
    [
        ("a: b", "a", ["b"]),
        ("a: {b: c, d: [e, f]}", "a", ["c", "e", "f"]),
        ("a: b\na: c", "a", ["b", "c"]),
        ("a: {b: c}\na: {b: d}", "a.b", ["c", "d"]),
        ("a: {b: c, b: [d]}", "a.b", ["c", "d"]),
        ("x: &x s\na: *x", "a", ["s"]),
        ("x: &x {b: s}\na: *x", "a.b", ["s"]),
        ("x: &x {b: s, b: t}\na: *x", "a.b", ["s", "t"]),
        ("x: &x {b: s}\na: *x", "a", ["s"]),
        ("x: &x {b: s}\na: {<<: *x}", "a.b", ["s"]),
        ("x: &x {b: s}\na: {<<: *x}", "a", ["s"]),
        ("x: &x {b: s}\na: {<<: *x, b: t}", "a.b", ["s", "t"]),
        ("x: &x {b: s}\na: {b: t, <<: *x}", "a.b", ["s", "t"]),
        ("a: |\n  b\n  c\nd: e", "a", ["|\n  b\n  c"]),
        ("a: &x !!str 'b'", "a", ["'b'"]),
        ("a: {{ .x }}", "a", ["{{ .x }}"]),
        ("a:\nb: c", "a", []),
        ("a: b", "x", []),
        ("a: [b]", "a[1]", []),
    ],
)
def test_places_of_secrets(text: str, route: str, there: list[str]) -> None:
    (document,) = documents(text)

    assert [at_span(text, span) for span in document.secret_spans([parse_route(route)])] == there


def test_shared_anchors_are_seen_once() -> None:
    text = "a0: &a0 [s]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 12))
    (document,) = documents(text)

    assert [at_span(text, span) for span in document.secret_spans([()])] == ["s"]


# Any document


TEXTS = st.text("ab: -#{}[],&*!|>'\"%@`\n\té😀\\/<", max_size=12)


@st.composite
def nodes(draw: st.DrawFn) -> Node:
    """Draw a tree of YAML nodes, each written in a style of its own."""

    def scalar() -> Node:
        if draw(st.booleans()):
            text = draw(TEXTS)
            style = draw(st.sampled_from([None, "'", '"', "|", ">"]))
            style = style or (None if plain_string(text) else '"')
            return ScalarNode("tag:yaml.org,2002:str", text, style=style)
        return ScalarNode("tag:yaml.org,2002:int", str(draw(st.integers(-99, 99))))

    def collection(children: list[Node], is_mapping: bool) -> Node:
        flow = draw(st.booleans())
        if not is_mapping:
            return SequenceNode("tag:yaml.org,2002:seq", children, flow_style=flow)
        keys = draw(st.lists(TEXTS, min_size=len(children), max_size=len(children), unique=True))
        style = draw(st.sampled_from(["'", '"']))
        pairs = [
            (ScalarNode("tag:yaml.org,2002:str", name, style=style), child)
            for name, child in zip(keys, children, strict=True)
        ]
        return MappingNode("tag:yaml.org,2002:map", pairs, flow_style=flow)

    # Nodes that stand twice become an anchor and aliases.
    pool: list[Node] = [scalar() for _ in range(draw(st.integers(1, 5)))]
    for _ in range(draw(st.integers(0, 4))):
        count = draw(st.integers(0, 4))
        children = [draw(st.sampled_from(pool)) for _ in range(count)]
        pool.append(collection(children, draw(st.booleans())))
    return collection(pool, is_mapping=draw(st.booleans()))


def plain_string(text: str) -> bool:
    try:
        return isinstance(plain(text), str)
    except ValueError:
        return False


def every_route(value: Value, route: Route = ()) -> Iterator[Route]:
    yield route
    if isinstance(value, dict):
        for name in value:
            yield from every_route(value[name], (*route, name))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from every_route(item, (*route, i))


def read_alone(raw: str) -> Value:
    """Read the text of one scalar that is no block scalar."""
    (built,) = build(raw, Limits())
    return built.value


@given(nodes(), st.sampled_from(["\n", "\r\n"]), st.integers(2, 6), st.sampled_from([20, 1000]))
def test_text_at_every_place_is_the_value(
    node: Node, line_break: str, indent: int, width: int
) -> None:
    text = yaml.serialize(
        node,
        Dumper=yaml.CSafeDumper,
        line_break=line_break,
        indent=indent,
        width=width,
        allow_unicode=True,
    )
    (theirs,) = yaml.load_all(text, Loader=yaml.CSafeLoader)

    (document,) = documents(text)

    assert document.value == theirs
    for route in every_route(document.value):
        value = at(document.value, route)
        there = at_span(text, document.span(route))
        if not isinstance(value, dict | list):
            assert there == document.raw(route)
            assert there.startswith("*") or means(there, value), (text, route, there)
        if route and isinstance(route[-1], str):
            assert key(read_alone(at_span(text, document.key_span(route)))) == route[-1]


def means(raw: str, value: Value) -> bool:
    """Say whether the text of a scalar stands for a value."""
    if raw[:1] not in ("|", ">"):
        return read_alone(raw) == value
    # Indentation and folding aside, a block scalar holds the words of its value.
    assert isinstance(value, str)
    _, _, body = raw.partition("\n")
    return body.split() == value.split()


@given(
    st.recursive(
        st.text("ab:#'\" ", max_size=8) | st.integers(-9, 9),
        lambda below: (
            st.lists(below, min_size=1, max_size=3)
            | st.dictionaries(
                st.text("ab#: ", min_size=1, max_size=4), below, min_size=1, max_size=3
            )
        ),
        max_leaves=8,
    ),
    st.data(),
)
def test_comments_stand_beside_and_between(value: Any, data: st.DataObject) -> None:
    written = yaml.safe_dump(value, width=1000, default_flow_style=False)
    lines: list[str] = []
    comments: list[tuple[int, bool]] = []
    for line in written.splitlines():
        if data.draw(st.booleans()):
            lines.append("  # before: 'it' # mark")
            comments.append((len(lines), True))
        beside = line != "..." and data.draw(st.booleans())
        lines.append(line + ' # beside "it": # mark' * beside)
        if beside:
            comments.append((len(lines), False))
    text = "\n".join(lines)

    (document,) = documents(text)

    assert document.value == next(yaml.load_all(written, Loader=yaml.CSafeLoader))
    found = document.comments("mark")
    assert [(comment.line, comment.alone) for comment in found] == comments
    for comment in found:
        assert text.split("\n")[comment.line - 1][comment.column - 1 :] == comment.text
    for route in every_route(document.value):
        if not isinstance(at(document.value, route), dict | list):
            raw = at_span(text, document.span(route))
            assert read_alone(raw) == at(document.value, route)
