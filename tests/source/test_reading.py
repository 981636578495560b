"""From bytes to documents: encodings, pieces, and the reasons why something is not read."""

from __future__ import annotations

import pytest

from esolint.diagnostic import Span
from esolint.source import Limits, Unread, decode, read_text, split

TEXT = "a: é😀\r\nb: c\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings(encoding: str) -> None:
    assert decode("x", TEXT.encode(encoding), Limits()) == TEXT


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_byte_order_mark_tells_the_order(encoding: str) -> None:
    assert decode("x", ("\ufeff" + TEXT).encode(encoding), Limits()) == TEXT


@pytest.mark.parametrize(
    ("data", "place", "detail"),
    [
        (b"a: \xff", (1, 4), "not UTF-8 text"),
        (b"a: b\nc: \xc3\xa9 \x80", (2, 6), "not UTF-8 text"),
        (b"\xef\xbb\xbfa\xe9", (1, 2), "not UTF-8 text"),
        (b"\xff\xfea\0\n\0b", (2, 1), "not UTF-16 text"),
        (b"\xff\xfe\0\0a\0\0\0\n\0\0\0b", (2, 1), "not UTF-32 text"),
    ],
)
def test_bytes_that_are_no_text(data: bytes, place: tuple[int, int], detail: str) -> None:
    unread = decode("x", data, Limits())

    assert isinstance(unread, Unread)
    assert (unread.reason, unread.detail) == ("encoding", detail)
    assert unread.span is not None
    assert unread.span[:2] == place


def test_file_that_is_too_large() -> None:
    limits = Limits(file_bytes=4)

    assert decode("x", b"a: b", limits) == "a: b"
    unread = decode("x", b"a: bc", limits)
    assert isinstance(unread, Unread)
    assert unread.reason == "too-large"
    assert unread.detail == "more than 4 bytes"


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a: b", ["a: b"]),
        ("", [""]),
        ("---\na: b", ["---\na: b"]),
        ("a\n---\nb\n", ["a\n", "---\nb\n"]),
        ("a\r\n---\r\nb\r\n", ["a\r\n", "---\r\nb\r\n"]),
        ("# c\n\n---\na\n---\nb", ["# c\n\n---\na\n", "---\nb"]),
        (
            "a\n--- {b: c}\n--- # d\n---\te\n---",
            ["a\n", "--- {b: c}\n", "--- # d\n", "---\te\n", "---"],
        ),
        ("a\n---b\n ---\n----\n", ["a\n---b\n ---\n----\n"]),
        ("a: |\n  b\n---\n", ["a: |\n  b\n", "---\n"]),
        ("%TAG ! x:\n---\na\n---\nb", ["%TAG ! x:\n---\na\n---\nb"]),
        ("a\n...\n---\nb", ["a\n...\n", "---\nb"]),
    ],
)
def test_pieces(text: str, pieces: list[str]) -> None:
    found = split("x", text, Limits())

    assert isinstance(found, list)
    assert [piece.text for piece in found] == pieces
    assert [piece.number for piece in found] == list(range(len(pieces)))
    assert [piece.line for piece in found] == [
        "".join(pieces[:n]).count("\n") for n in range(len(pieces))
    ]


def test_too_many_documents() -> None:
    limits = Limits(documents=2)

    assert isinstance(split("x", "a\n---\nb", limits), list)
    unread = split("x", "a\n---\nb\n---\nc", limits)
    assert isinstance(unread, Unread)
    assert unread.reason == "too-many-documents"


def test_one_broken_document_leaves_the_others() -> None:
    documents, unread = read_text("a: b\n---\na: [\n---\nc: d\n", "x.yaml")

    assert [document.value for document in documents] == [{"a": "b"}, {"c": "d"}]
    assert [(item.reason, item.span) for item in unread] == [("yaml-syntax", Span(4, 1, 4, 2))]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: {{ .x }}-{{ .y }}\n", "template"),
        ("{{- if .x }}\na: b\n{{- end }}\n", "template"),
        ("a: {{ toYaml .x | nindent 2 }}\n  b: c\n", "template"),
        ("{% if x %}\na: b\n{% endif %}\n", "template"),
        ("{# c #}\na: b\n", "template"),
        ("a: b\nc: [\n", "yaml-syntax"),
        ("a: {b: c\n", "yaml-syntax"),
    ],
)
def test_why_a_document_is_not_read(text: str, reason: str) -> None:
    documents, unread = read_text(text, "x.yaml")

    assert documents == []
    assert [item.reason for item in unread] == [reason]
    assert unread[0].piece is not None
    assert unread[0].piece.text == text


def test_language_of_a_template_is_named() -> None:
    _, (helm, jinja) = read_text("{{- if .x }}\na: b\n---\n{% if x %}\na: b\n", "x.yaml")

    assert helm.detail.endswith("(Go template)")
    assert jinja.detail.endswith("(Jinja)")


def test_read_literally_a_template_is_broken_yaml() -> None:
    _, (unread,) = read_text("{{- if .x }}\na: b\n", "x.yaml", literal=True)

    assert unread.reason == "yaml-syntax"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "\\ud83d\\ude00b"}', {"a": "\ufffd\ufffdb"}),
        ('\n {"a": "\\uD83D", "b": "\\\\ud83d"}', {"a": "\ufffd", "b": "\\ud83d"}),
        ('["\\ud83d\\ude00"]', ["\ufffd\ufffd"]),
    ],
)
def test_json_writes_astral_characters_as_two_escapes(text: str, value: object) -> None:
    (document,), unread = read_text(text, "x.json")

    assert unread == []
    assert document.value == value


def test_yaml_does_not() -> None:
    _, (unread,) = read_text('a: "\\ud83d\\ude00"', "x.yaml")

    assert unread.reason == "yaml-syntax"
    assert unread.span is not None
    assert unread.span.line == 1


def test_empty_documents_are_left_out() -> None:
    documents, unread = read_text("---\n---\n# c\n---\n~\n---\nnull\n---\n''\n", "x.yaml")

    assert [document.value for document in documents] == [""]
    assert unread == []


@pytest.mark.parametrize(
    ("written", "hole"),
    [
        ("...", True),
        ("'…'", True),
        ('"**app ID goes here**"', True),
        ("[PROJECT_ID]", True),
        ("[one, TWO_THREE]", False),
        ("[PROJECT]", False),
        ("a...b", False),
        ("'a ** b'", False),
    ],
)
def test_placeholders_of_documentation(written: str, hole: bool) -> None:
    (document,), _ = read_text(f"a: {written}\n", "x.yaml")
    assert document.in_hole(("a",)) is hole


def test_a_placeholder_as_a_key() -> None:
    (document,), _ = read_text("spec:\n  ${FIELD}: x\n  plain: y\n", "x.yaml")
    assert document.in_hole(("spec", "${FIELD}"))
    assert not document.in_hole(("spec", "plain"))
