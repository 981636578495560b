"""The picture of one environment: its stores, who gets secrets through them, and from where.

Edges run with the data: from a credential to the store that authenticates with it, on to the
ExternalSecret that reads the store, to the Secret that it writes and to who reads that; from
a Secret to the PushSecret that reads it, and on to the store.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Literal, NamedTuple, TypeAlias

# object: a Secret, a ConfigMap, a ServiceAccount; other: what reads or makes one.
Role: TypeAlias = Literal["store", "generator", "consumer", "object", "other"]
# missing: provably nowhere; refused: there, and its conditions do not admit the consumer.
State: TypeAlias = Literal["found", "likely", "unknown", "refused", "missing"]
Verb: TypeAlias = Literal["reads", "writes", "pushes"]

EVERYWHERE = "*"


class Mark(NamedTuple):
    """A line of a file, from 1."""

    path: str
    line: int


class Admitted(NamedTuple):
    """Which of the namespaces that are seen may use a ClusterSecretStore.

    `every`: it has no conditions, so that namespaces which nobody sees may use it too.
    """

    every: bool
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Node(NamedTuple):
    """Something that holds, takes or passes on secrets; objects of one identity are one node.

    `id` is `Kind/place/name`, or `Kind/name` of what stands in no namespace. `place` is a
    namespace; where it is not known, `[…]` with what renders the object or else its folder;
    `*` where there are many, or where each user of the object brings its own. `namespaces`
    are those of a node that stands for several objects. `why` says it of a state but `found`.
    """

    id: str
    role: Role
    kind: str
    name: str
    place: str
    state: State = "found"
    why: str = ""
    provider: str = ""
    admitted: Admitted | None = None
    namespaces: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def namespace(self) -> str | None:
        return None if self.place in ("", EVERYWHERE) or self.is_adrift else self.place

    @property
    def is_adrift(self) -> bool:
        """Say whether the namespace is not known."""
        return self.place.startswith("[")


class Edge(NamedTuple):
    """A way that data goes. `verb` says of the one whose manifest speaks what it does.

    It is `target` that reads, and `source` that writes or pushes. `keys` are those that must
    be in what is read, `policy` is ESO's creationPolicy, and `mark` is where it is said.
    """

    source: str
    target: str
    verb: Verb
    state: State = "found"
    why: str = ""
    keys: tuple[str, ...] = ()
    policy: str = ""
    mark: Mark | None = None

    @property
    def dependent(self) -> str:
        """The end that stops working without the other one; who pushes needs the store."""
        return self.source if self.verb == "pushes" else self.target

    @property
    def needed(self) -> str:
        return self.target if self.verb == "pushes" else self.source


class Picture(NamedTuple):
    """Nodes in the order of their ids, edges in that of their ends."""

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def around(self, ids: Collection[str]) -> Picture:
        """Return what some nodes depend on, and what depends on them, both transitively."""
        up: dict[str, list[Edge]] = {}
        down: dict[str, list[Edge]] = {}
        for edge in self.edges:
            up.setdefault(edge.dependent, []).append(edge)
            down.setdefault(edge.needed, []).append(edge)
        kept = {
            edge[:3]
            for edge in (
                *_reached(ids, {id: [(e, e.needed) for e in edges] for id, edges in up.items()}),
                *_reached(
                    ids, {id: [(e, e.dependent) for e in edges] for id, edges in down.items()}
                ),
            )
        }
        edges = tuple(edge for edge in self.edges if edge[:3] in kept)
        ends = {end for edge in edges for end in edge[:2]} | set(ids)
        return Picture(self.name, tuple(n for n in self.nodes if n.id in ends), edges)


def _reached(ids: Iterable[str], steps: Mapping[str, Iterable[tuple[Edge, str]]]) -> Iterable[Edge]:
    """Yield the edges that are walked from some nodes on."""
    waiting = list(ids)
    seen = set(waiting)
    while waiting:
        for edge, end in steps.get(waiting.pop(), ()):
            yield edge
            if end not in seen:
                seen.add(end)
                waiting.append(end)
