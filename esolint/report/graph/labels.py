"""What people read in a drawing, before a format escapes it; and what a format calls a node."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256

from esolint.picture import EVERYWHERE, Admitted, Edge, Node, Picture
from esolint.words import amount

_LONGEST = 44
_MOST_NAMES = 3


def names(pictures: Sequence[Picture], *, short: bool = False) -> list[dict[str, str]]:
    """Return for each picture the identifiers of its nodes: letters, digits and underscores.

    A node's identifier follows from its own id alone, unless two come out the same. Short
    ones are digests.
    """
    taken: set[str] = set()
    result: list[dict[str, str]] = []
    for picture in pictures:
        prefix = f"{picture.name}/" if len(pictures) > 1 else ""
        result.append({n.id: _free(_base(prefix + n.id, short), taken) for n in picture.nodes})
    return result


def _base(written: str, short: bool) -> str:
    if short:
        return f"n{sha256(written.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"
    base = re.sub("[^A-Za-z0-9]+", "_", written).strip("_")
    # Else it could be a word of the language.
    return base if re.match("[A-Za-z]+_", base) else f"n_{base}"


def _free(base: str, taken: set[str]) -> str:
    identifier, number = base, 1
    while identifier.lower() in taken:
        number += 1
        identifier = f"{base}_{number}"
    taken.add(identifier.lower())
    return identifier


def groups(picture: Picture) -> list[tuple[str, list[Node]]]:
    """Return the nodes by where they are drawn, with what to write there, "" for no place."""
    found: dict[str, list[Node]] = {}
    for node in picture.nodes:
        place = "" if node.place == EVERYWHERE else node.place
        found.setdefault(place, []).append(node)
    return [(_title(nodes[0]) if place else "", nodes) for place, nodes in sorted(found.items())]


def _title(node: Node) -> str:
    if not node.is_adrift:
        return shown(node.place)
    where = whole(node.place[1:-1])
    # Of a path its end tells most.
    where = where if len(where) <= _LONGEST else f"…{where[1 - _LONGEST :]}"
    return f"{where} (namespace not known)"


def lines(node: Node) -> Iterator[str]:
    """Yield the lines of a node's label: its name, its kind, and what is worth knowing."""
    yield shown(node.name)
    yield shown(f"{node.kind} · {node.provider}" if node.provider else node.kind)
    if node.admitted is not None:
        yield shown(_admitted(node.admitted))
    if node.namespaces:
        yield "in " + _some(node.namespaces)
    if node.state == "missing":
        yield "missing"
    if node.why:
        yield shown(node.why)


def _admitted(admitted: Admitted) -> str:
    if admitted.every:
        return "for every namespace"
    every = len(admitted.yes) + len(admitted.no) + len(admitted.unknown)
    some = len(admitted.yes) > _MOST_NAMES
    told = f"{len(admitted.yes)} of {every} namespaces" if some else ", ".join(admitted.yes)
    unsure = f", perhaps {amount(len(admitted.unknown), 'more')}"[:-1] if admitted.unknown else ""
    return f"for {told or 'no namespace seen here'}{unsure}"


def _some(names: Sequence[str]) -> str:
    few = len(names) <= _MOST_NAMES
    return shown(", ".join(names)) if few else amount(len(names), "namespace")


def said(edge: Edge) -> str:
    """Return the label of an edge, "" for what goes without saying."""
    if edge.state == "refused":
        return "not admitted"
    return edge.policy if edge.policy not in ("", "Owner") else ""


def shown(text: str) -> str:
    """Return a text in one line, without control characters, and short."""
    line, half = whole(text), _LONGEST // 2
    return line if len(line) <= _LONGEST else f"{line[: half - 1]}…{line[-half:]}"


def whole(text: str) -> str:
    """Return a text in one line, without control characters."""
    return "".join(c if c.isprintable() else " " for c in text)
