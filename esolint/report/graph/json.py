"""The picture as JSON, version 1. docs/graph.schema.json is its schema; both are a contract."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from esolint.picture import Edge, Node, Picture


def render(pictures: Sequence[Picture]) -> Iterator[str]:
    """Yield the pictures: one line for each node and each edge, so that it diffs."""
    yield '{"version": 1,\n "environments": ['
    for i, picture in enumerate(pictures):
        yield "," if i else ""
        yield f'\n  {{"name": {_json(picture.name)},\n'
        yield f'   "nodes": {_array(map(_node, picture.nodes))},\n'
        yield f'   "edges": {_array(map(_edge, picture.edges))}}}'
    yield "\n ]}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _array(items: Iterable[object]) -> str:
    lines = ",".join(f"\n    {_json(item)}" for item in items)
    return f"[{lines}\n   ]" if lines else "[]"


def _node(node: Node) -> object:
    return {
        "id": node.id,
        "role": node.role,
        "kind": node.kind,
        "name": node.name,
        "namespace": node.namespace,
        "state": node.state,
        "why": node.why or None,
        "provider": node.provider or None,
        "admitted": node.admitted._asdict() if node.admitted else None,
        "namespaces": node.namespaces,
        "places": [mark._asdict() for mark in node.marks],
    }


def _edge(edge: Edge) -> object:
    return {
        "from": edge.source,
        "to": edge.target,
        "verb": edge.verb,
        "state": edge.state,
        "why": edge.why or None,
        "policy": edge.policy or None,
        "keys": edge.keys,
        "place": edge.mark._asdict() if edge.mark else None,
    }
