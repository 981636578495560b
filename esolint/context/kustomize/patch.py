"""The patches of a kustomization, in all their forms."""

from __future__ import annotations

from typing import NamedTuple

from esolint.context.kustomize import jsonpatch, merge
from esolint.context.kustomize.item import ANNOTATIONS, LABELS, NAME, Id, Item
from esolint.context.kustomize.layer import Layer
from esolint.context.kustomize.scalars import (
    annotations_as_json,
    annotations_as_written,
    differing,
    drop_blanks,
)
from esolint.context.kustomize.selector import Selector, SelectorError, read_selector
from esolint.context.rendering import Problem
from esolint.source import Document
from esolint.value import Route, Value, mapping, text


class Patch(NamedTuple):
    """One document of a patch. `route` is its entry in the kustomization."""

    document: Document
    route: Route
    target: Selector | None
    rename: bool
    change_kind: bool

    @property
    def value(self) -> Value:
        return self.document.value


def strategic_merges(layer: Layer, items: list[Item]) -> list[Item]:
    """Apply `patchesStrategicMerge`."""
    for route, entry in layer.entries("patchesStrategicMerge"):
        if not isinstance(entry, str):
            layer.refuse(route, "neither the name of a file nor a patch")
            continue
        is_inline = "\n" in entry or layer.files.real_in(layer.folder, entry) is None
        if is_inline and ":" in entry:
            documents = _inline(layer, route)
        else:
            documents = _file(layer, entry, route)
        for document in documents:
            items = _apply(layer, items, Patch(document, route, None, False, False))
    return items


def patches(layer: Layer, items: list[Item]) -> list[Item]:
    """Apply `patches`."""
    return _patches(layer, items, "patches")


def json_patches(layer: Layer, items: list[Item]) -> list[Item]:
    """Apply `patchesJson6902`."""
    return _patches(layer, items, "patchesJson6902")


def _patches(layer: Layer, items: list[Item], field: str) -> list[Item]:
    for route, entry in layer.entries(field):
        patch = mapping(entry)
        path, written = text(patch.get("path")), text(patch.get("patch"))
        if bool(path) == bool(written):
            layer.refuse(route, "a patch needs one of `path` and `patch`")
            continue
        documents = (
            _file(layer, path, (*route, "path")) if path else _inline(layer, (*route, "patch"))
        )
        target = read_selector(patch["target"]) if patch.get("target") is not None else None
        options = mapping(patch.get("options"))
        for document in documents:
            one = Patch(
                document,
                route,
                target,
                options.get("allowNameChange") is True,
                options.get("allowKindChange") is True,
            )
            items = _apply(layer, items, one)
    return items


def _file(layer: Layer, written: str, route: Route) -> tuple[Document, ...]:
    path = layer.file(written, route)
    if path is None:
        return ()
    content = layer.files.documents(path, everything=True)
    for unread in content.unread:
        layer.refuse_unread(unread)
    if not content.documents and not content.unread:
        layer.refuse(route, f"{written} holds no patch")
    return content.documents


def _inline(layer: Layer, route: Route) -> tuple[Document, ...]:
    documents = layer.inline(route)
    if not documents:
        layer.refuse(route, "not a patch: no mapping and no list of operations")
    return documents


def _apply(layer: Layer, items: list[Item], patch: Patch) -> list[Item]:
    if isinstance(patch.value, list):
        return _apply_json(layer, items, patch, patch.value)
    if isinstance(patch.value, dict):
        return _apply_merge(layer, items, patch, patch.value)
    layer.refuse(patch.route, "not a patch: no mapping and no list of operations")
    return items


def _selected(layer: Layer, items: list[Item], patch: Patch, target: Selector) -> list[Item]:
    """Return the objects that a target means; those that it may mean become unknown."""
    if layer.may_change((*patch.route, "target")):
        for item in items:
            item.forget(())
        return []
    selected = []
    try:
        for item in items:
            if item.holes and target.reads(item):
                item.forget(())
            elif target.matches(item):
                selected.append(item)
    except SelectorError as error:
        layer.refuse((*patch.route, "target"), str(error))
        return []
    return selected


def _apply_json(
    layer: Layer, items: list[Item], patch: Patch, operations: list[Value]
) -> list[Item]:
    wrong = jsonpatch.malformed(operations)
    if wrong is not None:
        step, detail = wrong
        layer.problems.append(Problem(patch.document.path, patch.document, (step,), detail))
        return items
    if patch.target is None:
        layer.refuse(patch.route, "a JSON patch without a target")
        return items
    for item in _selected(layer, items, patch, patch.target):
        item.remember()
        try:
            jsonpatch.apply(item, operations, (patch.document, ()))
            annotations_as_json(item)
        except jsonpatch.PatchError as error:
            place: Route = (error.step,)
            detail = f"{error} of {item.kind} {item.name}"
            layer.problems.append(Problem(patch.document.path, patch.document, place, detail))
            item.forget(())
    return items


def _apply_merge(
    layer: Layer, items: list[Item], patch: Patch, value: dict[str, Value]
) -> list[Item]:
    if patch.target is not None:
        selected = _selected(layer, items, patch, patch.target)
    else:
        selected = _meant(layer, items, patch, value)
    if not selected:
        return items
    deleted = set()
    for item in selected:
        try:
            if not _merge(item, patch, value):
                deleted.add(id(item))
        except merge.MergeError as error:
            detail = f"{error} in {item.kind} {item.name}"
            layer.problems.append(Problem(patch.document.path, patch.document, error.route, detail))
            item.forget(())
    return [item for item in items if id(item) not in deleted]


def _meant(layer: Layer, items: list[Item], patch: Patch, value: dict[str, Value]) -> list[Item]:
    """Return the one object that a patch without a target means, by any id that it has had."""
    own = Item(value, patch.document)
    wanted = own.id()
    found = [item for item in items if wanted in item.ids()]
    if len(found) == 1:
        return found
    if len(found) > 1:
        detail = f"{len(found)} objects are {_named(wanted)}"
    elif layer.unknown or not layer.files.is_wanted(wanted.kind):
        return []
    else:
        detail = f"nothing here is {_named(wanted)}"
    layer.problems.append(Problem(patch.document.path, patch.document, NAME, detail))
    return []


def _named(id_: Id) -> str:
    return f"{id_.kind} {id_.name}"


def _merge(item: Item, patch: Patch, value: dict[str, Value]) -> bool:
    """Merge a patch into an object; False where it is deleted.

    A patch cannot give an object another namespace, and another name or kind only where its
    options allow it.
    """
    if patch.rename or patch.change_kind:
        item.remember()
    merged = dict(value)
    metadata = mapping(value.get("metadata"))
    merged["metadata"] = {
        key: inner for key, inner in metadata.items() if key not in ("name", "namespace")
    }
    if not merged["metadata"]:
        del merged["metadata"]
    for key in ("apiVersion", "kind"):
        merged.pop(key, None)
    if patch.change_kind and "kind" in value:
        merged["kind"] = value["kind"]
    if merged.get("$patch") == "replace":
        # kustomize makes the new object and keeps the old one.
        return True
    if not merge.merge(item, merged, (patch.document, ())):
        return False
    if patch.rename and metadata.get("name") is not None:
        item.put(NAME, metadata["name"], (patch.document, NAME))
    for route, read in differing(patch.document).items():
        is_annotation = route[:2] == ANNOTATIONS and len(route) == 3
        if not is_annotation and item.origin(route) == (patch.document, route):
            if read is None:
                item.forget(route)
            else:
                item.put(route, read, (patch.document, route))
    drop_blanks(item)
    annotations_as_written(item)
    if patch.target is not None:
        for key, label in mapping(metadata.get("labels")).items():
            if label is not None and not isinstance(label, str):
                item.forget((*LABELS, key))
    return True
