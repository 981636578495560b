from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from esolint.source import Document, Limits, Unread, read_text
from esolint.source.build import SourceError, build
from esolint.value import Route, Value


def read(text: str, *, literal: bool = False) -> Document:
    """Return the only document of a text."""
    documents, unread = read_text(text, "x.yaml", literal=literal)
    assert unread == []
    (document,) = documents
    return document


def fault(text: str, *, literal: bool = False) -> Unread:
    """Return why a text is not read."""
    documents, unread = read_text(text, "x.yaml", literal=literal)
    assert documents == []
    return unread[0]


# As `kubectl label --local -o json` (1.32) reads them.
READ: dict[str, Value] = {
    "a: 1\na: 2": {"a": 2},
    "on: 1\ntrue: 2\nyes: 3": {"true": 3},
    "010: a\n0x10: b\n1.5: c": {"8": "a", "16": "b", "1.5": "c"},
    "a: &x 1\nb: &x 2\nc: *x": {"a": 1, "b": 2, "c": 2},
    "a: &x\nb: *x": {"a": None, "b": None},
    "a: &x k\n*x : 2": {"a": "k", "k": 2},
    "&k 1: x\ny: *k": {"1": "x", "true": 1},
    "a: &x [1]\nb: *x\nc: [*x, *x]": {"a": [1], "b": [1], "c": [[1], [1]]},
    "a: &x {b: 1}\nc: *x": {"a": {"b": 1}, "c": {"b": 1}},
    "b: {<<: {a: 1}}": {"b": {"a": 1}},
    "b: {<<: {a: 1}, a: 2}": {"b": {"a": 2}},
    "b: {a: 2, <<: {a: 1}}": {"b": {"a": 1}},
    "b: {<<: {a: 1}, <<: {a: 2}}": {"b": {"a": 2}},
    "b: {<<: [{a: 1}, {a: 2, c: 3}]}": {"b": {"a": 1, "c": 3}},
    "a: &x {p: 1}\nb: {<<: [*x, {p: 2}]}": {"a": {"p": 1}, "b": {"p": 1}},
    "a: &x {<<: {y: 1}}\nb: *x": {"a": {"true": 1}, "b": {"true": 1}},
    "!!merge <<: {a: 1}": {"a": 1},
    '"<<": {a: 1}': {"<<": {"a": 1}},
    "a: !!binary aGVsbG8=": {"a": "hello"},
    "a: !!str 1": {"a": "1"},
    "a: ! 12": {"a": "12"},
    "a: !foo 12": {"a": "12"},
    "a: !foo [1]": {"a": [1]},
    "a: !!set {b, c}": {"a": {"b": None, "c": None}},
    "? a\n: b": {"a": "b"},
    "? |\n  a\n: b": {"a\n": "b"},
    "- a\n- - b": ["a", ["b"]],
    "a: {b: , c}": {"a": {"b": None, "c": None}},
    "a: [1, 2, ]": {"a": [1, 2]},
    "a: |2\n    x\n   y\n": {"a": "  x\n y\n"},
    "a: >-\n  x\n  y\n\n  z\n": {"a": "x y\nz"},
    "a: |+\n  x\n\n": {"a": "x\n\n"},
    'a: "x\\\n  y"': {"a": "xy"},
    'a: "\\x41\\u0042\\U0001f600"': {"a": "AB😀"},
    "a: 'it''s'": {"a": "it's"},
    "a:\tb": {"a": "b"},
    "a: b#c": {"a": "b#c"},
    "a: [b,#c\n d]": {"a": ["b", "d"]},
    "a: 1\r\nb: |\r\n  c\r\n  d\r\n": {"a": 1, "b": "c\nd\n"},
    "a: 1\u2028b: 2": {"a": 1, "b": 2},
    "a: 1\x85b: 2": {"a": 1, "b": 2},
    "a: 1\rb: 2": {"a": 1, "b": 2},
    '{"a":"\\/","b":\t1}': {"a": "/", "b": 1},
}


@pytest.mark.parametrize("text", READ)
def test_document_is_read_as_kubectl_does(text: str) -> None:
    assert read(text, literal=True).value == READ[text]


REFUSED = {
    "null: 1": "a null key",
    "~: 1": "a null key",
    "? [a]\n: 1": "a mapping or list stands as a key",
    "? {a: 1}\n: 1": "a mapping or list stands as a key",
    "a: &x [1]\n*x : 1": "a mapping or list stands as a key",
    "a: &x\n*x : 1": "a null key",
    "a: *x": "an alias has no anchor",
    "*x : 1": "an alias has no anchor",
    "a: &x [*x]": "an alias stands inside its own anchor",
    "a: &x {b: {c: *x}}": "an alias stands inside its own anchor",
    "a: {<<: null}": "a merge key wants a mapping",
    "a: {<<: [1]}": "a merge key wants a mapping",
    "a: &x [{b: 1}]\nc: {<<: *x}": "a merge key wants a mapping",
    "a: .inf": ".inf has no JSON form",
    "a: !!int x": "a scalar tagged !!int that is none",
    'a: "\\/"': "found unknown escape character",
    'a: "\\\\\\/"': "found unknown escape character",
    'a: "\\ud83d"': "invalid Unicode character escape code",
    "\ta: b": "a tab stands where YAML indents",
    "a: x\x1b": "the character U+001B is not allowed",
    "a: b: c": "mapping values are not allowed",
    "a: 'x' y": "while parsing a block mapping",
    "a: [": "while parsing a flow node",
    "%YAML 3.0\n---\na: 1": "found incompatible YAML document",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_kubectl_refuses_is_not_read(text: str) -> None:
    unread = fault(text, literal=True)

    assert unread.reason == "yaml-syntax"
    assert REFUSED[text] in unread.detail


def test_slash_behind_an_escaped_backslash_is_no_escape() -> None:
    assert read('a: "\\\\/"').value == {"a": "\\/"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: 1\nb: *x\n", (2, 4)),
        ("é: 1\nb: ü\x1b\n", (2, 5)),
        ("é: 😀\nb: .inf", (2, 4)),
        ("a: 1\r\n? [b]\r\n: 1\r\n", (2, 3)),
        ("a: 1\n---\nb: 1\nc: {<<: 1}\n", (4, 9)),
    ],
)
def test_place_where_reading_stops(text: str, place: tuple[int, int]) -> None:
    _, (unread,) = read_text(text, "x.yaml")

    assert unread.span is not None
    assert unread.span[:2] == place


@pytest.mark.parametrize(
    ("text", "routes"),
    [
        ("a: 1\nb: 2", []),
        ("a: 1\na: 2\na: 3", [("a",)]),
        ("b: [{c: 1, c: 2}]", [("b", 0, "c")]),
        ("b:\n  'c': 1\n  \"c\": 2\n  c: 3", [("b", "c")]),
        ('{"a": {"b": 1, "b": 2}}', [("a", "b")]),
        ("x: &k a\na: 1\n*k : 2", [("a",)]),
        ("yes: 1\ntrue: 2", [("true",)]),
        ("<<: {a: 1}\na: 2", []),
        ("a: 2\n<<: {a: 1}", []),
        ("<<: {a: 1}\na: 2\na: 3", [("a",)]),
        ("<<: {a: 1}\n<<: {a: 2}", []),
        ("a: 1\n<<: {a: 2}\na: 3", [("a",)]),
        ("a: {b: 1}\nb: 1", []),
        ("'': 1\n'': 2", [("",)]),
    ],
)
def test_duplicate_keys(text: str, routes: list[Route]) -> None:
    assert read(text).duplicates == tuple(routes)


@pytest.mark.parametrize(
    ("text", "value", "holes"),
    [
        ("a: {{ .x }}", {"a": "{{ .x }}"}, [("a",)]),
        ("a: {{ .x }}\nb: 1", {"a": "{{ .x }}", "b": 1}, [("a",)]),
        ("a: {{ .x | quote }}", {"a": "{{ .x | quote }}"}, [("a",)]),
        ("a: {{{ .x }}}", {"a": "{{{ .x }}}"}, [("a",)]),
        ("- {{ .x }}\n- b", ["{{ .x }}", "b"], [(0,)]),
        ("a: [{{ .x }}, b]", {"a": ["{{ .x }}", "b"]}, [("a", 0)]),
        ("{{ .x }}", "{{ .x }}", [()]),
        ("{{ .x }}: 1\nb: 2", {"{{ .x }}": 1, "b": 2}, [("{{ .x }}",)]),
        ("a:\n  {{ .x }}: 1", {"a": {"{{ .x }}": 1}}, [("a", "{{ .x }}")]),
        ("a: 1\n{{ .x }}: 1", {"a": 1, "{{ .x }}": 1}, [("{{ .x }}",)]),
        ("a: {b: 1, {{ .x }}: 2}", {"a": {"b": 1, "{{ .x }}": 2}}, [("a", "{{ .x }}")]),
        ("a: { {{ .x }}: {{ .y }} }", {"a": {"{{ .x }}": "{{ .y }}"}}, [("a", "{{ .x }}")]),
        ("a: !vault x", {"a": "x"}, [("a",)]),
        ("a: !vault {b: c}", {"a": {"b": "c"}}, [("a",)]),
        ("a: &x !vault x\nb: *x", {"a": "x", "b": "x"}, [("a",), ("b",)]),
        ("a: &x {b: !vault x}\nc: *x", {"a": {"b": "x"}, "c": {"b": "x"}}, [("c", "b")]),
        ("a: &x {b: !vault x}\nc: {<<: *x}", {"a": {"b": "x"}, "c": {"b": "x"}}, [("c", "b")]),
    ],
)
def test_what_only_rendering_fills_is_a_hole(text: str, value: Value, holes: list[Route]) -> None:
    document = read(text)

    assert document.value == value
    assert all(document.in_hole(hole) for hole in holes)
    assert all(document.in_hole((*hole, "below")) for hole in holes)
    assert not any(document.in_hole(hole[:-1]) for hole in holes if hole)
    assert not document.in_hole(("absent",)) or holes == [()]


@pytest.mark.parametrize(
    "text", ["a: {{ .x }}", "- {{ .x }}", "{{ .x }}: 1", "a: { {{ .x }}: 1 }", "a: {{{ x }}}"]
)
def test_read_literally_an_unquoted_template_is_broken(text: str) -> None:
    unread = fault(text, literal=True)

    assert unread.reason == "yaml-syntax"
    assert unread.detail == "a mapping or list stands as a key"


def test_read_literally_nothing_is_a_hole() -> None:
    document = read("a: ${X}\nb: !vault x\nc: '{{ .x }}'", literal=True)

    assert not any(document.in_hole((key,)) for key in "abc")


@pytest.mark.parametrize(
    "value",
    [
        "${X}",
        "a-${X}-b",
        "$(X)",
        "'{{ .x }}'",
        "'{% if x %}'",
        "<YOUR_VALUE>",
        "__VALUE__",
        "op://vault/item",
        "ref+awsssm://x",
        "vault:secret/x",
        "<path:secret#key>",
        "ENC[AES256_GCM,data:x]",
    ],
)
def test_placeholder_is_a_hole(value: str) -> None:
    document = read(f"a:\n  b: {value}\n  c: d")

    assert document.in_hole(("a", "b"))
    assert document.in_hole(("a", "b", "below"))
    assert not document.in_hole(("a", "c"))
    assert not document.in_hole(("a",))
    assert not document.in_hole(())


@pytest.mark.parametrize("value", ["$X", "a < b", "<1", "a__b", "__init", "$(1)", "x op://y"])
def test_no_placeholder(value: str) -> None:
    assert not read(f"a: {value}").in_hole(("a",))


LIMITS = Limits(depth=5, documents=3, alias_nodes=20)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[[[[]]]]]", None),
        ("[[[[[[]]]]]]", "too-deep"),
        ("[" * 100_000, "too-deep"),
        ("- " * 100_000, "too-deep"),
        ("{a: " * 100_000, "too-deep"),
        ("{{" * 50_000, "too-deep"),
        ("? " * 100_000, "too-deep"),
        ("a: &x [1, 1, 1]\nb: [" + "*x, " * 5 + "]", None),
        ("a: &x [1, 1, 1]\nb: [" + "*x, " * 6 + "]", "too-many-aliases"),
        ("%TAG ! x\n" + "---\na: 1\n" * 3, None),
        ("%TAG ! x\n" + "---\na: 1\n" * 4, "too-many-documents"),
        ("---\na: 1\n" * 3, None),
        ("---\na: 1\n" * 4, "too-many-documents"),
        ("---\na: 1\n...\n" * 4, "too-many-documents"),
    ],
)
def test_limits(text: str, reason: str | None) -> None:
    _, unread = read_text(text, "x.yaml", limits=LIMITS)

    assert [item.reason for item in unread] == ([reason] if reason else [])


def test_alias_bomb_is_stopped_before_it_grows() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]

    assert fault("\n".join(lines)).reason == "too-many-aliases"


def test_merge_bomb_is_stopped() -> None:
    lines = ["a0: &a0 {" + ", ".join(f"k{n}: 1" for n in range(1000)) + "}"]
    lines += [f"b{n}: {{<<: *a0}}" for n in range(200)]

    assert fault("\n".join(lines)).reason == "too-many-aliases"


def test_documents_of_one_piece() -> None:
    text = "%TAG ! tag:x,2000:\n---\na: 1\n...\n%TAG ! tag:y,2000:\n---\nb: 2\n"
    documents, _ = read_text(text, "x.yaml")

    assert [document.value for document in documents] == [{"a": 1}, {"b": 2}]
    assert [document.span((*document.value,)).line for document in documents] == [3, 7]
    assert [document.lines() for document in documents] == [(1, 4), (4, 8)]


# libyaml reads every one of these the same way, with PyYAML's own constructor behind it.


def shared_values() -> st.SearchStrategy[Any]:
    texts = st.text("ab: -#{}[],&*!|>'\"%@`\n\té😀\u2028\ufeff\x85\\/", max_size=12)
    scalars = texts | st.integers(-99, 99) | st.booleans() | st.none()
    return st.recursive(
        scalars,
        lambda below: st.lists(below, max_size=4) | st.dictionaries(texts, below, max_size=4),
        max_leaves=12,
    )


@given(
    shared_values(),
    st.sampled_from([None, True, False]),
    st.sampled_from([None, "'", '"', "|", ">"]),
    st.booleans(),
    st.sampled_from([20, 80, 1000]),
)
def test_what_pyyaml_writes_is_read_back(
    value: Any, flow: bool | None, style: str | None, unicode: bool, width: int
) -> None:
    text = yaml.dump(
        value,
        Dumper=yaml.SafeDumper,
        default_flow_style=flow,
        default_style=style,
        allow_unicode=unicode,
        width=width,
        sort_keys=False,
    )
    theirs = list(documents_of(text))

    ours = [built.value for built in build(text, Limits())]

    assert ours == theirs
    assert [built.value for built in build(text, Limits(), marked=True)] == ours


def documents_of(text: str) -> Iterator[Any]:
    """Read a text with PyYAML's constructor; its keys are strings here too."""
    return yaml.load_all(text, Loader=yaml.CSafeLoader)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    documents, unread = read_text(text, "x.yaml")

    for document in documents:
        assert document.span(()).line >= 1
    for item in unread:
        assert item.span is not None
        assert 1 <= item.span.line <= text.count("\n") + 1


@given(st.text("ab:-[]{},\n #&*!|>'\"?%.~1<\t", max_size=60))
def test_any_structure_is_read_or_refused(text: str) -> None:
    for literal in (True, False):
        try:
            built = list(build(text, Limits(), literal=literal))
        except SourceError:
            continue
        again = list(build(text, Limits(), literal=literal, marked=True))
        assert [b[:5] for b in again] == [b[:5] for b in built]
