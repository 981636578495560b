"""The generators of an ApplicationSet: the sets of parameters that files alone decide."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable
from typing import NamedTuple

from esolint.context.argo.application import is_ours, without_login
from esolint.context.argo.folder import TooManyError, folders_in, walk
from esolint.context.argo.globs import (
    DOUBLESTAR,
    PATH_MATCH,
    PATHSPEC,
    Syntax,
    is_plain,
    matcher,
)
from esolint.context.argo.template import OPENING, Params, fill, fill_all, sanitized, scalar
from esolint.context.rendering import World
from esolint.source import Document
from esolint.value import Route, Value, leaves, mapping, sequence, text
from esolint.value import walk as parts_of

_MOST = 20_000
_MOST_LOOKS = 200_000
_DEPTH = 5
_CLUSTERS = ("clusters", "clusterDecisionResource")
_ASKS = ("scmProvider", "pullRequest", "plugin")


class UnclearError(Exception):
    """What a generator yields cannot be said; the text says why."""


class _Item(NamedTuple):
    """A path of the git generator: `exclude` takes away what it means."""

    path: str
    exclude: bool


class Generators:
    """Reads the generators of one ApplicationSet.

    `go`: its templates are Go templates. `doubts` are why a generator that could be read may
    yield more.
    """

    def __init__(self, world: World, *, go: bool) -> None:
        self._world = world
        self._files = world.files
        self._go = go
        self._made = 0
        self._looks = 0
        self._walked: dict[str, list[str]] = {}
        self.doubts: list[str] = []

    def read(self, generator: Value, depth: int = 0) -> list[Params]:
        """Return the sets of parameters of a generator. Raises UnclearError."""
        fields = {kind: body for kind, body in mapping(generator).items() if body is not None}
        if fields.pop("selector", None):
            raise UnclearError("a selector picks among the parameters of its generator")
        if depth > _DEPTH:
            raise UnclearError(f"its generators stand deeper than {_DEPTH} levels")
        found: list[Params] = []
        for kind, written in fields.items():
            body = mapping(written)
            if body.get("template"):
                raise UnclearError(f"its generator {kind} changes the template")
            if kind == "list":
                found += self._list(body)
            elif kind == "git":
                found += self._git(body)
            elif kind == "matrix":
                found += self._matrix(body, depth)
            elif kind == "merge":
                found += self._merge(body, depth)
            elif kind in _CLUSTERS:
                # One set stands for those of all clusters: what it holds, nobody here knows.
                found += [self._with_values({}, mapping(body.get("values")))]
            elif kind in _ASKS:
                raise UnclearError(f"its generator {kind} asks a service")
            else:
                raise UnclearError("it has a generator of another kind")
        return found

    def _make(self) -> None:
        """Count a set of parameters that is made on the way."""
        self._made += 1
        if self._made > _MOST:
            raise UnclearError(f"its generators make more than {_MOST} sets of parameters")

    def _look(self, entries: int) -> None:
        """Count what is looked at."""
        self._looks += entries
        if self._looks > _MOST_LOOKS:
            raise UnclearError("its generators look at too much to be followed")

    # list

    def _list(self, body: dict[str, Value]) -> list[Params]:
        if body.get("elementsYaml"):
            raise UnclearError("its list comes from a template")
        found: list[Params] = []
        for element in map(mapping, sequence(body.get("elements"))):
            self._make()
            found.append(element if self._go else _texts_of(element))
        return found

    # git

    def _git(self, body: dict[str, Value]) -> list[Params]:
        url = text(body.get("repoURL")) or ""
        if not is_ours(url, self._world):
            raise UnclearError(f"it reads {without_login(url)}")
        folders, files = _items(body.get("directories")), _items(body.get("files"))
        prefix = text(body.get("pathParamPrefix"))
        found: list[Params] = []
        if folders:
            for path in self._folders(folders):
                self._make()
                found.append(self._with_path({}, path, None, prefix))
        elif files:
            for path in self._matching_files(files):
                for content in self._contents(path):
                    self._make()
                    folder, name = posixpath.split(path)
                    found.append(self._with_path(content, folder or ".", name, prefix))
        if not found:
            raise UnclearError("nothing in this repository is what its git generator looks for")
        return [self._with_values(params, mapping(body.get("values"))) for params in found]

    def _folders(self, items: list[_Item]) -> list[str]:
        """Return the folders that a git generator takes."""
        excluded = [_test(item.path, PATH_MATCH) for item in items if item.exclude]
        found: set[str] = set()
        for item in items:
            if not item.exclude:
                found.update(self._expanded(item.path))
        return sorted(path for path in found if not any(test(path) for test in excluded))

    def _expanded(self, pattern: str) -> list[str]:
        """Return the folders that a pattern means, which stands for one folder on each level."""
        paths = [""]
        for step in pattern.split("/"):
            fits = _test(step, PATH_MATCH)
            below = []
            for path in paths:
                real = self._files.real_in(self._world.root, path)
                if real is not None and self._files.is_folder(real):
                    self._look(len(self._files.listing(real)) + 1)
                    names = folders_in(self._files, real)
                    below += [posixpath.join(path, name) for name in names if fits(name)]
            paths = below
        return paths

    def _matching_files(self, items: list[_Item]) -> list[str]:
        """Return the files that a git generator takes, whichever globbing Argo CD is set to."""
        found: list[set[str]] = []
        for syntax in (PATHSPEC, DOUBLESTAR):
            taken: set[str] = set()
            for item in items:
                if not item.exclude:
                    taken |= self._of_pattern(item.path, syntax)
            for item in items:
                if item.exclude:
                    taken -= self._of_pattern(item.path, syntax)
            found.append(taken)
        if found[0] != found[1]:
            self.doubts.append("the files that it reads hang on how Argo CD is set to find them")
        return sorted(found[0] & found[1])

    def _of_pattern(self, pattern: str, syntax: Syntax) -> set[str]:
        fits = _test(pattern, syntax)
        if is_plain(pattern):
            real = self._files.real_in(self._world.root, pattern)
            if real is not None and self._files.is_folder(real):
                raise UnclearError(f"its git generator reads the folder {pattern}")
            return set() if real is None else {pattern}
        steps = pattern.split("/")
        plain = next(i for i, step in enumerate(steps) if not is_plain(step))
        return {path for path in self._below("/".join(steps[:plain])) if fits(path)}

    def _below(self, top: str) -> list[str]:
        """Return the paths of all files below a folder."""
        if top not in self._walked:
            folder = self._files.real_in(self._world.root, top)
            there = folder is not None and self._files.is_folder(folder)
            try:
                inside = walk(self._files, folder, recurse=True) if folder and there else ()
                self._walked[top] = [posixpath.join(top, inner) for inner, _ in inside]
            except TooManyError as error:
                raise UnclearError(str(error)) from None
        self._look(len(self._walked[top]))
        return self._walked[top]

    def _contents(self, path: str) -> list[Params]:
        """Return the sets of parameters in a file: it is a mapping, or a list of them."""
        real = self._files.real_in(self._world.root, path)
        content = self._files.documents(real, everything=True) if real is not None else None
        if content is None or content.unread or len(content.documents) > 1:
            raise UnclearError(f"{path} cannot be read")
        if not content.documents:
            return [{}]
        value = _known(content.documents[0], content.documents[0].value, ())
        entries = value if isinstance(value, list) else [value]
        if not all(isinstance(entry, dict) for entry in entries):
            raise UnclearError(f"{path} is no mapping")
        found = map(mapping, entries)
        return list(found) if self._go else [_flat(entry) for entry in found]

    def _with_path(
        self, content: Params, path: str, filename: str | None, prefix: str | None
    ) -> Params:
        """Return parameters with those of a path: of a folder, or of a file in it."""
        own: Params = {
            "path": path,
            "basename": posixpath.basename(path),
            "basenameNormalized": sanitized(posixpath.basename(path)),
        }
        if filename is not None:
            own["filename"] = filename
            own["filenameNormalized"] = sanitized(filename)
        segments = path.split("/")
        if self._go:
            own["segments"] = [*segments]
            return {**content, **({prefix: {"path": own}} if prefix else {"path": own})}
        name = f"{prefix}.path" if prefix else "path"
        flat: Params = {**content, name: path}
        flat.update((f"{name}.{key}", value) for key, value in own.items() if key != "path")
        flat.update((f"{name}[{i}]", step) for i, step in enumerate(segments) if step)
        return flat

    def _with_values(self, params: Params, values: dict[str, Value]) -> Params:
        """Return parameters with the values that a generator makes of them."""
        own: Params = {}
        for key, written in values.items():
            filled = fill(written, params, self._go) if isinstance(written, str) else None
            if filled is not None:
                own[key] = filled
        if not values:
            return params
        if self._go:
            return {**params, "values": own}
        return {**params, **{f"values.{key}": value for key, value in own.items()}}

    # Combinations

    def _matrix(self, body: dict[str, Value], depth: int) -> list[Params]:
        first, *others = sequence(body.get("generators")) or [None]
        if not others:
            raise UnclearError("its matrix has less than two generators")
        found = self.read(first, depth + 1)
        for generator in others:
            combined: list[Params] = []
            parts = sum(1 for _ in parts_of(generator))
            for params in found:
                self._look(parts)
                filled = fill_all(generator, params, self._go).value
                for own in self.read(filled, depth + 1):
                    self._make()
                    if self._go:
                        combined.append(_merged(params, own))
                    elif any(params[key] != own[key] for key in params.keys() & own.keys()):
                        raise UnclearError("the generators of its matrix contradict each other")
                    else:
                        combined.append({**params, **own})
            found = combined
        return found

    def _merge(self, body: dict[str, Value], depth: int) -> list[Params]:
        first, *others = sequence(body.get("generators")) or [None]
        keys = [key for key in sequence(body.get("mergeKeys")) if isinstance(key, str)]
        if not others or not keys:
            raise UnclearError("its merge lacks generators or keys")
        found = self.read(first, depth + 1)
        for generator in others:
            by_key: dict[str, Params] = {}
            for params in self.read(generator, depth + 1):
                if by_key.setdefault(_key(params, keys), params) is not params:
                    raise UnclearError("the parameters of its merge are not unique")
            for i, params in enumerate(found):
                own = by_key.get(_key(params, keys))
                if own is not None:
                    found[i] = _merged(own, params) if self._go else {**params, **own}
        return found


def _items(value: Value) -> list[_Item]:
    return [
        _Item(path, item.get("exclude") is True)
        for item in map(mapping, sequence(value))
        if (path := text(item.get("path"))) is not None
    ]


def _test(pattern: str, syntax: Syntax) -> Callable[[str], bool]:
    found = None if OPENING in pattern else matcher(pattern, syntax)
    if found is None:
        raise UnclearError("a path of its git generator is no pattern")
    return found


def _texts_of(element: dict[str, Value]) -> Params:
    """Return the parameters of a list's element: without Go templates all are texts."""
    found: Params = {}
    for key, value in element.items():
        if key == "values":
            found.update((f"values.{inner}", each) for inner, each in mapping(value).items())
        else:
            found[key] = value
    if not all(isinstance(value, str) for value in found.values()):
        raise UnclearError("an element of its list holds more than texts")
    return found


def _flat(value: Params) -> Params:
    """Return the scalars of a value by their routes: `a.b.0`."""
    return {
        ".".join(map(str, route)): leaf for route, leaf in leaves(value) if scalar(leaf) is not None
    }


def _known(document: Document, value: Value, route: Route) -> Value:
    """Return a value without what only rendering decides."""
    if isinstance(value, dict):
        return {key: _known(document, item, (*route, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_known(document, item, (*route, i)) for i, item in enumerate(value)]
    return None if document.in_hole(route) else value


def _merged(over: Params, under: Params) -> Params:
    """Return parameters in which what `over` has, and is not empty, covers that of `under`."""
    found = dict(under)
    for key, value in over.items():
        below = found.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            found[key] = _merged(value, below)
        elif value or key not in found:
            found[key] = value
    return found


def _key(params: Params, keys: list[str]) -> str:
    return json.dumps([params.get(key) for key in keys], sort_keys=True)
