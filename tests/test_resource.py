from __future__ import annotations

import pytest

from esolint.diagnostic import Span
from esolint.resource import Resource, resources, unreadable
from esolint.source import Piece, Unread, read_text
from esolint.value import Route, parse_route


def read(text: str) -> list[Resource]:
    documents, unread = read_text(text, "x.yaml")
    assert unread == []
    return [resource for document in documents for resource in resources(document)]


def place(resource: Resource, route: Route) -> tuple[int, int]:
    document, there = resource.origin(route)
    return document.span(there)[:2]


def test_names_of_an_object() -> None:
    (resource,) = read(
        "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n"
        "metadata: {name: a, namespace: b, labels: {c: d}, annotations: {e: f}}\n"
    )

    assert (resource.api_version, resource.group, resource.version, resource.kind) == (
        "external-secrets.io/v1",
        "external-secrets.io",
        "v1",
        "ExternalSecret",
    )
    assert (resource.name, resource.namespace) == ("a", "b")
    assert resource.annotations() == {"e": "f"}
    assert resource.is_eso


@pytest.mark.parametrize(
    ("text", "group", "kind", "name"),
    [
        ("apiVersion: v1\nkind: Secret\nmetadata: {name: a}", "", "Secret", "a"),
        ("apiVersion: a/v1\nkind: B\nmetadata: {generateName: c-}", "a", "B", "c-"),
        ("apiVersion: 1\nkind: [a]\nmetadata: {name: 1, namespace: {}}", "", "", ""),
        ("apiVersion:\nkind:\nmetadata:", "", "", ""),
        ("metadata: [a]", "", "", ""),
        ("Statement: []", "", "", ""),
    ],
)
def test_what_is_no_name_is_empty(text: str, group: str, kind: str, name: str) -> None:
    (resource,) = read(text)

    assert (resource.group, resource.kind, resource.name) == (group, kind, name)
    assert resource.namespace is None
    assert resource.annotations() == {}


@pytest.mark.parametrize(
    ("group", "is_eso"),
    [
        ("external-secrets.io", True),
        ("generators.external-secrets.io", True),
        ("operator.external-secrets.io", False),
        ("external-secrets.io.example.com", False),
        ("external-secret.io", False),
    ],
)
def test_group_of_eso(group: str, is_eso: bool) -> None:
    (resource,) = read(f"apiVersion: {group}/v1\nkind: X\n")

    assert resource.is_eso is is_eso


@pytest.mark.parametrize("text", ["a", "- a", "1", "[{kind: A}]"])
def test_what_is_no_mapping_is_no_object(text: str) -> None:
    assert read(text) == []


def test_lists_are_flattened_in_their_order() -> None:
    found = read(
        "kind: List\n"
        "items:\n"
        "- {kind: A}\n"
        "- kind: SecretList\n"
        "  items:\n"
        "  - kind: B\n"
        "  - {kind: List, items: [{kind: C}]}\n"
        "- text\n"
        "- {kind: List, items: {}}\n"
        "- {kind: D}\n"
        "---\n"
        "kind: E\n"
    )

    assert [resource.kind for resource in found] == ["A", "B", "C", "List", "D", "E"]
    assert [place(resource, ("kind",)) for resource in found] == [
        (3, 10),
        (6, 11),
        (7, 33),
        (9, 10),
        (10, 10),
        (12, 7),
    ]


def test_place_without_route_is_that_of_the_object() -> None:
    found = read("kind: List\nitems:\n- kind: A\n  x: y\n- {kind: B}\n")

    assert [place(resource, ()) for resource in found] == [(3, 3), (5, 3)]


EMBEDDED = """\
kind: ConfigMap
data:
  policy: |
    {"Statement": [
      {"Effect": "Allow", "Action": "${ACTION}"}
    ]}
  values: |
    role:
      policy: '{"Statement": []}'
  text: some words
  broken: '{'
"""


def test_text_inside_is_read_as_a_value() -> None:
    (outer,) = read(EMBEDDED)

    resource = outer.embed(("data", "policy"))

    assert resource is not None
    assert resource.get("data", "policy", "Statement", 0, "Effect") == "Allow"
    assert resource.get("data", "text") == "some words"
    assert outer.get("data", "policy", "Statement") is None
    assert place(resource, parse_route("data.policy.Statement[0].Effect")) == (5, 18)
    assert place(resource, ("data", "text")) == (10, 9)
    assert resource.unknown(parse_route("data.policy.Statement[0].Action"))
    assert not resource.unknown(parse_route("data.policy.Statement[0].Effect"))
    assert not resource.unknown(parse_route("data.text"))


def test_text_inside_text() -> None:
    (outer,) = read(EMBEDDED)

    middle = outer.embed(("data", "values"))
    assert middle is not None
    inner = middle.embed(("data", "values", "role", "policy"))

    assert inner is not None
    assert inner.get("data", "values", "role", "policy", "Statement") == []
    assert place(inner, parse_route("data.values.role.policy.Statement")) == (9, 17)
    assert inner.get("data", "policy") == outer.get("data", "policy")


def test_text_inside_a_list() -> None:
    (outer,) = read("args: [a, '{b: c}']")

    resource = outer.embed(("args", 1))

    assert resource is not None
    assert resource.value == {"args": ["a", {"b": "c"}]}
    assert place(resource, ("args", 1, "b")) == (1, 16)


@pytest.mark.parametrize("route", ["data.text", "data.broken", "data", "kind", "absent"])
def test_text_that_is_no_mapping_or_list_is_not_embedded(route: str) -> None:
    (outer,) = read(EMBEDDED)

    assert outer.embed(parse_route(route)) is None


def test_holes_beside_those_of_the_document() -> None:
    (resource,) = read("a: b\nc: ${X}\n")

    other = Resource(resource.value, resource.document, holes=frozenset({("a",)}))

    assert other.unknown(("a", "below"))
    assert other.unknown(("c",))
    assert not other.unknown(("d",))


def test_stand_in_for_what_could_not_be_read() -> None:
    span = Span(7, 3, 7, 4)
    resource = unreadable(Unread("x.yaml", span, "yaml-syntax", "", Piece("x.yaml", 1, 5, "a: [")))

    assert resource.value == {}
    document, route = resource.origin(("a",))
    assert (document.path, document.index, document.text) == ("x.yaml", 1, "a: [")
    assert document.span(route) == span
