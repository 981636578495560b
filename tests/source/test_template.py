from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from esolint.diagnostic import Span
from esolint.source import Document, Limits, Unread, parse, split
from esolint.source.build import SourceError, build
from esolint.source.template import Settled, read_template

HEAD = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n"
OBJECT = HEAD + "metadata:\n  name: db\n"


def read(text: str) -> tuple[list[Document], list[Unread]]:
    pieces = split("chart/templates/x.yaml", text, Limits(), template=True)
    if isinstance(pieces, Unread):
        return [], [pieces]
    items = [item for piece in pieces for item in parse(piece, Limits())]
    documents = [item for item in items if isinstance(item, Document)]
    return documents, [item for item in items if isinstance(item, Unread)]


def only(text: str) -> Document:
    documents, unread = read(text)
    assert unread == []
    (document,) = documents
    return document


def settled(text: str, *route: str | int) -> bool:
    return Settled(only(text))(*route)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: {{ .x }}\n", {"a": "{{ .x }}"}),
        ("a: {{ .x }}-{{ .y }}\n", {"a": "{{ .x }}-{{ .y }}"}),
        ("a: '{{ .x }}-y'\n", {"a": "{{ .x }}-y"}),
        ('a: "{{ .x | default "z" }}"\n', {"a": '{{ .x | default "z" }}'}),
        ("a: b-{{ .x | quote }} # c\n", {"a": "b-{{ .x | quote }}"}),
        ('a: {{- include "x" . | nindent 4 }}\n', {"a": '{{- include "x" . | nindent 4 }}'}),
        ("{{ .k }}: v\n", {"{{ .k }}": "v"}),
        ("a: [{{ .x }}, b]\n", {"a": ["{{ .x }}", "b"]}),
        ("- {{ .x }}: 1\n- {{ .y }}\n", [{"{{ .x }}": 1}, "{{ .y }}"]),
        ("a: {{ `{{ .password }}` }}\n", {"a": "{{ `{{ .password }}` }}"}),
        ('a: "{{ "{{" }} .x }}"\n', {"a": '{{ "{{" }} .x }}'}),
        ('a: "{{\n  "{{ .x }}"\n}}"\n', {"a": '{{\n  "{{ .x }}"\n}}'}),
        ("a: {{ if .x }}b{{ else }}c{{ end }}\n", {"a": "{{ if .x }}b{{ else }}c"}),
        ("{{- if .x }}\na: b\n{{- end }}\n", {"a": "b"}),
        ("{{- if .x }}{{- range .y }} # c\na: b\n{{- end }} {{ end }}\n", {"a": "b"}),
        ("{{/* a: }} don't\n */}}\na: b\n", {"a": "b"}),
        ('{{- /* c */ -}}\n{{- $x := dict\n  "a" 1 }}\na: b\n', {"a": "b"}),
        ("a:\n  {{- toYaml .x | nindent 2 }}\n", {"a": None}),
        ("a: {{- with .x }}\n  b: c\n{{- end }}\n", {"a": {"b": "c"}}),
        ("a: |\n      {{- if .x }}\n  b\n{{ .y | indent 2 }}\n  c\n", {"a": "b c"}),
        ('{{ define "x" }}\nz: {{ .a }}{{ if .b }}\n{{ end }}\n{{ end }}\na: b\n', {"a": "b"}),
        ("a: b\r\n{{- if .x }}\r\nc: d\r\n{{- end }}\r\n", {"a": "b", "c": "d"}),
    ],
)
def test_a_template_is_read_as_yaml(text: str, value: object) -> None:
    pieces = split("x", text, Limits(), template=True)
    assert isinstance(pieces, list)
    (piece,) = pieces
    assert piece.template is not None
    yaml = piece.template.yaml
    (built,) = build(yaml, Limits(), template=True)

    assert len(yaml) == len(text)
    found = built.value
    if isinstance(found, dict) and "\n\n" in str(found.get("a")):
        # In a block scalar the lines of actions are left as breaks.
        found = {"a": " ".join(str(found["a"]).split())}
    assert found == value


def test_places_are_those_of_the_template() -> None:
    document = only("{{- if .x }}\n" + OBJECT + "  labels: {{ .y }}\n  namespace: apps\n{{- end }}")

    assert document.span(("metadata", "name")) == Span(5, 9, 5, 11)
    assert document.span(("metadata", "labels")) == Span(6, 11, 6, 19)
    assert document.span(("metadata", "namespace")) == Span(7, 14, 7, 18)
    assert document.text.startswith("{{- if .x }}\n")
    assert document.raw(("metadata", "labels")) == "{{ .y }}"


def test_documents_are_cut_outside_actions() -> None:
    text = "{{/*\n---\n*/}}\n{{- range .x }}\n---\n" + OBJECT + "---\n" + OBJECT + "{{ end }}"
    documents, unread = read(text)

    assert unread == []
    assert [document.lines()[0] for document in documents] == [1, 10]
    assert [document.span(("kind",)).line for document in documents] == [7, 12]


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("a: {{ .x\n", "an action that does not end"),
        ('a: {{ "x }}\n', "an action that does not end"),
        ("a: {{/* x }}\n", "an action that does not end"),
        ("a: \ue441 {{ .x }}\n", "a character that esolint needs for itself"),
        ("a: {{ .x }}\nb: [\n", "a Helm template that is no YAML before it is rendered"),
        ("- {{ .x }}\n", "a Helm template that is no object before it is rendered"),
        ("apiVersion: v1\nkind: {{ .x }}\n", "rendering decides `kind`"),
        ("apiVersion: v1\n{{ .x }}\n", "rendering may add `kind`"),
        ("apiVersion: {{ .x }}\nkind: A\n", "rendering decides `apiVersion`"),
        (
            "apiVersion: v1\n{{ if .a }}\nkind: A\n{{ else }}\nkind: B\n{{ end }}\n",
            "decides `kind`",
        ),
        ('{{ include "x" . }}\n', "takes all of it from values or from helpers"),
        ('{{ define "x" }}\n' + OBJECT + "{{ end }}\n", "that only others include"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, detail: str) -> None:
    documents, (unread,) = read(text)

    assert documents == []
    assert unread.reason == "template"
    assert detail in unread.detail
    assert unread.detail.endswith("; check what it renders: helm template CHART | esolint check -")
    assert unread.piece is not None


@pytest.mark.parametrize(
    "text", ["{{- if .x }}\n{{- end }}\n", "# c\n", '{{ define "x" }}{{ end }}']
)
def test_what_yields_nothing_is_no_skip(text: str) -> None:
    assert read(text) == ([], [])


def test_broken_yaml_without_actions_is_broken_yaml() -> None:
    _, (unread,) = read("a: [\n---\n{{ if .x }}\n")

    assert unread.reason == "yaml-syntax"


NAMESPACE = ("metadata", "namespace")


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (OBJECT + "spec: {{ .x }}\n", True),
        ("{{- if .x }}\n" + OBJECT + "{{- end }}\n", True),
        ("{{- range .x }}\n" + OBJECT, True),
        (OBJECT + "{{- end }}\n", True),
        (HEAD + "metadata:\n  name: a{{ .x }}\n", False),
        (HEAD + "metadata:\n  name: a {{- if .x }}\n  labels: {}\n  {{- end }}\n", False),
        (HEAD + "metadata:\n  name: a\n    {{- .x }}\n", False),
        (HEAD + "metadata:\n  name: a\n    {{- if .x }}\n    {{- .x }}\n    {{- end }}\n", False),
        (HEAD + 'metadata:\n  name: a\n  {{- include "l" . | nindent 2 }}\n', True),
        (HEAD + "metadata:\n  {{ .x -}}\n  name: a\n", False),
        (HEAD + "metadata:\n  {{- if .x }}\n  name: a\n  {{- end }}\n  labels: {}\n", False),
        (HEAD + "metadata:\n{{ if .x }}\n  name: a\n{{ else }}\n  name: b\n{{ end }}\n", False),
        (HEAD + "{{- if .x }}\nmetadata:\n  name: a\n{{- end }}\nspec: {}\n", False),
        (HEAD + "metadata: &m\n  name: a\nspec: {x: {{ .y }}}\n", True),
    ],
)
def test_a_literal_text_is_known_where_it_always_stands(text: str, known: bool) -> None:
    assert settled(text, "metadata", "name") is known


@pytest.mark.parametrize(
    ("rest", "known"),
    [
        ("spec: {{ .x }}\n", True),
        ('  labels:\n    {{- include "l" . | nindent 4 }}\nspec: {}\n', True),
        ('  labels:\n{{ include "l" . | indent 4 }}\nspec: {}\n', True),
        ("  {{- with .x }}\n  labels:\n    {{- toYaml . | nindent 4 }}\n  {{- end }}\n", True),
        ('  {{- include "meta" . | nindent 2 }}\n', False),
        ('  labels:\n    {{- include "l" . }}\n', False),
        ("  {{ .k }}: v\nspec: {}\n", False),
        ("{{- if .n }}\n  namespace: a\n{{- end }}\n", False),
        ("  {{- if .n }}namespace: a{{ end }}\n", False),
        ("  namespace:\n    {{ .x }}\n", False),
        ("spec:\n  {{- toYaml .x | nindent 2 }}\n", True),
        ('spec:\n  {{- include "x" . | nindent 0 }}\n', True),
    ],
)
def test_a_key_is_surely_absent_where_nothing_may_add_it(rest: str, known: bool) -> None:
    assert settled(OBJECT + rest, *NAMESPACE) is known


def test_rendering_decides_all_of_a_template() -> None:
    document = only(OBJECT + "spec: {{ .x }}\n")

    assert document.in_hole(("metadata", "name"))
    assert not only(OBJECT).in_hole(("metadata", "name"))


def test_comments_are_found_and_control_flow_is_not_what_they_speak_of() -> None:
    text = (
        OBJECT + "  # esolint: ignore[x] why\n  {{- if .x }}\n  namespace: {{ .n }} # esolint: b\n"
    )
    document = only(text + '  {{- end }}\n  labels: {{ default " # esolint: no" .y }}\n')
    above, beside = document.comments("esolint:")

    assert (above.line, document.line_of(above)) == (5, 7)
    assert (beside.line, beside.text) == (7, "# esolint: b")


def test_texts_in_actions_may_be_secret() -> None:
    text = (
        OBJECT
        + '{{- $p := "hunter22" }}\nx: {{ include "some.name" . }}{{ default `letmein1` .y }}\n'
    )
    spans = only(text).secret_spans([])

    assert [(span.line, span.column) for span in spans] == [(5, 11), (6, 42)]


@pytest.mark.parametrize(
    "hostile",
    [
        "{{" * 200_000,
        "{{/*" * 100_000,
        '{{ "' * 100_000,
        "{{ `" * 100_000,
        "{{ '\\" * 100_000,
        "{{.}}" * 40_000,
        "{{if .}}\n" * 40_000,
        "a: {{.}}\n" * 40_000,
        "a: " + "{{- end -}}   " * 40_000,
        "   {{- .x }}\n" * 40_000,
        "{{ .x -}}" + " " * 500_000,
        "{{ a | indent" + " | indent 1" * 40_000 + " }}",
        OBJECT + "spec: {secretStoreRefs: [" + "{name: {{.x}}}, " * 10_000 + "]}\n",
        "x" * 1_000_000 + "{{ .y }}",
    ],
)
def test_hostile_input_comes_to_an_end(hostile: str) -> None:
    """Without a bound the slowest of them would take hours."""
    documents, _ = read(hostile)
    for document in documents:
        Settled(document)("metadata", "name")


FRAGMENTS = st.sampled_from(
    [
        *("{{", "}}", "{{-", "-}}", " ", "\n", "\n  ", "\n---\n", ": ", "- "),
        *("#", '"', "'", "`", "|", "[", "]", "{"),
        *("{{- if .x }}", "{{ else }}", "{{- end }}", "{{ .v }}", "{{/* c */}}", "{{ $x := 1 }}"),
        *('{{ define "d" }}', '{{- include "h" . | nindent 4 }}', "{{ `{{ .p }}` }}"),
        *(HEAD, "metadata:\n  name: db", "kind", "apiVersion", "namespace", "é", "\u2028", "\x85"),
    ]
)


@given(st.lists(FRAGMENTS, max_size=30).map("".join))
@example("a: {{ if }}\n" * 3)
def test_a_template_keeps_its_length_and_all_that_is_no_action(text: str) -> None:
    try:
        template = read_template(text)
    except SourceError:
        return
    assert len(template.yaml) == len(text)
    touched = {i for action in template.actions for i in range(action.start, action.end)}
    changed = {i for i, (a, b) in enumerate(zip(text, template.yaml, strict=True)) if a != b}
    assert all(text[i].isspace() for i in changed - touched)
    assert "{{" not in template.yaml
    for document in read(text)[0]:
        if document.template is None:
            continue
        whole = Settled(document)
        for route in ((), ("kind",), ("metadata", "name"), NAMESPACE):
            whole(*route)
            document.span(route)
        list(document.comments("c"))


@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    read("{{ . }}" + text)
