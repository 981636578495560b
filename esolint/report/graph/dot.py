"""The picture for Graphviz, in its language DOT."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from esolint.picture import Edge, Node, Picture, Role, State
from esolint.report.graph.labels import groups, lines, names, said, shown, whole

_FONT = 'fontname="Helvetica,Arial,sans-serif"'
_HEAD = f"""\
digraph esolint {{
  graph [rankdir=LR, nodesep=0.12, ranksep=0.9, {_FONT}, fontsize=11,
    labeljust=l, color="#9aa0a6", fontcolor="#3c4043", style=rounded];
  node [shape=box, style=filled, {_FONT}, fontsize=10, margin="0.15,0.05", height=0.3,
    color="#5f6368", fillcolor="#ffffff", fontcolor="#202124"];
  edge [{_FONT}, fontsize=9, arrowsize=0.6, color="#5f6368", fontcolor="#5f6368"];
"""
_ROLES: Mapping[Role, str] = {
    "store": 'shape=cylinder, fillcolor="#d2e3fc", color="#1a73e8"',
    "generator": 'shape=hexagon, fillcolor="#e8d9f7", color="#8430ce"',
    "consumer": 'style="filled,rounded", fillcolor="#ceead6", color="#188038"',
    "object": 'shape=note, fillcolor="#feefc3", color="#b06000"',
    "other": "",
}
_NODE_STATES: Mapping[State, str] = {
    "missing": 'style="filled,dashed", penwidth=2, fillcolor="#fce8e6", color="#c5221f", '
    'fontcolor="#a50e0e"',
    "unknown": 'style="filled,dotted", fillcolor="#f1f3f4", fontcolor="#5f6368"',
}
# Dashes that are likely are grey and thin, those that are broken red and thick.
_BROKEN = 'style=dashed, penwidth=2, color="#c5221f", fontcolor="#a50e0e"'
_EDGE_STATES: Mapping[State, str] = {
    "missing": _BROKEN,
    "refused": _BROKEN,
    "likely": "style=dashed",
    "unknown": 'style=dotted, color="#9aa0a6"',
}


def render(pictures: Sequence[Picture]) -> Iterator[str]:
    """Yield one graph, with a cluster for each namespace, and for each of several pictures."""
    yield _HEAD
    clusters = 0
    for picture, identifiers in zip(pictures, names(pictures), strict=True):
        if len(pictures) > 1:
            yield f"  subgraph cluster_{clusters} {{\n  label={_quoted(shown(picture.name))};\n"
            clusters += 1
        for title, nodes in groups(picture):
            if title:
                yield f"  subgraph cluster_{clusters} {{\n    label={_quoted(title)};\n"
                clusters += 1
            for node in nodes:
                yield f"    {identifiers[node.id]} [{_node(node)}];\n"
            yield "  }\n" if title else ""
        yield "  }\n" if len(pictures) > 1 else ""
        read = {edge.source for edge in picture.edges if edge.verb == "reads"}
        for edge in picture.edges:
            ends = f"{identifiers[edge.source]} -> {identifiers[edge.target]}"
            # A store stands left of who reads it, whoever pushes into it.
            back = ", constraint=false" if edge.verb == "pushes" and edge.target in read else ""
            yield f"  {ends} [{_edge(edge)}{back}];\n"
    yield "}\n"


def _node(node: Node) -> str:
    text = [f"{node.id}: {node.why}" if node.why else node.id]
    text += [f"{mark.path}:{mark.line}" for mark in node.marks]
    parts = [
        f"label={_quoted(*lines(node))}",
        _ROLES[node.role],
        _NODE_STATES.get(node.state, ""),
        f"tooltip={_quoted(*map(whole, text))}",
    ]
    if node.marks:
        path, line = node.marks[0]
        parts.append(f"URL={_quoted(quote(path, errors='replace') + f'#L{line}')}")
    return ", ".join(filter(None, parts))


def _edge(edge: Edge) -> str:
    text = [f"{edge.source} → {edge.target}: {edge.why or edge.verb}"]
    text += [f"keys: {', '.join(edge.keys)}"] if edge.keys else []
    text += [f"{edge.mark.path}:{edge.mark.line}"] if edge.mark else []
    label = said(edge)
    parts = [
        f"label={_quoted(label)}" if label else "",
        _EDGE_STATES.get(edge.state, ""),
        f"tooltip={_quoted(*map(whole, text))}",
    ]
    return ", ".join(filter(None, parts))


def _quoted(*lines: str) -> str:
    r"""Return lines as a string of DOT, in which `\` escapes and `&…;` is an HTML entity."""
    escaped = (
        line.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') for line in lines
    )
    return '"' + "\\n".join(escaped) + '"'
