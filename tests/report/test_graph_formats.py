from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from graph_samples import BAKERY, bakery, several
from hypothesis import given
from jsonschema import Draft202012Validator

from esolint.cli import main
from esolint.picture import Edge, Node, Picture
from esolint.report.graph import FORMATS, render
from esolint.report.graph.labels import lines, names, said, shown

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs" / "graph.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
GOLDEN = ROOT / "fixtures" / "golden"
SUFFIXES = {"mermaid": "mmd", "dot": "dot", "json": "graph.json"}


def drawn(form: str, *pictures: Picture) -> str:
    return "".join(render(form, pictures))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@given(several())
def test_every_picture_fits_the_schema_and_loses_nothing(pictures: list[Picture]) -> None:
    document = json.loads(drawn("json", *pictures))

    assert [error.message for error in VALIDATOR.iter_errors(document)] == []
    for shown_as, picture in zip(document["environments"], pictures, strict=True):
        assert [node["id"] for node in shown_as["nodes"]] == [node.id for node in picture.nodes]
        assert [(e["from"], e["to"], e["verb"]) for e in shown_as["edges"]] == [
            edge[:3] for edge in picture.edges
        ]


@given(several())
def test_identifiers_are_words_and_tell_nodes_apart(pictures: list[Picture]) -> None:
    for short in (False, True):
        found = [name for ids in names(pictures, short=short) for name in ids.values()]
        assert len({name.lower() for name in found}) == len(found)
        assert sum(len(picture.nodes) for picture in pictures) == len(found)
        assert all(re.fullmatch("[A-Za-z]+[A-Za-z0-9_]+", name) for name in found)


def node(id: str, **fields: object) -> Node:
    return Node(id, "object", "Secret", "x", "shop")._replace(**fields)


@pytest.mark.parametrize("short", [False, True])
def test_an_identifier_stays_whatever_comes_beside_it(short: bool) -> None:
    one, other = node("Secret/shop/db"), node("Secret/a/b")
    (alone,) = names([Picture("e", (one,), ())], short=short)
    (beside,) = names([Picture("e", (other, one), ())], short=short)

    assert alone[one.id] == beside[one.id]


def test_identifiers_of_several_pictures_differ() -> None:
    one = node("Secret/shop/db")

    assert names([Picture("dev", (one,), ()), Picture("prod", (one,), ())]) == [
        {one.id: "dev_Secret_shop_db"},
        {one.id: "prod_Secret_shop_db"},
    ]


@pytest.mark.parametrize("form", FORMATS)
def test_control_characters_and_long_names_are_not_drawn(form: str) -> None:
    evil = node("Secret/shop/a\n\0\x1b[31m", name="a\n\0\x1b[31m" + "x" * 500)
    text = drawn(form, Picture("e", (evil,), (Edge(evil.id, evil.id, "reads", why="a\rb"),)))

    assert "\0" not in text
    assert "\x1b" not in text
    assert "\r" not in text
    assert "…" in text or form == "json"


def test_a_long_text_keeps_its_ends() -> None:
    assert shown("a" * 30 + "b" * 30) == "a" * 21 + "…" + "b" * 22
    assert len(shown("x" * 500)) == 44
    assert shown("a\nb") == "a b"


def test_what_goes_without_saying_is_not_said() -> None:
    edge = Edge("a", "b", "writes", policy="Owner")

    assert said(edge) == ""
    assert said(edge._replace(policy="Merge")) == "Merge"
    assert said(Edge("a", "b", "reads", "refused", "its name is none of …")) == "not admitted"


def test_labels_say_who_may_use_a_store() -> None:
    found = {node.id: list(lines(node)) for node in bakery().nodes}

    assert found["ClusterSecretStore/aws"][-1] == "for every namespace"
    assert found["ClusterSecretStore/vault"] == [
        "vault",
        "ClusterSecretStore · HashiCorp Vault",
        "for ovens, shop",
    ]
    assert found["ClusterSecretStore/vautl"][-2:] == ["missing", 'did you mean "vault"?']
    assert found["Secret/*/registry"][-1] == "in garden, shop"


@pytest.mark.parametrize("form", FORMATS)
def test_the_picture_of_a_small_repository(
    form: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """`pytest tests/report/test_graph_formats.py --update-golden` writes it anew."""
    monkeypatch.chdir(BAKERY)

    printed = CliRunner().invoke(main, ["graph", "--context-root", ".", "--format", form]).stdout

    golden = GOLDEN / f"bakery.{SUFFIXES[form]}"
    if request.config.getoption("--update-golden"):
        golden.write_text(printed, encoding="utf-8", newline="")
    assert printed == golden.read_text(encoding="utf-8")
    assert printed == drawn(form, bakery())
