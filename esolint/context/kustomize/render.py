"""Kustomizations → renderings: what each of them yields, as far as it is known."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import NamedTuple

from esolint.context.files import Files, below, join
from esolint.context.kustomize import FILE_NAMES
from esolint.context.kustomize.fields import Config, read_config
from esolint.context.kustomize.generate import add_hashes, generate
from esolint.context.kustomize.item import ANNOTATIONS, LABELS, Item
from esolint.context.kustomize.labels import add_annotations, add_labels
from esolint.context.kustomize.layer import Layer
from esolint.context.kustomize.merge import is_custom
from esolint.context.kustomize.names import add_affixes, follow
from esolint.context.kustomize.namespace import set_namespace
from esolint.context.kustomize.patch import json_patches, patches, strategic_merges
from esolint.context.kustomize.read import faults, is_remote, objects, only, unknown_fields
from esolint.context.kustomize.replace import replace
from esolint.context.rendering import Overlay, Problem, Rendering
from esolint.diagnostic import Span
from esolint.resource import Resource
from esolint.source import Document, Unread
from esolint.source.build import Built
from esolint.value import Route, Value, at, leaves, mapping, sequence, text

_DEPTH = 100
# What source-controller leaves out of its artifacts.
_NO_MANIFESTS = (".git", ".github", ".circleci", ".sops.yaml", ".goreleaser.yml", ".travis.yml")
_COMPONENTS = 1000
_LOCAL = "config.kubernetes.io/local-config"
_NOTES = (
    (*ANNOTATIONS, "config.kubernetes.io/origin"),
    (*ANNOTATIONS, "alpha.config.kubernetes.io/transformations"),
)
_MANAGED_BY = (*LABELS, "app.kubernetes.io/managed-by")
_NEEDS_ALL = ("replacements", "configurations")
_BY_PLUGINS = (
    ("generators", "its generators are plugins"),
    ("helmCharts", "it inflates Helm charts"),
    ("helmChartInflationGenerator", "it inflates Helm charts"),
)


class _Sum(NamedTuple):
    """What a kustomization and those below it come to, before names are settled."""

    items: tuple[Item, ...]
    config: Config
    vars: frozenset[str]
    unknown: tuple[str, ...]
    problems: tuple[Problem, ...]
    files: frozenset[str]


_NOTHING = _Sum((), Config(), frozenset(), (), (), frozenset())


class Renderer:
    """Reads the kustomizations of a tree; each is worked out once, whoever names it."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._kustomizations: dict[str, tuple[Document | Unread, ...]] = {}
        self._sums: dict[tuple[str, bool, bool], _Sum] = {}
        self._needs_all: dict[str, bool] = {}
        self._active: list[str] = []
        self._components = 0
        self._anywhere = False

    def kustomization(self, folder: str) -> tuple[Document | Unread, ...]:
        """Return what a real folder holds as its kustomization; one document where all is well."""
        if folder not in self._kustomizations:
            found: list[Document | Unread] = []
            for name in FILE_NAMES:
                path = self._files.real_in(folder, name)
                if path is not None and not self._files.is_folder(path):
                    content = self._files.documents(path, everything=True)
                    found.extend((*content.documents, *content.unread))
            self._kustomizations[folder] = tuple(found)
        return self._kustomizations[folder]

    def roots(self, folders: Iterable[str]) -> list[str]:
        """Return those of the folders with a kustomization that none of them names.

        Where kustomizations name each other in a circle none is a root; components are none.
        """
        named: set[str] = set()
        here: list[str] = []
        for folder in folders:
            real = self._files.real(posixpath.normpath(folder))
            document = only(self.kustomization(real)) if real is not None else None
            if real is None or document is None:
                continue
            fields = mapping(document.value)
            if fields.get("kind") != "Component":
                here.append(real)
            for field in ("resources", "bases", "components"):
                for entry in sequence(fields.get(field)):
                    if isinstance(entry, str) and not is_remote(entry):
                        path = self._files.real(join(real, entry))
                        if path is not None and path != real:
                            named.add(path)
        return [folder for folder in dict.fromkeys(here) if folder not in named]

    def files(self, folder: str) -> frozenset[str]:
        """Return the paths of the files that the kustomization of a real folder takes in."""
        return self._accumulate(folder).files

    def render(self, folder: str, overlay: Overlay | None = None) -> Rendering:
        """Return what the kustomization of a folder yields, with what an overlay adds to it.

        With an overlay a folder needs no kustomization: all manifests below it are taken.
        """
        real = self._files.real(posixpath.normpath(folder))
        if real is None:
            return Rendering(folder, (), (f"{folder} is not there",), (), frozenset())
        total = self._accumulate(real) if overlay is None else self._with_overlay(real, overlay)
        items = [item.copy() for item in total.items]
        add_hashes(items)
        renamed = any(item.prefixes or item.suffixes for item in items)

        def may_miss(kind: str) -> bool:
            return bool(total.unknown) or (renamed and not self._files.is_wanted(kind))

        follow(items, total.config, may_miss)
        document = only(self.kustomization(real))
        notes = sequence(mapping(document.value).get("buildMetadata")) if document else []
        for item in items:
            _finish(item, total.vars)
            if "originAnnotations" in notes or "transformerAnnotations" in notes:
                item.holes |= set(_NOTES)
            if "managedByLabel" in notes:
                item.forget(_MANAGED_BY)
        resources = tuple(item.resource() for item in items if not _is_local(item))
        if overlay is not None:
            _carry_known(overlay.by, resources)
        return Rendering(
            real,
            resources,
            total.unknown,
            total.problems,
            total.files,
        )

    def _accumulate(self, folder: str, everything: bool = False) -> _Sum:
        """Work out what the kustomization of a real folder adds up to."""
        everything = everything or self._wants_all(folder)
        key = (folder, everything, self._anywhere)
        if key not in self._sums:
            components, self._components = self._components, 0
            self._active.append(folder)
            try:
                self._sums[key] = self._add_up(folder, everything)
            finally:
                self._active.pop()
                self._components = components
        return self._sums[key]

    def _with_overlay(self, folder: str, overlay: Overlay) -> _Sum:
        """Work out what the kustomization of a real folder adds up to under an overlay."""
        found = self.kustomization(folder)
        document = only(found) if found else _generated(folder, self._files)
        if document is None:
            return _broken(folder, found)
        layer = Layer(folder, document, self._files, overlay, anywhere=overlay.anywhere)
        if not found:
            layer.read.clear()
        added = (
            self._files.real_in(folder, entry)
            for entry in sequence(overlay.fields.get("components"))
            if isinstance(entry, str)
        )
        everything = any(self._wants_all(path) for path in (folder, *filter(None, added)))
        self._anywhere, self._components = overlay.anywhere, 0
        self._active.append(folder)
        try:
            return self._apply(layer, _NOTHING, everything)
        finally:
            self._active.pop()
            self._anywhere = False

    def _wants_all(self, folder: str) -> bool:
        """Say whether an object of any kind can matter for what a kustomization makes."""
        if folder not in self._needs_all:
            self._needs_all[folder] = False
            document = only(self.kustomization(folder))
            fields = mapping(document.value) if document is not None else {}
            answer = any(fields.get(field) for field in _NEEDS_ALL)
            for entry in sequence(fields.get("components")):
                path = self._files.real_in(folder, entry) if isinstance(entry, str) else None
                answer = answer or (path is not None and self._wants_all(path))
            self._needs_all[folder] = answer
        return self._needs_all[folder]

    def _add_up(self, folder: str, everything: bool) -> _Sum:
        found = self.kustomization(folder)
        document = only(found)
        if document is None:
            return _broken(folder, found)
        layer = Layer(folder, document, self._files, anywhere=self._anywhere)
        return self._apply(layer, _NOTHING, everything)

    def _apply(self, layer: Layer, start: _Sum, everything: bool) -> _Sum:
        """Apply a kustomization to what is there; nothing is, but for a component."""
        for field in unknown_fields(layer.fields):
            layer.refuse((field,), f"kustomize knows no field `{field}`")
        items = list(start.items)
        layer.unknown.extend(start.unknown)
        layer.problems.extend(start.problems)
        layer.read.update(start.files)
        config, names = start.config, set(start.vars)
        for field in ("resources", "bases"):
            for route, entry in layer.entries(field):
                part = self._resource(layer, route, entry, everything)
                items.extend(part.items)
                config = config.merged(part.config)
                names |= part.vars
        for route, entry in layer.entries("configurations"):
            path = layer.file(str(entry), route)
            if path is not None:
                content = layer.files.documents(path, everything=True)
                for own in content.documents:
                    config = config.merged(read_config(own.value))
        items = _refuse_twins(layer, items)
        items = generate(layer, items)
        for field, why in _BY_PLUGINS:
            if layer.fields.get(field):
                layer.unknown.append(f"{layer.document.path}: {why}")
        for route, entry in layer.entries("components"):
            so_far = _Sum(tuple(items), config, frozenset(names), (), (), frozenset())
            total = self._component(layer, route, entry, so_far, everything)
            items, config, names = list(total.items), total.config, set(total.vars)
        layer.config = config
        items = _transform(layer, items)
        for var in map(mapping, sequence(layer.fields.get("vars"))):
            name = text(var.get("name"))
            if name:
                names.add(name)
        return _Sum(
            tuple(items),
            config,
            frozenset(names),
            tuple(dict.fromkeys(layer.unknown)),
            tuple(dict.fromkeys(layer.problems)),
            frozenset(layer.read),
        )

    def _resource(self, layer: Layer, route: Route, entry: object, everything: bool) -> _Sum:
        """Return what one entry of `resources` adds: the objects of a file, or of a folder."""
        if not isinstance(entry, str) or not entry:
            layer.refuse(route, "neither a file nor a folder")
            return _NOTHING
        path = self._files.real_in(layer.folder, entry)
        if path is None or "://" in entry:
            if is_remote(entry):
                layer.unknown.append(f"{layer.document.path}: {entry} lies elsewhere")
            else:
                layer.refuse(route, f"{entry} is not there")
                layer.unknown.append(f"{layer.document.path}: {entry} is not there")
            return _NOTHING
        if self._files.is_folder(path):
            if not self._may_enter(layer, path, route, entry):
                return _NOTHING
            total = self._accumulate(path, everything)
            document = only(self.kustomization(path))
            if document is not None and mapping(document.value).get("kind") == "Component":
                layer.refuse(route, f"{entry} is a component")
            self._inherit(layer, total)
            return total._replace(items=tuple(item.copy() for item in total.items))
        if not (layer.anywhere or below(path, layer.folder)):
            layer.refuse(route, f"{entry} lies outside the folder of this kustomization")
            layer.unknown.append(f"{layer.document.path}: {entry} lies outside its folder")
            return _NOTHING
        layer.read.add(path)
        content = self._files.documents(path, everything=everything)
        for unread in content.unread:
            layer.refuse_unread(unread)
            layer.unknown.append(f"{path} cannot be read")
        items = [
            item for document in content.documents for item in objects(document, layer.problems)
        ]
        return _NOTHING._replace(items=tuple(items))

    def _component(
        self, layer: Layer, route: Route, entry: object, so_far: _Sum, everything: bool
    ) -> _Sum:
        """Apply a component to what has been added up so far."""
        path = self._files.real_in(layer.folder, entry) if isinstance(entry, str) else None
        if path is None or not self._files.is_folder(path):
            is_known = not (isinstance(entry, str) and path is None and is_remote(entry))
            if layer.may_change(route) or not is_known:
                layer.unknown.append(f"{layer.document.path}: {entry} lies elsewhere")
                for item in so_far.items:
                    item.forget(())
            elif not layer.may_miss(route):
                layer.refuse(route, f"{entry} is not a folder here")
            return so_far
        if not self._may_enter(layer, path, route, str(entry)):
            return so_far
        found = self.kustomization(path)
        document = only(found)
        if document is None:
            self._inherit(layer, _broken(path, found))
            return so_far
        inner = Layer(path, document, self._files, anywhere=layer.anywhere)
        if not inner.is_component:
            layer.refuse(route, f"{entry} is not of kind Component")
            return so_far
        self._components += 1
        if self._components > _COMPONENTS:
            # Components that name each other twice on every level never end.
            layer.refuse(route, f"more than {_COMPONENTS} components")
            layer.unknown.append(f"{layer.document.path}: too many components")
            return so_far
        inner.unknown.extend(layer.unknown)
        self._active.append(path)
        try:
            total = self._apply(inner, so_far, everything)
        finally:
            self._active.pop()
        self._inherit(layer, total)
        return total

    def _inherit(self, layer: Layer, total: _Sum) -> None:
        layer.unknown.extend(total.unknown)
        layer.problems.extend(total.problems)
        layer.read.update(total.files)

    def _may_enter(self, layer: Layer, path: str, route: Route, written: str) -> bool:
        """Say whether a kustomization may name a folder: not itself, and none that holds it."""
        if path in self._active or below(layer.folder, path):
            layer.refuse(route, f"{written} leads back to a kustomization that names it")
            layer.unknown.append(f"{layer.document.path}: {written} leads back to it")
            return False
        if len(self._active) >= _DEPTH:
            layer.refuse(route, f"kustomizations name each other deeper than {_DEPTH} levels")
            layer.unknown.append(f"{layer.document.path}: {written} lies too deep")
            return False
        return True


def _generated(folder: str, files: Files) -> Document:
    """Return the kustomization that `kustomize create --autodetect --recursive` would write."""
    entries: list[Value] = []

    def collect(above: str, depth: int) -> None:
        for name in files.listing(join(folder, above)):
            written = posixpath.join(above, name)
            path = join(folder, written)
            real = files.real(path)
            if real is None or name in _NO_MANIFESTS:
                continue
            if not files.is_folder(real):
                if name.endswith((".yaml", ".yml")):
                    entries.append(written)
            # Folders are followed, links to folders are not.
            elif real == path and any(files.real_in(path, file) for file in FILE_NAMES):
                entries.append(written)
            elif real == path and depth < _DEPTH:
                collect(written, depth + 1)

    collect("", 0)
    return Document(
        folder, "", Built({"resources": entries}, (), False, 0, 0), opaque=Span(1, 1, 1, 2)
    )


def _carry_known(by: Resource, resources: Iterable[Resource]) -> None:
    """Let what an overlay says be known where it is known although a placeholder stands there."""
    if by.known:
        decided = {by.origin(route) for route in by.known}
        for resource in resources:
            filled = {r for r, origin in resource.overrides.items() if origin in decided}
            resource.known |= filled


def _broken(folder: str, found: tuple[Document | Unread, ...]) -> _Sum:
    """Return what comes of a folder whose kustomization cannot be used."""
    files = frozenset(part.path for part in found)
    why = (f"the kustomization of {folder} cannot be read",)
    return _Sum((), Config(), frozenset(), why, tuple(faults(folder, found)), files)


def _refuse_twins(layer: Layer, items: list[Item]) -> list[Item]:
    """Name two objects with one identity and drop the second: kustomize refuses it."""
    seen: dict[object, Item] = {}
    for item in items:
        known = not item.unknown(())
        first = seen.setdefault(item.id() if known else (id(item.document), item.base), item)
        if known and first is not item:
            other = f"{first.document.path}:{first.document.span(first.base).line}"
            detail = f"{item.kind} {item.name} is here twice, also at {other}"
            layer.problems.append(Problem(item.document.path, item.document, item.base, detail))
    return list(seen.values())


def _transform(layer: Layer, items: list[Item]) -> list[Item]:
    """Change the objects in kustomize's order."""
    items = strategic_merges(layer, items)
    items = patches(layer, items)
    set_namespace(layer, items)
    add_affixes(layer, items)
    add_labels(layer, items)
    add_annotations(layer, items)
    items = json_patches(layer, items)
    replace(layer, items)
    if layer.fields.get("transformers"):
        layer.unknown.append(f"{layer.document.path}: its transformers are plugins")
        for item in items:
            item.forget(())
    if mapping(layer.fields.get("openapi")).get("path"):
        # A schema of its own says how the lists of custom resources are merged.
        for item in items:
            if is_custom(item):
                item.forget(())
    return items


def _finish(item: Item, names: frozenset[str]) -> None:
    """Drop empty annotations, and give up what variables are filled into."""
    if "annotations" in mapping(item.value.get("metadata")) and not at(item.value, ANNOTATIONS):
        item.remove(ANNOTATIONS)
    if names:
        for route, value in list(leaves(item.value)):
            if isinstance(value, str) and any(f"$({name})" in value for name in names):
                item.forget(route)


def _is_local(item: Item) -> bool:
    annotation = at(item.value, (*ANNOTATIONS, _LOCAL))
    return annotation is not None and annotation != "false"
