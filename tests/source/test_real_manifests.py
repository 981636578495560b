"""Every document of real repositories, against PyYAML's constructor."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from esolint.discover import discover, read_bytes
from esolint.source import Document, Limits, decode, read_text
from esolint.source.scalar import ScalarError, key, plain, tagged
from esolint.value import Value, leaves

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
REPOSITORIES = sorted(p.name for p in CORPUS.iterdir() if p.is_dir()) if CORPUS.is_dir() else []


def documents(repository: Path) -> list[Document]:
    found = []
    for file in discover([str(repository)], str(repository)).files:
        content = read_bytes(file.path, Limits().file_bytes)
        assert isinstance(content, bytes)
        text = decode(file.shown, content, Limits())
        if isinstance(text, str):
            found.extend(read_text(text, file.shown, literal=True)[0])
    return found


@pytest.mark.slow
@pytest.mark.parametrize("repository", REPOSITORIES or [pytest.param("", id="absent")])
def test_pyyaml_composes_the_same_values(repository: str, shared: Path) -> None:
    """The structure is PyYAML's, the scalars are read as Kubernetes does."""
    for document in documents(shared / "corpus" / repository):
        try:
            (node,) = yaml.compose_all(document.text, Loader=yaml.CBaseLoader)
        except yaml.composer.ComposerError as error:
            # Kubernetes takes an anchor that stands twice, PyYAML does not.
            if "duplicate anchor" not in str(error):
                raise
            continue
        assert document.value == value_of(node), document.path


def value_of(node: Node) -> Value:
    if isinstance(node, SequenceNode):
        return [value_of(item) for item in node.value]
    if isinstance(node, MappingNode):
        found: dict[str, Value] = {}
        for name, item in node.value:
            value = value_of(item)
            if name.value == "<<" and not name.style:
                for source in reversed(value if isinstance(value, list) else [value]):
                    assert isinstance(source, dict)
                    found.update(source)
            else:
                found[key(value_of(name))] = value
        return found
    assert isinstance(node, ScalarNode)
    if node.tag != "tag:yaml.org,2002:str":
        return tagged(node.tag, node.value)
    return node.value if node.style else plain(node.value)


@pytest.mark.slow
@pytest.mark.parametrize("repository", REPOSITORIES or [pytest.param("", id="absent")])
def test_text_at_every_scalar_reads_as_its_value(repository: str, shared: Path) -> None:
    for document in documents(shared / "corpus" / repository):
        for route, value in leaves(document.value):
            raw = document.raw(route)
            if raw[:1] in ("|", ">"):
                assert isinstance(value, str)
                assert raw.partition("\n")[2].split() == value.split()
            elif raw[:1] in ("'", '"'):
                assert yaml.load(raw, Loader=yaml.CBaseLoader) == value
            elif raw[:1] != "*" and raw:
                words = " ".join(raw.split())
                assert same(words, value), (document.path, route)


def same(words: str, value: Value) -> bool:
    """Say whether the words of a plain scalar stand for a value."""
    try:
        return plain(words) == value or words == str(value) or words == " ".join(str(value).split())
    except ScalarError:
        return False
