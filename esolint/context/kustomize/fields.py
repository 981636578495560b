"""Field specs: how kustomize's configuration names the fields that a transformer changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from esolint.context.kustomize.item import Id, Item
from esolint.value import Route, Value, mapping, sequence, text


class Field(NamedTuple):
    """A path through an object, lists on the way stepped into; empty parts match any object."""

    path: tuple[str, ...]
    kind: str = ""
    group: str = ""
    version: str = ""
    create: bool = False

    def is_of(self, item: Item) -> bool:
        return selects(self.group, self.version, self.kind, item.id())


class Reference(NamedTuple):
    """A kind of object, and the fields that name one of its objects."""

    group: str
    version: str
    kind: str
    fields: tuple[Field, ...]


class Config(NamedTuple):
    """The fields that each transformer changes, beside those that it always changes."""

    prefixes: tuple[Field, ...] = ()
    suffixes: tuple[Field, ...] = ()
    namespaces: tuple[Field, ...] = ()
    labels: tuple[Field, ...] = ()
    annotations: tuple[Field, ...] = ()
    references: tuple[Reference, ...] = ()

    def merged(self, other: Config) -> Config:
        if not any(other):
            return self
        return Config(
            _union(self.prefixes, other.prefixes),
            _union(self.suffixes, other.suffixes),
            _union(self.namespaces, other.namespaces),
            _union(self.labels, other.labels),
            _union(self.annotations, other.annotations),
            tuple(dict.fromkeys((*self.references, *other.references))),
        )


def _union(ours: tuple[Field, ...], theirs: tuple[Field, ...]) -> tuple[Field, ...]:
    return tuple(dict.fromkeys((*ours, *theirs)))


def selects(group: str, version: str, kind: str, id_: Id) -> bool:
    """Say whether a group, version and kind, each possibly empty, fit an object."""
    return (
        (not kind or kind == id_.kind)
        and (not group or group == id_.group)
        and (not version or version == id_.version)
    )


def path(written: str) -> tuple[str, ...]:
    r"""Split `metadata/annotations/a\/b` at its slashes."""
    steps: list[str] = []
    for part in written.split("/"):
        if steps and steps[-1].endswith("\\"):
            steps[-1] = steps[-1][:-1] + "/" + part
        else:
            steps.append(part)
    return tuple(step.removesuffix("[]") for step in steps)


def routes(value: Value, steps: tuple[str, ...], create: bool = False) -> Iterator[Route]:
    """Yield the routes to what `steps` lead to; with `create`, where it would be put."""
    stack: list[tuple[Value, tuple[str, ...], Route]] = [(value, steps, ())]
    while stack:
        here, rest, route = stack.pop()
        if not rest:
            yield route
        elif isinstance(here, list):
            stack.extend((here[i], rest, (*route, i)) for i in range(len(here) - 1, -1, -1))
        elif isinstance(here, dict):
            if rest[0] in here and (here[rest[0]] is not None or create):
                stack.append((here[rest[0]], rest[1:], (*route, rest[0])))
            elif create:
                yield (*route, *rest)
        elif here is None and create:
            yield (*route, *rest)


def read_fields(value: Value) -> tuple[Field, ...]:
    """Read a list of field specs; what is none is left out."""
    found = []
    for entry in map(mapping, sequence(value)):
        written = text(entry.get("path"))
        if written:
            found.append(
                Field(
                    path(written),
                    text(entry.get("kind")) or "",
                    text(entry.get("group")) or "",
                    text(entry.get("version")) or "",
                    entry.get("create") is True,
                )
            )
    return tuple(found)


def read_config(value: Value) -> Config:
    """Read a file that `configurations` names."""
    top = mapping(value)
    return Config(
        read_fields(top.get("namePrefix")),
        read_fields(top.get("nameSuffix")),
        read_fields(top.get("namespace")),
        read_fields(top.get("commonLabels")),
        read_fields(top.get("commonAnnotations")),
        tuple(
            Reference(
                text(entry.get("group")) or "",
                text(entry.get("version")) or "",
                text(entry.get("kind")) or "",
                read_fields(entry.get("fieldSpecs")),
            )
            for entry in map(mapping, sequence(top.get("nameReference")))
        ),
    )
