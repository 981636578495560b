from __future__ import annotations

import pytest

from esolint.source import Document, read_text
from esolint.source.document import Comment


def documents(text: str) -> list[Document]:
    found, unread = read_text(text, "x.yaml")
    assert unread == []
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: b # mark", [Comment(1, 6, "# mark", False)]),
        ("# mark\na: b", [Comment(1, 1, "# mark", True)]),
        ("a: b\n  # mark\n", [Comment(2, 3, "# mark", True)]),
        ("a: b # x\n# mark", [Comment(2, 1, "# mark", True)]),
        ("a: b\t# mark # again", [Comment(1, 6, "# mark # again", False)]),
        ("a: b # mark\r\nc: d", [Comment(1, 6, "# mark", False)]),
        ("é: '😀' # mark", [Comment(1, 8, "# mark", False)]),
        # A scalar may hold the sign too.
        ("a: http://x/#y # mark", [Comment(1, 16, "# mark", False)]),
        ("a: 'x # y' # mark", [Comment(1, 12, "# mark", False)]),
        ("'a # b': c # mark", [Comment(1, 12, "# mark", False)]),
        ("a: 'x # mark'", []),
        ('a: "x\n  # mark\n  y"', []),
        ("a: x#mark", []),
        ("'x # mark': y", []),
        ("? 'x # mark'\n: y", []),
        ("a: |\n  x # mark\n  # mark\n", []),
        ("a: |\n  # mark\n", []),
        ("a: >-\n  x\n\n  # mark\nb: c", []),
        ("a: |2\n    x\n  # mark\nb: c", []),
        ("a: {b: 'x # mark', c: [d]}", []),
        # Behind, before and between the parts of other values.
        ("a: | # mark\n  x\n", [Comment(1, 6, "# mark", False)]),
        ("a: &x >2- # mark\n   # mark\n", [Comment(1, 11, "# mark", False)]),
        ("a: |\n  x\n# mark\nb: c", [Comment(3, 1, "# mark", True)]),
        ("a: |\n  x\n# mark", [Comment(3, 1, "# mark", True)]),
        (
            "a: [b, # mark\n  c] # mark",
            [Comment(1, 8, "# mark", False), Comment(2, 6, "# mark", False)],
        ),
        ("a: # mark\n  b", [Comment(1, 4, "# mark", False)]),
        ("a: !!str # mark\n  b", [Comment(1, 10, "# mark", False)]),
        ("- # mark\n  b: c", [Comment(1, 3, "# mark", False)]),
        ("a: {{ .x }} # mark", [Comment(1, 13, "# mark", False)]),
        ("--- # mark\na: b", [Comment(1, 5, "# mark", False)]),
    ],
)
def test_comments(text: str, found: list[Comment]) -> None:
    (document,) = documents(text)

    assert document.comments("mark") == found


def test_each_document_has_its_own_comments() -> None:
    text = "# mark 1\na: b\n# mark 2\n---\n# mark 3\nc: d\n--- # mark 4\n{e: f}\n# mark 5\n"
    found = [[c.text for c in document.comments("mark")] for document in documents(text)]

    assert found == [["# mark 1", "# mark 2"], ["# mark 3"], ["# mark 4", "# mark 5"]]


def test_documents_that_are_not_split_have_their_own_comments_too() -> None:
    text = "%TAG ! x:\n---\na: b # mark 1\n# mark 2\n...\n# mark 3\n---\nc: d\n"
    found = [[c.text for c in document.comments("mark")] for document in documents(text)]

    assert found == [["# mark 1", "# mark 2"], ["# mark 3"]]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: b # mark\nc: d", 1),
        ("# mark\na: b", 2),
        ("# mark\n# x\n  # y\na: b", 4),
        ("# mark\n\na: b", 2),
        ("a: b\n# mark\n", 3),
        ("x: y\n---\n# mark\na: b", 4),
    ],
)
def test_line_that_a_comment_speaks_of(text: str, line: int) -> None:
    document = documents(text)[-1]
    (comment,) = document.comments("mark")

    assert document.line_of(comment) == line
