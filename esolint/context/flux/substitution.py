"""`postBuild` of a Flux Kustomization: the variables, and the objects that they are filled into.

Flux writes each object as YAML, fills in the variables of that text and reads it again: a
plain `${REPLICAS}` becomes a number, whatever quotes stood in the file, and keys change too.
Source of behaviour: kustomize_varsub.go in github.com/fluxcd/pkg (kustomize).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from esolint.context.flux.envsubst import (
    BadSubstitutionError,
    OpenSubstitutionError,
    Variables,
    expand,
)
from esolint.context.rendering import Eaten, Problem, World
from esolint.resource import Resource, known_namespace
from esolint.source import Document, Limits, Piece, parse
from esolint.source.build import Built
from esolint.value import Route, Value, at, leaves, mapping, sequence, text, walk

_SWITCH = "kustomize.toolkit.fluxcd.io/substitute"
# A text that YAML reads as it is written, if it is no word with a meaning.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_PLAIN_WITH_VARIABLES = re.compile(r"(?:[A-Za-z]|\$\{\w+\})(?:[A-Za-z0-9_./-]|\$\{\w+\})*")
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))


class Filled(NamedTuple):
    """An object with its variables filled in, what they left empty, and what Flux refuses."""

    resource: Resource
    eaten: tuple[Eaten, ...] = ()
    problems: tuple[Problem, ...] = ()


def variables(sync: Resource, world: World) -> Variables | None:
    """Return the variables of a Kustomization; None where nothing is substituted.

    Later sources win, and what stands in the Kustomization itself wins over all. The values
    of Secrets are never known, nor are those of objects that are not here.
    """
    base = ("spec", "postBuild")
    build = sync.get(*base)
    if not isinstance(build, dict):
        return None
    values: dict[str, str | None] = {}
    complete = not sync.unknown(base)
    for i, entry in enumerate(map(mapping, sequence(build.get("substituteFrom")))):
        name = text(entry.get("name"))
        found = _source(entry.get("kind"), name, sync, world) if name else None
        if found is None or sync.unknown((*base, "substituteFrom", i, "name")):
            # Whatever is known so far may be set to something else there.
            values, complete = dict.fromkeys(values), False
        else:
            values.update(found)
    for name, value in mapping(build.get("substitute")).items():
        known = isinstance(value, str) and not sync.unknown((*base, "substitute", name))
        values[name] = value.replace("\n", "") if known and isinstance(value, str) else None
    if complete and not values and build.get("substituteStrategy") != "Always":
        return None
    return Variables(values, complete)


def _source(kind: Value, name: str, sync: Resource, world: World) -> dict[str, str | None] | None:
    """Return what a ConfigMap or a Secret sets; None where it is not here.

    Where several may be meant, only what all of them agree about is known.
    """
    if kind not in ("ConfigMap", "Secret"):
        return None
    found = world.find(str(kind), name, known_namespace(sync))
    if not found:
        return None
    tables = [_data(resource) for resource in found]
    if any(table.keys() != tables[0].keys() for table in tables[1:]):
        return None
    return {
        key: value if all(table[key] == value for table in tables) else None
        for key, value in tables[0].items()
    }


def _data(resource: Resource) -> dict[str, str | None]:
    if resource.kind == "Secret":
        return {key: None for part in ("data", "stringData") for key in mapping(resource.get(part))}
    return {
        key: value.replace("\n", "")
        if isinstance(value, str) and not resource.unknown(("data", key))
        else None
        for key, value in mapping(resource.get("data")).items()
    }


def fill(resource: Resource, variables: Variables) -> Filled:
    """Fill the variables into an object; nothing is filled into one that is labelled so."""
    if not _mentions(resource.value) or _is_switched_off(resource):
        return Filled(resource)
    filling = _Filling(resource, variables)
    value = filling.value(resource.value, (), ())
    assert isinstance(value, dict)
    origins = {filling.moved(route): origin for route, origin in resource.overrides.items()}
    origins |= {new: resource.origin(old) for old, new in filling.renamed.items()}
    holes = {filling.moved(hole) for hole in resource.holes} | filling.holes
    known = {filling.moved(route) for route in resource.known} | filling.known
    filled = Resource(
        value,
        resource.document,
        resource.base,
        origins,
        frozenset(holes),
        frozenset(known if () not in filling.holes else ()),
        resource.rendering,
    )
    eaten = tuple(Eaten(filled, route, name) for route, name in filling.eaten)
    return Filled(filled, eaten, tuple(filling.problems))


def _mentions(value: Value) -> bool:
    for route, inner in walk(value):
        if isinstance(inner, str) and "$" in inner:
            return True
        if route and isinstance(route[-1], str) and "$" in route[-1]:
            return True
    return False


def _is_switched_off(resource: Resource) -> bool:
    return any(
        mapping(resource.get("metadata", part)).get(_SWITCH) == "disabled"
        for part in ("labels", "annotations")
    )


class _Filling:
    """Fills one object. Routes are those of the new object, but for the keys of `renamed`.

    `known` are the values that were filled in, `holes` those that stay open.
    """

    def __init__(self, resource: Resource, variables: Variables) -> None:
        self._resource = resource
        self._variables = variables
        self.known: set[Route] = set()
        self.holes: set[Route] = set()
        self.renamed: dict[Route, Route] = {}
        self.eaten: list[tuple[Route, str]] = []
        self.problems: list[Problem] = []

    def moved(self, route: Route) -> Route:
        """Return the new route of an old one."""
        for length in range(len(route), 0, -1):
            new = self.renamed.get(route[:length])
            if new is not None:
                return new + route[length:]
        return route

    def value(self, value: Value, old: Route, new: Route) -> Value:
        if isinstance(value, dict):
            changed: dict[str, Value] = {}
            for key, inner in value.items():
                name = self._key(key, (*old, key), new) if "$" in key else key
                if name != key:
                    self.renamed[*old, key] = (*new, name)
                changed[name] = self.value(inner, (*old, key), (*new, name))
            return changed
        if isinstance(value, list):
            return [self.value(v, (*old, i), (*new, i)) for i, v in enumerate(value)]
        return self._text(value, old, new) if isinstance(value, str) and "$" in value else value

    def _key(self, key: str, old: Route, parent: Route) -> str:
        name = self._expanded(key, old, parent)
        if name is None or not _is_word(name):
            self.holes.add(parent)
            return key
        return name

    def _text(self, written: str, old: Route, new: Route) -> Value:
        if any(old[:n] in self._resource.holes for n in range(len(old) + 1)):
            return written
        how = style(written)
        emitted = "'" + written.replace("'", "''") + "'" if how == "single" else written
        expanded = self._expanded(emitted, old, new)
        if expanded is None:
            return written
        if how == "double" and any(map(_is_escaped, self._variables.values.values())):
            self.holes.add(new)
            return written
        if how in ("literal", "double") or _is_word(expanded):
            document = Document("", expanded, Built(expanded, (), False, 0, 0))
            route: Route = ()
        else:
            read = _read("- " if isinstance(new[-1], int) else "x: ", expanded)
            if read is None:
                self.holes.add(new)
                return written
            document, route = read
        value = at(document.value, route)
        # What looks like the placeholder of another tool stays one.
        open_ = any(document.in_hole(inner) for inner, _ in leaves(value, route))
        (self.holes if open_ else self.known).add(new)
        return value

    def _expanded(self, written: str, old: Route, new: Route) -> str | None:
        """Return a text with its variables filled in; None where it stays open."""
        try:
            expansion = expand(written, self._variables)
        except BadSubstitutionError as error:
            document, there = self._resource.origin(old)
            detail = f"Flux cannot fill in the variables of this text: {error}"
            self.problems.append(Problem(document.path, document, there, detail))
            self.holes.add(new)
            return None
        except OpenSubstitutionError:
            self.holes.add(())
            return None
        self.eaten.extend((new, name) for name in expansion.missing)
        if expansion.missing or expansion.text is None:
            self.holes.add(new)
            return None
        return expansion.text


def _is_word(written: str) -> bool:
    return _PLAIN.fullmatch(written) is not None and written.lower() not in _WORDS


def _is_escaped(value: str | None) -> bool:
    """Say whether a value reads otherwise between double quotes."""
    return value is not None and ('"' in value or "\\" in value)


def style(written: str) -> str:
    """Return how a text is written in YAML; libyaml's rules, which Go's library shares."""
    if _PLAIN_WITH_VARIABLES.fullmatch(written):
        return "plain"
    # Loaded only where it is needed.
    from io import StringIO

    from yaml.emitter import Emitter

    analysis = Emitter(StringIO(), allow_unicode=True).analyze_scalar(written)
    if "\n" in written:
        return "literal" if analysis.allow_block else "double"
    if analysis.allow_block_plain:
        return "plain"
    return "single" if analysis.allow_single_quoted else "double"


def _read(before: str, written: str) -> tuple[Document, Route] | None:
    """Read a scalar in the place of a value; None where YAML cannot."""
    found = list(parse(Piece("", 0, 0, f"{before}{written}\n"), Limits()))
    if len(found) != 1 or not isinstance(found[0], Document):
        return None
    return found[0], (0,) if before == "- " else ("x",)
