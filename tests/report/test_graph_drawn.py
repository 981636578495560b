"""The pictures, read by the tools that draw them: Graphviz and Mermaid, under Node.js."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import pytest
from graph_samples import bakery, several
from hypothesis import given, settings

from esolint.picture import Edge, Node, Picture
from esolint.report.graph import render
from esolint.report.graph.labels import lines, names

pytestmark = pytest.mark.slow

TOOLS = Path(__file__).resolve().parents[1] / "graph_tools"
Reader: TypeAlias = Callable[[str, str], Any]


def _missing(what: str) -> NoReturn:
    """Skip; in CI that has to be said by a variable."""
    if os.environ.get("CI") == "true" and os.environ.get("ESOLINT_WITHOUT_NODE") != "1":
        pytest.fail(f"{what}; ESOLINT_WITHOUT_NODE=1 says that this is meant")
    pytest.skip(f"needs Graphviz and Mermaid from npm, but {what}")


@pytest.fixture(scope="session")
def _installed(pytestconfig: pytest.Config) -> Path:
    """Install the tools once for each state of their lock file."""
    if not shutil.which("node") or not shutil.which("npm"):
        _missing("node or npm is missing")
    lock = (TOOLS / "package-lock.json").read_bytes()
    assert pytestconfig.cache is not None
    folder = Path(pytestconfig.cache.mkdir(f"graph_tools_{sha256(lock).hexdigest()[:12]}"))
    shutil.copytree(TOOLS, folder, dirs_exist_ok=True)
    if not (folder / "installed").exists():
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if run.returncode:
            _missing(f"npm ci failed: {run.stderr[-500:]}")
        (folder / "installed").touch()
    return folder


@pytest.fixture(scope="session")
def read(_installed: Path) -> Iterator[Reader]:
    """Return what reads a picture in one of the forms: its nodes with their labels, its edges."""
    with subprocess.Popen(
        ["node", "serve.mjs"],
        cwd=_installed,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:

        def ask(form: str, text: str) -> Any:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps({"form": form, "text": text}) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield ask
        process.kill()


def drawn(form: str, pictures: Sequence[Picture]) -> str:
    # As it is written to a file.
    return "".join(render(form, pictures)).encode("utf-8", "replace").decode()


def expected(form: str, pictures: Sequence[Picture]) -> tuple[Any, Any]:
    nodes, edges = [], []
    for picture, ids in zip(pictures, names(pictures, short=form == "mermaid"), strict=True):
        nodes += [
            (ids[node.id], [_visible(line) for line in lines(node)]) for node in picture.nodes
        ]
        edges += [(ids[edge.source], ids[edge.target]) for edge in picture.edges]
    return sorted(nodes), sorted(edges)


def _visible(line: str) -> str:
    return " ".join(line.encode("utf-8", "replace").decode().split())


def found(answer: Any) -> tuple[Any, Any]:
    assert "error" not in answer, answer["error"]
    nodes = [(id, [" ".join(line.split()) for line in label]) for id, label in answer["nodes"]]
    return sorted(nodes), sorted((start, end) for start, end in answer["edges"])


@pytest.mark.parametrize("form", ["dot", "mermaid"])
def test_a_fault_is_found(form: str, read: Reader) -> None:
    assert "error" in read(form, "digraph {" if form == "dot" else "flowchart LR\n a[[")


@pytest.mark.parametrize("form", ["dot", "mermaid"])
def test_the_tools_draw_what_is_meant(form: str, read: Reader) -> None:
    picture = bakery()

    assert found(read(form, drawn(form, [picture]))) == expected(form, [picture])


@pytest.mark.parametrize("form", ["dot", "mermaid"])
def test_whatever_stands_in_a_manifest_is_drawn(form: str, read: Reader) -> None:
    @settings(max_examples=150)
    @given(several())
    def check(pictures: list[Picture]) -> None:
        text = drawn(form, pictures)
        assert found(read(form, text)) == expected(form, pictures), text

    check()


def test_a_large_picture_is_drawn_where_the_limits_are_raised(read: Reader) -> None:
    nodes = tuple(Node(f"Secret/s/{i}", "object", "Secret", f"{i}", "s") for i in range(600))
    edges = tuple(Edge(nodes[0].id, node.id, "reads") for node in nodes)
    picture = Picture("large", nodes, edges)

    assert len(read("mermaid", drawn("mermaid", [picture]))["edges"]) == 600
