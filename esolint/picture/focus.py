"""Names that somebody types → nodes of pictures."""

from __future__ import annotations

from collections.abc import Sequence

from esolint.nearest import hint
from esolint.picture import Node, Picture
from esolint.words import listed

_MOST = 12


class FocusError(Exception):
    """No node is meant, or several are; the message says which."""


def meant(pictures: Sequence[Picture], written: str) -> list[frozenset[str]]:
    """Return for each picture the ids that a name means, one at most.

    It is `Kind/namespace/name`, `Kind/name`, `namespace/name` or `name`. Of an object and a
    Secret of that name which it writes, the object is meant. Raises FocusError.
    """
    found = [[node for node in picture.nodes if _is(node, written)] for picture in pictures]
    ids = [_without_outputs(picture, nodes) for picture, nodes in zip(pictures, found, strict=True)]
    every = sorted(frozenset[str]().union(*ids))
    if len(every) > 1:
        raise FocusError(f'"{written}" may mean {listed(every, _MOST)}')
    if not every:
        nodes = [node for picture in pictures for node in picture.nodes]
        raise FocusError(f'there is no "{written}" in the picture{_hint(written, nodes)}')
    return ids


def _is(node: Node, written: str) -> bool:
    short = (f"{node.namespace}/{node.name}",) if node.namespace else ()
    return written in (node.id, node.name, f"{node.kind}/{node.name}", *short, *_spelt(node))


def _spelt(node: Node) -> tuple[str, ...]:
    """Return how a configuration names what stands in no namespace: `Kind//name`."""
    return () if node.namespace else (f"{node.kind}//{node.name}",)


def _without_outputs(picture: Picture, nodes: Sequence[Node]) -> frozenset[str]:
    ids = frozenset(node.id for node in nodes)
    written = (e.target for e in picture.edges if e.verb == "writes" and e.source in ids)
    return ids - frozenset(written) or ids


def _hint(written: str, nodes: Sequence[Node]) -> str:
    """Return what was probably meant, in the form in which it was written."""
    steps = written.count("/")
    if not steps:
        return hint(written, {node.name for node in nodes})
    short = {f"{n.kind}/{n.name}" for n in nodes} | {f"{n.namespace}/{n.name}" for n in nodes}
    return hint(written, {node.id for node in nodes} | (short if steps == 1 else set()))
