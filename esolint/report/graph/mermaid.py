"""The picture as a flowchart of Mermaid, which GitHub and others draw inside Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from esolint.picture import Edge, Node, Picture, Role, State
from esolint.report.graph.labels import groups, lines, names, said, shown

# What Mermaid draws unless whoever embeds it raises them; a text cannot do it for itself.
MOST_EDGES = 500
MOST_CHARACTERS = 50_000

_SHAPES: Mapping[Role, tuple[str, str]] = {
    "store": ("[(", ")]"),
    "generator": ("{{", "}}"),
    "consumer": ("(", ")"),
    "object": ("[", "]"),
    "other": ("[[", "]]"),
}
_CLASSES = """\
  classDef store fill:#d2e3fc,stroke:#1a73e8,color:#202124
  classDef generator fill:#e8d9f7,stroke:#8430ce,color:#202124
  classDef consumer fill:#ceead6,stroke:#188038,color:#202124
  classDef object fill:#feefc3,stroke:#b06000,color:#202124
  classDef other fill:#ffffff,stroke:#5f6368,color:#202124
  classDef unknown fill:#f1f3f4,stroke:#5f6368,color:#5f6368,stroke-dasharray:2
  classDef place fill:#f8f9fa,stroke:#9aa0a6,color:#3c4043
  classDef missing fill:#fce8e6,stroke:#c5221f,color:#a50e0e,stroke-width:2px,stroke-dasharray:6
"""
_ARROWS: Mapping[State, str] = {"likely": "-.->", "unknown": "-.->"}
_STYLES: Mapping[State, str] = {
    "missing": "stroke:#c5221f,stroke-width:2px,stroke-dasharray:6",
    "refused": "stroke:#c5221f,stroke-width:2px,stroke-dasharray:6",
    "unknown": "stroke:#9aa0a6",
}
# The other characters can be part of Mermaid's or Markdown's own language.
_PLAIN = frozenset(" -./,…·")


def render(pictures: Sequence[Picture]) -> Iterator[str]:
    """Yield one flowchart, with a subgraph for each namespace, and for each of several pictures.

    Identifiers are short, for the size of the text is limited.
    """
    yield "flowchart LR\n"
    yield _CLASSES
    styled: dict[str, list[str]] = {}
    subgraphs = number = 0
    for picture, identifiers in zip(pictures, names(pictures, short=True), strict=True):
        if len(pictures) > 1:
            yield f'  subgraph group_{subgraphs}["{_escaped(shown(picture.name))}"]\n'
            subgraphs += 1
        for title, nodes in groups(picture):
            if title:
                yield f'  subgraph group_{subgraphs}["{_escaped(title)}"]\n'
                subgraphs += 1
            for node in nodes:
                yield f"    {_node(node, identifiers[node.id])}\n"
            yield "  end\n" if title else ""
        for edge in picture.edges:
            ends = identifiers[edge.source], identifiers[edge.target]
            yield f"  {ends[0]} {_arrow(edge)} {ends[1]}\n"
            if edge.state in _STYLES:
                styled.setdefault(_STYLES[edge.state], []).append(str(number))
            number += 1
        yield "  end\n" if len(pictures) > 1 else ""
    if subgraphs:
        yield f"  class {','.join(f'group_{n}' for n in range(subgraphs))} place\n"
    for style, edges in styled.items():
        yield f"  linkStyle {','.join(edges)} {style}\n"


def _node(node: Node, identifier: str) -> str:
    left, right = _SHAPES[node.role]
    label = "<br>".join(map(_escaped, lines(node)))
    look = node.state if node.state in ("unknown", "missing") else node.role
    return f'{identifier}{left}"{label}"{right}:::{look}'


def _arrow(edge: Edge) -> str:
    arrow, label = _ARROWS.get(edge.state, "-->"), said(edge)
    return f'{arrow}|"{_escaped(label)}"|' if label else arrow


def _escaped(text: str) -> str:
    return "".join(c if c.isalnum() or c in _PLAIN else f"#{ord(c)};" for c in text)
